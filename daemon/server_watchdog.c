/*
 * What systemd's watchdog is fed by: that every shard, the store's writer and the accept thread have
 * made progress since it was last fed. They are looked at when it is time to feed, and again at each
 * turn of the main thread until all have.
 */
#include "server_priv.h"

#include "base/log.h"
#include "base/notify.h"

#include <stdio.h>

static void watch_thread(struct server *s, const struct pulse *pulse, const char *name)
{
	struct watchdog *w = &s->watchdog;
	GC_ASSERT(w->count < GC_LENGTH(w->threads));
	struct watched *thread = &w->threads[w->count++];
	thread->pulse = pulse;
	(void)snprintf(thread->name, sizeof(thread->name), "%s", name);
}

void server_start_watchdog(struct server *s)
{
	char name[WATCHED_NAME_BYTES];
	for (unsigned i = 0; i < s->hub->options.shards; i++) {
		(void)snprintf(name, sizeof(name), "shard-%u", i);
		watch_thread(s, &s->hub->shards[i].pulse, name);
	}
	watch_thread(s, acceptor_pulse(s->service.acceptor), "accept");
	watch_thread(s, store_writer_pulse(s->store), "store-writer");
	s->watchdog.next = clock_mono_add_ms(clock_mono(), notify_watchdog_interval_ms());
}

/* The writer alone has nothing to beat for when nothing is to be written; it is the last. */
static bool may_rest(const struct server *s, unsigned i)
{
	return i == s->watchdog.count - 1 && store_writer_rests(s->store);
}

/* The first that makes no progress, or NULL. */
static const struct watched *find_stuck(struct server *s)
{
	struct watchdog *w = &s->watchdog;
	for (unsigned i = 0; i < w->count; i++) {
		const struct watched *thread = &w->threads[i];
		uint64_t seen = thread->seen;
		if (!pulse_moved(thread->pulse, &seen) && !may_rest(s, i) &&
			!pulse_is_held(thread->pulse))
			return thread;
	}
	return NULL;
}

static void feed(struct watchdog *w, struct mono now, int64_t interval_ms)
{
	for (unsigned i = 0; i < w->count; i++)
		(void)pulse_moved(w->threads[i].pulse, &w->threads[i].seen);
	w->next = clock_mono_add_ms(now, interval_ms);
	w->told = false;
	notify_watchdog();
}

/* Half an interval before the end: who finds the daemon killed finds out why. */
static void tell_of(struct watchdog *w, const struct watched *stuck, int64_t late_ms)
{
	if (w->told)
		return;
	w->told = true;
	log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_STUCK,
		"a thread makes no progress: the watchdog is not fed thread=%s late_ms=%lld",
		stuck->name, (long long)late_ms);
}

void server_feed_watchdog(struct server *s)
{
	struct watchdog *w = &s->watchdog;
	struct mono now = clock_mono();
	int64_t interval_ms = notify_watchdog_interval_ms();
	if (interval_ms <= 0 || now.us < w->next.us)
		return;
	const struct watched *stuck = find_stuck(s);
	int64_t late_ms = clock_mono_ms_since(now, w->next);
	if (!stuck)
		feed(w, now, interval_ms);
	else if (late_ms > interval_ms / 2)
		tell_of(w, stuck, late_ms);
}
