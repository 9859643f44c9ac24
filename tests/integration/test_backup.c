/*
 * A backup of a daemon under load, restored into a fresh one: the same rooms, accounts, tokens and
 * sequence numbers as at one moment, and nothing acknowledged before it is missing.
 * timeout: 240
 */
#include "cmocka_std.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/crowd.h"
#include "support/td_client.h"
#include "tool.h"

enum {
	EXIT_REFUSED = 1,
	EXIT_WRONG = 2,
	EXIT_UNKNOWN = 4,
	EXIT_CONFLICTS = 6,
	SEATS = 40,
	SEED_MESSAGES = 8000,
	SEED_BYTES = 1000,
	COMMAND_BYTES = 3 * PATH_MAX,
	OUTPUT_BYTES = 8192,
	COMPARED = 200, /* messages */
};

static const char many_sessions[] = "limits: { sessions_per_account = 100; };";

/* ---- programs ---- */

/* Runs gchatd with words of our own; its exit status, what it printed in *ret. */
static int gchatd(const char *words, char ret[OUTPUT_BYTES])
{
	char command[2 * COMMAND_BYTES];
	(void)snprintf(command, sizeof(command), "%s %s 2>&1", GCHATD, words);
	FILE *out = popen(command, "r"); /* words of our own, no one else's */
	assert_non_null(out);
	size_t n = fread(ret, 1, OUTPUT_BYTES - 1, out);
	ret[n] = '\0';
	return WEXITSTATUS(pclose(out));
}

static int restore(struct td *td, const char *file, char ret[OUTPUT_BYTES])
{
	char words[COMMAND_BYTES];
	(void)snprintf(words, sizeof(words), "--config %s --restore %s", td_config_path(td), file);
	return gchatd(words, ret);
}

static int check(const char *file, char ret[OUTPUT_BYTES])
{
	char words[COMMAND_BYTES];
	(void)snprintf(words, sizeof(words), "--check-store %s", file);
	return gchatd(words, ret);
}

/* The path that a backup without FILE was given. */
static void back_up(struct td *td, char ret_path[PATH_MAX])
{
	json_t *made = tool_json(td, GCHATCTL, "backup");
	(void)snprintf(ret_path, PATH_MAX, "%s", json_string_value(tool_at(td, made, "path")));
	assert_true(json_integer_value(tool_at(td, made, "bytes")) > 0);
	json_decref(made);
}

/* A fresh daemon on the store of that backup. */
static struct td *start_from(const char *path, const char *config)
{
	char text[OUTPUT_BYTES];
	struct td *td = td_prepare(&(struct td_options){.config = config});
	int status = restore(td, path, text);
	if (status != 0)
		td_fail(td, "restore: status %d: %s", status, text);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	return td;
}

/* ---- comparing ---- */

static uint64_t head_of(struct td *td, const char *name)
{
	size_t i;
	json_t *room;
	uint64_t head = 0;
	json_t *rooms = tool_json(td, GCHATCTL, "list-rooms");
	json_array_foreach(rooms, i,
		room) if (strcmp(json_string_value(tool_at(td, room, "room")), name) == 0) head =
		(uint64_t)json_integer_value(tool_at(td, room, "head_seq"));
	json_decref(rooms);
	return head;
}

static struct gchat_history *history(struct td_client *c, uint64_t room, uint64_t before)
{
	struct gchat_history *page = NULL;
	struct gchat_error error = {0};
	td_check(c,
		gchat_history(td_gchat(c),
			&(struct gchat_history_query){.room_id = room,
				.place = GCHAT_PLACE_BEFORE,
				.seq = before,
				.page_size = COMPARED},
			&page, &error),
		&error, "history");
	return page;
}

static void expect_same_history(
	struct td_client *a, struct td_client *b, uint64_t room, uint64_t head)
{
	struct gchat_history *x = history(a, room, head + 1);
	struct gchat_history *y = history(b, room, head + 1);
	assert_int_equal(x->count, COMPARED);
	assert_int_equal(y->count, COMPARED);
	assert_int_equal(y->head_seq, head);
	for (size_t i = 0; i < x->count; i++) {
		assert_int_equal(x->entries[i].seq, y->entries[i].seq);
		assert_int_equal(x->entries[i].time_us, y->entries[i].time_us);
		assert_string_equal(x->entries[i].user, y->entries[i].user);
		assert_string_equal(x->entries[i].text, y->entries[i].text);
	}
	gchat_free(x);
	gchat_free(y);
}

