/* Tokens listed and ended; the end of a guest. */
#include "service/auth_calls.h"

#include "base/mem.h"
#include "gchat/v1/auth.pb-c.h"
#include "service/call.h"

#include <stdlib.h>

/* ---- log out ---- */

static void reply_logged_out(struct call *call)
{
	Gchat__V1__LogoutResponse response;
	gchat__v1__logout_response__init(&response);
	call_reply(call, &response.base);
}

static void leave_done(struct write *write)
{
	write_deinit(write);
	free(write);
}

/* A guest's account goes with its token: it leaves its rooms first. */
static void leave_all_rooms(struct call *call)
{
	size_t count;
	struct service *service = call->service;
	struct room **rooms = directory_rooms_of(service->directory, call->account, &count);
	for (size_t i = 0; i < count; i++) {
		struct write *write = mem_new(1, sizeof(*write));
		write_init(write, service->directory, &service->hub->audience, leave_done);
		write->actor = account_ref(call->account);
		write->room = rooms[i];
		if (op_leave(write) == REASON_NONE)
			write_start(write);
		else
			leave_done(write);
	}
	free(rooms);
}

void auth_logout(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	struct write *write = call_begin_write(call);
	if (call->account->guest)
		leave_all_rooms(call);
	call_write(call,
		call->account->guest ? op_delete_account(write)
				     : op_sign_out(write, call->token_id),
		reply_logged_out);
}

/* ---- list and revoke ---- */

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
