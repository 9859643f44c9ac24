/* The life of a unary call. */
#include "service/call.h"

#include "base/hash.h"
#include "base/limited.h"
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
#include <string.h>

enum {
	CALL_TEXT_BYTES = 512
};

static void call_hold(struct call *call)
{
	call->in_flight++;
}

static void call_release(struct call *call)
{
	if (--call->in_flight > 0)
		return;
	GC_ASSERT(call->answered);
	if (call->charged > 0)
		quota_return(&call->account->unsent, call->charged);
	call->shard->calls--;
	grpc_call_unref(call->call);
	if (call->has_write)
		write_deinit(&call->write);
	if (call->wipe && call->data)
		call->wipe(call->data);
	free(call->data);
	free(call->refusal);
	control_deinit(&call->response);
	(void)account_unref(call->account);
	free(call);
}

void *call_data(struct call *call, size_t size)
{
	call->data = mem_new(1, size);
	return call->data;
}

/* ---- answers ---- */

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
	call_hold(call);
	op_start(&call->send_op, call->call, ops, GC_LENGTH(ops));
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
	call_hold(call);
	op_start(&call->send_op, call->call, ops, GC_LENGTH(ops));
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

/* Charges an answer of so many bytes before it is kept, but for what has been charged. By account
 * rather than by connection, which it may have many of. Those without an account get a few bytes, and
 * administrators are trusted. Any thread. */
static bool keep(struct call *call, size_t len)
{
	if (!call->account || len <= call->charged)
		return true;
	if (!quota_charge(&call->account->unsent, len - call->charged))
		return false;
	call->charged = len;
	return true;
}

static void refuse_answer(struct call *call)
{
	enum {
		RETRY_MS = 1000
	};
	atomic_store(&call->account->unsent_until_us, clock_mono_add_ms(clock_mono(), RETRY_MS).us);
	limited_note(LIMITED_ANSWERS, &(struct log_fields){.user = call->account->name});
	call_fail_later(call, REASON_RATE_LIMITED, RETRY_MS);
}

static void on_later(struct later *later)
{
	struct call *call = GC_CONTAINER_OF(later, struct call, later);
	call_fail_later(call, call->reason, call->retry_after_ms);
	call_release(call);
}

static void fail_late(struct call *call, enum reason reason, uint32_t retry_after_ms)
{
	call->reason = reason;
	call->retry_after_ms = retry_after_ms;
	call->later.run = on_later;
	call_hold(call);
	shard_later(call->shard, &call->later);
}

/* Who was told to wait and doesn't is not worth a read from the store, and is made to wait: at a
 * refusal for each call, a few who ask and ask took half of the shards' time. Any thread. */
static bool must_wait(struct call *call)
{
	return call->account && atomic_load(&call->account->unsent_until_us) > clock_mono().us;
}

static void refuse_early(struct call *call)
{
	limited_note(LIMITED_ANSWERS, &(struct log_fields){.user = call->account->name});
	fail_late(call, REASON_RATE_LIMITED, 1);
}

