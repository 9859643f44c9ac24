/* Passwords from files, and from a person at a (pseudo) terminal. */
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/exit.h"
#include "ctl/secret.h"

enum {
	SCREEN_BYTES = 2048,
	ANSWERS_MAX = 2,
	CHILD_ALARM_S = 20,
	CHILD_RIGHT = 40, /* the child's exit statuses beside its own */
	CHILD_WRONG = 41,
};

/* ---- files ---- */

static int read_text(const char *text, struct secret *secret)
{
	char path[] = "/tmp/gchat-secret-XXXXXX";
	int fd = mkstemp(path);
	size_t len = strlen(text);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	(void)close(fd);
	*secret = (struct secret){0};
	int r = secret_read_file(path, secret);
	(void)unlink(path);
	return r;
}

static void the_first_line_of_a_file_is_the_password(void **state)
{
	struct secret secret;

	(void)state;
	assert_int_equal(read_text("correct horse\nsecond\n", &secret), EXIT_DONE);
	assert_string_equal(secret.text, "correct horse");
	assert_int_equal(read_text("no newline", &secret), EXIT_DONE);
	assert_string_equal(secret.text, "no newline");
	assert_int_equal(read_text("windows\r\n", &secret), EXIT_DONE);
	assert_string_equal(secret.text, "windows");
}

static void an_empty_an_endless_and_a_missing_file_are_refused(void **state)
{
	static char text[2 * SECRET_BYTES_MAX];
	struct secret secret;

	(void)state;
	assert_int_equal(read_text("", &secret), EXIT_USAGE);
	assert_int_equal(read_text("\n", &secret), EXIT_USAGE);
	(void)memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(read_text(text, &secret), EXIT_USAGE);
	assert_int_equal(secret_read_file("/nowhere/at/all", &secret), EXIT_FAILED);
}

static void nothing_is_left_of_a_wiped_secret(void **state)
{
	struct secret secret;
	static const struct secret nothing;

	(void)state;
	assert_int_equal(read_text("correct horse\n", &secret), EXIT_DONE);
	secret_wipe(&secret);
	assert_memory_equal(&secret, &nothing, sizeof(secret));
}

/* ---- terminals ---- */

/* Asks on its controlling terminal; says by its status what came. */
static _Noreturn void run_child(enum secret_use use)
{
	struct secret secret = {0};

	(void)alarm(CHILD_ALARM_S);
	(void)signal(SIGINT, SIG_DFL); /* what runs behind a shell begins without it */
	int r = secret_ask("New password of ann", use, &secret);
	if (r == EXIT_DONE)
		r = strcmp(secret.text, "correct horse") == 0 ? CHILD_RIGHT : CHILD_WRONG;
	_exit(r);
}

/* Reads the terminal until its text ends with `prompt`. */
static void wait_for(int fd, char *screen, const char *prompt)
{
	size_t len = strlen(screen);

	while (!strstr(screen, prompt)) {
		ssize_t n = read(fd, screen + len, SCREEN_BYTES - 1 - len);
		if (n <= 0)
			fail_msg("the terminal showed only: %s", screen);
		len += (size_t)n;
		screen[len] = '\0';
	}
}

/* What the terminal still shows. */
static void drain(int fd, char *screen)
{
	size_t len = strlen(screen);
	ssize_t n = 1;

	while (n > 0 && len < SCREEN_BYTES - 1) {
		n = read(fd, screen + len, SCREEN_BYTES - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	screen[len] = '\0';
}

/* Answers each question in turn; the child's status, and what the terminal showed. */
static int talk(enum secret_use use, const char *const *answers, char screen[SCREEN_BYTES])
{
	static const char *const prompts[ANSWERS_MAX] = {
		"New password of ann: ", "New password of ann, again: "};
	struct termios after;
	int fd = -1;
	int status = 0;
	pid_t pid = forkpty(&fd, NULL, NULL, NULL);

	if (pid == 0)
		run_child(use);
	assert_true(pid > 0);
	screen[0] = '\0';
	for (size_t i = 0; i < ANSWERS_MAX && answers[i]; i++) {
		wait_for(fd, screen, prompts[i]);
		assert_int_equal(
			write(fd, answers[i], strlen(answers[i])), (ssize_t)strlen(answers[i]));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	drain(fd, screen);
	assert_int_equal(tcgetattr(fd, &after), 0);
	assert_true((after.c_lflag & ECHO) != 0); /* as a terminal begins */
	(void)close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void a_typed_password_is_not_shown(void **state)
{
	static const char *const answers[ANSWERS_MAX] = {"correct horse\n"};
	char screen[SCREEN_BYTES];

	(void)state;
	assert_int_equal(talk(SECRET_KNOWN, answers, screen), CHILD_RIGHT);
	assert_null(strstr(screen, "correct"));
}

static void a_new_password_is_typed_twice(void **state)
{
	static const char *const same[ANSWERS_MAX] = {"correct horse\n", "correct horse\n"};
	static const char *const differ[ANSWERS_MAX] = {"correct horse\n", "correct hrose\n"};
	char screen[SCREEN_BYTES];

	(void)state;
	assert_int_equal(talk(SECRET_NEW, same, screen), CHILD_RIGHT);
	assert_int_equal(talk(SECRET_NEW, differ, screen), EXIT_FAILED);
}

static void an_interrupt_puts_the_echo_back(void **state)
{
	static const char *const interrupt[ANSWERS_MAX] = {"corr\003"};
	char screen[SCREEN_BYTES];

	(void)state;
	assert_int_equal(talk(SECRET_KNOWN, interrupt, screen), -SIGINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_of_a_file_is_the_password),
		cmocka_unit_test(an_empty_an_endless_and_a_missing_file_are_refused),
		cmocka_unit_test(nothing_is_left_of_a_wiped_secret),
		cmocka_unit_test(a_typed_password_is_not_shown),
		cmocka_unit_test(a_new_password_is_typed_twice),
		cmocka_unit_test(an_interrupt_puts_the_echo_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
