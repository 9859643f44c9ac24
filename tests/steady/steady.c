/*
 *	the caller's thread                          the thread of the sessions
 *	steady_begin, _end, _finish  -- under mu --  turn: listen, say what is due, call afresh
 */
#include "steady.h"

#include "base/clock.h"
#include "base/mem.h"
#include "book.h"
#include "caller.h"
#include "dweller.h"
#include "place.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	EVENTS_AT_ONCE = 256,
	TURN_MS = 5,
	OPENING_MAX = 32, /* sessions that wait for their welcome at a time */
	OPEN_MS = 120000,
	CALLS_MS = 5000, /* for those that are under way */
	LATE_US = CLOCK_US_PER_S, /* what is overdue for longer isn't made up for */
};

struct room {
	struct book book;
	int64_t next_us; /* when its next message is due */
	unsigned speaker;
};

struct steady {
	struct steady_options options;
	struct place place;
	struct room *rooms; /* owned */
	struct dweller *dwellers; /* owned */
	struct callers callers;
	struct steady_totals totals;
	unsigned opened;
	bool talking;
	bool quitting;
	int64_t begun_us;
	int epoll; /* owned */
	pthread_t thread;
	pthread_mutex_t mu; /* all of the above, once the thread runs */
};

/* ---- the thread of the sessions ---- */

static void say_in(struct steady *s, struct room *room, unsigned index, int64_t now)
{
	unsigned rooms = s->options.rooms;
	unsigned members = (s->options.sessions - index + rooms - 1) / rooms;
	if (now - room->next_us > LATE_US)
		room->next_us = now;
	for (; room->next_us <= now; room->next_us += CLOCK_US_PER_S / s->options.rate) {
		struct dweller *d = &s->dwellers[room->speaker * rooms + index];
		room->speaker = (room->speaker + 1) % members;
		(void)dweller_say(d); /* too many wait: this one has had its say */
	}
}

static void turn(struct steady *s)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(s->epoll, events, EVENTS_AT_ONCE, TURN_MS);
	(void)pthread_mutex_lock(&s->mu);
	for (int i = 0; i < n; i++)
		dweller_listen(events[i].data.ptr);
	int64_t now = clock_mono().us;
	for (unsigned i = 0; i < s->options.rooms && s->talking; i++)
		say_in(s, &s->rooms[i], i, now);
	(void)pthread_mutex_unlock(&s->mu);
}

static void *run(void *arg)
{
	struct steady *s = arg;
	bool quitting = false;
	while (!quitting) {
		turn(s);
		(void)pthread_mutex_lock(&s->mu);
		quitting = s->quitting;
		(void)pthread_mutex_unlock(&s->mu);
	}
	return NULL;
}

/* ---- opening ---- */

static unsigned count_waiting(struct steady *s)
{
	unsigned count = 0;
	for (unsigned i = 0; i < s->opened; i++)
		count += !s->dwellers[i].placed;
	return count;
}

static int open_dweller(struct steady *s, struct err_text *err)
{
	unsigned i = s->opened;
	struct dweller *d = &s->dwellers[i];
	unsigned room = i % s->options.rooms;
	/* The accounts of a room are those of its number, and so many more. */
	unsigned accounts = (s->place.accounts - room + s->options.rooms - 1) / s->options.rooms;
	unsigned account = room + i / s->options.rooms % accounts * s->options.rooms;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = d};
	*d = (struct dweller){.book = &s->rooms[room].book, .room_id = s->place.room_ids[room]};
	int r = dweller_open(d, &s->place, s->place.tokens[account], err);
	if (r < 0)
		return err_pass(r);
	GC_ASSERT(epoll_ctl(s->epoll, EPOLL_CTL_ADD, gchat_fd(d->g), &event) == 0);
	s->opened++;
	return 0;
}

static int open_dwellers(struct steady *s, struct err_text *err)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), OPEN_MS);
	while (s->opened < s->options.sessions || count_waiting(s) > 0) {
		int r = 0;
		while (r == 0 && s->opened < s->options.sessions && count_waiting(s) < OPENING_MAX)
			r = open_dweller(s, err);
		if (r < 0)
			return err_pass(r);
		turn(s);
		if (!s->totals.refused && clock_mono().us < deadline.us)
			continue;
		err_say(err, "%u of %u sessions came in: %.300s", s->opened - count_waiting(s),
			s->options.sessions, s->totals.trouble);
		return err_raise(-EIO);
	}
	return 0;
}

