/* Who may come in: bans, limits by number, address and minute, and administrators by what the kernel says. */
#include "net/accept_priv.h"

#include "base/ratemap.h"
#include "net/blocked.h"
#include "net/guard_report.h"
#include "net/peercred.h"

void accept_refuse(int fd, enum guard_reason reason, const struct peer *peer)
{
	char address[PEER_TEXT_BYTES] = "local";
	if (peer)
		peer_print_address(peer, address);
	guard_report_refused(reason, address); /* first: whoever sees the end finds it counted */
	conn_close_hard(fd);
}

bool accept_is_blocked(struct acceptor *a, const struct peer *peer)
{
	uint8_t address[NETWORK_ADDRESS_BYTES];
	network_map(peer->v6, peer->address, address);
	return blocked_contains(a->blocked, address);
}

static enum guard_reason admit_now(const struct acceptor *a, const struct peer_net *net)
{
	if (conn_table_count(&a->conns, CONN_TLS) >= a->limits.connections)
		return GUARD_FULL;
	if (conn_table_count_of(&a->conns, net) >= a->limits.connections_per_address)
		return GUARD_ADDRESS_FULL;
	return GUARD_FINE;
}

/* Each new connection costs a handshake, however short its life. */
static bool may_arrive(struct acceptor *a, const struct peer *peer)
{
	char key[PEER_TEXT_BYTES];
	uint32_t wait_ms;
	peer_print_net(peer, key);
	return ratemap_take(a->arrivals, key, clock_mono(), &wait_ms);
}

/* Before refusing, counts are brought up to date: who reconnects has often just disconnected. */
enum guard_reason accept_admit(struct acceptor *a, const struct peer *peer)
{
	struct peer_net net;
	if (accept_is_blocked(a, peer))
		return GUARD_BANNED;
	peer_get_net(peer, &net);
	enum guard_reason reason = admit_now(a, &net);
	if (reason != GUARD_FINE) {
		(void)accept_scan_drain(a);
		reason = admit_now(a, &net);
	}
	return reason == GUARD_FINE && !may_arrive(a, peer) ? GUARD_ADDRESS_RATE : reason;
}

enum guard_reason accept_admit_admin(struct acceptor *a, int fd, struct ucred *ret_ucred)
{
	if (peercred_get(fd, ret_ucred) < 0 || !a->on_admin ||
		!peercred_may_administer(fd, ret_ucred, a->admin_group))
		return GUARD_NOT_ADMIN;
	if (conn_table_count(&a->conns, CONN_ADMIN) < ACCEPTOR_ADMINS_MAX)
		return GUARD_FINE;
	(void)accept_scan_drain(a);
	return conn_table_count(&a->conns, CONN_ADMIN) < ACCEPTOR_ADMINS_MAX ? GUARD_FINE
									     : GUARD_ADMIN_FULL;
}
