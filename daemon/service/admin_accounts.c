/* Accounts made, changed and deleted by an administrator. */
#include "service/admin_users.h"

#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "room/ending.h"
#include "room/erase.h"
#include "room/name.h"
#include "service/call.h"
#include "service/password_pool.h"

#include <stdio.h>
#include <string.h>

/* What a change keeps while a worker hashes the password. */
struct change {
	char password[LIMIT_PASSWORD_BYTES_MAX + 1];
	char hash[PASSWORD_HASH_BYTES]; /* "": no password */
	struct password_cost cost;
	struct profile profile;
	struct account *account; /* ref, or NULL */
	uint32_t tokens; /* before the change */
	uint32_t sessions; /* the same */
};

static void wipe(void *data)
{
	struct change *change = data;
	password_wipe(change->password);
	(void)account_unref(change->account);
}

static struct change *change_new(struct call *call)
{
	const struct config *config = service_config(call->service);
	struct change *change = call_data(call, sizeof(*change));
	call->wipe = wipe;
	change->cost.memory_kb = (uint32_t)config->accounts.password_memory_kb;
	change->cost.passes = (uint32_t)config->accounts.password_passes;
	return change;
}

/* The account of the request, with a reference of the change; NULL: answered. */
static struct change *change_of(struct call *call, const char *user)
{
	struct account *account = call_find_user(call, user);
	if (!account)
		return NULL;
	struct change *change = change_new(call);
	struct account_token *token;
	change->account = account;
	change->sessions = atomic_load(&account->sessions);
	pthread_rwlock_rdlock(&call->service->directory->lock);
	LIST_FOREACH (token, &account->tokens, link)
		change->tokens++;
	pthread_rwlock_unlock(&call->service->directory->lock);
	return change;
}

/* A write whose actor is the account that changes. */
static struct write *begin_change(struct call *call)
{
	const struct change *change = call->data;
	struct write *write = call_begin_write(call);
	write->actor = account_ref(change->account);
	return write;
}

/* ---- passwords ---- */

/* Worker thread. */
static void hash_password(struct call *call)
{
	struct change *change = call->data;
	if (password_pool_hash(
		    call->service->passwords, change->password, &change->cost, change->hash) < 0)
		call->reason = REASON_UNAVAILABLE;
}

static void store_hashed(struct call *call, void (*store)(struct call *call))
{
	if (call->reason == REASON_NONE)
		store(call);
	else
		call_fail_later(call, call->reason, CLOCK_MS_PER_S);
}

static void hash_then(struct call *call, const char *password, void (*then)(struct call *call))
{
	struct change *change = call->data;
	(void)snprintf(change->password, sizeof(change->password), "%s", password);
	call->known = true; /* before strangers who sign in */
	call_work(call, hash_password, then);
}

static void refuse_name(struct call *call)
{
	call_fail_text(call, REASON_INVALID_ARGUMENT,
		"a user name is small letters, digits, dots, dashes and underscores, begins with a "
		"letter or digit, and has at most %d of them",
		LIMIT_USER_NAME_BYTES);
}

static void refuse_password(struct call *call)
{
	call_fail_text(call, REASON_INVALID_ARGUMENT, "a password has %d to %d bytes",
		LIMIT_PASSWORD_BYTES_MIN, LIMIT_PASSWORD_BYTES_MAX);
}

/* ---- a new account ---- */

static void reply_account(struct call *call)
{
	struct profile profile;
	Gchat__V1__Profile account;
	account_get_profile(call->write.actor, &profile);
	profile_to_message(&profile, &account);
	/* AddUser and RenameUser answer alike: account = 1 */
	Gchat__V1__AddUserResponse response;
	gchat__v1__add_user_response__init(&response);
	response.account = &account;
	call_reply(call, &response.base);
}

static void store_added(struct call *call)
{
	const struct change *change = call->data;
	const struct op_account new = {.profile = &change->profile,
		.password_hash = change->hash,
		.device = "",
		.by_administrator = true};
	struct write *write = call_begin_write(call);
	call_write(call, op_create_account(write, &new), reply_account);
}

static void after_add_hash(struct call *call)
{
	store_hashed(call, store_added);
}

static bool is_taken(struct call *call, const char *user)
{
	struct account *known = directory_find_user(call->service->directory, user);
	(void)account_unref(known);
	return known;
}

void admin_add_user(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__AddUserRequest *r = CALL_REQUEST(Gchat__V1__AddUserRequest, msg);
	if (!name_is_user(r->user)) {
		refuse_name(call);
		return;
	}
	if (r->password[0] && !password_fits(r->password)) {
		refuse_password(call);
		return;
	}
	if (!name_text_fits(r->display_name, LIMIT_DISPLAY_NAME_BYTES, true)) {
		call_fail_text(call, REASON_INVALID_ARGUMENT,
			"a display name is one line of at most %d bytes", LIMIT_DISPLAY_NAME_BYTES);
		return;
	}
	if (is_taken(call, r->user)) { /* before the costly hash */
		call_fail(call, REASON_USER_EXISTS);
		return;
	}
	struct change *change = change_new(call);
	(void)snprintf(change->profile.user, sizeof(change->profile.user), "%s", r->user);
	(void)snprintf(change->profile.display_name, sizeof(change->profile.display_name), "%s",
		r->display_name);
	if (r->password[0])
		hash_then(call, r->password, after_add_hash);
	else
		store_added(call);
}

/* ---- another password ---- */

static void reply_password(struct call *call)
{
	const struct change *change = call->data;
	Gchat__V1__SetPasswordResponse response;
	gchat__v1__set_password_response__init(&response);
	response.tokens = change->tokens;
	call_reply(call, &response.base);
}

