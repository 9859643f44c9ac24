/* The Auth service. */
#include "lib/priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "gchat/v1/auth.pb-c.h"
#include "lib/convert.h"
#include "lib/memory.h"
#include "lib/state.h"
#include "proto/codec.h"

#include <stdlib.h>

int gchat_server_info(
	struct gchat *g, struct gchat_server_info **ret, struct gchat_error *ret_error)
{
	Gchat__V1__GetServerInfoRequest request;
	gchat__v1__get_server_info_request__init(&request);
	Gchat__V1__GetServerInfoResponse *msg = NULL;
	int r = api_call(g, "/gchat.v1.Auth/GetServerInfo", &request.base,
		&gchat__v1__get_server_info_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	struct gchat_server_info *info = memory_new(sizeof(*info));
	*info = (struct gchat_server_info){.name = memory_text(info, msg->name),
		.version = memory_text(info, msg->version),
		.protocol_version = msg->protocol_version,
		.registration = (unsigned)msg->registration <= GCHAT_REGISTRATION_CLOSED
					? (enum gchat_registration)msg->registration
					: GCHAT_REGISTRATION_NONE,
		.guests_allowed = msg->guests_allowed,
		.sign_in_methods =
			convert_texts(info, msg->sign_in_methods, msg->n_sign_in_methods),
		.sign_in_method_count = msg->n_sign_in_methods,
		.message_of_the_day = memory_text(info, msg->message_of_the_day),
		.limits = convert_limits(msg->limits),
		.suggested_rooms =
			convert_texts(info, msg->suggested_rooms, msg->n_suggested_rooms),
		.suggested_room_count = msg->n_suggested_rooms,
		.certificate_user = memory_text(info, msg->certificate_user),
		.certificate_problem = memory_text(info, msg->certificate_problem)};
	codec_free(&msg->base);
	*ret = info;
	return 0;
}

/* The client is signed in from now on. */
static struct gchat_account *take_account(
	struct gchat *g, const char *token, const Gchat__V1__Profile *profile)
{
	struct gchat_account *account = memory_new(sizeof(*account));
	account->token = memory_text(account, token);
	account->profile = convert_profile(account, profile);
	gchat_lock(g);
	state_wipe(&g->shared.token);
	g->shared.token = mem_strdup(token);
	free(g->shared.user);
	g->shared.user = mem_strdup(account->profile.user);
	gchat_unlock(g);
	return account;
}

int gchat_create_account(struct gchat *g, const struct gchat_credentials *who,
	struct gchat_account **ret, struct gchat_error *ret_error)
{
	Gchat__V1__CreateAccountRequest request;
	gchat__v1__create_account_request__init(&request);
	Gchat__V1__CreateAccountResponse *msg = NULL;
	request.user = api_text(who->user);
	request.password = api_text(who->password);
	request.display_name = api_text(who->display_name);
	request.invite = api_text(who->invite);
	request.device = api_text(who->device);
	int r = api_call(g, "/gchat.v1.Auth/CreateAccount", &request.base,
		&gchat__v1__create_account_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	*ret = take_account(g, msg->token, msg->account);
	codec_free(&msg->base);
	return 0;
}

int gchat_login(struct gchat *g, const struct gchat_credentials *who, struct gchat_account **ret,
	struct gchat_error *ret_error)
{
	Gchat__V1__LoginRequest request;
	gchat__v1__login_request__init(&request);
	Gchat__V1__LoginResponse *msg = NULL;
	request.user = api_text(who->user);
	request.password = api_text(who->password);
	request.device = api_text(who->device);
	int r = api_call(g, "/gchat.v1.Auth/Login", &request.base,
		&gchat__v1__login_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	*ret = take_account(g, msg->token, msg->account);
	codec_free(&msg->base);
	return 0;
}

int gchat_login_guest(struct gchat *g, const struct gchat_credentials *who,
	struct gchat_account **ret, struct gchat_error *ret_error)
{
	Gchat__V1__LoginGuestRequest request;
	gchat__v1__login_guest_request__init(&request);
	Gchat__V1__LoginGuestResponse *msg = NULL;
	request.display_name = api_text(who->display_name);
	request.device = api_text(who->device);
	int r = api_call(g, "/gchat.v1.Auth/LoginGuest", &request.base,
		&gchat__v1__login_guest_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	*ret = take_account(g, msg->token, msg->account);
	codec_free(&msg->base);
	return 0;
}

void gchat_set_token(struct gchat *g, const char *token)
{
	gchat_lock(g);
	state_wipe(&g->shared.token);
	g->shared.token = mem_strdup(token);
	gchat_unlock(g);
}

int gchat_logout(struct gchat *g, struct gchat_error *ret_error)
{
	Gchat__V1__LogoutRequest request;
	gchat__v1__logout_request__init(&request);
	int r = api_call(g, "/gchat.v1.Auth/Logout", &request.base,
		&gchat__v1__logout_response__descriptor, NULL, ret_error);
	if (r < 0)
		return err_pass(r);
	gchat_set_token(g, NULL);
	return 0;
}

int gchat_change_password(struct gchat *g, const char *old_password, const char *new_password,
	struct gchat_error *ret_error)
{
	Gchat__V1__ChangePasswordRequest request;
	gchat__v1__change_password_request__init(&request);
	request.old_password = api_text(old_password);
	request.new_password = api_text(new_password);
	int r = api_call(g, "/gchat.v1.Auth/ChangePassword", &request.base,
		&gchat__v1__change_password_response__descriptor, NULL, ret_error);
	return r < 0 ? err_pass(r) : 0;
}

int gchat_list_tokens(struct gchat *g, struct gchat_token_list **ret, struct gchat_error *ret_error)
{
	Gchat__V1__ListTokensRequest request;
	gchat__v1__list_tokens_request__init(&request);
	Gchat__V1__ListTokensResponse *msg = NULL;
	int r = api_call(g, "/gchat.v1.Auth/ListTokens", &request.base,
		&gchat__v1__list_tokens_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	struct gchat_token_list *list = memory_new(sizeof(*list));
	struct gchat_token *tokens = memory_add(list, msg->n_tokens, sizeof(*tokens));
	for (size_t i = 0; i < msg->n_tokens; i++)
		tokens[i] = (struct gchat_token){.token_id = msg->tokens[i]->token_id,
			.device = memory_text(list, msg->tokens[i]->device),
			.created_us = msg->tokens[i]->created_us,
			.last_used_us = msg->tokens[i]->last_used_us,
			.current = msg->tokens[i]->current};
	list->tokens = tokens;
	list->count = msg->n_tokens;
	codec_free(&msg->base);
	*ret = list;
	return 0;
}

int gchat_revoke_token(struct gchat *g, uint64_t token_id, struct gchat_error *ret_error)
{
	Gchat__V1__RevokeTokenRequest request;
	gchat__v1__revoke_token_request__init(&request);
	request.token_id = token_id;
	int r = api_call(g, "/gchat.v1.Auth/RevokeToken", &request.base,
		&gchat__v1__revoke_token_response__descriptor, NULL, ret_error);
	return r < 0 ? err_pass(r) : 0;
}
