/*
 * Coming in by invitation, from gchatctl's line to gchat-client's account; and the lockdown.
 * timeout: 300
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "raw.h"
#include "tool.h"

enum {
	WORDS_BYTES = 256,
	COMMAND_BYTES = 2048,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 4,
};

static const struct td_options by_invitation = {
	.config = "accounts: { registration = \"invite\"; };"};

static json_t *ask(struct td *td, const char *words)
{
	return tool_json(td, GCHATCTL, words);
}

/* Keeps the code; the answer is the caller's. */
static json_t *invite(struct td *td, const char *options)
{
	char words[WORDS_BYTES];

	(void)snprintf(
		words, sizeof(words), "invite create --server=%s %s", td_address(td), options);
	return ask(td, words);
}

static const char *code_of(struct td *td, json_t *answer)
{
	return json_string_value(tool_at(td, answer, "code"));
}

static int sign_up(
	struct td_client *c, const char *user, const char *code, struct gchat_error *ret_error)
{
	struct gchat_credentials who = {.user = user, .password = td_password(), .invite = code};
	struct gchat_account *account = NULL;
	int r = gchat_create_account(td_gchat(c), &who, &account, ret_error);

	gchat_free(account);
	return r;
}

static long long count_users(struct td *td)
{
	json_t *users = ask(td, "list-users");
	long long count = (long long)json_array_size(users);

	json_decref(users);
	return count;
}

