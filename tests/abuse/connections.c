/* Attacks that need no HTTP/2: connections that are opened, held, dripped into, opened again. */
#include "abuse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "h2/h2.h"

enum {
	HALF_OPEN = 2000,
	HALF_OPEN_ADDRESSES = 4, /* limits.connections_per_address is half of it, as shipped */
	DRIPS = 200,
	CROWD = 1500, /* from one address, above that limit */
	RECONNECTS = 16, /* at a time */
	TURN_NS = 1000000,
	STEP_NS = 10000000,
};

/* The head of a TLS record with a ClientHello of 508 bytes, and its first bytes. */
static const uint8_t hello[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3};

static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* connecting fails, else */
	}
}

static int connect_from(const char *source, uint16_t port)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || inet_pton(AF_INET, source, &from.sin_addr) != 1)
		return fd;
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&from, sizeof(from)) == 0)
		(void)connect(fd, (const struct sockaddr *)&to, sizeof(to)); /* seen by has_ended */
	return fd;
}

static bool has_ended(int fd)
{
	char waste[256];
	ssize_t n = recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOTCONN);
}

static void step(void)
{
	const struct timespec ts = {.tv_nsec = STEP_NS};
	(void)nanosleep(&ts, NULL); /* an attacker's pace */
}

/* Closes those that the daemon has ended, and says how many are left. */
static unsigned reap(int *fds, unsigned count, struct abuse_outcome *out, double start)
{
	unsigned left = 0;
	for (unsigned i = 0; i < count; i++) {
		if (fds[i] >= 0 && has_ended(fds[i])) {
			close(fds[i]);
			fds[i] = -1;
			abuse_stopped(out, start);
		}
		left += fds[i] >= 0;
	}
	return left;
}

static void close_all(int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(fds);
}

static void hold(const struct abuse_ground *ground, struct abuse_outcome *out, int *fds,
	unsigned count, bool drip)
{
	double start = abuse_now_s();
	double next = start;
	for (size_t sent = 0; abuse_now_s() - start < ground->secs;) {
		if (drip && abuse_now_s() >= next && sent < sizeof(hello)) {
			for (unsigned i = 0; i < count; i++)
				if (fds[i] >= 0)
					(void)send(fds[i], hello + sent, 1, MSG_NOSIGNAL);
			sent++;
			next += 1;
		}
		if (reap(fds, count, out, start) == 0)
			return;
		step();
	}
}

void abuse_half_open(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	raise_descriptors();
	int *fds = mem_new(HALF_OPEN, sizeof(*fds));
	for (unsigned i = 0; i < HALF_OPEN; i++) {
		fds[i] = connect_from(abuse_address(i % HALF_OPEN_ADDRESSES), ground->port);
		if (fds[i] >= 0)
			(void)send(fds[i], hello, sizeof(hello), MSG_NOSIGNAL);
	}
	out->tries = HALF_OPEN;
	hold(ground, out, fds, HALF_OPEN, false);
	close_all(fds, HALF_OPEN);
}

void abuse_drip(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	raise_descriptors();
	int *fds = mem_new(DRIPS, sizeof(*fds));
	for (unsigned i = 0; i < DRIPS; i++)
		fds[i] = connect_from(abuse_address(4), ground->port);
	out->tries = DRIPS;
	hold(ground, out, fds, DRIPS, true);
	close_all(fds, DRIPS);
}

void abuse_crowding(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	raise_descriptors();
	int *fds = mem_new(CROWD, sizeof(*fds));
	for (unsigned i = 0; i < CROWD; i++)
		fds[i] = connect_from(abuse_address(5), ground->port);
	out->tries = CROWD;
	hold(ground, out, fds, CROWD, false);
	close_all(fds, CROWD);
}

/* ---- again and again ---- */

struct storm {
	struct h2_loop *loop; /* owned */
	struct abuse_outcome *out; /* borrowed */
	double start;
	unsigned open;
};

static void on_open(void *arg, struct h2_conn *conn)
{
	struct storm *storm = arg;
	storm->open--;
	h2_conn_close(conn);
}

static void on_closed(void *arg, struct h2_conn *conn, const char *why)
{
	struct storm *storm = arg;
	(void)conn;
	(void)why;
	storm->open--;
	abuse_stopped(storm->out, storm->start);
}

static const struct h2_conn_events storm_events = {.on_open = on_open, .on_closed = on_closed};

void abuse_reconnect(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	struct storm storm = {.loop = h2_loop_new(), .out = out, .start = abuse_now_s()};
	const struct h2_target target = {
		.host = "127.0.0.1", .port = ground->port, .source = "127.1.0.10"};
	while (abuse_now_s() - storm.start < ground->secs) {
		while (storm.open < RECONNECTS &&
			h2_conn_open(storm.loop, &target, &storm_events, &storm)) {
			storm.open++;
			out->tries++;
		}
		h2_loop_turn(storm.loop, TURN_NS);
	}
	(void)h2_loop_free(storm.loop);
}
