/* Accounts: making them, signing in, passwords, which are hashed on a worker. */
#include "service/auth_calls.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "gchat/v1/auth.pb-c.h"
#include "net/accept.h"
#include "room/invitation.h"
#include "room/name.h"
#include "service/attempts.h"
#include "service/call.h"
#include "service/client_cert.h"
#include "service/invite_code.h"
#include "service/password_pool.h"
#include "service/server_info.h"
#include "service/token.h"
#include "service/watch_notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a sign-in keeps while it waits for a worker and the store. */
struct sign_in {
	char user[LIMIT_USER_NAME_BYTES + 1];
	char password[LIMIT_PASSWORD_BYTES_MAX + 1];
	char next_password[LIMIT_PASSWORD_BYTES_MAX + 1];
	char device[LIMIT_CLIENT_NAME_BYTES + 1];
	struct credentials stored; /* zeroed without an account: no password is right */
	char new_hash[PASSWORD_HASH_BYTES];
	struct password_cost cost;
	struct profile profile;
	uint8_t invitation[LIMIT_SHA256_BYTES];
	bool is_invited; /* by that one */
	struct token token;
	struct account *account; /* ref, or NULL: unknown */
	enum password_verdict verdict;
};

static void wipe_sign_in(void *data)
{
	struct sign_in *in = data;
	(void)account_unref(in->account);
	password_wipe(in->password);
	password_wipe(in->next_password);
	token_wipe(&in->token);
}

static struct sign_in *sign_in_new(struct call *call, const char *password, const char *device)
{
	const struct config *config = service_config(call->service);
	struct sign_in *in = call_data(call, sizeof(*in));
	call->wipe = wipe_sign_in;
	in->cost.memory_kb = (uint32_t)config->accounts.password_memory_kb;
	in->cost.passes = (uint32_t)config->accounts.password_passes;
	(void)snprintf(in->password, sizeof(in->password), "%s", password);
	(void)snprintf(in->device, sizeof(in->device), "%s", device);
	return in;
}

/* ---- before signing in ---- */

/* Whose account the client's certificate stands for, or why it stands for none. */
static enum reason fill_certificate_user(
	struct call *call, char user[static LIMIT_USER_NAME_BYTES + 1])
{
	struct tls_client client;
	enum reason reason;
	client_cert_recall(call->service, call->peer, &client);
	if (client.verdict == TLS_VERDICT_NONE)
		return REASON_NONE;
	struct account *account = client_cert_find_account(call->service, &client, &reason);
	if (!account)
		return reason;
	reason = rights_check(
		&(struct rights_ask){.directory = call->service->directory, .actor = account},
		RIGHT_SIGN_IN);
	if (reason == REASON_NONE)
		(void)snprintf(user, LIMIT_USER_NAME_BYTES + 1, "%s", account->name);
	(void)account_unref(account);
	return reason;
}

void auth_get_server_info(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	const struct config *config = service_config(call->service);
	Gchat__V1__Limits limits;
	Gchat__V1__GetServerInfoResponse info;
	gchat__v1__get_server_info_response__init(&info);
	char version[] = GCHAT_VERSION;
	char password[] = "password";
	char certificate[] = "certificate";
	char *methods[] = {password, certificate};
	char user[LIMIT_USER_NAME_BYTES + 1] = "";
	enum reason problem = fill_certificate_user(call, user);
	char *rooms[CONFIG_LIST_MAX];
	memcpy(rooms, config->server.suggested_rooms.items, sizeof(rooms));
	server_info_limits(call->service, &limits);
	info.name = config->server.name;
	info.version = version;
	info.protocol_version = LIMIT_PROTOCOL_VERSION;
	info.registration = server_info_registration(call->service);
	info.guests_allowed = server_info_guests(call->service);
	info.lockdown = atomic_load(&call->service->directory->lockdown);
	info.sign_in_methods = methods;
	info.n_sign_in_methods =
		call->service->client_auth == TLS_CLIENT_AUTH_OFF ? 1 : GC_LENGTH(methods);
	info.certificate_user = user;
	/* protobuf-c does not write to what it encodes */
	info.certificate_problem =
		(char *)(uintptr_t)(problem == REASON_NONE ? "" : reason_name(problem));
	info.message_of_the_day = config->server.message_of_the_day;
	info.limits = &limits;
	info.suggested_rooms = rooms;
	info.n_suggested_rooms = config->server.suggested_rooms.count;
	call_reply(call, &info.base);
}

/* ---- answers with a token ---- */

