/*
 * What happens on the server, for administrators who watch: a ring of the newest events, and those
 * who wait for the next one. Whoever notes something never waits: the lock is held for the copy of
 * one entry at a time. What was overwritten before a watcher came for it is counted as dropped.
 * Bodies of messages are never in it, only how many there were, by room. Any thread, but watch_tick:
 * main thread.
 */
#pragma once

#include "base/clock.h"
#include "base/macros.h"
#include "proto/limits.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

enum {
	WATCH_ENTRIES = 4096, /* kept, unless watch_init is told otherwise */
	WATCH_WAITERS_MAX = 16, /* who wait at one time */
	WATCH_WAIT_MS_MAX = 30 * 1000,
	WATCH_COUNTED_ROOMS =
		256, /* with messages in one second; those of more are counted together */
	WATCH_REFUSALS_PER_S = 50, /* noted; an attack must not push all else out of the ring */
	WATCH_ADDRESS_BYTES = 80,
	WATCH_REASON_BYTES = 40,
	WATCH_TEXT_BYTES = 128,
};

/* As gchat.v1.WatchKind. */
enum watch_kind {
	WATCH_SIGNED_IN = 1,
	WATCH_SESSION_OPENED,
	WATCH_SESSION_CLOSED,
	WATCH_JOINED,
	WATCH_LEFT,
	WATCH_REMOVED,
	WATCH_INVITED,
	WATCH_ROLE_CHANGED,
	WATCH_ROOM_CREATED,
	WATCH_ROOM_CHANGED,
	WATCH_ROOM_DELETED,
	WATCH_REFUSED,
	WATCH_MESSAGES,
	WATCH_ADMIN,
	WATCH_MUTED,
	WATCH_UNMUTED,
	_WATCH_KIND_MAX,
};

/* One thing that happened. Texts are empty where they don't apply. */
struct watch_entry {
	uint64_t seq; /* set by watch_note: 1, 2, 3, ... */
	uint64_t time_us; /* the same */
	enum watch_kind kind;
	char user[LIMIT_USER_NAME_BYTES + 1]; /* whom it happened to */
	char actor[LIMIT_USER_NAME_BYTES + 1]; /* who did it, where not the user */
	char room[LIMIT_ROOM_NAME_BYTES + 1];
	char address[WATCH_ADDRESS_BYTES];
	char reason[WATCH_REASON_BYTES]; /* like "RATE_LIMITED" */
	char text[WATCH_TEXT_BYTES + 1]; /* what people said of it, a method, a client */
	uint64_t session_id;
	uint64_t count; /* messages, or refusals that were not noted one by one */
};

/* What a watcher wants to see. */
struct watch_filter {
	uint32_t kinds; /* bit 1 << kind; 0: all */
	char user[LIMIT_USER_NAME_BYTES + 1]; /* as user or as actor; "": all */
	char room[LIMIT_ROOM_NAME_BYTES + 1]; /* "": all */
};

/* Who waits, embedded in what it is about. `wake` is called once, on any thread, without locks. */
struct watch_waiter {
	void (*wake)(struct watch_waiter *waiter);
	struct watch_filter filter;
	uint64_t after; /* looked through up to here */
	uint64_t dropped; /* overwritten before it could be looked at */
	struct mono deadline;
	LIST_ENTRY(watch_waiter) link;
};
LIST_HEAD(watch_waiters, watch_waiter);

struct watch_count {
	uint64_t room_id;
	uint64_t messages;
	char room[LIMIT_ROOM_NAME_BYTES + 1];
};

struct watch {
	struct watch_entry *entries; /* owned; under mu */
	uint64_t size;
	uint64_t newest; /* seq; under mu */
	pthread_mutex_t mu;
	atomic_bool
		watched; /* someone asks, or did lately: messages are counted; set under waiting.mu */
	struct { /* under counts.mu */
		pthread_mutex_t mu;
		struct watch_count rooms[WATCH_COUNTED_ROOMS];
		size_t room_count;
		uint64_t others; /* messages in rooms beyond these */
	} counts;
	struct { /* under refusals.mu */
		pthread_mutex_t mu;
		unsigned noted; /* in this second */
		uint64_t more;
	} refusals;
	struct { /* under waiting.mu */
		pthread_mutex_t mu;
		struct watch_waiters list;
		unsigned count;
		bool asked; /* since the last tick */
		bool stopped;
	} waiting;
	struct mono next_second; /* main thread */
	struct mono watched_until; /* main thread */
};

void watch_init(struct watch *watch, uint64_t size);
void watch_deinit(struct watch *watch);

/* Keeps a copy, with seq and time. */
void watch_note(struct watch *watch, const struct watch_entry *entry);
/* The same of a refusal, of which so many a second are kept. */
void watch_note_refusal(struct watch *watch, const struct watch_entry *entry);
/* One more message in the room; costs nothing while nobody watches. */
void watch_count_message(struct watch *watch, uint64_t room_id, const char *room);

/* The newest seq. */
uint64_t watch_newest(struct watch *watch);
/* The first entry after *after that the filter lets through; *after moves to it, or to the newest,
 * and *dropped grows by what was overwritten. False: there is none. */
bool watch_next(struct watch *watch, const struct watch_filter *filter, uint64_t *after,
	uint64_t *dropped, struct watch_entry *ret);

/* Whether there is anything to tell the waiter; moves waiter->after over what it doesn't want. */
bool watch_has_news(struct watch *watch, struct watch_waiter *waiter);

/* Someone asks for entries, whether or not one has to be waited for: from now on messages are counted. */
void watch_ask(struct watch *watch);
/* Waits for an entry after waiter->after until waiter->deadline. False: too many wait, or the
 * daemon stops; it will not be woken. */
bool watch_wait(struct watch *watch, struct watch_waiter *waiter) GC_MUST_CHECK;
/* Wakes those for whom something came and those whose time is up; once a second, counts become
 * entries. */
void watch_tick(struct watch *watch, struct mono now);
/* Wakes all, and lets nobody wait any more. */
void watch_stop(struct watch *watch);