static void start_talking(struct steady *s)
{
	int64_t now = clock_mono().us;
	for (unsigned i = 0; i < s->options.rooms; i++)
		s->rooms[i].next_us =
			now + (int64_t)i * CLOCK_US_PER_S / (s->options.rate * s->options.rooms);
	for (unsigned i = 0; i < s->options.sessions; i++)
		s->dwellers[i].heard_us = now;
	s->talking = true;
}

/* Each session takes several. */
static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* a session that can't be opened will say so */
}

int steady_open(const struct steady_options *options, struct steady **ret, struct err_text *err)
{
	struct steady *s = mem_new(1, sizeof(*s));
	GC_ASSERT(options->rate > 0 && options->rooms > 0 && options->sessions >= options->rooms);
	raise_descriptors();
	s->options = *options;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->rooms = mem_new(options->rooms, sizeof(*s->rooms));
	s->dwellers = mem_new(options->sessions, sizeof(*s->dwellers));
	for (unsigned i = 0; i < options->rooms; i++)
		book_init(&s->rooms[i].book, &s->totals);
	(void)pthread_mutex_init(&s->mu, NULL); /* cannot fail without attributes */
	int r = place_init(&s->place, options, err);
	if (r == 0)
		r = open_dwellers(s, err);
	if (r == 0) {
		start_talking(s);
		callers_start(&s->callers, options, &s->place);
		GC_ASSERT(pthread_create(&s->thread, NULL, run, s) == 0);
		*ret = s;
		return 0;
	}
	s->quitting = true;
	(void)steady_close(s);
	return err_pass(r);
}

struct steady *steady_close(struct steady *s)
{
	if (!s)
		return NULL;
	if (!s->quitting) {
		(void)pthread_mutex_lock(&s->mu);
		s->quitting = true;
		(void)pthread_mutex_unlock(&s->mu);
		(void)pthread_join(s->thread, NULL); /* joinable and not this thread */
	}
	for (unsigned i = 0; i < s->opened; i++)
		dweller_close(&s->dwellers[i]);
	callers_stop(&s->callers, &s->totals);
	for (unsigned i = 0; i < s->options.rooms; i++)
		book_deinit(&s->rooms[i].book);
	place_deinit(&s->place);
	(void)pthread_mutex_destroy(&s->mu);
	(void)close(s->epoll);
	free(s->dwellers);
	free(s->rooms);
	free(s);
	return NULL;
}

/* ---- figures ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

struct steady_spread steady_spread_of(double *ms, unsigned count)
{
	if (count == 0)
		return (struct steady_spread){0};
	qsort(ms, count, sizeof(*ms), by_value);
	return (struct steady_spread){
		.p50 = ms[count / 2], .p99 = ms[count * 99 / 100], .max = ms[count - 1]};
}

/* One time of each session, or of each that lost its connection and is back. */
static struct steady_spread measure(struct steady *s, double *ms, bool of_broken,
	int64_t (*us_of)(const struct dweller *d, int64_t at_us), int64_t at_us)
{
	unsigned count = 0;
	for (unsigned i = 0; i < s->options.sessions; i++) {
		const struct dweller *d = &s->dwellers[i];
		if (!of_broken || (d->broken_us && d->back_us))
			ms[count++] = (double)us_of(d, at_us) / CLOCK_US_PER_MS;
	}
	return steady_spread_of(ms, count);
}

static int64_t told_us(const struct dweller *d, int64_t at_us)
{
	return d->broken_us - at_us;
}

static int64_t waited_us(const struct dweller *d, int64_t at_us)
{
	(void)at_us;
	return d->waited_us;
}

static int64_t connecting_us(const struct dweller *d, int64_t at_us)
{
	(void)at_us;
	return d->back_us - d->broken_us - d->waited_us;
}

static bool all_are_in(struct steady *s, int64_t since_us)
{
	(void)since_us;
	return !callers_wait(&s->callers);
}

/* The mutex is held. */
static void take_figures(struct steady *s, int64_t since_us, struct steady_figures *ret)
{
	int64_t now = clock_mono().us;
	double *ms GC_CLEANUP(mem_freep) = mem_new(s->options.sessions, sizeof(*ms));
	*ret = (struct steady_figures){.sessions = s->options.sessions};
	for (unsigned i = 0; i < s->options.sessions; i++) {
		const struct dweller *d = &s->dwellers[i];
		ret->broken += d->broken_us != 0;
		ret->attempts += d->attempts;
		ret->missing += !d->online || d->heard_us <= since_us;
	}
	ret->silence = measure(s, ms, false, dweller_silence_us, now);
	ret->ack = measure(s, ms, false, dweller_ack_us, now);
	ret->told = measure(s, ms, true, told_us, s->begun_us);
	ret->waited = measure(s, ms, true, waited_us, now);
	ret->connecting = measure(s, ms, true, connecting_us, now);
	callers_measure(&s->callers, ret);
}

