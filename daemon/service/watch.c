/*
 *   note -> [ring] <- next            a tick looks, for each waiter, at what came since the last
 *   count -> [table] -(a second)-> note
 */
#include "service/watch.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SECOND_MS = 1000,
	WATCHED_MS = 10 * 1000, /* after the last wait: the watcher is about to come back */
};

void watch_init(struct watch *watch, uint64_t size)
{
	*watch = (struct watch){.size = size};
	watch->entries = mem_new(size, sizeof(*watch->entries));
	pthread_mutex_init(&watch->mu, NULL);
	pthread_mutex_init(&watch->counts.mu, NULL);
	pthread_mutex_init(&watch->refusals.mu, NULL);
	pthread_mutex_init(&watch->waiting.mu, NULL);
	LIST_INIT(&watch->waiting.list);
}

void watch_deinit(struct watch *watch)
{
	GC_ASSERT(LIST_EMPTY(&watch->waiting.list));
	free(watch->entries);
	pthread_mutex_destroy(&watch->mu);
	pthread_mutex_destroy(&watch->counts.mu);
	pthread_mutex_destroy(&watch->refusals.mu);
	pthread_mutex_destroy(&watch->waiting.mu);
}

/* ---- noting ---- */

void watch_note(struct watch *watch, const struct watch_entry *entry)
{
	uint64_t now_us = clock_wall_us();
	pthread_mutex_lock(&watch->mu);
	uint64_t seq = ++watch->newest;
	struct watch_entry *slot = &watch->entries[seq % watch->size];
	*slot = *entry;
	slot->seq = seq;
	slot->time_us = now_us;
	pthread_mutex_unlock(&watch->mu);
}

void watch_note_refusal(struct watch *watch, const struct watch_entry *entry)
{
	pthread_mutex_lock(&watch->refusals.mu);
	bool fits = watch->refusals.noted < WATCH_REFUSALS_PER_S;
	if (fits)
		watch->refusals.noted++;
	else
		watch->refusals.more++;
	pthread_mutex_unlock(&watch->refusals.mu);
	if (fits)
		watch_note(watch, entry);
}

static struct watch_count *find_count(struct watch *watch, uint64_t room_id, const char *room)
{
	size_t at = room_id % WATCH_COUNTED_ROOMS;
	for (size_t i = 0; i < WATCH_COUNTED_ROOMS; i++) {
		struct watch_count *count = &watch->counts.rooms[(at + i) % WATCH_COUNTED_ROOMS];
		if (count->room_id == room_id)
			return count;
		if (count->room_id != 0)
			continue;
		count->room_id = room_id;
		(void)snprintf(count->room, sizeof(count->room), "%s", room);
		watch->counts.room_count++;
		return count;
	}
	return NULL;
}

void watch_count_message(struct watch *watch, uint64_t room_id, const char *room)
{
	if (!atomic_load_explicit(&watch->watched, memory_order_relaxed))
		return;
	pthread_mutex_lock(&watch->counts.mu);
	struct watch_count *count = find_count(watch, room_id, room);
	if (count)
		count->messages++;
	else
		watch->counts.others++;
	pthread_mutex_unlock(&watch->counts.mu);
}

/* ---- reading ---- */

uint64_t watch_newest(struct watch *watch)
{
	pthread_mutex_lock(&watch->mu);
	uint64_t newest = watch->newest;
	pthread_mutex_unlock(&watch->mu);
	return newest;
}

static bool lets_through(const struct watch_filter *filter, const struct watch_entry *entry)
{
	if (filter->kinds != 0 && !(filter->kinds & (1U << entry->kind)))
		return false;
	if (filter->room[0] && strcmp(filter->room, entry->room) != 0)
		return false;
	return !filter->user[0] || strcmp(filter->user, entry->user) == 0 ||
	       strcmp(filter->user, entry->actor) == 0;
}

/* The oldest kept entry after *after; false: *after is the newest. */
static bool copy_next(
	struct watch *watch, uint64_t *after, uint64_t *dropped, struct watch_entry *ret)
{
	pthread_mutex_lock(&watch->mu);
	uint64_t newest = watch->newest;
	bool more = *after < newest;
	if (more && newest - *after > watch->size) {
		*dropped += newest - *after - watch->size;
		*after = newest - watch->size;
	}
	if (more)
		*ret = watch->entries[++*after % watch->size];
	pthread_mutex_unlock(&watch->mu);
	return more;
}

bool watch_next(struct watch *watch, const struct watch_filter *filter, uint64_t *after,
	uint64_t *dropped, struct watch_entry *ret)
{
	/* Not for ever, where more is noted than can be looked through. */
	for (uint64_t i = 0; i < watch->size; i++) {
		if (!copy_next(watch, after, dropped, ret))
			return false;
		if (lets_through(filter, ret))
			return true;
	}
	return false;
}