static void a_code_lets_in_as_many_as_it_says(void **state)
{
	struct td *td = td_start(&by_invitation);
	struct td_client *c = td_open(td, NULL);
	struct gchat_error error = {0};

	(void)state;
	td_check_refused(c, sign_up(c, "ann", NULL, &error), &error, "INVITE_INVALID");
	td_check_refused(c, sign_up(c, "ann", "0000-0000-0000-0000-0000-0000", &error), &error,
		"INVITE_INVALID");
	td_check_refused(c, sign_up(c, "ann", "nonsense", &error), &error, "INVITE_INVALID");
	json_t *answer = invite(td, "--uses=2 --note='for the team'");
	char code[64];
	(void)snprintf(code, sizeof(code), "%s", code_of(td, answer));
	json_decref(answer);
	td_check(c, sign_up(c, "ann", code, &error), &error, "the first");
	td_check_refused(c, sign_up(c, "ann", code, &error), &error, "USER_EXISTS");
	json_t *list = ask(td, "invite list");
	assert_int_equal(json_array_size(list), 1);
	assert_int_equal(json_integer_value(tool_at(td, json_array_get(list, 0), "used")), 1);
	assert_string_equal(
		json_string_value(tool_at(td, json_array_get(list, 0), "note")), "for the team");
	json_decref(list);
	td_restart(td);
	for (char *at = code; *at; at++) /* as people type it */
		*at = *at == '-' ? ' ' : (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
	td_check(c, sign_up(c, "bob", code, &error), &error, "the second");
	td_check_refused(c, sign_up(c, "tim", code, &error), &error, "INVITE_INVALID");
	assert_int_equal(count_users(td), 2);
	td_stop(td);
}

static void a_revoked_or_expired_code_lets_nobody_in(void **state)
{
	struct td *td = td_start(&by_invitation);
	struct td_client *c = td_open(td, NULL);
	struct gchat_error error = {0};
	char words[WORDS_BYTES];

	(void)state;
	json_t *answer = invite(td, "--uses=5 --valid=0");
	assert_true(json_is_null(tool_at(td, answer, "expires")));
	(void)snprintf(words, sizeof(words), "invite revoke %s",
		json_string_value(tool_at(td, answer, "invite")));
	json_decref(ask(td, words));
	td_check_refused(
		c, sign_up(c, "ann", code_of(td, answer), &error), &error, "INVITE_INVALID");
	json_decref(answer);
	assert_int_equal(tool_run(td, GCHATCTL, words, NULL), EXIT_NOT_FOUND);
	assert_int_equal(tool_run(td, GCHATCTL, "invite revoke x", NULL), EXIT_USAGE);
	assert_int_equal(tool_run(td, GCHATCTL, "invite --uses=0", NULL), EXIT_USAGE);
	assert_int_equal(tool_run(td, GCHATCTL, "invite --uses=100000", NULL), EXIT_USAGE);
	assert_int_equal(tool_run(td, GCHATCTL, "invite --valid=soon", NULL), EXIT_USAGE);
	json_t *list = ask(td, "list-invites");
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	td_stop(td);
}

/* ---- many at once, with the client itself ---- */

static void take_fingerprint(struct td *td, char ret[GCHAT_FINGERPRINT_SIZE])
{
	json_t *certificate = ask(td, "cert status");

	(void)snprintf(ret, GCHAT_FINGERPRINT_SIZE, "%s",
		json_string_value(tool_at(td, certificate, "fingerprint")));
	json_decref(certificate);
}

/* Starts `count` clients at once, and gives how many came in. */
static unsigned register_many(struct td *td, unsigned count, const char *code)
{
	char command[COMMAND_BYTES];
	char path[TD_PATH_BYTES];
	char fingerprint[GCHAT_FINGERPRINT_SIZE];
	unsigned in = 0;
	FILE *f = fopen(td_path(td, "password", path), "w");

	assert_non_null(f);
	assert_true(fprintf(f, "%s\n", td_password()) > 0);
	assert_int_equal(fclose(f), 0);
	take_fingerprint(td, fingerprint);
	(void)snprintf(command, sizeof(command),
		"i=0; while [ $i -lt %u ]; do i=$((i+1)); (%s --state=%s/state$i "
		"--password-file=%s --user=p$i --invite=%s --fingerprint=%s register %s "
		">/dev/null 2>&1; echo $?) & done; wait",
		count, GCHAT_CLIENT, td_folder(td), path, code, fingerprint, td_address(td));
	FILE *out = popen(command, "r"); /* words of our own, no one else's */
	assert_non_null(out);
	int status = -1;
	while (fscanf(out, "%d", &status) == 1)
		in += status == 0;
	assert_int_equal(pclose(out), 0);
	return in;
}

static void of_twenty_at_once_exactly_five_come_in(void **state)
{
	enum {
		PEOPLE = 20,
		USES = 5
	};
	struct td *td = td_start(&(struct td_options){
		.config =
			"accounts: { registration = \"invite\"; }; limits: { log_in_queue = 100; };"});

	(void)state;
	json_t *answer = invite(td, "--uses=5");
	assert_int_equal(register_many(td, PEOPLE, code_of(td, answer)), USES);
	json_decref(answer);
	assert_int_equal(count_users(td), USES);
	td_restart(td);
	assert_int_equal(count_users(td), USES);
	td_stop(td);
}

/* The line that gchatctl prints, run as a newcomer would; then the client knows the server. */
static void the_printed_line_makes_an_account(void **state)
{
	struct td *td = td_start(&by_invitation);
	char command[COMMAND_BYTES];
	char path[TD_PATH_BYTES];

	(void)state;
	FILE *f = fopen(td_path(td, "password", path), "w");
	assert_non_null(f);
	assert_true(fprintf(f, "%s\n", td_password()) > 0);
	assert_int_equal(fclose(f), 0);
	json_t *answer = invite(td, "");
	const char *line = json_string_value(tool_at(td, answer, "command"));
	static const char program[] = "gchat-client ";
	assert_int_equal(strncmp(line, program, sizeof(program) - 1), 0);
	assert_non_null(strstr(line, "--fingerprint="));
	(void)snprintf(command, sizeof(command),
		"%s --state=%s/newcomer --user=newcomer --password-file=%s %s </dev/null",
		GCHAT_CLIENT, td_folder(td), path, line + sizeof(program) - 1);
	assert_int_equal(system(command), 0);
	json_decref(answer);
	assert_int_equal(count_users(td), 1);
	/* without the fingerprint: it is known by now, and so is the token */
	(void)snprintf(command, sizeof(command), "%s --state=%s/newcomer logout %s </dev/null",
		GCHAT_CLIENT, td_folder(td), td_address(td));
	assert_int_equal(system(command), 0);
	td_stop(td);
}

static void a_code_comes_from_a_file_too(void **state)
{
	struct td *td = td_start(&by_invitation);
	char command[COMMAND_BYTES];
	char fingerprint[GCHAT_FINGERPRINT_SIZE];

	(void)state;
	take_fingerprint(td, fingerprint);
	json_t *answer = invite(td, "");
	(void)snprintf(command, sizeof(command),
		"cd %s && echo %s >code && echo %s >password && %s --state=s --user=ann "
		"--password-file=password --invite-file=code --fingerprint=%s register %s "
		"</dev/null >/dev/null",
		td_folder(td), code_of(td, answer), td_password(), GCHAT_CLIENT, fingerprint,
		td_address(td));
	json_decref(answer);
	assert_int_equal(WEXITSTATUS(system(command)), 0);
	assert_int_equal(count_users(td), 1);
	td_stop(td);
}

/* ---- the lockdown ---- */

static void in_a_lockdown_nobody_new_comes_in_and_it_lasts(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *c = td_open(td, NULL);
	struct gchat_credentials nobody = {.device = "a kiosk"};
	struct gchat_account *account = NULL;
	struct gchat_server_info *info = NULL;
	struct gchat_error error = {0};

	(void)state;
	json_t *on = ask(td, "lockdown on");
	assert_true(json_is_true(tool_at(td, on, "changed")));
	json_decref(on);
	assert_true(td_log_has(td, "lockdown", TD_WAIT_MS));
	td_barrier(ann); /* who is there stays */
	for (unsigned round = 0; round < 2; round++) {
		td_check_refused(c, sign_up(c, "bob", NULL, &error), &error, "LOCKDOWN");
		td_check_refused(c, gchat_login_guest(td_gchat(c), &nobody, &account, &error),
			&error, "LOCKDOWN");
		td_check(c, gchat_server_info(td_gchat(c), &info, &error), &error, "info");
		assert_int_equal(info->registration, GCHAT_REGISTRATION_CLOSED);
		assert_false(info->guests_allowed);
		gchat_free(info);
		json_t *status = ask(td, "lockdown status");
		assert_true(json_is_true(tool_at(td, status, "lockdown")));
		json_decref(status);
		td_restart(td);
	}
	assert_int_equal(tool_run(td, GCHATCTL, "user add tim --no-password", NULL), 0);
	json_decref(ask(td, "lockdown off"));
	td_check(c, sign_up(c, "bob", NULL, &error), &error, "sign up");
	json_t *status = ask(td, "status");
	assert_true(json_is_false(tool_at(td, status, "lockdown")));
	json_decref(status);
	assert_int_equal(tool_run(td, GCHATCTL, "lockdown", NULL), EXIT_USAGE);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_code_lets_in_as_many_as_it_says, td_teardown),
		cmocka_unit_test_teardown(a_revoked_or_expired_code_lets_nobody_in, td_teardown),
		cmocka_unit_test_teardown(of_twenty_at_once_exactly_five_come_in, td_teardown),
		cmocka_unit_test_teardown(the_printed_line_makes_an_account, td_teardown),
		cmocka_unit_test_teardown(a_code_comes_from_a_file_too, td_teardown),
		cmocka_unit_test_teardown(
			in_a_lockdown_nobody_new_comes_in_and_it_lasts, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