/* ---- a disturbance ---- */

void steady_begin(struct steady *s)
{
	(void)pthread_mutex_lock(&s->mu);
	s->begun_us = clock_mono().us;
	for (unsigned i = 0; i < s->options.sessions; i++)
		dweller_begin(&s->dwellers[i], s->begun_us);
	callers_begin(&s->callers);
	(void)pthread_mutex_unlock(&s->mu);
}

/* Polls under the mutex until `done`, or too late: false. */
static bool wait_for(struct steady *s, bool (*done)(struct steady *s, int64_t since_us),
	int64_t since_us, int64_t timeout_ms)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), timeout_ms);
	for (;;) {
		(void)pthread_mutex_lock(&s->mu);
		bool is_done = done(s, since_us);
		(void)pthread_mutex_unlock(&s->mu);
		if (is_done || clock_mono().us >= deadline.us)
			return is_done;
		(void)poll(NULL, 0, TURN_MS);
	}
}

static bool all_hear(struct steady *s, int64_t since_us)
{
	for (unsigned i = 0; i < s->options.sessions; i++)
		if (!s->dwellers[i].online || s->dwellers[i].heard_us <= since_us)
			return false;
	return true;
}

void steady_end(struct steady *s, int64_t timeout_ms, struct steady_figures *ret)
{
	int64_t since_us = clock_mono().us;
	(void)wait_for(s, all_hear, since_us, timeout_ms); /* who is missing is counted */
	(void)wait_for(s, all_are_in, since_us, CALLS_MS);
	(void)pthread_mutex_lock(&s->mu);
	take_figures(s, since_us, ret);
	(void)pthread_mutex_unlock(&s->mu);
}

/* ---- the end ---- */

static bool is_level(struct steady *s, int64_t since_us)
{
	(void)since_us;
	for (unsigned i = 0; i < s->options.rooms; i++)
		if (s->rooms[i].book.acked < s->rooms[i].book.said)
			return false;
	for (unsigned i = 0; i < s->options.sessions; i++)
		if (s->dwellers[i].place < s->dwellers[i].book->head)
			return false;
	return true;
}

struct newcomer {
	struct book *book; /* borrowed */
	uint64_t place;
};

static void newcomer_heard(void *arg, const struct gchat_entry *e)
{
	struct newcomer *n = arg;
	bool is_message = e->kind == GCHAT_ENTRY_MESSAGE;
	book_heard(n->book, &n->place, e->seq, is_message ? e->text : NULL);
}

/* The whole log once more, as one reads it who wasn't there. */
static void read_log(struct steady *s, unsigned room)
{
	struct newcomer n = {.book = &s->rooms[room].book};
	uint64_t delivered = s->totals.delivered;
	if (place_read(&s->place, room, newcomer_heard, &n) < 0)
		book_blame(&s->totals, &s->totals.lost, 1, "a room's log can't be read");
	else if (n.place < n.book->head)
		book_missed(n.book, n.place + 1, n.book->head);
	s->totals.delivered = delivered;
}

void steady_finish(struct steady *s, int64_t timeout_ms, struct steady_totals *ret)
{
	(void)pthread_mutex_lock(&s->mu);
	s->talking = false;
	(void)pthread_mutex_unlock(&s->mu);
	callers_stop(&s->callers, &s->totals);
	bool level = wait_for(s, is_level, 0, timeout_ms);
	(void)pthread_mutex_lock(&s->mu);
	for (unsigned i = 0; i < s->options.sessions && !level; i++)
		if (s->dwellers[i].place < s->dwellers[i].book->head)
			book_missed(s->dwellers[i].book, s->dwellers[i].place + 1,
				s->dwellers[i].book->head);
	for (unsigned i = 0; i < s->options.rooms; i++) {
		read_log(s, i);
		book_check(&s->rooms[i].book);
	}
	*ret = s->totals;
	(void)pthread_mutex_unlock(&s->mu);
}

bool steady_is_sound(const struct steady_totals *t)
{
	return t->lost == 0 && t->doubled == 0 && t->disordered == 0 && t->refused == 0;
}
