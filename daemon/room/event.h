/*
 * One event, encoded once. It is made with its body encoded behind a free space; once the store has
 * given it a place in its room's log, event_seal writes room, seq and time into that space, and from
 * then on it is immutable and may be shared: the same bytes are stored, sent live, and sent in
 * batches (a repeated field is the concatenation of its elements).
 *
 *   bytes:  [ free ][ 0x0a len ][ room seq time ][ body: author, id, what happened ]
 *                   ^ wire                       ^ body
 */
#pragma once

#include "base/macros.h"
#include "gchat/v1/event.pb-c.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct store_event;

enum {
	EVENT_PLACE_BYTES = 27, /* three tagged fixed64 */
	EVENT_HEADROOM_BYTES = 1 + 5 + EVENT_PLACE_BYTES, /* tag, length, place */
};

struct event {
	atomic_uint refs;
	uint32_t flags; /* enum store_event_flags */
	uint64_t room_id;
	uint64_t seq; /* 0 until sealed */
	uint64_t time_us;
	uint64_t author_id;
	uint64_t target_seq; /* event of the same room that this one refers to, or 0 */
	const uint8_t *wire; /* within bytes, once sealed: one ServerFrame.events element */
	size_t wire_len;
	size_t body_len;
	uint8_t bytes[]; /* EVENT_HEADROOM_BYTES, then the body */
};

/* Encodes `body` (room_id, seq and time_us unset). Owned by the caller; one reference. */
struct event *event_new(const Gchat__V1__Event *body, uint64_t target_seq, uint32_t flags);

/* Gives the event its place; once, before it is shared. */
void event_seal(struct event *event, uint64_t room_id, uint64_t seq, uint64_t time_us);

/* A sealed event from what the store has read; an erased one becomes its tombstone. */
struct event *event_from_stored(uint64_t room_id, const struct store_event *stored);

/* The sealed tombstone that takes the event's place after erasing. */
struct event *event_tombstone(const struct event *event);

/* The body as it is stored. Borrowed. */
const uint8_t *event_body(const struct event *event);

/* Any thread. unref returns NULL and accepts it. */
struct event *event_ref(struct event *event);
struct event *event_unref(struct event *event);
