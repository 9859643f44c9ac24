/* Accounts: listed, shown, made, changed, deleted. */
#include "ctl/command.h"

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/confirm.h"
#include "ctl/exit.h"
#include "ctl/secret.h"
#include "ctl/words.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

/* ---- listing ---- */

#define USER_FIELDS(names)                                                                         \
	{"user", (names) ? "User" : "USER", FIELD_TEXT},                                           \
		{"account_id", (names) ? "Account" : "ID", FIELD_ID},                              \
		{"state", (names) ? "State" : "STATE", FIELD_TEXT},                                \
		{"presence", (names) ? "Presence" : "PRESENCE", FIELD_TEXT},                       \
		{"sessions", (names) ? "Sessions" : "SESSIONS", FIELD_COUNT},                      \
		{"room_count", (names) ? "Rooms" : "ROOMS", FIELD_COUNT},                          \
		{"token_count", (names) ? "Tokens" : "TOKENS", FIELD_COUNT},                       \
		{"created", (names) ? "Created" : "CREATED", FIELD_TIME},                          \
		{"last_seen", (names) ? "Last seen" : "LAST-SEEN", FIELD_TIME},                    \
		{"has_password", (names) ? "Password" : "PASSWORD", FIELD_FLAG},                   \
	{                                                                                          \
		"display_name", (names) ? "Name" : "NAME", FIELD_TEXT                              \
	}

static const struct field user_fields[] = {USER_FIELDS(0)};

static const char *state_word(Gchat__V1__UserState state)
{
	switch (state) {
	case GCHAT__V1__USER_STATE__USER_STATE_ACTIVE:
		return "active";
	case GCHAT__V1__USER_STATE__USER_STATE_SUSPENDED:
		return "suspended";
	case GCHAT__V1__USER_STATE__USER_STATE_GUEST:
		return "guest";
	case GCHAT__V1__USER_STATE__USER_STATE_UNSPECIFIED:
	case _GCHAT__V1__USER_STATE_IS_INT_SIZE:
		break;
	}
	return "?";
}

static Gchat__V1__UserState state_of(const char *word)
{
	static const Gchat__V1__UserState states[] = {GCHAT__V1__USER_STATE__USER_STATE_ACTIVE,
		GCHAT__V1__USER_STATE__USER_STATE_SUSPENDED,
		GCHAT__V1__USER_STATE__USER_STATE_GUEST};

	for (size_t i = 0; word && i < GC_LENGTH(states); i++) {
		if (strcmp(word, state_word(states[i])) == 0)
			return states[i];
	}
	return GCHAT__V1__USER_STATE__USER_STATE_UNSPECIFIED;
}

static void add_user(struct rows *rows, const Gchat__V1__User *user)
{
	Gchat__V1__Profile none;
	const Gchat__V1__Profile *profile = user->profile;

	if (!profile) {
		gchat__v1__profile__init(&none);
		profile = &none;
	}
	rows_text(rows, profile->user);
	rows_number(rows, profile->account_id);
	rows_text(rows, state_word(user->state));
	rows_text(rows, words_presence(user->presence));
	rows_number(rows, user->sessions);
	rows_number(rows, user->rooms);
	rows_number(rows, user->tokens);
	rows_number(rows, user->created_us);
	rows_number(rows, user->last_seen_us);
	rows_flag(rows, user->has_password);
	rows_text(rows, profile->display_name);
}

