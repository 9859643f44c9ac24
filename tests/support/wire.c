/*
 *	client <--> pair.fd[0] | buffer per way | pair.fd[1] <--> daemon
 *
 * A way's buffer is filled only when empty and its side isn't frozen, so a frozen way pushes back
 * through TCP just as a reader that has stopped does.
 */
#include "support/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"

enum {
	WIRE_PAIRS_MAX = 512,
	WIRE_BUFFER_BYTES = 16 * 1024,
	WIRE_SLOW_BYTES = 512, /* a chunk, where bytes_per_s is set */
	WIRE_BACKLOG = 512,
	WIRE_POLL_FIRST = 2, /* the wake-up and the listener come before the pairs */
};

struct way {
	char buffer[WIRE_BUFFER_BYTES];
	size_t from;
	size_t len;
	bool ended; /* its source has said all */
	struct mono due; /* what is in the buffer waits until then */
};

struct pair {
	int fd[2]; /* owned: client, daemon */
	struct way way[2]; /* towards the daemon, towards the client */
};

struct wire {
	pthread_t thread;
	pthread_mutex_t mu; /* guards all below but the constants */
	int listener; /* owned */
	int wake; /* owned: eventfd */
	uint16_t server_port;
	char address[TD_PATH_BYTES];
	struct pair *pairs[WIRE_PAIRS_MAX]; /* owned */
	size_t pair_count;
	unsigned frozen; /* enum wire_way bits */
	struct wire_shape shape;
	uint64_t chance; /* of delays; xorshift64, never 0 */
	bool refusing;
	bool ending;
	uint64_t bytes[2];
};

