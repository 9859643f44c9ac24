/*
 * The pump: a session's cursors, replies and updates turned into its next message.
 *
 *   control piece ---.
 *   room A: slice ---+--> one gRPC message, no copy, no encoding
 *   room B: slice ---+
 *   updates ---------'
 */
#include "shard/pump.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "rpc/payload.h"
#include "shard/session.h"
#include "shard/shard.h"

#include <stdlib.h>

/* What a message may still hold. */
struct budget {
	size_t bytes;
	size_t events;
};

/* ---- reading ---- */

static void start_read(struct session *s)
{
	session_hold(s);
	op_start(&s->read_op, s->call,
		&(grpc_op){
			.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &s->received},
		1);
}

static void hand_on(struct session *s, const Gchat__V1__ClientFrame *frame)
{
	if (frame->request_case != GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO)
		s->requests++; /* until its reply is written */
	s->shard->hub->options.on_frame(s->shard->hub->options.arg, s, frame);
}

/* Decodes the frame and hands it on; the arena holds it meanwhile. */
static void take_frame(struct session *s)
{
	grpc_slice bytes = payload_flatten(s->received);
	payload_freep(&s->received);
	ProtobufCMessage *frame;
	enum codec_status status =
		codec_decode(&s->shard->arena, &gchat__v1__client_frame__descriptor,
			GRPC_SLICE_START_PTR(bytes), GRPC_SLICE_LENGTH(bytes), &frame);
	static const enum reason reasons[] = {[CODEC_TOO_LARGE] = REASON_FRAME_TOO_LARGE,
		[CODEC_MALFORMED] = REASON_BAD_FRAME,
		[CODEC_BAD_TEXT] = REASON_BAD_TEXT};
	if (status == CODEC_OK)
		hand_on(s, GC_CONTAINER_OF(frame, Gchat__V1__ClientFrame, base));
	else
		session_end(s, reasons[status], NULL);
	grpc_slice_unref(bytes);
}

static bool has_room(const struct session *s)
{
	return !s->slowed && s->requests < s->shard->limits.requests_in_flight &&
	       s->control.len < SESSION_CONTROL_BYTES_MAX;
}

void pump_read_on(struct session *s)
{
	if (s->reading_paused && has_room(s) && s->state < SESSION_ENDING) {
		s->reading_paused = false;
		start_read(s);
	}
}

/* The peer has said all it wants to: the end, once everything is answered. */
static void end_if_answered(struct session *s)
{
	s->peer_done = true;
	if (s->requests == 0)
		session_end(s, REASON_NONE, NULL);
}

/* Hot path. */
static void on_read(struct op *op, bool ok)
{
	struct session *s = GC_CONTAINER_OF(op, struct session, read_op);
	bool more = ok && s->received;
	if (more && s->state < SESSION_ENDING)
		take_frame(s);
	else if (s->state < SESSION_ENDING)
		end_if_answered(s);
	payload_freep(&s->received);
	if (more && s->state < SESSION_ENDING) {
		s->reading_paused = true;
		pump_read_on(s);
	}
	session_release(s);
}

/* ---- writing ---- */

/* Events of the tail, up to the budget. True: the cursor is level now. Hot path. */
static bool take_tail(struct session *s, struct subscription *sub, uint64_t to,
	struct budget *budget, grpc_slice_buffer *out)
{
	uint64_t last;
	grpc_slice slice = subscription_take(sub, to, budget->bytes, budget->events, &last);
	if (last == 0)
		return false; /* the tail has moved on: plan again */
	size_t count = (size_t)(last - sub->cursor.next + 1);
	size_t bytes = GRPC_SLICE_LENGTH(slice);
	grpc_slice_buffer_add(out, slice);
	cursor_advance(&sub->cursor, last);
	s->events_out += count;
	metric_add(METRIC_EVENTS_OUT, count);
	budget->events -= count < budget->events ? count : budget->events;
	budget->bytes -= bytes < budget->bytes ? bytes : budget->bytes;
	return last == to && sub->cursor.end == 0;
}

/* Everything up to the end is in a message. A stay that follows begins with the next one: a receiver
 * handles snapshots before events. False: this message must end here. */
static bool finish_room(struct session *s, struct subscription *sub, const grpc_slice_buffer *out)
{
	struct room *room = sub->room->room;
	if (sub->stay_count > 0 && (out->count > 0 || s->control_has_events))
		return false;
	if (!subscription_begin_anew(sub))
		subscription_close(sub); /* takes itself off the list */
	else if (sub->cursor.end == 0)
		session_put_snapshot(s, room);
	return true;
}

/* Everything of one room that fits; the subscription leaves the dirty list when it is level. False:
 * this message must end here. */