static int fetch_users(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListUsersRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_users_request__init(&request);
	request.state = state_of(options_text(call->options, "state"));
	int r = admin_call_page(call->admin, "ListUsers", &request.base,
		&gchat__v1__list_users_response__descriptor, page_token, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListUsersResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_users; i++)
		add_user(rows, page->users[i]);
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec user_list = {
	.noun = "user",
	.fields = user_fields,
	.field_count = GC_LENGTH(user_fields),
	.details = "account_id,has_password,token_count,room_count,created,presence",
	.fetch = fetch_users,
};

/* ---- showing one ---- */

static const struct field show_fields[] = {
	USER_FIELDS(1),
	{"status_text", "Status", FIELD_TEXT},
	{"devices", "Devices", FIELD_LIST},
	{"rooms.owner", "Owner in", FIELD_LIST},
	{"rooms.moderator", "Moderator in", FIELD_LIST},
	{"rooms.member", "Member in", FIELD_LIST},
	{"rooms.reader", "Reader in", FIELD_LIST},
};

static int get_user(const struct command_call *call, ProtobufCMessage **ret_answer)
{
	Gchat__V1__GetUserRequest request;

	gchat__v1__get_user_request__init(&request);
	request.user = call->args[0];
	return admin_call(call->admin, "GetUser", &request.base,
		&gchat__v1__get_user_response__descriptor, ret_answer);
}

static void add_rooms(
	struct rows *rows, const Gchat__V1__GetUserResponse *response, Gchat__V1__Role role)
{
	char **names = mem_new(response->n_rooms, sizeof(char *));
	size_t count = 0;

	for (size_t i = 0; i < response->n_rooms; i++) {
		if (response->rooms[i]->role == role)
			names[count++] = response->rooms[i]->room;
	}
	rows_list(rows, names, count);
	free(names);
}

/* Each device once. */
static void add_devices(struct rows *rows, const Gchat__V1__GetUserResponse *response)
{
	char **names = mem_new(response->n_tokens, sizeof(char *));
	size_t count = 0;

	for (size_t i = 0; i < response->n_tokens; i++) {
		char *device = response->tokens[i]->device;
		size_t known = 0;
		while (known < count && strcmp(names[known], device) != 0)
			known++;
		if (known == count && device[0])
			names[count++] = device;
	}
	rows_list(rows, names, count);
	free(names);
}

static int show(const struct command_call *call)
{
	ProtobufCMessage *answer = NULL;
	struct rows rows;
	Gchat__V1__User none;

	int r = get_user(call, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__GetUserResponse *response = (const void *)answer;
	const Gchat__V1__User *user = response->user;
	gchat__v1__user__init(&none);
	user = user ? user : &none;
	rows_init(&rows, show_fields, GC_LENGTH(show_fields));
	add_user(&rows, user);
	rows_text(&rows, user->profile ? user->profile->status_text : NULL);
	add_devices(&rows, response);
	add_rooms(&rows, response, GCHAT__V1__ROLE__ROLE_OWNER);
	add_rooms(&rows, response, GCHAT__V1__ROLE__ROLE_MODERATOR);
	add_rooms(&rows, response, GCHAT__V1__ROLE__ROLE_MEMBER);
	add_rooms(&rows, response, GCHAT__V1__ROLE__ROLE_READER);
	codec_free(answer);
	return command_print_record(call, &rows);
}

/* ---- adding and passwords ---- */

static const struct field add_fields[] = {
	{"user", "Added", FIELD_TEXT},
	{"account_id", "Account", FIELD_ID},
	{"has_password", "Password", FIELD_FLAG},
	{"display_name", "Name", FIELD_TEXT},
};

/* Takes the password, unless there shall be none. */
static int take_password(const struct command_call *call, struct secret *secret)
{
	char what[COMMAND_WORDS_BYTES * 2];

	if (options_has(call->options, "no-password"))
		return EXIT_DONE;
	(void)snprintf(what, sizeof(what), "New password of %.64s", call->args[0]);
	return secret_take(call, what, SECRET_NEW, secret);
}

static int add(const struct command_call *call)
{
	GC_CLEANUP(secret_wipe) struct secret secret = {{0}};
	Gchat__V1__AddUserRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	int r = take_password(call, &secret);
	if (r != EXIT_DONE)
		return r;
	gchat__v1__add_user_request__init(&request);
	request.user = call->args[0];
	request.password = secret.text;
	admin_set_text(&request.display_name, options_text(call->options, "display-name"));
	if (!secret.text[0] && !options_has(call->options, "no-password")) {
		(void)fprintf(stderr, "gchatctl: the password is empty; for an account that can't "
				      "sign in with one: --no-password\n");
		return EXIT_USAGE;
	}
	r = admin_call(call->admin, "AddUser", &request.base,
		&gchat__v1__add_user_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__AddUserResponse *response = (const void *)answer;
	rows_init(&rows, add_fields, GC_LENGTH(add_fields));
	rows_text(&rows, response->account ? response->account->user : NULL);
	rows_number(&rows, response->account ? response->account->account_id : 0);
	rows_flag(&rows, secret.text[0] != '\0');
	rows_text(&rows, response->account ? response->account->display_name : NULL);
	codec_free(answer);
	return command_print_record(call, &rows);
}

static const struct field passwd_fields[] = {
	{"user", "User", FIELD_TEXT},
	{"has_password", "Password", FIELD_FLAG},
	{"tokens_voided", "Tokens voided", FIELD_COUNT},
};

static int passwd(const struct command_call *call)
{
	GC_CLEANUP(secret_wipe) struct secret secret = {{0}};
	Gchat__V1__SetPasswordRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	int r = take_password(call, &secret);
	if (r != EXIT_DONE)
		return r;
	gchat__v1__set_password_request__init(&request);
	request.user = call->args[0];
	request.password = secret.text;
	request.no_password = options_has(call->options, "no-password");
	r = admin_call(call->admin, "SetPassword", &request.base,
		&gchat__v1__set_password_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, passwd_fields, GC_LENGTH(passwd_fields));
	rows_text(&rows, call->args[0]);
	rows_flag(&rows, !request.no_password);
	rows_number(&rows, ((const Gchat__V1__SetPasswordResponse *)(const void *)answer)->tokens);
	codec_free(answer);
	return command_print_record(call, &rows);
}

/* ---- suspending and renaming ---- */

static const struct field suspend_fields[] = {
	{"user", "User", FIELD_TEXT},
	{"suspended", "Suspended", FIELD_FLAG},
	{"changed", "Changed", FIELD_FLAG},
	{"sessions_ended", "Sessions ended", FIELD_COUNT},
};

static int set_suspended(const struct command_call *call, bool suspended)
{
	Gchat__V1__SuspendUserRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__suspend_user_request__init(&request);
	request.user = call->args[0];
	request.suspended = suspended;
	int r = admin_call(call->admin, "SuspendUser", &request.base,
		&gchat__v1__suspend_user_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__SuspendUserResponse *response = (const void *)answer;
	rows_init(&rows, suspend_fields, GC_LENGTH(suspend_fields));
	rows_text(&rows, call->args[0]);
	rows_flag(&rows, suspended);
	rows_flag(&rows, response->changed);
	rows_number(&rows, response->sessions);
	codec_free(answer);
	return command_print_record(call, &rows);
}

static int suspend(const struct command_call *call)
{
	return set_suspended(call, true);
}

static int restore(const struct command_call *call)
{
	return set_suspended(call, false);
}

static const struct field rename_fields[] = {
	{"before", "Before", FIELD_TEXT},
	{"user", "Now", FIELD_TEXT},
	{"account_id", "Account", FIELD_ID},
};

static int rename_user(const struct command_call *call)
{
	Gchat__V1__RenameUserRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__rename_user_request__init(&request);
	request.user = call->args[0];
	request.new_user = call->args[1];
	int r = admin_call(call->admin, "RenameUser", &request.base,
		&gchat__v1__rename_user_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__RenameUserResponse *response = (const void *)answer;
	rows_init(&rows, rename_fields, GC_LENGTH(rename_fields));
	rows_text(&rows, call->args[0]);
	rows_text(&rows, response->account ? response->account->user : NULL);
	rows_number(&rows, response->account ? response->account->account_id : 0);
	codec_free(answer);
	return command_print_record(call, &rows);
}

/* ---- deleting ---- */

static const struct field delete_fields[] = {
	{"user", "User", FIELD_TEXT},
	{"deleted", "Deleted", FIELD_FLAG},
	{"rooms_left", "Rooms left", FIELD_COUNT},
	{"rooms_inherited", "Given to a moderator", FIELD_COUNT},
	{"rooms_ownerless", "Without an owner now", FIELD_COUNT},
	{"erasing", "Words erased", FIELD_FLAG},
};

static int print_deleted(
	const struct command_call *call, bool done, const Gchat__V1__DeleteUserResponse *response)
{
	struct rows rows;

	rows_init(&rows, delete_fields, GC_LENGTH(delete_fields));
	rows_text(&rows, call->args[0]);
	rows_flag(&rows, done);
	rows_number(&rows, response->rooms);
	rows_number(&rows, response->inherited_rooms);
	rows_number(&rows, response->ownerless_rooms);
	rows_flag(&rows, response->erasing);
	return command_print_record(call, &rows);
}

/* What would go is known from looking; who would inherit is not. */
static int confirm_delete(const struct command_call *call, bool erase, bool *ret_go_on)
{
	ProtobufCMessage *answer = NULL;
	int r = get_user(call, &answer);

	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__User *user =
		((const Gchat__V1__GetUserResponse *)(const void *)answer)->user;
	Gchat__V1__DeleteUserResponse would;
	gchat__v1__delete_user_response__init(&would);
	would.rooms = user ? user->rooms : 0;
	would.erasing = erase;
	if (confirm_is_dry_run(call))
		r = print_deleted(call, false, &would);
	else
		r = confirm_ask(call, "Delete user %s, in %u rooms with %u open sessions%s?",
			call->args[0], would.rooms, user ? user->sessions : 0,
			erase ? ", and erase all it has said" : "");
	*ret_go_on = r == EXIT_DONE && !confirm_is_dry_run(call);
	codec_free(answer);
	return r;
}

static int delete_user(const struct command_call *call)
{
	Gchat__V1__DeleteUserRequest request;
	ProtobufCMessage *answer = NULL;
	bool go_on = false;

	gchat__v1__delete_user_request__init(&request);
	request.user = call->args[0];
	request.erase_content = options_has(call->options, "erase");
	int r = confirm_delete(call, request.erase_content, &go_on);
	if (!go_on)
		return r;
	r = admin_call(call->admin, "DeleteUser", &request.base,
		&gchat__v1__delete_user_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	r = print_deleted(call, true, (const void *)answer);
	codec_free(answer);
	return r;
}

/* ---- the table ---- */

static const struct option_row list_options[] = {
	{.name = "state",
		.argument = "active|suspended|guest",
		.help = "Only those in this state",
		.kind = OPTION_WORD,
		.words = "active|suspended|guest"},
	{.name = NULL},
};

static const struct option_row add_options[] = {
	{.name = "display-name",
		.argument = "TEXT",
		.help = "The name that others see",
		.kind = OPTION_TEXT},
	{.name = "no-password", .help = "It can't sign in with a password", .kind = OPTION_FLAG},
	{.name = NULL},
};

static const struct option_row passwd_options[] = {
	{.name = "no-password", .help = "It can't sign in with a password", .kind = OPTION_FLAG},
	{.name = NULL},
};

static const struct option_row delete_options[] = {
	{.name = "erase", .help = "Also erases all it has said, in all rooms", .kind = OPTION_FLAG},
	{.name = NULL},
};

const struct command user_commands[] = {
	{.name = "user add",
		.arguments = "USER",
		.summary = "Makes an account",
		.help = "Makes an account, whatever accounts.registration says, also in a lockdown. "
			"The password\nis asked for twice, or read from --password-file; with "
			"--no-password the account can't\nsign in with one until 'user passwd'.",
		.args_min = 1,
		.args_max = 1,
		.options = add_options,
		.needs_secret = true,
		.run = add},
	{.name = "user delete",
		.arguments = "USER",
		.summary = "Deletes an account",
		.help = "The account leaves all rooms, its sessions end, and it is gone with its "
			"tokens, bans and\navatar. A room of which it was the last owner goes to the "
			"longest-standing moderator;\nwhere there is none it stays without an owner. "
			"What it has said stays, under its name,\nunless --erase is given: that goes "
			"on in the background, also after a restart, and\n'status' tells when it is "
			"done.",
		.args_min = 1,
		.args_max = 1,
		.options = delete_options,
		.destroys = true,
		.run = delete_user},
	{.name = "user list",
		.aliases = {"list-users"},
		.arguments = "",
		.summary = "Lists the accounts",
		.help = "Lists the accounts by user name, with state, presence, open sessions, "
			"rooms and tokens.",
		.options = list_options,
		.list = &user_list},
	{.name = "user passwd",
		.arguments = "USER",
		.summary = "Sets an account's password",
		.help = "All its tokens are voided and its sessions end. The password is asked for "
			"twice, or read\nfrom --password-file.",
		.args_min = 1,
		.args_max = 1,
		.options = passwd_options,
		.needs_secret = true,
		.run = passwd},
	{.name = "user rename",
		.arguments = "USER NAME",
		.summary = "Gives an account another user name",
		.help = "Sessions, rooms and tokens stay. What was said before keeps the old name, "
			"which is free\nfor others from then on.",
		.args_min = 2,
		.args_max = 2,
		.run = rename_user},
	{.name = "user restore",
		.arguments = "USER",
		.summary = "Lets a suspended account in again",
		.help = "Tokens it had are good again.",
		.args_min = 1,
		.args_max = 1,
		.run = restore},
	{.name = "user show",
		.arguments = "USER",
		.summary = "Shows one account",
		.help = "Shows an account with its devices and its role in each room.",
		.args_min = 1,
		.args_max = 1,
		.run = show},
	{.name = "user suspend",
		.arguments = "USER",
		.summary = "Keeps an account out",
		.help = "Its sessions end, and it can't sign in until 'user restore'. Its rooms and "
			"tokens stay.",
		.args_min = 1,
		.args_max = 1,
		.run = suspend},
	{.name = NULL},
};
