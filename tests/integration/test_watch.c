/* gchatctl watch beside the real daemon, while things happen. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/macros.h"
#include "support/td_client.h"
#include "tool.h"

enum {
	LINE_BYTES = 4096,
	WAIT_MS = 20000,
};

/* A gchatctl that writes one object a line. */
struct watcher {
	struct td *td;
	pid_t pid;
	FILE *out;
};

static void start(struct watcher *w, struct td *td, const char *option)
{
	char socket[TD_PATH_BYTES];
	int ends[2];

	*w = (struct watcher){.td = td};
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)td_path(td, "admin.sock", socket);
	w->pid = fork();
	if (w->pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execl(GCHATCTL, "gchatctl", "--socket", socket, "--output=jsonl", "watch",
			"--recent", option, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	w->out = fdopen(ends[0], "r");
	assert_non_null(w->out);
	(void)setvbuf(w->out, NULL, _IONBF, 0);
}

/* The next line; fails when none comes in time. Owned. */
static json_t *next(struct watcher *w)
{
	char line[LINE_BYTES];
	struct pollfd wait = {.fd = fileno(w->out), .events = POLLIN};

	if (poll(&wait, 1, WAIT_MS) != 1 || !fgets(line, sizeof(line), w->out))
		td_fail(w->td, "gchatctl watch shows nothing more");
	json_t *json = json_loads(line, 0, NULL);
	if (!json)
		td_fail(w->td, "gchatctl watch: not JSON: %s", line);
	return json;
}

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Reads on until an event of that kind about `user` (NULL: any) comes. Owned. */
static json_t *expect(struct watcher *w, const char *kind, const char *user)
{
	for (;;) {
		json_t *json = next(w);
		if (strcmp(text_at(json, "kind"), kind) == 0 &&
			(!user || strcmp(text_at(json, "user"), user) == 0))
			return json;
		json_decref(json);
	}
}

/* As Ctrl-C does it; the exit status. */
static int interrupt(struct watcher *w)
{
	int status = 0;

	assert_int_equal(kill(w->pid, SIGINT), 0);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	(void)fclose(w->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void everything_that_happens_is_shown_once_and_in_order(void **state)
{
	struct td *td = td_start(NULL);
	struct watcher w;

	(void)state;
	start(&w, td, "--filter=user!=nobody");
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	(void)td_join(bob, "lobby");
	json_decref(expect(&w, "signed-in", "ann"));
	json_t *opened = expect(&w, "session-opened", "ann");
	assert_non_null(strstr(text_at(opened, "address"), "127.0.0.1"));
	json_decref(opened);
	json_decref(expect(&w, "room-created", "ann"));
	json_t *joined = expect(&w, "joined", "bob");
	assert_string_equal(text_at(joined, "room"), "lobby");
	assert_string_equal(text_at(joined, "text"), "member");
	json_decref(joined);
	td_leave(bob, room);
	json_decref(expect(&w, "left", "bob"));
	(void)td_join(bob, "lobby");
	assert_int_equal(tool_run(td, GCHATCTL, "kick bob --room=lobby --reason=loud", NULL), 0);
	json_t *removed = expect(&w, "removed", "bob");
	assert_string_equal(text_at(removed, "text"), "loud");
	json_decref(removed);
	json_t *admin = expect(&w, "admin", NULL);
	assert_non_null(strstr(text_at(admin, "text"), "kick"));
	assert_string_equal(text_at(admin, "reason"), "OK");
	json_decref(admin);
	td_disconnect(bob);
	json_decref(expect(&w, "session-closed", "bob"));
	assert_int_equal(interrupt(&w), 0);
	td_stop(td);
}

static void messages_are_counted_and_their_text_is_never_shown(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	struct watcher w;
	long long count = 0;

	(void)state;
	start(&w, td, "--kind=messages,room-created");
	json_decref(expect(&w, "room-created", "ann")); /* it watches now */
	for (int i = 0; i < 5; i++)
		(void)td_send_acked(ann, room, "a secret");
	while (count < 5) {
		json_t *messages = expect(&w, "messages", NULL);
		char *all = json_dumps(messages, 0);
		assert_null(strstr(all, "secret"));
		free(all);
		assert_string_equal(text_at(messages, "room"), "lobby");
		count += json_integer_value(json_object_get(messages, "count"));
		json_decref(messages);
	}
	assert_int_equal(count, 5);
	assert_int_equal(interrupt(&w), 0);
	td_stop(td);
}

static void a_refusal_is_shown_with_its_reason(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct watcher w;

	(void)state;
	start(&w, td, "--user=ann");
	td_expect_join_refused(ann, "nowhere", "UNKNOWN_ROOM");
	json_t *refused = expect(&w, "refused", "ann");
	assert_string_equal(text_at(refused, "reason"), "UNKNOWN_ROOM");
	json_decref(refused);
	assert_int_equal(interrupt(&w), 0);
	td_stop(td);
}

static void a_restart_is_waited_for(void **state)
{
	struct td *td = td_start(NULL);
	struct watcher w;

	(void)state;
	start(&w, td, "--kind=signed-in");
	td_disconnect(td_connect(td, "ann"));
	json_decref(expect(&w, "signed-in", "ann"));
	td_restart(td);
	td_disconnect(td_connect(td, "bob"));
	json_decref(expect(&w, "signed-in", "bob"));
	assert_int_equal(interrupt(&w), 0);
	td_stop(td);
}

static void a_stopping_daemon_does_not_wait_for_watchers(void **state)
{
	struct td *td = td_start(NULL);
	struct watcher w;

	(void)state;
	start(&w, td, "--kind=signed-in");
	td_disconnect(td_connect(td, "ann"));
	json_decref(expect(&w, "signed-in", "ann"));
	td_stop(td); /* with status 0, in time */
	assert_int_equal(interrupt(&w), 0);
}

static void what_cannot_be_watched_is_refused(void **state)
{
	struct td *td = td_start(NULL);

	(void)state;
	assert_int_equal(tool_run(td, GCHATCTL, "watch --kind=nonsense", NULL), 2);
	assert_int_equal(tool_run(td, GCHATCTL, "watch --sort=user", NULL), 2);
	assert_int_equal(tool_run(td, GCHATCTL,
				 "watch --recent --limit=1 --kind=refused "
				 "--room=" /* too long a name */
				 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
				 NULL),
		2);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			everything_that_happens_is_shown_once_and_in_order, td_teardown),
		cmocka_unit_test_teardown(
			messages_are_counted_and_their_text_is_never_shown, td_teardown),
		cmocka_unit_test_teardown(a_refusal_is_shown_with_its_reason, td_teardown),
		cmocka_unit_test_teardown(a_restart_is_waited_for, td_teardown),
		cmocka_unit_test_teardown(
			a_stopping_daemon_does_not_wait_for_watchers, td_teardown),
		cmocka_unit_test_teardown(what_cannot_be_watched_is_refused, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
