/*
 * One attempt's call: four operations, each an op embedded in the attempt.
 *
 *   open    our metadata out, the server's in        write   one ClientFrame, or the half-close
 *   status  how the call ended                       read    one ServerFrame
 *
 * Reading stops while the event queue is full; HTTP/2's flow control then stops the server.
 */
#include "lib/priv.h"

#include "base/mem.h"
#include "proto/codec.h"
#include "proto/limits.h"
#include "rpc/metadata.h"
#include "rpc/payload.h"

#include <grpc/support/time.h>
#include <stdio.h>
#include <string.h>

static struct gchat *client_of(struct attempt *a)
{
	struct stream *s = GC_CONTAINER_OF(a, struct stream, attempt);
	return GC_CONTAINER_OF(s, struct gchat, stream);
}

static void on_open(struct op *op, bool ok)
{
	(void)op; /* what matters is the welcome, or the status */
	(void)ok;
}

static void on_status(struct op *op, bool ok)
{
	(void)ok; /* always true for this operation */
	GC_CONTAINER_OF(op, struct attempt, status_op)->has_status = true;
}

static void on_write(struct op *op, bool ok)
{
	(void)ok; /* a failed write means that the status is on its way */
	payload_freep(&GC_CONTAINER_OF(op, struct attempt, write_op)->outgoing);
}

static void take_frame(struct gchat *g, grpc_byte_buffer *buffer)
{
	grpc_slice bytes = payload_flatten(buffer);
	ProtobufCMessage *msg = codec_load(&gchat__v1__server_frame__descriptor,
		GRPC_SLICE_START_PTR(bytes), GRPC_SLICE_LENGTH(bytes));
	grpc_slice_unref(bytes);
	if (msg)
		frame_take(g, (const void *)msg);
	else
		stream_break(g, "BAD_REPLY", "the server sent a frame that can't be read");
	codec_free(msg);
}

static void on_read(struct op *op, bool ok)
{
	struct attempt *a = GC_CONTAINER_OF(op, struct attempt, read_op);
	if (!ok || !a->incoming) {
		a->is_read_over = true;
		return;
	}
	struct gchat *g = client_of(a);
	if (g->stream.state == STREAM_CONNECTING || g->stream.state == STREAM_ONLINE)
		take_frame(g, a->incoming);
	payload_freep(&a->incoming);
}

static void start_open(struct attempt *a)
{
	grpc_op ops[] = {
		{.op = GRPC_OP_SEND_INITIAL_METADATA,
			.data.send_initial_metadata = {.count = a->has_authorization ? 1 : 0,
				.metadata = &a->authorization}},
		{.op = GRPC_OP_RECV_INITIAL_METADATA,
			.data.recv_initial_metadata.recv_initial_metadata = &a->initial},
	};
	op_start(&a->open_op, a->call, ops, GC_LENGTH(ops));
}

static void start_status(struct attempt *a)
{
	grpc_op op = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
		.data.recv_status_on_client = {.trailing_metadata = &a->trailing,
			.status = &a->status,
			.status_details = &a->details}};
	op_start(&a->status_op, a->call, &op, 1);
}

static void start_read(struct attempt *a)
{
	grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &a->incoming};
	op_start(&a->read_op, a->call, &op, 1);
}

static void start_write(struct attempt *a, grpc_slice bytes)
{
	a->outgoing = payload_take_slice(bytes);
	grpc_op op = {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = a->outgoing};
	op_start(&a->write_op, a->call, &op, 1);
}

static void start_half_close(struct attempt *a)
{
	a->is_half_closed = true;
	grpc_op op = {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};
	op_start(&a->write_op, a->call, &op, 1);
}

static void make_authorization(struct gchat *g, struct attempt *a)
{
	char *value GC_CLEANUP(mem_freep) = NULL;
	gchat_lock(g);
	a->has_authorization = g->shared.token != NULL;
	int n = asprintf(&value, METADATA_BEARER "%s", g->shared.token ? g->shared.token : "");
	gchat_unlock(g);
	GC_ASSERT(n > 0);
	a->authorization = metadata_make("authorization", value);
}

