/* Batches of operations, taken apart and completed in order. */
#include "line.h"

#include "base/mem.h"
#include "rpc/op.h"
#include "rpc/payload.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct message {
	STAILQ_ENTRY(message) link;
	size_t len;
	uint8_t bytes[];
};

/* What waits to be told to the daemon: an op is done. */
struct completion {
	STAILQ_ENTRY(completion) link;
	struct op *op;
	bool ok;
};

struct line {
	struct line_eyes eyes;
	STAILQ_HEAD(, message) said; /* owned; by the peer, not yet read */
	bool finished;
	bool cut;
	bool held;
	bool headers_sent;
	bool status_sent;
	bool let_go;
	struct op *read_op; /* each: under way, or NULL */
	struct op *write_op;
	struct op *close_op;
	grpc_byte_buffer **read_into;
	int *cancelled;
	LIST_ENTRY(line) link;
};

static STAILQ_HEAD(, completion) completions = STAILQ_HEAD_INITIALIZER(completions);
static LIST_HEAD(, line) lines = LIST_HEAD_INITIALIZER(lines);

static void complete(struct op **op, bool ok)
{
	struct completion *completion = mem_new(1, sizeof(*completion));
	completion->op = *op;
	completion->ok = ok;
	*op = NULL;
	STAILQ_INSERT_TAIL(&completions, completion, link);
}

bool line_run(void)
{
	bool any = false;
	while (!STAILQ_EMPTY(&completions)) {
		struct completion *first = STAILQ_FIRST(&completions);
		struct op *op = first->op;
		bool ok = first->ok;
		STAILQ_REMOVE_HEAD(&completions, link);
		free(first);
		op->busy = false;
		op->done(op, ok);
		any = true;
	}
	return any;
}

/* ---- the peer's side ---- */

struct line *line_new(const struct line_eyes *eyes)
{
	struct line *line = mem_new(1, sizeof(*line));
	line->eyes = *eyes;
	STAILQ_INIT(&line->said);
	LIST_INSERT_HEAD(&lines, line, link);
	return line;
}

grpc_call *line_call(struct line *line)
{
	return (void *)line;
}

static struct line *line_of(grpc_call *call)
{
	struct line *line = (void *)call;
	struct line *each;
	LIST_FOREACH (each, &lines, link)
		if (each == line)
			return line;
	return NULL;
}

static void pop_message(struct line *line)
{
	struct message *message = STAILQ_FIRST(&line->said);
	STAILQ_REMOVE_HEAD(&line->said, link);
	free(message);
}

void line_free(struct line *line)
{
	GC_ASSERT(line->let_go && !line->read_op && !line->write_op && !line->close_op);
	while (!STAILQ_EMPTY(&line->said))
		pop_message(line);
	LIST_REMOVE(line, link);
	free(line);
}

/* Whatever the daemon waits for and can have now. */
static void serve(struct line *line)
{
	bool over = line->cut || line->status_sent;
	struct message *first = STAILQ_FIRST(&line->said);
	if (line->read_op && first && !over) {
		*line->read_into = payload_take_slice(
			grpc_slice_from_copied_buffer((const char *)first->bytes, first->len));
		pop_message(line);
		complete(&line->read_op, true);
	} else if (line->read_op && (line->finished || over)) {
		*line->read_into = NULL;
		complete(&line->read_op, !line->cut);
	}
	if (line->write_op && (!line->held || over))
		complete(&line->write_op, !line->cut);
	if (line->close_op && over) {
		*line->cancelled = line->cut;
		complete(&line->close_op, true);
	}
}

void line_say(struct line *line, const uint8_t *data, size_t len)
{
	struct message *message = mem_new(1, sizeof(*message) + len);
	message->len = len;
	if (len > 0)
		memcpy(message->bytes, data, len);
	STAILQ_INSERT_TAIL(&line->said, message, link);
	serve(line);
}

void line_finish(struct line *line)
{
	line->finished = true;
	serve(line);
}