static void reply_signed_in(struct call *call)
{
	struct sign_in *in = call->data;
	struct profile profile;
	Gchat__V1__Profile account;
	account_get_profile(call->write.actor, &profile);
	profile_to_message(&profile, &account);
	metric_add(METRIC_LOG_INS, 1);
	attempts_know(call, profile.user);
	watch_notes_sign_in(call, profile.user);
	(void)acceptor_signed_in(call->service->acceptor, call->peer);
	/* the responses of the three ways in are alike: token = 1, account = 2 */
	Gchat__V1__LoginResponse response;
	gchat__v1__login_response__init(&response);
	response.token = in->token.text;
	response.account = &account;
	call_reply(call, &response.base);
}

static void make_token(struct sign_in *in, struct token_hash *ret_hash)
{
	token_make(&in->token);
	token_hash(&in->token, ret_hash);
}

/* ---- new accounts ---- */

static void store_account(struct call *call)
{
	struct sign_in *in = call->data;
	if (call->reason != REASON_NONE) {
		call_fail_later(call, call->reason, CLOCK_MS_PER_S);
		return;
	}
	struct token_hash hash;
	make_token(in, &hash);
	struct write *write = call_begin_write(call);
	const struct op_account new = {.profile = &in->profile,
		.password_hash = in->new_hash,
		.token_hash = hash.bytes,
		.device = in->device,
		.invitation_hash = in->is_invited ? in->invitation : NULL};
	call_write(call, op_create_account(write, &new), reply_signed_in);
}

/* Worker thread. */
static void hash_new_password(struct call *call)
{
	struct sign_in *in = call->data;
	const char *password = in->next_password[0] ? in->next_password : in->password;
	if (password_pool_hash(call->service->passwords, password, &in->cost, in->new_hash) < 0)
		call->reason = REASON_UNAVAILABLE;
}

static enum reason check_registration(struct call *call)
{
	if (atomic_load(&call->service->directory->lockdown))
		return REASON_LOCKDOWN;
	return service_config(call->service)->accounts.registration == CONFIG_REGISTRATION_CLOSED
		       ? REASON_REGISTRATION_CLOSED
		       : REASON_NONE;
}

/* Whether the code opens the door now, where one is needed: before the costly hash. What counts is
 * whether it does when the account is stored. */
static bool is_invited(struct call *call, const char *code)
{
	struct sign_in *in = call->data;
	if (service_config(call->service)->accounts.registration != CONFIG_REGISTRATION_INVITE)
		return true;
	if (!invite_code_hash(code, in->invitation))
		return false;
	in->is_invited = true;
	struct invitation *invitation = invitation_find(call->service->directory, in->invitation);
	bool open = invitation && !invitation_is_spent(invitation, clock_wall_us());
	(void)invitation_unref(invitation);
	return open;
}

void auth_create_account(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__CreateAccountRequest *r =
		CALL_REQUEST(Gchat__V1__CreateAccountRequest, msg);
	enum reason reason = check_registration(call);
	if (reason != REASON_NONE) {
		call_fail(call, reason);
		return;
	}
	if (!name_is_user(r->user) || !password_fits(r->password) ||
		!name_text_fits(r->display_name, LIMIT_DISPLAY_NAME_BYTES, true) ||
		!name_text_fits(r->device, LIMIT_CLIENT_NAME_BYTES, true)) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	if (!attempts_may_register(call))
		return;
	struct sign_in *in = sign_in_new(call, r->password, r->device);
	(void)snprintf(in->profile.user, sizeof(in->profile.user), "%s", r->user);
	(void)snprintf(
		in->profile.display_name, sizeof(in->profile.display_name), "%s", r->display_name);
	struct account *known = directory_find_user(call->service->directory, r->user);
	if (known) { /* before the costly hash */
		(void)account_unref(known);
		call_fail(call, REASON_USER_EXISTS);
		return;
	}
	if (!is_invited(call, r->invite)) {
		call_fail(call, REASON_INVITE_INVALID);
		return;
	}
	call_work(call, hash_new_password, store_account);
}

void auth_login_guest(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__LoginGuestRequest *r = CALL_REQUEST(Gchat__V1__LoginGuestRequest, msg);
	if (!server_info_guests(call->service)) {
		call_fail(call, atomic_load(&call->service->directory->lockdown)
					? REASON_LOCKDOWN
					: REASON_GUESTS_NOT_ALLOWED);
		return;
	}
	if (!name_text_fits(r->display_name, LIMIT_DISPLAY_NAME_BYTES, true) ||
		!name_text_fits(r->device, LIMIT_CLIENT_NAME_BYTES, true)) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	if (!attempts_may_register(call))
		return;
	struct sign_in *in = sign_in_new(call, "", r->device);
	struct token_hash hash;
	make_token(in, &hash);
	in->profile.guest = true;
	(void)snprintf(in->profile.user, sizeof(in->profile.user), "guest-%llx",
		(unsigned long long)(token_hash_id(&hash) >> 16));
	(void)snprintf(
		in->profile.display_name, sizeof(in->profile.display_name), "%s", r->display_name);
	struct write *write = call_begin_write(call);
	const struct op_account new = {.profile = &in->profile,
		.password_hash = "",
		.token_hash = hash.bytes,
		.device = in->device};
	call_write(call, op_create_account(write, &new), reply_signed_in);
}