static bool take_room(
	struct session *s, struct subscription *sub, struct budget *budget, grpc_slice_buffer *out)
{
	uint64_t to;
	struct log_span span = subscription_span(sub);
	switch (cursor_plan(&sub->cursor, &span, &to)) {
	case CURSOR_GAP:
		if (s->control_has_events)
			return false; /* a receiver handles gaps before events */
		session_skip(sub, to, REASON_RETENTION);
		return true;
	case CURSOR_CATCH_UP:
		if (!s->catching_up)
			catch_up_start(sub, to);
		break;
	case CURSOR_TAIL:
		if (take_tail(s, sub, to, budget, out))
			break;
		return true; /* there is more, or the end to look at */
	case CURSOR_FINISHED:
		return finish_room(s, sub, out);
	case CURSOR_LEVEL:
		break;
	}
	sub->dirty = false;
	TAILQ_REMOVE(&s->dirty, sub, dirty_link);
	return true;
}

static void take_rooms(struct session *s, grpc_slice_buffer *out)
{
	const struct shard_limits *limits = &s->shard->limits;
	struct budget budget = {.bytes = limits->batch_bytes, .events = limits->batch_events};
	struct subscription *first = TAILQ_FIRST(&s->dirty);
	while (first && budget.bytes > 0 && budget.events > 0 && take_room(s, first, &budget, out))
		first = TAILQ_FIRST(&s->dirty);
	if (first) { /* the next message begins with another room */
		TAILQ_REMOVE(&s->dirty, first, dirty_link);
		TAILQ_INSERT_TAIL(&s->dirty, first, dirty_link);
	}
}

static void free_control(void *data)
{
	free(data);
}

static void take_control(struct session *s, grpc_byte_buffer *message)
{
	if (s->control.len == 0)
		return;
	payload_append(message,
		grpc_slice_new(s->control.data, s->control.len, free_control)); /* memory moves */
	s->control = (struct control){0};
	s->control_has_events = false;
	s->sending_replies = s->replies;
	s->replies = 0;
}

static void take_updates(struct session *s, grpc_byte_buffer *message)
{
	for (unsigned i = 0; i < s->update_count; i++)
		payload_append(message, s->updates[i]);
	s->update_count = 0;
	mem_freep(&s->updates);
}

static void start_write(struct session *s)
{
	grpc_op ops[2] = {{.op = GRPC_OP_SEND_INITIAL_METADATA}, {.op = GRPC_OP_SEND_MESSAGE}};
	ops[1].data.send_message.send_message = s->sending;
	session_hold(s);
	op_start(&s->write_op, s->call, s->headers_sent ? ops + 1 : ops, s->headers_sent ? 1 : 2);
	s->headers_sent = true;
	s->sending_bytes = grpc_byte_buffer_length(s->sending);
	metric_add(METRIC_FRAMES_OUT, 1);
	metric_add(METRIC_BYTES_OUT, s->sending_bytes);
}

/* Snapshots in place of the updates that a slow session had to lose. */
static void mend_shed(struct session *s)
{
	struct subscription *sub;
	struct subscription *tmp;
	if (!s->shed || s->state != SESSION_LIVE)
		return;
	s->shed = false;
	HASH_ITER (hh, s->subscriptions, sub, tmp) {
		if (s->control.len < SESSION_CONTROL_BYTES_MAX)
			session_put_snapshot(s, sub->room->room);
	}
}

void session_flush(struct session *s)
{
	TAILQ_REMOVE(&s->shard->ready, s, ready_link);
	s->ready = false;
	if (s->write_op.busy || s->state == SESSION_CLOSED || s->status_sent)
		return; /* the write's end looks again */
	mend_shed(s);
	struct shard *shard = s->shard;
	grpc_byte_buffer *message = payload_pool_take(&shard->payloads);
	if (s->state == SESSION_LIVE) {
		take_rooms(s,
			&shard->events); /* may add gaps to the control piece, which goes first */
		take_control(s, message);
		grpc_slice_buffer_move_into(&shard->events, &message->data.raw.slice_buffer);
		take_updates(s, message);
	} else {
		take_control(s, message);
	}
	if (message->data.raw.slice_buffer.count > 0) {
		s->sending = message;
		start_write(s);
		return;
	}
	payload_pool_return(&shard->payloads, &message);
	if (s->state == SESSION_ENDING)
		session_send_status(s);
}

/* Hot path. */
static void on_written(struct op *op, bool ok)
{
	(void)ok; /* a failed write is followed by the close */
	struct session *s = GC_CONTAINER_OF(op, struct session, write_op);
	payload_pool_return(&s->shard->payloads, &s->sending);
	s->sending_bytes = 0;
	s->requests -= s->sending_replies;
	s->sending_replies = 0;
	if (s->peer_done && s->state < SESSION_ENDING)
		end_if_answered(s);
	pump_read_on(s);
	if (s->control.len > 0 || s->update_count > 0 || !TAILQ_EMPTY(&s->dirty) || s->shed ||
		s->state == SESSION_ENDING)
		session_make_ready(s);
	session_release(s);
}

void session_make_ready(struct session *s)
{
	if (s->ready || s->write_op.busy || s->state == SESSION_CLOSED)
		return;
	s->ready = true;
	TAILQ_INSERT_TAIL(&s->shard->ready, s, ready_link);
}

void pump_init(struct session *s)
{
	s->read_op.done = on_read;
	s->write_op.done = on_written;
	start_read(s);
}