bool watch_has_news(struct watch *watch, struct watch_waiter *waiter)
{
	uint64_t after = waiter->after;
	struct watch_entry entry;
	bool found = watch_next(watch, &waiter->filter, &after, &waiter->dropped, &entry);
	waiter->after = found ? after - 1 : after; /* what was looked through isn't again */
	return found || waiter->dropped > 0;
}

/* ---- waiting ---- */

void watch_ask(struct watch *watch)
{
	pthread_mutex_lock(&watch->waiting.mu);
	watch->waiting.asked = true;
	atomic_store_explicit(&watch->watched, true, memory_order_relaxed);
	pthread_mutex_unlock(&watch->waiting.mu);
}

bool watch_wait(struct watch *watch, struct watch_waiter *waiter)
{
	pthread_mutex_lock(&watch->waiting.mu);
	bool may = !watch->waiting.stopped && watch->waiting.count < WATCH_WAITERS_MAX;
	if (may) {
		watch->waiting.count++;
		LIST_INSERT_HEAD(&watch->waiting.list, waiter, link);
	}
	pthread_mutex_unlock(&watch->waiting.mu);
	return may;
}

/* Takes those who are to be woken off the list. */
static void take_ready(
	struct watch *watch, struct mono now, bool all, struct watch_waiters *ret_ready)
{
	struct watch_waiter *next;
	LIST_INIT(ret_ready);
	pthread_mutex_lock(&watch->waiting.mu);
	watch->waiting.stopped = watch->waiting.stopped || all;
	for (struct watch_waiter *w = LIST_FIRST(&watch->waiting.list); w; w = next) {
		next = LIST_NEXT(w, link);
		if (!all && now.us < w->deadline.us && !watch_has_news(watch, w))
			continue;
		LIST_REMOVE(w, link);
		LIST_INSERT_HEAD(ret_ready, w, link);
		watch->waiting.count--;
	}
	pthread_mutex_unlock(&watch->waiting.mu);
}

static void wake_all(struct watch_waiters *ready)
{
	while (!LIST_EMPTY(ready)) {
		struct watch_waiter *waiter = LIST_FIRST(ready);
		LIST_REMOVE(waiter, link);
		waiter->wake(waiter); /* it may be gone now */
	}
}

/* ---- once a second ---- */

static void note_count(struct watch *watch, const char *room, uint64_t messages)
{
	struct watch_entry entry = {.kind = WATCH_MESSAGES, .count = messages};
	(void)snprintf(entry.room, sizeof(entry.room), "%s", room);
	watch_note(watch, &entry);
}

/* Copied out first: those who count must not wait until all is noted. */
static void note_counts(struct watch *watch)
{
	static const struct watch_count none;
	struct watch_count rooms[WATCH_COUNTED_ROOMS];
	pthread_mutex_lock(&watch->counts.mu);
	size_t count = watch->counts.room_count;
	uint64_t others = watch->counts.others;
	if (count > 0) {
		memcpy(rooms, watch->counts.rooms, sizeof(rooms));
		for (size_t i = 0; i < WATCH_COUNTED_ROOMS; i++)
			watch->counts.rooms[i] = none;
	}
	watch->counts.room_count = 0;
	watch->counts.others = 0;
	pthread_mutex_unlock(&watch->counts.mu);
	for (size_t i = 0; count > 0 && i < WATCH_COUNTED_ROOMS; i++) {
		if (rooms[i].room_id != 0)
			note_count(watch, rooms[i].room, rooms[i].messages);
	}
	if (others > 0)
		note_count(watch, "", others);
}

static void note_refusals(struct watch *watch)
{
	struct watch_entry entry = {.kind = WATCH_REFUSED};
	pthread_mutex_lock(&watch->refusals.mu);
	entry.count = watch->refusals.more;
	watch->refusals.more = 0;
	watch->refusals.noted = 0;
	pthread_mutex_unlock(&watch->refusals.mu);
	if (entry.count == 0)
		return;
	(void)snprintf(entry.text, sizeof(entry.text), "more refusals, not shown one by one");
	watch_note(watch, &entry);
}

/* Before those who wait are woken, who are about to come back. */
static void keep_watched(struct watch *watch, struct mono now)
{
	pthread_mutex_lock(&watch->waiting.mu);
	if (watch->waiting.asked || watch->waiting.count > 0)
		watch->watched_until = clock_mono_add_ms(now, WATCHED_MS);
	else if (now.us > watch->watched_until.us)
		atomic_store_explicit(&watch->watched, false, memory_order_relaxed);
	watch->waiting.asked = false;
	pthread_mutex_unlock(&watch->waiting.mu);
}

void watch_tick(struct watch *watch, struct mono now)
{
	struct watch_waiters ready;
	if (now.us >= watch->next_second.us) {
		watch->next_second = clock_mono_add_ms(now, SECOND_MS);
		note_counts(watch);
		note_refusals(watch);
	}
	keep_watched(watch, now);
	take_ready(watch, now, false, &ready);
	wake_all(&ready);
}

void watch_stop(struct watch *watch)
{
	struct watch_waiters ready;
	take_ready(watch, clock_mono(), true, &ready);
	wake_all(&ready);
}
