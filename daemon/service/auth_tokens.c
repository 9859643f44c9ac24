/* Tokens listed and ended; the end of a guest. */
#include "service/auth_calls.h"

#include "base/mem.h"
#include "gchat/v1/auth.pb-c.h"
#include "room/ending.h"
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

static void after_end(struct call *call)
{
	if (call->reason == REASON_NONE)
		reply_logged_out(call);
	else if (call->reason == REASON_SIGNED_OUT)
		call_fail(call, call->reason);
	else
		call_fail_later(call, call->reason, CLOCK_MS_PER_S);
}

/* Writer thread, or the caller's. */
static void on_ended(void *arg, const struct ending_result *result)
{
	struct call *call = arg;
	call->reason = result->reason;
	shard_post(call->shard, &call->mail);
}

static void end_guest(struct call *call)
{
	const struct ending_options options = {.directory = call->service->directory,
		.audience = &call->service->hub->audience,
		.account = call->account,
		.done = on_ended,
		.arg = call};
	call_wait(call, after_end);
	enum reason reason = ending_start(&options);
	if (reason == REASON_NONE)
		return;
	call->reason = reason; /* by another call, just now */
	shard_post(call->shard, &call->mail);
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
