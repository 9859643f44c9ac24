/* Encoding an event once, and writing its place in front of it. */
#include "room/event.h"

#include "base/mem.h"
#include "proto/codec.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

enum {
	TAG_FRAME_EVENTS = 0x0a, /* ServerFrame.events, length-delimited */
	TAG_ROOM_ID = 0x09, /* Event.room_id, fixed64 */
	TAG_SEQ = 0x11,
	TAG_TIME_US = 0x19,
};

static struct event *event_alloc(size_t body_len)
{
	struct event *event = mem_new(1, sizeof(*event) + EVENT_HEADROOM_BYTES + body_len);
	atomic_init(&event->refs, 1);
	event->body_len = body_len;
	return event;
}

struct event *event_new(const Gchat__V1__Event *body, uint64_t target_seq, uint32_t flags)
{
	struct event *event = event_alloc(codec_size(&body->base));
	codec_encode(&body->base, event->bytes + EVENT_HEADROOM_BYTES);
	event->author_id = body->author_id;
	event->target_seq = target_seq;
	event->flags = flags;
	return event;
}

static uint8_t *put_fixed64(uint8_t *out, uint8_t tag, uint64_t value)
{
	*out++ = tag;
	for (unsigned i = 0; i < 8; i++)
		*out++ = (uint8_t)(value >> (8 * i));
	return out;
}

void event_seal(struct event *event, uint64_t room_id, uint64_t seq, uint64_t time_us)
{
	GC_ASSERT(event->seq == 0 && seq > 0);
	event->room_id = room_id;
	event->seq = seq;
	event->time_us = time_us;

	uint8_t head[EVENT_HEADROOM_BYTES];
	size_t head_len = 0;
	head[head_len++] = TAG_FRAME_EVENTS;
	head_len += codec_put_varint(head + head_len, EVENT_PLACE_BYTES + event->body_len);
	uint8_t *end = put_fixed64(head + head_len, TAG_ROOM_ID, room_id);
	end = put_fixed64(end, TAG_SEQ, seq);
	end = put_fixed64(end, TAG_TIME_US, time_us);
	head_len = (size_t)(end - head);

	uint8_t *wire = event->bytes + EVENT_HEADROOM_BYTES - head_len;
	memcpy(wire, head, head_len);
	event->wire = wire;
	event->wire_len = head_len + event->body_len;
}

static struct event *make_tombstone(
	uint64_t room_id, uint64_t seq, uint64_t time_us, uint64_t author)
{
	Gchat__V1__Erased erased;
	gchat__v1__erased__init(&erased);
	Gchat__V1__Event body;
	gchat__v1__event__init(&body);
	body.author_id = author;
	body.body_case = GCHAT__V1__EVENT__BODY_ERASED;
	body.erased = &erased;
	struct event *event = event_new(&body, 0, STORE_EVENT_ERASED);
	event_seal(event, room_id, seq, time_us);
	return event;
}

struct event *event_tombstone(const struct event *event)
{
	return make_tombstone(event->room_id, event->seq, event->time_us, event->author_id);
}

struct event *event_from_stored(uint64_t room_id, const struct store_event *stored)
{
	if (stored->flags & STORE_EVENT_ERASED)
		return make_tombstone(room_id, stored->seq, stored->time_us, stored->author);
	struct event *event = event_alloc(stored->body_len);
	memcpy(event->bytes + EVENT_HEADROOM_BYTES, stored->body, stored->body_len);
	event->author_id = stored->author;
	event->target_seq = stored->target_seq;
	event->flags = stored->flags;
	event_seal(event, room_id, stored->seq, stored->time_us);
	return event;
}

const uint8_t *event_body(const struct event *event)
{
	return event->bytes + EVENT_HEADROOM_BYTES;
}

struct event *event_ref(struct event *event)
{
	atomic_fetch_add_explicit(&event->refs, 1, memory_order_relaxed);
	return event;
}

struct event *event_unref(struct event *event)
{
	if (event && atomic_fetch_sub_explicit(&event->refs, 1, memory_order_acq_rel) == 1)
		free(event);
	return NULL;
}
