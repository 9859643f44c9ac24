/* What a client may rely on: each event of a room once, in order, or a gap said for it. */
#include "world.h"

#include "base/macros.h"
#include "proto/codec.h"

static struct world_place *find_place(struct world_stream *s, uint64_t room_id)
{
	struct world_place *empty = NULL;
	for (size_t i = 0; i < GC_LENGTH(s->places); i++) {
		if (s->places[i].room_id == room_id)
			return &s->places[i];
		if (s->places[i].room_id == 0 && !empty)
			empty = &s->places[i];
	}
	if (empty)
		empty->next = 0;
	return empty; /* NULL: more rooms than are looked at */
}

static void pass(struct world_stream *s, uint64_t room_id, uint64_t from, uint64_t to)
{
	struct world_place *place = find_place(s, room_id);
	GC_ASSERT(room_id != 0 && from > 0 && to >= from);
	if (!place)
		return;
	GC_ASSERT(place->room_id == 0 || place->next == from);
	*place = (struct world_place){.room_id = room_id, .next = to + 1};
}

static void forget(struct world_stream *s, uint64_t room_id)
{
	struct world_place *place = find_place(s, room_id);
	if (place)
		place->room_id = 0;
}

static void see_event(struct world_stream *s, const Gchat__V1__Event *event)
{
	uint64_t self = s->world->people[s->person]->id;
	pass(s, event->room_id, event->seq, event->seq);
	bool out = event->body_case == GCHAT__V1__EVENT__BODY_REMOVED
			   ? event->removed->account_id == self
			   : event->body_case == GCHAT__V1__EVENT__BODY_LEFT &&
				     event->author_id == self;
	if (out) /* coming back, it reads from there on */
		forget(s, event->room_id);
}

void viewer_on_message(void *arg, const uint8_t *data, size_t len)
{
	struct world_stream *s = arg;
	ProtobufCMessage *msg = codec_load(&gchat__v1__server_frame__descriptor, data, len);
	GC_ASSERT(msg);
	const Gchat__V1__ServerFrame *frame = (void *)msg;
	GC_ASSERT(!frame->welcome || !s->greeted);
	s->greeted = s->greeted || frame->welcome;
	GC_ASSERT(s->greeted || frame->n_events == 0);
	for (size_t i = 0; i < frame->n_resets; i++)
		forget(s, frame->resets[i]->room_id);
	for (size_t i = 0; i < frame->n_gaps; i++)
		pass(s, frame->gaps[i]->room_id, frame->gaps[i]->from_seq, frame->gaps[i]->to_seq);
	for (size_t i = 0; i < frame->n_events; i++)
		see_event(s, frame->events[i]);
	codec_free(msg);
}
