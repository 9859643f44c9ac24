/* Tokens listed and ended; the end of a guest. */
#include "service/auth_calls.h"

#include "base/mem.h"
#include "gchat/v1/auth.pb-c.h"
#include "service/call.h"

#include <stdlib.h>

/* ---- logging out ---- */

static void reply_logged_out(struct call *call)
{
	Gchat__V1__LogoutResponse response;
	gchat__v1__logout_response__init(&response);
	call_reply(call, &response.base);
}

/* ---- the end of a guest: no more joins, those under way done, all rooms left, the account gone ---- */

struct guest_end {
	struct settling settling;
	struct call *call;
	size_t left; /* leaves under way; writer thread */
	enum reason failed; /* of the leaves; the same */
	struct leaving *leaves; /* owned */
	size_t leave_count;
};

struct leaving {
	struct write write;
	struct guest_end *end; /* borrowed: outlives its leaves */
};

static void wipe_guest_end(void *data)
{
	struct guest_end *end = data;
	for (size_t i = 0; i < end->leave_count; i++)
		write_deinit(&end->leaves[i].write);
	free(end->leaves);
}

static void delete_guest(struct call *call)
{
	struct guest_end *end = call->data;
	if (end->failed != REASON_NONE) { /* else others would see it there until the next start */
		directory_cancel_end(call->service->directory, call->account);
		call_fail_later(call, end->failed, CLOCK_MS_PER_S);
		return;
	}
	struct write *write = call_begin_write(call);
	call_write(call, op_delete_account(write), reply_logged_out);
}

/* Writer thread. */
static void on_left(struct write *write)
{
	struct guest_end *end = GC_CONTAINER_OF(write, struct leaving, write)->end;
	if (write->reason != REASON_NONE && write->reason != REASON_NOT_A_MEMBER &&
		write->reason != REASON_UNKNOWN_ROOM)
		end->failed = write->reason;
	if (--end->left == 0)
		shard_post_quietly(end->call->shard, &end->call->mail);
}

/* The writes that leave all rooms, with those not needed already released. */
static void prepare_leaves(struct call *call, struct guest_end *end)
{
	struct service *service = call->service;
	size_t count;
	struct room **rooms = directory_rooms_of(service->directory, call->account, &count);
	end->leaves = mem_new(count, sizeof(*end->leaves));
	for (size_t i = 0; i < count; i++) {
		struct leaving *leaving = &end->leaves[end->leave_count];
		leaving->end = end;
		write_init(&leaving->write, service->directory, &service->hub->audience, on_left);
		leaving->write.actor = account_ref(call->account);
		leaving->write.room = rooms[i];
		if (op_leave(&leaving->write) == REASON_NONE)
			end->leave_count++;
		else
			write_deinit(&leaving->write); /* no member any more */
	}
	free(rooms);
}

static void leave_all_rooms(struct call *call)
{
	struct guest_end *end = call->data;
	prepare_leaves(call, end);
	if (end->leave_count == 0) {
		delete_guest(call);
		return;
	}
	end->left = end->leave_count; /* before the first starts */
	call_wait(call, delete_guest);
	for (size_t i = 0; i < end->leave_count; i++)
		write_start(&end->leaves[i].write);
}

/* Any thread. */
static void on_settled(struct settling *settling)
{
	struct call *call = GC_CONTAINER_OF(settling, struct guest_end, settling)->call;
	shard_post(call->shard, &call->mail);
}

static void end_guest(struct call *call)
{
	if (!directory_begin_end(call->service->directory, call->account)) {
		call_fail(call, REASON_SIGNED_OUT); /* by another call, just now */
		return;
	}
	struct guest_end *end = call_data(call, sizeof(*end));
	end->call = call;
	end->settling.settled = on_settled;
	call->wipe = wipe_guest_end;
	call_wait(call, leave_all_rooms);
	if (directory_is_settled(call->service->directory, call->account, &end->settling))
		on_settled(&end->settling);
}

void auth_logout(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	if (call->account->guest) {
		end_guest(call);
		return;
	}
	if (call->token_id == ACCOUNT_BY_CERTIFICATE) {
		call_fail_text(call, REASON_NOT_FOUND,
			"signed in with a certificate: there is no token to end");
		return;
	}
	struct write *write = call_begin_write(call);
	call_write(call, op_sign_out(write, call->token_id), reply_logged_out);
}

/* ---- listing and revoking ---- */

void auth_list_tokens(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	enum {
		TOKENS_MAX = LIMIT_PAGE_MAX
	};
	Gchat__V1__Token *tokens = mem_new(TOKENS_MAX, sizeof(*tokens));
	Gchat__V1__Token **list = mem_new(TOKENS_MAX, sizeof(struct Gchat__V1__Token *));
	Gchat__V1__ListTokensResponse response;
	gchat__v1__list_tokens_response__init(&response);
	struct account_token *token;
	pthread_rwlock_rdlock(&call->service->directory->lock); /* held: devices are borrowed */
	LIST_FOREACH (token, &call->account->tokens, link) {
		if (response.n_tokens == TOKENS_MAX)
			break;
		Gchat__V1__Token *out = &tokens[response.n_tokens];
		gchat__v1__token__init(out);
		out->token_id = token->id;
		out->device = token->device;
		out->created_us = token->created_us;
		out->last_used_us = atomic_load(&token->last_used_us);
		out->current = token->id == call->token_id;
		list[response.n_tokens++] = out;
	}
	response.tokens = list;
	call_reply(call, &response.base);
	pthread_rwlock_unlock(&call->service->directory->lock);
	free(list);
	free(tokens);
}

static void reply_revoked(struct call *call)
{
	Gchat__V1__RevokeTokenResponse response;
	gchat__v1__revoke_token_response__init(&response);
	call_reply(call, &response.base);
}

void auth_revoke_token(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__RevokeTokenRequest *r = CALL_REQUEST(Gchat__V1__RevokeTokenRequest, msg);
	struct write *write = call_begin_write(call);
	call_write(call, r->token_id == 0 ? REASON_NOT_FOUND : op_sign_out(write, r->token_id),
		reply_revoked);
}
