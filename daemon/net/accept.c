/* The interface of the accept thread: starting and ending it, and what other threads ask of it. */
#include "net/accept.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/ratemap.h"
#include "net/accept_priv.h"
#include "net/blocked.h"
#include "net/listen.h"
#include "net/peercred.h"
#include "net/tap.h"
#include "net/tls.h"
#include "rpc/external.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Signals are the main thread's. */
static int start_thread(struct acceptor *a)
{
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* fails only for a wrong `how` */
	int r = pthread_create(&a->thread, NULL, accept_loop_run, a);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return err_raise(-r);
	(void)pthread_setname_np(a->thread, "accept"); /* only for people */
	a->running = true;
	return 0;
}

static struct acceptor *acceptor_new(const struct acceptor_options *o)
{
	struct acceptor *a = mem_new(1, sizeof(*a));
	a->listeners = o->listeners;
	a->external = o->external;
	a->sockets = o->sockets;
	a->admin_group = peercred_find_group(o->admin_group);
	a->on_admin = o->on_admin;
	a->arg = o->arg;
	a->shared.limits = o->limits;
	a->arrivals = ratemap_new(ACCEPTOR_ADDRESSES_MAX, (int64_t)o->limits.connections_per_minute,
		(int64_t)o->limits.connections_per_address);
	a->blocked = blocked_new();
	for (size_t i = 0; i < o->block_count; i++)
		blocked_add(a->blocked, &o->blocks[i].network, o->blocks[i].until_us);
	(void)pthread_mutex_init(&a->shared.mu, NULL); /* cannot fail with default attributes */
	(void)sem_init(&a->guards, 0, 0); /* nor this, with such a value */
	tap_set_limits(&o->limits);
	conn_table_init(&a->conns);
	pace_init(&a->pace, o->shards);
	return a;
}

int acceptor_start(const struct acceptor_options *o, struct acceptor **ret, struct err_text *err)
{
	struct acceptor *a GC_CLEANUP(acceptor_freep) = acceptor_new(o);
	struct acceptor *before = *ret;
	if (!tap_start())
		log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_FRAMES_UNSEEN,
			"frames inside TLS can't be looked at: floods are cut by bytes alone");
	int r = accept_loop_init(a);
	*ret = a;
	if (r == 0)
		r = start_thread(a);
	if (r < 0) {
		*ret = before;
		err_say(err, "cannot start accepting connections: %s", strerror(-r));
		return err_pass(r);
	}
	a = NULL; /* handed over above */
	return 0;
}

static void want(struct acceptor *a, enum acceptor_phase phase)
{
	atomic_store(&a->wanted, (int)phase);
	(void)eventfd_write(a->stop_fd, 1); /* the counter is far from full */
}

void acceptor_stop(struct acceptor *a)
{
	if (!a->running || a->stopped)
		return;
	want(a, ACCEPTOR_GUARDS);
	while (sem_wait(&a->guards) < 0) /* EINTR */
		continue;
	a->stopped = true;
	external_close(a->external);
}

static void end_thread(struct acceptor *a)
{
	if (!a->running)
		return;
	want(a, ACCEPTOR_ENDS);
	(void)pthread_join(a->thread, NULL);
	a->running = false;
}

struct acceptor *acceptor_free(struct acceptor *a)
{
	if (!a)
		return NULL;
	acceptor_stop(a);
	end_thread(a);
	conn_table_deinit(&a->conns);
	accept_loop_deinit(a);
	a->arrivals = ratemap_free(a->arrivals);
	a->blocked = blocked_free(a->blocked);
	(void)sem_destroy(&a->guards);
	(void)pthread_mutex_destroy(&a->shared.mu);
	free(a);
	return NULL;
}

void acceptor_freep(struct acceptor **a)
{
	*a = acceptor_free(*a);
}

bool acceptor_signed_in(struct acceptor *a, const char *peer)
{
	return conn_table_sign_in(&a->conns, peer);
}

bool acceptor_cut(struct acceptor *a, const char *peer)
{
	return conn_table_cut(&a->conns, peer);
}

bool acceptor_round_trip(struct acceptor *a, const char *peer, uint32_t *ret_us)
{
	return conn_table_get_round_trip(&a->conns, peer, ret_us);
}

