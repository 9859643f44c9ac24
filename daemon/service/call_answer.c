/* How a call is answered: once, charged to its account, recorded before where it has to be. */
#include "service/call_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/accept.h"
#include "proto/codec.h"
#include "rpc/metadata.h"
#include "rpc/payload.h"
#include "service/audit.h"
#include "service/watch_notes.h"
#include "shard/rejection.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	CALL_TEXT_BYTES = 512
};

static void on_sent(struct op *op, bool ok)
{
	(void)ok; /* a caller who has gone gets no answer */
	struct call *call = GC_CONTAINER_OF(op, struct call, send_op);
	payload_freep(&call->sending);
	call_release(call);
}

/* Text is copied by gRPC, or where it has to wait for the audit log. */
struct refusal {
	enum reason reason;
	uint32_t retry_after_ms;
	char message[CALL_TEXT_BYTES]; /* the reason's name and the sentence */
};

static void start_answer(struct call *call, const grpc_op *ops, size_t count)
{
	call->send_op.done = on_sent;
	call_hold(call);
	op_start(&call->send_op, call->call, ops, count);
}

static void start_error(struct call *call, const struct refusal *r)
{
	char wait[16];
	(void)snprintf(wait, sizeof(wait), "%u", r->retry_after_ms);
	grpc_metadata trailers[2] = {metadata_make(METADATA_KEY_REASON, reason_name(r->reason)),
		metadata_make(METADATA_KEY_RETRY_AFTER, wait)};
	grpc_slice details = grpc_slice_from_copied_string(r->message);
	grpc_op ops[2] = {
		{.op = GRPC_OP_SEND_INITIAL_METADATA}, {.op = GRPC_OP_SEND_STATUS_FROM_SERVER}};
	ops[1].data.send_status_from_server.status = (grpc_status_code)reason_code(r->reason);
	ops[1].data.send_status_from_server.status_details = &details;
	ops[1].data.send_status_from_server.trailing_metadata = trailers;
	ops[1].data.send_status_from_server.trailing_metadata_count = r->retry_after_ms ? 2 : 1;
	start_answer(call, ops, GC_LENGTH(ops));
	metadata_unref(&trailers[0]);
	metadata_unref(&trailers[1]);
	grpc_slice_unref(details);
}

static void start_reply(struct call *call)
{
	grpc_op ops[3] = {{.op = GRPC_OP_SEND_INITIAL_METADATA}, {.op = GRPC_OP_SEND_MESSAGE},
		{.op = GRPC_OP_SEND_STATUS_FROM_SERVER}};
	ops[1].data.send_message.send_message = call->sending;
	ops[2].data.send_status_from_server.status = GRPC_STATUS_OK;
	start_answer(call, ops, GC_LENGTH(ops));
}

static void after_audit(struct call *call)
{
	if (call->refusal)
		start_error(call, call->refusal);
	else
		start_reply(call);
	call_release(call);
}

static void send_reply(struct call *call, grpc_slice bytes)
{
	GC_ASSERT(!call->answered);
	call->answered = true;
	call->sending = payload_take_slice(bytes);
	if (!call->audit) {
		start_reply(call);
		return;
	}
	call_hold(call);
	audit_end(call, call->outcome, after_audit);
}

/* By account rather than by connection, which it may have many of. Those without an account get a few
 * bytes, and administrators are trusted. */
bool call_keep(struct call *call, size_t len)
{
	if (!call->account || len <= call->charged)
		return true;
	if (!quota_charge(&call->account->unsent, len - call->charged))
		return false;
	call->charged = len;
	return true;
}

static void note_unsent(const struct call *call)
{
	limited_note(LIMITED_ANSWERS, &(struct log_fields){.user = call->account->name});
}

void call_refuse_answer(struct call *call)
{
	enum {
		RETRY_MS = 1000
	};
	atomic_store(&call->account->unsent_until_us, clock_mono_add_ms(clock_mono(), RETRY_MS).us);
	note_unsent(call);
	call_fail_later(call, REASON_RATE_LIMITED, RETRY_MS);
}

static void on_later(struct later *later)
{
	struct call *call = GC_CONTAINER_OF(later, struct call, later);
	call_fail_later(call, call->reason, call->retry_after_ms);
	call_release(call);
}

void call_fail_late(struct call *call, enum reason reason, uint32_t retry_after_ms)
{
	call->reason = reason;
	call->retry_after_ms = retry_after_ms;
	call->later.run = on_later;
	call_hold(call);
	shard_later(call->shard, &call->later);
}

void call_refuse_early(struct call *call)
{
	note_unsent(call);
	call_fail_late(call, REASON_RATE_LIMITED, 1);
}

/* What has been written is said in any case: it is small, and charged as a message. */
static bool may_reply(struct call *call, size_t len)
{
	if (call_keep(call, len) || call->has_write)
		return true;
	call_refuse_answer(call);
	return false;
}

void call_reply(struct call *call, const ProtobufCMessage *response)
{
	size_t len = codec_size(response);
	if (!may_reply(call, len))
		return;
	grpc_slice bytes = grpc_slice_malloc(len);
	codec_encode(response, GRPC_SLICE_START_PTR(bytes));
	send_reply(call, bytes);
}

void call_reply_bytes(struct call *call)
{
	struct control bytes = call->response;
	if (!may_reply(call, bytes.len))
		return;
	call->response = (struct control){0};
	send_reply(call,
		bytes.len > 0 ? grpc_slice_new(bytes.data, bytes.len, free) : grpc_empty_slice());
}

static void send_error(
	struct call *call, enum reason reason, uint32_t retry_after_ms, const char *text)
{
	GC_ASSERT(!call->answered);
	call->answered = true;
	struct refusal refusal = {.reason = reason, .retry_after_ms = retry_after_ms};
	(void)snprintf(
		refusal.message, sizeof(refusal.message), "%s: %s", reason_name(reason), text);
	rejection_note(reason);
	watch_notes_refused_call(call, reason);
	if (!call->audit) {
		start_error(call, &refusal);
		return;
	}
	call->refusal = mem_dup(&refusal, sizeof(refusal));
	call_hold(call);
	audit_end(call, reason, after_audit);
}

void call_fail(struct call *call, enum reason reason)
{
	send_error(call, reason, 0, reason_text(reason));
}

void call_fail_account(struct call *call, const struct account *account, enum reason reason)
{
	char text[RESTRICTION_TEXT_BYTES];
	const struct room *room = call->has_write ? call->write.room : NULL;
	const char *why =
		account ? restriction_explain(call->service->directory, room, account, reason, text)
			: NULL;
	if (call->admin && reason == REASON_NOT_A_MEMBER) /* the sentence for clients says "you" */
		why = "that account is not a member of the room";
	send_error(call, reason, 0, why ? why : reason_text(reason));
}

void call_fail_later(struct call *call, enum reason reason, uint32_t retry_after_ms)
{
	send_error(call, reason, retry_after_ms, reason_text(reason));
}

void call_fail_log_in(
	struct call *call, enum limited limit, const char *user, uint32_t retry_after_ms)
{
	char address[ACCEPTOR_ADDRESS_BYTES];
	acceptor_address(call->peer, address);
	limited_note(limit, &(struct log_fields){.peer = address, .user = user});
	call_fail_later(call, REASON_TOO_MANY_LOG_INS, retry_after_ms);
}

void call_fail_text(struct call *call, enum reason reason, const char *fmt, ...)
{
	char text[CALL_TEXT_BYTES];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* a cut sentence is still one */
	va_end(args);
	send_error(call, reason, 0, text);
}
