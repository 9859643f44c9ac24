/* The life of a unary call: read, handled, released. */
#include "service/call_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/accept.h"
#include "proto/codec.h"
#include "rpc/payload.h"
#include "service/audit.h"

#include <stdlib.h>
#include <string.h>

void call_hold(struct call *call)
{
	call->in_flight++;
}

void call_release(struct call *call)
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
		.close_op.done = on_closed};
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
	call_fail_late(call_new(service, in), reason, retry_after_ms);
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