void line_cut(struct line *line)
{
	line->cut = true;
	serve(line);
}

void line_hold(struct line *line, bool hold)
{
	line->held = hold;
	serve(line);
}

bool line_has_ended(const struct line *line)
{
	return line->cut || line->status_sent;
}

bool line_is_over(const struct line *line)
{
	return line->let_go;
}

/* ---- the daemon's side, instead of gRPC core's ---- */

static void take_message(struct line *line, grpc_byte_buffer *buffer)
{
	grpc_slice bytes = payload_flatten(buffer);
	GC_ASSERT(line->headers_sent && !line->status_sent);
	if (!line->cut)
		line->eyes.on_message(
			line->eyes.arg, GRPC_SLICE_START_PTR(bytes), GRPC_SLICE_LENGTH(bytes));
	grpc_slice_unref(bytes);
}

static void take_status(struct line *line, grpc_status_code code)
{
	GC_ASSERT(line->headers_sent && !line->status_sent);
	line->status_sent = true;
	if (!line->cut)
		line->eyes.on_status(line->eyes.arg, code);
}

static void take_op(struct line *line, const grpc_op *op, struct op *tag)
{
	switch (op->op) {
	case GRPC_OP_SEND_INITIAL_METADATA:
		GC_ASSERT(!line->headers_sent);
		line->headers_sent = true;
		break;
	case GRPC_OP_SEND_MESSAGE:
		GC_ASSERT(!line->write_op);
		line->write_op = tag;
		take_message(line, op->data.send_message.send_message);
		break;
	case GRPC_OP_SEND_STATUS_FROM_SERVER:
		line->write_op = tag; /* of one batch with a message, or alone */
		take_status(line, op->data.send_status_from_server.status);
		break;
	case GRPC_OP_RECV_MESSAGE:
		GC_ASSERT(!line->read_op);
		line->read_op = tag;
		line->read_into = op->data.recv_message.recv_message;
		break;
	case GRPC_OP_RECV_CLOSE_ON_SERVER:
		GC_ASSERT(!line->close_op);
		line->close_op = tag;
		line->cancelled = op->data.recv_close_on_server.cancelled;
		break;
	case GRPC_OP_SEND_CLOSE_FROM_CLIENT:
	case GRPC_OP_RECV_INITIAL_METADATA:
	case GRPC_OP_RECV_STATUS_ON_CLIENT:
	default:
		GC_ASSERT(line == NULL); /* a server starts no such operation */
	}
}

grpc_call_error grpc_call_start_batch(
	grpc_call *call, const grpc_op *ops, size_t count, void *tag, void *reserved)
{
	struct op *op = tag;
	(void)reserved;
	if (count == 0) { /* wakes a queue that nobody waits for: whoever waits, looks by itself */
		op->busy = false;
		op->done(op, true);
		return GRPC_CALL_OK;
	}
	struct line *line = line_of(call);
	GC_ASSERT(line && !line->let_go);
	for (size_t i = 0; i < count; i++)
		take_op(line, &ops[i], op);
	serve(line);
	return GRPC_CALL_OK;
}

grpc_call_error grpc_call_cancel_with_status(
	grpc_call *call, grpc_status_code code, const char *text, void *reserved)
{
	(void)code;
	(void)text;
	(void)reserved;
	struct line *line = line_of(call);
	GC_ASSERT(line); /* the daemon cancels no call of core's */
	line_cut(line);
	return GRPC_CALL_OK;
}

/* Core's own, for calls that are core's: a queue's wake. */
void grpc_call_unref(grpc_call *call)
{
	struct line *line = line_of(call);
	if (line) {
		GC_ASSERT(!line->let_go);
		line->let_go = true;
		return;
	}
	void (*real)(grpc_call *);
	void *found = dlsym(RTLD_NEXT, "grpc_call_unref");
	GC_ASSERT(found);
	memcpy(&real, &found, sizeof(real));
	real(call);
}