/* ---- passwords ---- */

/* Worker thread. */
static void verify_password(struct call *call)
{
	struct sign_in *in = call->data;
	in->verdict = password_pool_verify(
		call->service->passwords, in->stored.password_hash, in->password, &in->cost);
	if (in->verdict == PASSWORD_REHASH || (in->verdict == PASSWORD_OK && in->next_password[0]))
		hash_new_password(call);
}

/* The account's credentials, where there is one, as they are now. */
static void take_credentials(struct sign_in *in, struct account *account)
{
	in->account = account;
	if (account)
		account_get_credentials(account, &in->stored);
}

static bool is_right(struct call *call)
{
	struct sign_in *in = call->data;
	if (in->verdict == PASSWORD_OK || in->verdict == PASSWORD_REHASH)
		return true;
	metric_add(METRIC_LOG_IN_FAILURES, 1);
	if (in->verdict == PASSWORD_UNVERIFIED)
		call_fail_later(call, REASON_UNAVAILABLE, CLOCK_MS_PER_S);
	else
		call_fail(call, REASON_WRONG_CREDENTIALS);
	return false;
}

static void store_sign_in(struct call *call)
{
	struct sign_in *in = call->data;
	struct token_hash hash;
	make_token(in, &hash);
	struct write *write = call_begin_write(call);
	write->actor = account_ref(in->account);
	call_write(call, op_sign_in(write, hash.bytes, in->device, in->stored.token_epoch),
		reply_signed_in);
}

static void after_verify(struct call *call)
{
	struct sign_in *in = call->data;
	if (!is_right(call))
		return;
	enum reason reason = rights_check(
		&(struct rights_ask){.directory = call->service->directory, .actor = in->account},
		RIGHT_SIGN_IN);
	if (reason != REASON_NONE) {
		call_fail_account(call, in->account, reason);
		return;
	}
	if (in->verdict != PASSWORD_REHASH || call->reason != REASON_NONE) {
		store_sign_in(call);
		return;
	}
	struct write *write = call_begin_write(call); /* the cost has changed: keep the new hash */
	write->actor = account_ref(in->account);
	call_write(call, op_rehash(write, in->new_hash, in->stored.token_epoch), store_sign_in);
}

void auth_login(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__LoginRequest *r = CALL_REQUEST(Gchat__V1__LoginRequest, msg);
	if (strlen(r->user) > LIMIT_USER_NAME_BYTES ||
		strlen(r->password) > LIMIT_PASSWORD_BYTES_MAX ||
		!name_text_fits(r->device, LIMIT_CLIENT_NAME_BYTES, true)) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	if (!attempts_may_try(call, r->user))
		return;
	struct sign_in *in = sign_in_new(call, r->password, r->device);
	take_credentials(in, directory_find_user(call->service->directory, r->user));
	call_work(call, verify_password, after_verify);
}

static void reply_password_changed(struct call *call)
{
	Gchat__V1__ChangePasswordResponse response;
	gchat__v1__change_password_response__init(&response);
	call_reply(call, &response.base);
}

static void store_password(struct call *call)
{
	struct sign_in *in = call->data;
	if (!is_right(call))
		return;
	if (call->reason != REASON_NONE) {
		call_fail_later(call, call->reason, CLOCK_MS_PER_S);
		return;
	}
	struct write *write = call_begin_write(call);
	call_write(call,
		op_set_password(write, in->new_hash, in->stored.token_epoch, call->token_id),
		reply_password_changed);
}

void auth_change_password(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ChangePasswordRequest *r =
		CALL_REQUEST(Gchat__V1__ChangePasswordRequest, msg);
	if (!password_fits(r->new_password) || strlen(r->old_password) > LIMIT_PASSWORD_BYTES_MAX) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	if (!attempts_may_try(call, call->account->name))
		return;
	struct sign_in *in = sign_in_new(call, r->old_password, "");
	(void)snprintf(in->next_password, sizeof(in->next_password), "%s", r->new_password);
	take_credentials(in, account_ref(call->account));
	call_work(call, verify_password, store_password);
}