static void store_password(struct call *call)
{
	const struct change *change = call->data;
	struct credentials now;
	account_get_credentials(change->account, &now);
	struct write *write = begin_change(call);
	call_write(call, op_set_password(write, change->hash, now.token_epoch, 0), reply_password);
}

static void after_password_hash(struct call *call)
{
	store_hashed(call, store_password);
}

void admin_set_password(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__SetPasswordRequest *r = CALL_REQUEST(Gchat__V1__SetPasswordRequest, msg);
	if (r->no_password ? r->password[0] != '\0' : !password_fits(r->password)) {
		refuse_password(call);
		return;
	}
	struct change *change = change_of(call, r->user);
	if (!change)
		return;
	if (change->account->guest) /* it would stay when its token ends */
		call_fail_text(call, REASON_NOT_PERMITTED, "a guest has no password");
	else if (r->no_password)
		store_password(call);
	else
		hash_then(call, r->password, after_password_hash);
}

/* ---- suspending and renaming ---- */

static void reply_suspended(struct call *call)
{
	const struct change *change = call->data;
	Gchat__V1__SuspendUserResponse response;
	gchat__v1__suspend_user_response__init(&response);
	response.changed = !call->write.already;
	if (response.changed && atomic_load(&change->account->suspended))
		response.sessions = change->sessions;
	call_reply(call, &response.base);
}

void admin_suspend_user(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__SuspendUserRequest *r = CALL_REQUEST(Gchat__V1__SuspendUserRequest, msg);
	if (change_of(call, r->user))
		call_write(call, op_suspend_account(begin_change(call), r->suspended),
			reply_suspended);
}

void admin_rename_user(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__RenameUserRequest *r = CALL_REQUEST(Gchat__V1__RenameUserRequest, msg);
	if (!name_is_user(r->new_user))
		refuse_name(call);
	else if (change_of(call, r->user))
		call_write(call, op_rename_account(begin_change(call), r->new_user), reply_account);
}

/* ---- tokens ---- */

static void reply_revoked(struct call *call)
{
	Gchat__V1__RevokeUserTokenResponse response;
	gchat__v1__revoke_user_token_response__init(&response);
	response.tokens = 1;
	call_reply(call, &response.base);
}

static void reply_all_revoked(struct call *call)
{
	const struct change *change = call->data;
	Gchat__V1__RevokeUserTokenResponse response;
	gchat__v1__revoke_user_token_response__init(&response);
	response.tokens = change->tokens;
	call_reply(call, &response.base);
}

void admin_revoke_user_token(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__RevokeUserTokenRequest *r =
		CALL_REQUEST(Gchat__V1__RevokeUserTokenRequest, msg);
	if (r->all == (r->token_id != 0)) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	if (change_of(call, r->user))
		call_write(call, op_sign_out(begin_change(call), r->token_id),
			r->all ? reply_all_revoked : reply_revoked);
}

/* ---- the end ---- */

struct deletion {
	struct hub_visit visit;
	struct call *call;
	uint64_t account_id;
	bool erase;
	struct ending_result result;
};

static void reply_deleted(struct call *call)
{
	const struct deletion *deletion = call->data;
	if (deletion->erase)
		erase_release(call->service->directory->eraser, deletion->account_id);
	Gchat__V1__DeleteUserResponse response;
	gchat__v1__delete_user_response__init(&response);
	response.rooms = deletion->result.left;
	response.inherited_rooms = deletion->result.inherited;
	response.ownerless_rooms = deletion->result.ownerless;
	response.erasing = deletion->erase;
	call_reply(call, &response.base);
}

static void visit_none(struct hub_visit *visit, struct session *session)
{
	(void)visit;
	(void)session;
}

/* The last shard: what any of them had begun for the account is on its way to the store. */
static void visited(struct hub_visit *visit)
{
	struct deletion *deletion = GC_CONTAINER_OF(visit, struct deletion, visit);
	shard_post(deletion->call->shard, &deletion->call->mail);
}

static void after_end(struct call *call)
{
	struct deletion *deletion = call->data;
	enum reason reason = deletion->result.reason;
	if (reason == REASON_NONE && deletion->erase) {
		deletion->visit.visit = visit_none;
		deletion->visit.done = visited;
		call_wait(call, reply_deleted);
		hub_visit_all(call->service->hub, &deletion->visit);
	} else if (reason == REASON_NONE) {
		reply_deleted(call);
	} else {
		call_fail_later(call, reason, CLOCK_MS_PER_S);
	}
}

/* Writer thread, or the caller's. */
static void on_ended(void *arg, const struct ending_result *result)
{
	struct call *call = arg;
	struct deletion *deletion = call->data;
	deletion->result = *result;
	shard_post(call->shard, &call->mail);
}

void admin_delete_user(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__DeleteUserRequest *r = CALL_REQUEST(Gchat__V1__DeleteUserRequest, msg);
	struct account *account = call_find_user(call, r->user);
	if (!account)
		return;
	struct deletion *deletion = call_data(call, sizeof(*deletion));
	deletion->call = call;
	deletion->account_id = account->id;
	deletion->erase = r->erase_content;
	const struct ending_options options = {.directory = call->service->directory,
		.audience = &call->service->hub->audience,
		.account = account,
		.erase = r->erase_content,
		.done = on_ended,
		.arg = call};
	call_wait(call, after_end);
	enum reason reason = ending_start(&options);
	if (reason != REASON_NONE) /* another call has begun with it just now */
		on_ended(call, &(struct ending_result){.reason = REASON_UNAVAILABLE});
	(void)account_unref(account);
}
