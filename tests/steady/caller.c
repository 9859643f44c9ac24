/* A caller: connecting until its welcome, then leaving until the library says that it's closed. */
#include "caller.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "book.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TURN_MS = 5,
};

/* ---- TCP alone ---- */

static void note_refusal(struct callers *c, int e)
{
	(void)pthread_mutex_lock(&c->mu);
	c->refused++;
	book_blame(&c->totals, &c->totals.refused, 1, "a connection was refused: %s", strerror(e));
	(void)pthread_mutex_unlock(&c->mu);
}

/* IPv4 and a port; anything else isn't knocked at. */
static bool address_of(const char *server, struct sockaddr_in *ret)
{
	char host[INET_ADDRSTRLEN] = "";
	unsigned port = 0;
	*ret = (struct sockaddr_in){.sin_family = AF_INET};
	if (sscanf(server, "%15[0-9.]:%u", host, &port) != 2 || port > UINT16_MAX)
		return false;
	ret->sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &ret->sin_addr) == 1;
}

static void knock(struct callers *c)
{
	struct sockaddr_in a;
	if (c->knock >= 0 || !address_of(c->place->server, &a))
		return;
	c->knock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->knock < 0)
		return;
	if (connect(c->knock, (const struct sockaddr *)&a, sizeof(a)) == 0 || errno == EINPROGRESS)
		return;
	note_refusal(c, errno);
	fd_closep(&c->knock);
}

static void look_at_knock(struct callers *c)
{
	struct pollfd p = {.fd = c->knock, .events = POLLOUT};
	int e = 0;
	socklen_t len = sizeof(e);
	if (c->knock < 0 || poll(&p, 1, 0) != 1)
		return;
	if (getsockopt(c->knock, SOL_SOCKET, SO_ERROR, &e, &len) == 0 && e != 0)
		note_refusal(c, e);
	fd_closep(&c->knock);
}

/* ---- newcomers ---- */

static void call(struct callers *c, struct caller *caller)
{
	struct gchat_session_options session = {.token = c->place->tokens[c->token_turn]};
	c->token_turn = (c->token_turn + 1) % c->place->accounts;
	*caller = (struct caller){.since_us = clock_mono().us};
	int r = place_open_client(c->place, &caller->g, NULL);
	GC_ASSERT(r == 0); /* another one could be opened with the same */
	r = gchat_connect(caller->g, &session);
	GC_ASSERT(r == 0);
}

static void welcome(struct callers *c, struct caller *caller)
{
	double ms = (double)(clock_mono().us - caller->since_us) / CLOCK_US_PER_MS;
	(void)pthread_mutex_lock(&c->mu);
	if (c->calls < CALLS_KEPT)
		c->ms[c->calls++] = ms;
	c->again += caller->failures > 0;
	(void)pthread_mutex_unlock(&c->mu);
	caller->leaving = true;
	gchat_disconnect(caller->g);
}

static void refused(struct callers *c, const struct gchat_error *error)
{
	(void)pthread_mutex_lock(&c->mu);
	book_blame(&c->totals, &c->totals.refused, 1, "a newcomer was refused: %s: %s",
		error->reason, error->message);
	(void)pthread_mutex_unlock(&c->mu);
}

/* True: it is gone. */
static bool take(struct callers *c, struct caller *caller, const struct gchat_event *event)
{
	if (event->kind == GCHAT_EVENT_WELCOME && !caller->leaving)
		welcome(c, caller);
	if (event->kind != GCHAT_EVENT_STATE)
		return false;
	caller->failures += event->state.state == GCHAT_STATE_RECONNECTING;
	if (event->state.state == GCHAT_STATE_REFUSED)
		refused(c, &event->state.error);
	return event->state.state == GCHAT_STATE_REFUSED ||
	       event->state.state == GCHAT_STATE_CLOSED;
}

static void listen_to(struct callers *c, struct caller *caller)
{
	struct gchat_event *event = NULL;
	while (caller->g && gchat_next(caller->g, 0, &event) == 1) {
		bool gone = take(c, caller, event);
		gchat_event_free(event);
		if (!gone)
			continue;
		gchat_close(caller->g);
		*caller = (struct caller){0};
	}
}

/* ---- the thread ---- */

/* One that is free, or NULL. */
static struct caller *listen_to_all(struct callers *c)
{
	struct caller *free_one = NULL;
	unsigned waiting = 0;
	for (unsigned i = 0; i < CALLERS_MAX; i++) {
		listen_to(c, &c->items[i]);
		if (!c->items[i].g)
			free_one = &c->items[i];
		waiting += c->items[i].g && !c->items[i].leaving;
	}
	(void)pthread_mutex_lock(&c->mu);
	c->waiting = waiting;
	(void)pthread_mutex_unlock(&c->mu);
	return free_one;
}

static bool is_quitting(struct callers *c)
{
	(void)pthread_mutex_lock(&c->mu);
	bool quitting = c->quitting;
	(void)pthread_mutex_unlock(&c->mu);
	return quitting;
}

static void *run(void *arg)
{
	struct callers *c = arg;
	while (!is_quitting(c)) {
		look_at_knock(c);
		struct caller *free_one = listen_to_all(c);
		int64_t now = clock_mono().us;
		if (now >= c->next_us) {
			c->next_us = now + c->every_us;
			knock(c);
			if (free_one)
				call(c, free_one);
		}
		(void)poll(NULL, 0, TURN_MS);
	}
	for (unsigned i = 0; i < CALLERS_MAX; i++)
		gchat_close(c->items[i].g);
	fd_closep(&c->knock);
	return NULL;
}

void callers_start(struct callers *c, const struct steady_options *options, struct place *place)
{
	*c = (struct callers){
		.place = place, .every_us = CLOCK_US_PER_S / options->calls_per_s, .knock = -1};
	c->ms = mem_new(CALLS_KEPT, sizeof(*c->ms));
	(void)pthread_mutex_init(&c->mu, NULL); /* cannot fail without attributes */
	GC_ASSERT(pthread_create(&c->thread, NULL, run, c) == 0);
}

void callers_stop(struct callers *c, struct steady_totals *totals)
{
	if (!c->ms)
		return;
	(void)pthread_mutex_lock(&c->mu);
	c->quitting = true;
	(void)pthread_mutex_unlock(&c->mu);
	(void)pthread_join(c->thread, NULL); /* joinable and not this thread */
	if (c->totals.refused)
		book_blame(totals, &totals->refused, c->totals.refused, "%s", c->totals.trouble);
	(void)pthread_mutex_destroy(&c->mu);
	free(c->ms);
	c->ms = NULL;
}

/* ---- what the others see of it ---- */

void callers_begin(struct callers *c)
{
	(void)pthread_mutex_lock(&c->mu);
	c->calls = c->again = c->refused = 0;
	(void)pthread_mutex_unlock(&c->mu);
}

bool callers_wait(struct callers *c)
{
	(void)pthread_mutex_lock(&c->mu);
	bool wait = c->waiting > 0;
	(void)pthread_mutex_unlock(&c->mu);
	return wait;
}

void callers_measure(struct callers *c, struct steady_figures *ret)
{
	(void)pthread_mutex_lock(&c->mu);
	ret->calls = c->calls;
	ret->calls_again = c->again;
	ret->refused = c->refused;
	ret->call = steady_spread_of(c->ms, c->calls);
	(void)pthread_mutex_unlock(&c->mu);
}