void acceptor_charge(struct acceptor *a, const char *peer, uint64_t connections)
{
	char key[ACCEPTOR_ADDRESS_BYTES];
	acceptor_rate_key(peer, key);
	ratemap_charge(a->arrivals, key, connections, clock_mono());
}

bool acceptor_admin(struct acceptor *a, const char *peer, struct ucred *ret)
{
	return conn_table_get_ucred(&a->conns, peer, ret);
}

bool acceptor_served(struct acceptor *a, const char *peer, char ret[static TLS_FINGERPRINT_BYTES])
{
	return conn_table_get_served(&a->conns, peer, ret);
}

void acceptor_each_served(
	struct acceptor *a, void (*each)(void *arg, const char *fingerprint), void *arg)
{
	conn_table_each_served(&a->conns, each, arg);
}

bool acceptor_set_client(struct acceptor *a, const char *peer, uint64_t generation,
	const struct tls_client *client, const char *chain)
{
	return conn_table_set_client(&a->conns, peer, generation, client, chain);
}

bool acceptor_get_client(
	struct acceptor *a, const char *peer, uint64_t generation, struct tls_client *ret)
{
	return conn_table_get_client(&a->conns, peer, generation, ret);
}

size_t acceptor_cut_expired(struct acceptor *a, uint64_t now_us)
{
	return conn_table_cut_expired(&a->conns, now_us);
}

size_t acceptor_judge_again(
	struct acceptor *a, const struct tls_clients *clients, enum tls_client_name kind)
{
	return conn_table_judge_again(&a->conns, clients, kind);
}

void acceptor_block(struct acceptor *a, const struct network *network, uint64_t until_us)
{
	blocked_add(a->blocked, network, until_us);
	atomic_store(
		&a->cut_blocked_us, clock_mono_add_ms(clock_mono(), ACCEPTOR_BLOCK_GRACE_MS).us);
}

void acceptor_unblock(struct acceptor *a, const struct network *network)
{
	blocked_remove(a->blocked, network);
}

bool acceptor_has_newcomer(struct acceptor *a, int64_t age_ms)
{
	return conn_table_has_newcomer(&a->conns, clock_mono_add_ms(clock_mono(), -age_ms));
}

size_t acceptor_count(const struct acceptor *a)
{
	return conn_table_count(&a->conns, CONN_TLS);
}

void acceptor_set_limits(struct acceptor *a, const struct acceptor_limits *limits)
{
	(void)pthread_mutex_lock(&a->shared.mu);
	a->shared.limits = *limits;
	(void)pthread_mutex_unlock(&a->shared.mu);
	ratemap_reconfigure(a->arrivals, (int64_t)limits->connections_per_minute,
		(int64_t)limits->connections_per_address);
	tap_set_limits(limits);
}

const struct pulse *acceptor_pulse(const struct acceptor *a)
{
	return &a->pulse;
}

int acceptor_prove(
	struct acceptor *a, const char *fingerprint, int64_t timeout_ms, struct err_text *err)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		int r = err_raise(-errno);
		err_say(err, "cannot connect to ourselves: %s", strerror(-r));
		return r;
	}
	int r = external_handle(a->external, -1, pair[0]);
	if (r < 0) {
		close(pair[1]);
		err_say(err, "cannot connect to ourselves: no connections are being accepted");
		return err_pass(r);
	}
	r = tls_prove(pair[1], fingerprint, timeout_ms, err);
	return r < 0 ? err_pass(r) : 0;
}

void acceptor_address(const char *text, char buf[static ACCEPTOR_ADDRESS_BYTES])
{
	struct peer peer;
	if (peer_parse(text, &peer))
		peer_print_address(&peer, buf);
	else
		(void)snprintf(buf, ACCEPTOR_ADDRESS_BYTES, "%s", text);
}

void acceptor_rate_key(const char *text, char buf[static ACCEPTOR_ADDRESS_BYTES])
{
	struct peer peer;
	if (peer_parse(text, &peer))
		peer_print_net(&peer, buf);
	else
		(void)snprintf(buf, ACCEPTOR_ADDRESS_BYTES, "%s", text);
}

_Static_assert((int)ACCEPTOR_ADDRESS_BYTES == (int)PEER_TEXT_BYTES, "one buffer size for both");