/* As `gchatctl LIST --output=json`, columns that are the same wherever the store is. */
static void expect_same_list(struct td *a, struct td *b, const char *words)
{
	json_t *x = tool_json(a, GCHATCTL, words);
	json_t *y = tool_json(b, GCHATCTL, words);
	if (!json_equal(x, y))
		td_fail(b, "%s: differs", words);
	json_decref(x);
	json_decref(y);
}

/* ---- tests ---- */

/* gchatctl backup beside what the crowd says; its exit status. */
static int back_up_beside(struct td *td, struct crowd *crowd, const char *path)
{
	char command[COMMAND_BYTES];
	char byte;
	(void)snprintf(command, sizeof(command), "%s --socket=%s/admin.sock backup %s", GCHATCTL,
		td_folder(td), path);
	FILE *out = popen(command, "r"); /* words of our own, no one else's */
	assert_non_null(out);
	assert_int_equal(fcntl(fileno(out), F_SETFL, O_NONBLOCK), 0);
	while (read(fileno(out), &byte, 1) != 0) { /* not at its end */
		for (unsigned i = 0; i < SEATS; i++)
			crowd_say(crowd, i, 100);
		crowd_turn(crowd, 50);
	}
	return WEXITSTATUS(pclose(out));
}

static void seed(struct crowd *crowd)
{
	for (unsigned i = 0; i < SEED_MESSAGES; i++) {
		crowd_say(crowd, i % SEATS, SEED_BYTES);
		if (i % SEATS == SEATS - 1)
			crowd_turn(crowd, 0);
	}
	crowd_settle(crowd, TD_WAIT_MS * 3);
}

static void a_backup_under_load_restores_one_moment_of_it(void **state)
{
	struct td *td = td_start(&(struct td_options){.config = many_sessions});
	struct td_client *ann = td_connect(td, "ann");
	uint64_t den = td_create_room(ann, "den");
	char path[TD_PATH_BYTES];
	(void)state;
	(void)td_send_acked(ann, den, "before the backup");
	(void)td_create_room(ann, "lobby");
	assert_int_equal(tool_run(td, GCHATCTL, "kick nobody", NULL), EXIT_UNKNOWN);
	struct crowd *crowd = crowd_new(td, "lobby", SEATS);
	seed(crowd);
	uint64_t acked_before = crowd_acked(crowd);
	uint64_t before = head_of(td, "lobby");
	assert_int_equal(back_up_beside(td, crowd, td_path(td, "copy.db", path)), 0);
	assert_true(crowd_acked(crowd) - acked_before > 500); /* it was under load */
	crowd_settle(crowd, TD_WAIT_MS);
	uint64_t after = head_of(td, "lobby");

	struct td *copy = start_from(path, many_sessions);
	uint64_t head = head_of(copy, "lobby");
	print_message("heads: %llu before, %llu in the backup, %llu after\n",
		(unsigned long long)before, (unsigned long long)head, (unsigned long long)after);
	assert_in_range(head, before, after);
	assert_int_equal(head_of(copy, "den"), head_of(td, "den"));
	expect_same_list(td, copy, "list-members den --columns=user,role,joined");
	expect_same_list(td, copy, "audit --action=kick");
	struct td_client *old = td_connect(copy, "ann"); /* by her password */
	expect_same_history(ann, old, td_join(ann, "lobby"), head < before ? before : head);
	json_t *problems = tool_json(copy, GCHATCTL, "verify");
	assert_int_equal(json_array_size(problems), 0);
	json_decref(problems);
	(void)td_send_acked(old, den, "and on from there");
	(void)crowd_free(crowd);
	td_stop(copy);
	td_stop(td);
}

static void tokens_of_before_are_good_on_the_restored_server(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_open(td, NULL);
	struct gchat_account *account = NULL;
	struct gchat_token_list *tokens = NULL;
	struct gchat_error error = {0};
	char path[PATH_MAX];
	(void)state;
	td_check(ann,
		gchat_create_account(td_gchat(ann),
			&(struct gchat_credentials){
				.user = "ann", .password = td_password(), .device = "here"},
			&account, &error),
		&error, "create");
	back_up(td, path);
	struct td *copy = start_from(path, NULL);
	struct td_client *old = td_open(copy, NULL);
	gchat_set_token(td_gchat(old), account->token);
	td_check(old, gchat_list_tokens(td_gchat(old), &tokens, &error), &error, "tokens");
	assert_int_equal(tokens->count, 1);
	assert_string_equal(tokens->tokens[0].device, "here");
	gchat_free(tokens);
	gchat_free(account);
	td_stop(copy);
	td_stop(td);
}