/* What has been written is said in any case: it is small, and charged as a message. */
static bool may_reply(struct call *call, size_t len)
{
	if (keep(call, len) || call->has_write)
		return true;
	refuse_answer(call);
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

void call_fail_text(struct call *call, enum reason reason, const char *fmt, ...)
{
	char text[CALL_TEXT_BYTES];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* a cut sentence is still one */
	va_end(args);
	send_error(call, reason, 0, text);
}

/* ---- beginning ---- */

static void handle(struct call *call)
{
	grpc_slice bytes = payload_flatten(call->received);
	payload_freep(&call->received);
	ProtobufCMessage *msg;
	enum codec_status status = codec_decode(&call->shard->arena, call->method->request,
		GRPC_SLICE_START_PTR(bytes), GRPC_SLICE_LENGTH(bytes), &msg);
	if (call->method->audit)
		audit_begin(call, status == CODEC_OK ? msg : NULL);
	switch (status) {
	case CODEC_OK:
		call->method->handle(call, msg);
		break;
	case CODEC_TOO_LARGE:
		call_fail(call, REASON_FRAME_TOO_LARGE);
		break;
	case CODEC_BAD_TEXT:
		call_fail(call, REASON_BAD_TEXT);
		break;
	case CODEC_MALFORMED:
		call_fail(call, REASON_BAD_FRAME);
		break;
	}
	grpc_slice_unref(bytes);
}

static void on_read(struct op *op, bool ok)
{
	struct call *call = GC_CONTAINER_OF(op, struct call, read_op);
	if (ok && call->received)
		handle(call);
	else
		call_fail(call, REASON_BAD_FRAME); /* gone, or no message: nobody may hear it */
	call_release(call);
}

static void on_closed(struct op *op, bool ok)
{
	(void)ok; /* RECV_CLOSE_ON_SERVER always succeeds */
	struct call *call = GC_CONTAINER_OF(op, struct call, close_op);
	atomic_store_explicit(&call->gone, true, memory_order_relaxed);
	call_release(call);
}

static struct call *call_new(struct service *service, struct incoming *in)
{
	struct call *call = mem_new(1, sizeof(*call));
	*call = (struct call){.service = service,
		.shard = in->shard,
		.admin = in->admin,
		.call = in->call,
		.read_op.done = on_read,
		.close_op.done = on_closed,
		.send_op.done = on_sent};
	memcpy(call->peer, in->peer, sizeof(call->peer));
	grpc_metadata_array_destroy(&in->metadata);
	call->shard->calls++;
	call_hold(call);
	op_start(&call->close_op, call->call,
		&(grpc_op){.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
			.data.recv_close_on_server.cancelled = &call->cancelled},
		1);
	return call;
}

void call_refuse(
	struct service *service, struct incoming *in, enum reason reason, uint32_t retry_after_ms)
{
	call_fail_later(call_new(service, in), reason, retry_after_ms);
}

void call_refuse_late(
	struct service *service, struct incoming *in, enum reason reason, uint32_t retry_after_ms)
{
	fail_late(call_new(service, in), reason, retry_after_ms);
}

void call_refuse_account(struct service *service, struct incoming *in,
	const struct account *account, enum reason reason)
{
	call_fail_account(call_new(service, in), account, reason);
}

void call_open(struct service *service, struct incoming *in, const struct method *method,
	struct account *account, uint64_t token_id)
{
	struct call *call = call_new(service, in);
	struct ucred peer;
	call->method = method;
	call->account = account;
	call->token_id = token_id;
	call->admin_uid = CALL_UID_UNKNOWN; /* of one who has gone by now */
	if (call->admin && acceptor_admin(service->acceptor, call->peer, &peer)) {
		call->admin_uid = peer.uid;
		call->admin_pid = (unsigned)peer.pid;
	}
	call_hold(call);
	op_start(&call->read_op, call->call,
		&(grpc_op){.op = GRPC_OP_RECV_MESSAGE,
			.data.recv_message.recv_message = &call->received},
		1);
}

/* ---- waiting for other threads ---- */

static void on_mail(struct mail *mail)
{
	struct call *call = GC_CONTAINER_OF(mail, struct call, mail);
	call->then(call);
	call_release(call);
}

void call_wait(struct call *call, void (*then)(struct call *call))
{
	call->mail.deliver = on_mail;
	call->then = then;
	call_hold(call);
}

/* Writer thread. */
static void on_written(struct write *write)
{
	struct call *call = GC_CONTAINER_OF(write, struct call, write);
	shard_post_quietly(call->shard, &call->mail);
}

struct write *call_begin_write(struct call *call)
{
	if (call->has_write)
		write_deinit(&call->write);
	call->has_write = true;
	write_init(
		&call->write, call->service->directory, &call->service->hub->audience, on_written);
	if (call->account)
		call->write.actor = account_ref(call->account);
	return &call->write;
}

static void after_write(struct call *call)
{
	enum {
		RETRY_MS = 1000
	};
	if (call->write.reason == REASON_NONE)
		call->after(call);
	else if (reason_code(call->write.reason) == GRPC_STATUS_UNAVAILABLE ||
		 call->write.reason == REASON_DISK_FULL)
		call_fail_later(call, call->write.reason, RETRY_MS);
	else
		call_fail(call, call->write.reason);
}

void call_write(struct call *call, enum reason reason, void (*then)(struct call *call))
{
	if (reason != REASON_NONE) {
		call_fail_account(call, call->account, reason);
		return;
	}
	if (call->write.already) {
		then(call);
		return;
	}
	call->after = then;
	call_wait(call, after_write);
	write_start(&call->write);
}

/* Reader thread. */
static void run_read(struct store_job *job, struct store_reader *reader)
{
	struct call *call = GC_CONTAINER_OF(job, struct call, job);
	if (must_wait(call))
		call->then = refuse_early;
	else
		call->read(call, reader);
	if (!keep(call, call->response.len)) {
		control_deinit(&call->response);
		call->then = refuse_answer;
	}
	shard_post(call->shard, &call->mail);
}

void call_read(struct call *call, void (*read)(struct call *call, struct store_reader *reader),
	void (*then)(struct call *call))
{
	call->read = read;
	call->job.run = run_read;
	call_wait(call, then);
	store_run(call->service->store, &call->job);
}

/* Nobody hears it. */
static void end_unworked(struct call *call)
{
	call_fail(call, REASON_UNAVAILABLE);
}

/* Worker thread. Who guesses passwords and doesn't wait would leave a queue behind that takes half a minute. */
static void run_work(struct worker_job *job)
{
	struct call *call = GC_CONTAINER_OF(job, struct call, worker_job);
	if (atomic_load_explicit(&call->gone, memory_order_relaxed))
		call->then = end_unworked;
	else
		call->work(call);
	shard_post(call->shard, &call->mail);
}

static void refuse_work(struct call *call)
{
	enum {
		RETRY_MS = 2000
	};
	char address[ACCEPTOR_ADDRESS_BYTES];
	acceptor_address(call->peer, address);
	limited_note(LIMITED_LOG_IN_QUEUE, &(struct log_fields){.peer = address});
	call_fail_later(call, REASON_TOO_MANY_LOG_INS, RETRY_MS);
}

/* Any thread: it waited, and has made room for someone who had waited for less. */
static void drop_work(struct worker_job *job)
{
	struct call *call = GC_CONTAINER_OF(job, struct call, worker_job);
	call->then = refuse_work;
	shard_post(call->shard, &call->mail);
}

void call_work(struct call *call, void (*work)(struct call *call), void (*then)(struct call *call))
{
	char key[ACCEPTOR_ADDRESS_BYTES];
	uint32_t wait_ms;
	acceptor_rate_key(call->peer, key);
	call->work = work;
	call->worker_job.run = run_work;
	call->worker_job.drop = drop_work;
	call->worker_job.owner = hash_bytes(key, strlen(key));
	call->worker_job.late = !call->known && !ratemap_take(call->service->newcomers, key,
							clock_mono(), &wait_ms);
	call_wait(call, then);
	if (worker_submit(call->service->workers, &call->worker_job) == 0)
		return;
	refuse_work(call);
	call_release(call);
}

/* ---- what many handlers need ---- */

enum reason call_check_right(struct call *call, struct room *room, enum right right)
{
	GC_ASSERT(call->account || call->admin); /* nobody isn't an administrator */
	return rights_check(&(struct rights_ask){.directory = call->service->directory,
				    .room = room,
				    .actor = call->account},
		right);
}

struct room *call_find_room(struct call *call, uint64_t room_id, const char *name)
{
	struct directory *d = call->service->directory;
	struct room *room = name && name[0] ? directory_find_room_name(d, name)
					    : directory_find_room(d, room_id);
	if (room && call_check_right(call, room, RIGHT_SEE) != REASON_NONE)
		room = room_unref(room);
	if (!room)
		call_fail(call, REASON_UNKNOWN_ROOM);
	return room;
}

struct account *call_find_user(struct call *call, const char *name)
{
	struct account *account = directory_find_user(call->service->directory, name);
	if (!account)
		call_fail(call, REASON_UNKNOWN_USER);
	return account;
}

bool call_charge(struct call *call)
{
	uint32_t wait_ms = 0;
	if (op_charge(call->account, 1, &wait_ms) == REASON_NONE)
		return true;
	limited_note(LIMITED_RATE, &(struct log_fields){.user = call->account->name});
	call_fail_later(call, REASON_RATE_LIMITED, wait_ms);
	return false;
}

size_t call_page_size(uint32_t asked)
{
	if (asked == 0)
		return LIMIT_PAGE_DEFAULT;
	return asked < LIMIT_PAGE_MAX ? asked : LIMIT_PAGE_MAX;
}