static int loopback(uint16_t port, struct sockaddr_in *ret)
{
	*ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
	ret->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* RST instead of FIN: no goodbye. */
static void reset_fd(int *fd)
{
	struct linger hard = {.l_onoff = 1};

	if (*fd >= 0)
		(void)setsockopt(*fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	fd_closep(fd);
}

static void remove_pair(struct wire *w, size_t i, bool hard)
{
	struct pair *p = w->pairs[i];

	for (int side = 0; side < 2; side++) {
		if (hard)
			reset_fd(&p->fd[side]);
		else
			fd_closep(&p->fd[side]);
	}
	free(p);
	w->pairs[i] = w->pairs[--w->pair_count];
}

static void remove_all(struct wire *w)
{
	while (w->pair_count > 0)
		remove_pair(w, w->pair_count - 1, true);
}

static void accept_one(struct wire *w)
{
	struct sockaddr_in server;
	int on = 1;
	int client = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client < 0)
		return;
	int fd = w->refusing || w->pair_count == WIRE_PAIRS_MAX ? -1
								: loopback(w->server_port, &server);
	if (fd < 0 || (connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0 &&
			      errno != EINPROGRESS)) {
		reset_fd(&client);
		fd_closep(&fd);
		return;
	}
	(void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	struct pair *p = mem_new(1, sizeof(*p));
	p->fd[0] = client;
	p->fd[1] = fd;
	w->pairs[w->pair_count++] = p;
}

static unsigned chance_below(struct wire *w, unsigned limit)
{
	w->chance ^= w->chance << 13;
	w->chance ^= w->chance >> 7;
	w->chance ^= w->chance << 17;
	return (unsigned)(w->chance % limit);
}

/* When a chunk that came just now may go on. */
static struct mono due_time(struct wire *w, size_t len)
{
	const struct wire_shape *s = &w->shape;
	int64_t ms = s->delay_min_ms;

	if (s->delay_max_ms > s->delay_min_ms)
		ms += chance_below(w, s->delay_max_ms - s->delay_min_ms + 1);
	if (s->stall_one_in && chance_below(w, s->stall_one_in) == 0)
		ms += chance_below(w, s->stall_max_ms + 1);
	if (s->bytes_per_s)
		ms += (int64_t)len * CLOCK_MS_PER_S / s->bytes_per_s;
	return ms ? clock_mono_add_ms(clock_mono(), ms) : (struct mono){0};
}

static bool is_due(const struct way *way)
{
	return way->due.us == 0 || clock_mono().us >= way->due.us;
}

/* Moves what it can one way. False: the connection is broken. */
static bool forward(struct wire *w, struct pair *p, int which)
{
	struct way *way = &p->way[which];

	if (way->len == 0 && !way->ended && !(w->frozen & (1U << which))) {
		size_t room = w->shape.bytes_per_s ? WIRE_SLOW_BYTES : sizeof(way->buffer);
		ssize_t n = recv(p->fd[which], way->buffer, room, 0);
		if (n < 0)
			return errno == EAGAIN || errno == ENOTCONN || errno == EINTR;
		way->from = 0;
		way->len = (size_t)n;
		way->ended = n == 0;
		way->due = due_time(w, way->len);
		if (way->ended)
			(void)shutdown(p->fd[!which], SHUT_WR);
	}
	if (way->len > 0 && is_due(way)) {
		ssize_t n = send(p->fd[!which], way->buffer + way->from, way->len, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == ENOTCONN || errno == EINTR;
		way->from += (size_t)n;
		way->len -= (size_t)n;
		w->bytes[which] += (uint64_t)n;
	}
	return true;
}

static short interest(const struct wire *w, const struct pair *p, int side)
{
	const struct way *out = &p->way[side];
	const struct way *in = &p->way[!side];
	short events = 0;

	if (out->len == 0 && !out->ended && !(w->frozen & (1U << side)))
		events |= POLLIN;
	if (in->len > 0 && is_due(in))
		events |= POLLOUT;
	return events;
}

/* Until the first delayed chunk may go on; -1: none waits. */
static int next_due_ms(const struct wire *w)
{
	struct mono now = clock_mono();
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < w->pair_count; i++) {
		for (int which = 0; which < 2; which++) {
			const struct way *way = &w->pairs[i]->way[which];
			if (way->len > 0 && way->due.us > now.us && way->due.us - now.us < next)
				next = way->due.us - now.us;
		}
	}
	return next == INT64_MAX ? -1 : (int)(next / CLOCK_US_PER_MS) + 1;
}

static size_t fill_polls(const struct wire *w, struct pollfd *polls)
{
	size_t n = 0;

	polls[n++] = (struct pollfd){.fd = w->wake, .events = POLLIN};
	polls[n++] = (struct pollfd){.fd = w->listener, .events = POLLIN};
	for (size_t i = 0; i < w->pair_count; i++) {
		for (int side = 0; side < 2; side++) {
			short events = interest(w, w->pairs[i], side);
			/* With nothing to ask, a hang-up would spin. */
			polls[n++] = (struct pollfd){
				.fd = events ? w->pairs[i]->fd[side] : -1, .events = events};
		}
	}
	return n;
}

static void run_pairs(struct wire *w)
{
	for (size_t i = w->pair_count; i-- > 0;) {
		struct pair *p = w->pairs[i];
		bool fine = forward(w, p, 0) && forward(w, p, 1);
		bool over = p->way[0].ended && p->way[1].ended && p->way[0].len == 0 &&
			    p->way[1].len == 0;
		if (!fine || over)
			remove_pair(w, i, !fine);
	}
}

static void *run(void *arg)
{
	struct wire *w = arg;
	static const size_t polls_max = WIRE_POLL_FIRST + 2 * WIRE_PAIRS_MAX;
	struct pollfd *polls = mem_new(polls_max, sizeof(*polls));
	uint64_t count = 0;

	(void)pthread_mutex_lock(&w->mu);
	while (!w->ending) {
		size_t n = fill_polls(w, polls);
		int wait_ms = next_due_ms(w);
		(void)pthread_mutex_unlock(&w->mu);
		(void)poll(polls, n, wait_ms);
		(void)pthread_mutex_lock(&w->mu);
		if (polls[0].revents)
			(void)!read(w->wake, &count, sizeof(count));
		if (polls[1].revents)
			accept_one(w);
		run_pairs(w);
	}
	remove_all(w);
	(void)pthread_mutex_unlock(&w->mu);
	free(polls);
	return NULL;
}

struct wire *wire_open(struct td *td)
{
	struct wire *w = mem_new(1, sizeof(*w));
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	w->server_port = td_port(td);
	w->chance = w->server_port; /* any number but 0 will do */
	w->listener = loopback(0, &a);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->listener < 0 || w->wake < 0 ||
		bind(w->listener, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		listen(w->listener, WIRE_BACKLOG) < 0 ||
		getsockname(w->listener, (struct sockaddr *)&a, &len) < 0)
		td_fail(td, "wire: %s", strerror(errno));
	(void)snprintf(w->address, sizeof(w->address), "127.0.0.1:%u", ntohs(a.sin_port));
	(void)pthread_mutex_init(&w->mu, NULL);
	if (pthread_create(&w->thread, NULL, run, w) != 0)
		td_fail(td, "wire: no thread");
	return w;
}

/* Ends a poll that waits for what no longer holds. */
static void wake(struct wire *w)
{
	uint64_t one = 1;

	(void)!write(w->wake, &one, sizeof(one));
}

void wire_close(struct wire *w)
{
	if (!w)
		return;
	(void)pthread_mutex_lock(&w->mu);
	w->ending = true;
	wake(w);
	(void)pthread_mutex_unlock(&w->mu);
	(void)pthread_join(w->thread, NULL);
	fd_closep(&w->listener);
	fd_closep(&w->wake);
	(void)pthread_mutex_destroy(&w->mu);
	free(w);
}

const char *wire_address(const struct wire *w)
{
	return w->address;
}

/* What is in a buffer waits no longer. */
static void unshape(struct wire *w)
{
	w->shape = (struct wire_shape){0};
	for (size_t i = 0; i < w->pair_count; i++) {
		for (int which = 0; which < 2; which++)
			w->pairs[i]->way[which].due = (struct mono){0};
	}
}

void wire_shape(struct wire *w, const struct wire_shape *shape)
{
	(void)pthread_mutex_lock(&w->mu);
	w->shape = *shape;
	wake(w);
	(void)pthread_mutex_unlock(&w->mu);
}

static void change(struct wire *w, bool reset, bool refusing, unsigned frozen)
{
	(void)pthread_mutex_lock(&w->mu);
	if (reset)
		remove_all(w);
	if (!frozen)
		unshape(w);
	w->refusing = refusing;
	w->frozen = frozen;
	wake(w);
	(void)pthread_mutex_unlock(&w->mu);
}

void wire_reset(struct wire *w)
{
	change(w, true, false, 0);
}

void wire_cut(struct wire *w)
{
	change(w, true, true, 0);
}

void wire_freeze(struct wire *w, enum wire_way way)
{
	change(w, false, false, way);
}

void wire_mend(struct wire *w)
{
	change(w, false, false, 0);
}

unsigned wire_connections(struct wire *w)
{
	(void)pthread_mutex_lock(&w->mu);
	unsigned count = (unsigned)w->pair_count;
	(void)pthread_mutex_unlock(&w->mu);
	return count;
}

uint64_t wire_bytes(struct wire *w, enum wire_way way)
{
	(void)pthread_mutex_lock(&w->mu);
	uint64_t bytes =
		(way & WIRE_TO_SERVER ? w->bytes[0] : 0) + (way & WIRE_TO_CLIENT ? w->bytes[1] : 0);
	(void)pthread_mutex_unlock(&w->mu);
	return bytes;
}