static void a_backup_lies_in_the_state_folder_for_the_daemons_eyes_only(void **state)
{
	struct td *td = td_start(NULL);
	char path[PATH_MAX];
	char text[OUTPUT_BYTES];
	struct stat st;
	(void)state;
	back_up(td, path);
	assert_int_equal(strncmp(path, td_state_folder(td), strlen(td_state_folder(td))), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(check(path, text), 0);
	assert_non_null(strstr(text, "sound"));
	json_t *audit = tool_json(td, GCHATCTL, "audit --action=backup");
	assert_int_equal(json_array_size(audit), 1);
	json_decref(audit);
	td_stop(td);
}

static void only_as_many_backups_are_kept_as_asked_for(void **state)
{
	struct td *td = td_start(NULL);
	char oldest[PATH_MAX];
	char newest[PATH_MAX];
	char words[COMMAND_BYTES];
	(void)state;
	back_up(td, oldest);
	back_up(td, newest); /* within the same second, most likely */
	json_t *made = tool_json(td, GCHATCTL, "backup --keep=2");
	assert_int_equal(json_integer_value(tool_at(td, made, "removed")), 1);
	assert_int_equal(access(oldest, F_OK), -1);
	assert_int_equal(access(newest, F_OK), 0);
	assert_int_equal(access(json_string_value(tool_at(td, made, "path")), F_OK), 0);
	json_decref(made);
	(void)snprintf(words, sizeof(words), "backup --keep=1 %s/own.db", td_state_folder(td));
	assert_int_equal(tool_run(td, GCHATCTL, words, NULL), EXIT_WRONG);
	assert_int_equal(access(newest, F_OK), 0);
	td_stop(td);
}

static void what_cannot_be_written_is_refused_and_leaves_nothing(void **state)
{
	struct td *td = td_start(NULL);
	char path[TD_PATH_BYTES];
	char words[COMMAND_BYTES];
	(void)state;
	(void)snprintf(words, sizeof(words), "backup %s", td_config_path(td));
	assert_int_equal(tool_run(td, GCHATCTL, words, NULL), EXIT_CONFLICTS);
	(void)snprintf(words, sizeof(words), "backup %s/copy.db", td_path(td, "nowhere", path));
	assert_int_equal(tool_run(td, GCHATCTL, words, NULL), EXIT_UNKNOWN);
	assert_int_equal(access(path, F_OK), -1);
	td_stop(td);
}

static void a_damaged_or_foreign_file_is_not_restored(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	char path[PATH_MAX];
	char text[OUTPUT_BYTES];
	struct stat st;
	(void)state;
	(void)td_create_room(ann, "den");
	back_up(td, path);
	assert_int_equal(restore(td, path, text), EXIT_REFUSED); /* the daemon runs */
	assert_non_null(strstr(text, "in use"));
	td_terminate(td);
	assert_int_equal(restore(td, td_config_path(td), text), EXIT_REFUSED);
	assert_non_null(strstr(text, "not a"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
	assert_int_equal(check(path, text), EXIT_REFUSED);
	assert_int_equal(restore(td, path, text), EXIT_REFUSED);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	assert_true(head_of(td, "den") > 0); /* as it was */
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_backup_under_load_restores_one_moment_of_it, td_teardown),
		cmocka_unit_test_teardown(
			tokens_of_before_are_good_on_the_restored_server, td_teardown),
		cmocka_unit_test_teardown(
			a_backup_lies_in_the_state_folder_for_the_daemons_eyes_only, td_teardown),
		cmocka_unit_test_teardown(
			what_cannot_be_written_is_refused_and_leaves_nothing, td_teardown),
		cmocka_unit_test_teardown(only_as_many_backups_are_kept_as_asked_for, td_teardown),
		cmocka_unit_test_teardown(a_damaged_or_foreign_file_is_not_restored, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