void attempt_start(struct gchat *g)
{
	struct attempt *a = &g->stream.attempt;
	*a = (struct attempt){.open_op.done = on_open,
		.read_op.done = on_read,
		.write_op.done = on_write,
		.status_op.done = on_status};
	a->link = link_take(g);
	a->call = grpc_channel_create_call(a->link->channel, NULL, GRPC_PROPAGATE_DEFAULTS,
		g->queue.cq, grpc_slice_from_static_string("/gchat.v1.Chat/Connect"), NULL,
		gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
	make_authorization(g, a);
	grpc_metadata_array_init(&a->initial);
	grpc_metadata_array_init(&a->trailing);
	start_open(a);
	start_status(a);
}

static grpc_slice make_hello(struct gchat *g)
{
	struct cursors *at = &g->stream.at;
	Gchat__V1__Cursor *cursors GC_CLEANUP(mem_freep) = mem_new(at->count + 1, sizeof(*cursors));
	Gchat__V1__Cursor **list GC_CLEANUP(mem_freep) = mem_new(at->count + 1, sizeof(*list));
	for (size_t i = 0; i < at->count; i++) {
		gchat__v1__cursor__init(&cursors[i]);
		cursors[i].room_id = at->items[i].at.room_id;
		cursors[i].seq = at->items[i].at.seq;
		list[i] = &cursors[i];
	}
	Gchat__V1__Hello hello;
	gchat__v1__hello__init(&hello);
	hello.protocol_version = LIMIT_PROTOCOL_VERSION;
	hello.client = g->settings.client_name;
	hello.n_cursors = at->count;
	hello.cursors = list;
	hello.want_presence = g->settings.want_presence;
	hello.want_typing = g->settings.want_typing;
	hello.want_profiles = g->settings.want_profiles;
	hello.want_members = g->settings.want_members;
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	grpc_slice bytes = grpc_slice_malloc(codec_size(&frame.base));
	codec_encode(&frame.base, GRPC_SLICE_START_PTR(bytes));
	return bytes;
}

/* A request that waits to be written. */
static bool next_request(struct gchat *g, grpc_slice *ret)
{
	gchat_lock(g);
	struct request *request = request_first_unsent(g);
	if (request) {
		request->is_sent = true;
		request->sent_at = clock_mono();
		*ret = grpc_slice_from_copied_buffer((const char *)request->frame, request->len);
	}
	gchat_unlock(g);
	return request != NULL;
}

static bool next_outbox(struct gchat *g, grpc_slice *ret)
{
	if (!atomic_load(&g->has_outbox))
		return false;
	const struct outbox_entry *entry = outbox_take_next(&g->outbox, clock_mono());
	if (entry)
		*ret = grpc_slice_from_copied_buffer((const char *)entry->frame, entry->len);
	return entry != NULL;
}

static void pump_write(struct gchat *g)
{
	struct stream *s = &g->stream;
	struct attempt *a = &s->attempt;
	grpc_slice bytes;
	if (a->write_op.busy || a->is_half_closed)
		return;
	if (!a->is_hello_sent) {
		a->is_hello_sent = true;
		start_write(a, make_hello(g));
	} else if (s->state == STREAM_ONLINE && next_request(g, &bytes)) {
		start_write(a, bytes);
	} else if (s->is_closing) {
		start_half_close(a);
	} else if (s->state == STREAM_ONLINE && next_outbox(g, &bytes)) {
		start_write(a, bytes);
	}
}

static void pump_read(struct gchat *g)
{
	struct attempt *a = &g->stream.attempt;
	if (a->read_op.busy || a->is_read_over)
		return;
	atomic_store(
		&g->is_read_paused, true); /* before the look: gchat_next looks after it pops */
	if (!g->stream.is_closing && event_queue_is_full(&g->events))
		return;
	atomic_store(&g->is_read_paused, false);
	start_read(a);
}

void attempt_pump(struct gchat *g)
{
	pump_read(g);
	if (!g->stream.attempt.has_status)
		pump_write(g);
}

void attempt_cancel(struct gchat *g)
{
	(void)grpc_call_cancel(g->stream.attempt.call, NULL); /* fails only for reserved != NULL */
}

bool attempt_is_over(const struct gchat *g)
{
	const struct attempt *a = &g->stream.attempt;
	return a->call && a->has_status && !a->open_op.busy && !a->read_op.busy &&
	       !a->write_op.busy;
}

void attempt_free(struct gchat *g)
{
	struct attempt *a = &g->stream.attempt;
	payload_freep(&a->incoming);
	payload_freep(&a->outgoing);
	metadata_unref(&a->authorization);
	grpc_metadata_array_destroy(&a->initial);
	grpc_metadata_array_destroy(&a->trailing);
	grpc_slice_unref(a->details);
	grpc_call_unref(a->call);
	link_unref(a->link);
	*a = (struct attempt){0};
}
