/*
 * OpenSSL's UI would ask as well, but shows its question before it turns the echo off. Nothing goes
 * through stdio, whose buffer would keep a copy.
 */
#include "ctl/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/fd.h"
#include "base/macros.h"
#include "ctl/command.h"
#include "ctl/exit.h"

enum {
	PROMPT_BYTES = 160,
};

void secret_wipe(struct secret *secret)
{
	OPENSSL_cleanse(secret, sizeof(*secret));
}

/* What was read ends with its line. */
static int finish(struct secret *secret, size_t len, const char *where)
{
	secret->text[len] = '\0';
	secret->text[strcspn(secret->text, "\r\n")] = '\0';
	if (strlen(secret->text) > SECRET_BYTES_MAX) {
		(void)fprintf(
			stderr, "gchatctl: %s: longer than %d bytes\n", where, SECRET_BYTES_MAX);
		return EXIT_USAGE;
	}
	if (secret->text[0] == '\0') {
		(void)fprintf(stderr, "gchatctl: %s: empty\n", where);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

/* Reads up to the end of the first line; negative errno. */
static ssize_t read_line(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size && !memchr(text, '\n', len)) {
		ssize_t n = read(fd, text + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int secret_read_file(const char *path, struct secret *ret_secret)
{
	bool standard = strcmp(path, "-") == 0;
	const char *where = standard ? "standard input" : path;
	GC_FD int own = standard ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	int fd = standard ? STDIN_FILENO : own;

	ssize_t len =
		fd < 0 ? -errno : read_line(fd, ret_secret->text, sizeof(ret_secret->text) - 1);
	if (len < 0) {
		(void)fprintf(stderr, "gchatctl: %s: %s\n", where, strerror((int)-len));
		return EXIT_FAILED;
	}
	int r = finish(ret_secret, (size_t)len, where);
	if (r != EXIT_DONE)
		secret_wipe(ret_secret);
	return r;
}

/* ---- the terminal ---- */

static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};

static volatile sig_atomic_t came; /* the signal that came; 0: none */

static void on_signal(int signal_number)
{
	came = signal_number;
}

/* A terminal without an echo, and the signals that would leave it so. */
struct quiet {
	int fd; /* owned: /dev/tty */
	struct termios before;
	struct sigaction actions[GC_LENGTH(caught)];
	sigset_t mask; /* before; the signals come through while waiting alone */
};

/* The echo ends before the question is shown: who types ahead is not seen either. */
static int quiet_start(struct quiet *quiet)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct termios silent;
	sigset_t set;

	quiet->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (quiet->fd < 0 || tcgetattr(quiet->fd, &quiet->before) < 0) {
		(void)fprintf(
			stderr, "gchatctl: there is no terminal to ask on: %s\n", strerror(errno));
		if (quiet->fd >= 0)
			(void)close(quiet->fd);
		return EXIT_FAILED;
	}
	came = 0;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < GC_LENGTH(caught); i++)
		(void)sigaddset(&set, caught[i]);
	(void)sigprocmask(SIG_BLOCK, &set, &quiet->mask);
	for (size_t i = 0; i < GC_LENGTH(caught); i++)
		(void)sigaction(caught[i], &action, &quiet->actions[i]);
	silent = quiet->before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ECHONL;
	(void)tcsetattr(quiet->fd, TCSAFLUSH, &silent);
	return EXIT_DONE;
}

static void quiet_end(struct quiet *quiet)
{
	(void)tcsetattr(quiet->fd, TCSAFLUSH, &quiet->before);
	for (size_t i = 0; i < GC_LENGTH(caught); i++)
		(void)sigaction(caught[i], &quiet->actions[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &quiet->mask, NULL);
	(void)close(quiet->fd);
}

/* The line that is typed; its length, or -1: a signal came, or the terminal is gone. */
static ssize_t type_line(const struct quiet *quiet, char *text, size_t size)
{
	struct pollfd wait = {.fd = quiet->fd, .events = POLLIN};
	size_t len = 0;

	while (!memchr(text, '\n', len) && len < size) {
		if (ppoll(&wait, 1, NULL, &quiet->mask) < 0 && (came || errno != EINTR))
			return -1;
		if (came || wait.revents == 0)
			continue;
		ssize_t n = read(quiet->fd, text + len, size - len);
		if (n < 0)
			return -1;
		if (n == 0)
			break; /* ^D */
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* One question. A signal does afterwards what it always does; where that was to stop (^Z), the
 * question is asked again. */
static int ask_once(const char *prompt, struct secret *ret_secret)
{
	struct quiet quiet;
	ssize_t len = -1;

	do {
		int r = quiet_start(&quiet);
		if (r != EXIT_DONE)
			return r;
		(void)dprintf(quiet.fd, "%s", prompt);
		len = type_line(&quiet, ret_secret->text, sizeof(ret_secret->text) - 1);
		quiet_end(&quiet);
		if (came)
			(void)raise(came);
	} while (came == SIGTSTP);
	if (len < 0) {
		(void)fprintf(stderr, "gchatctl: interrupted; nothing was changed\n");
		return EXIT_FAILED;
	}
	return finish(ret_secret, (size_t)len, "the password");
}

static int ask_again(const char *what, const struct secret *first)
{
	GC_CLEANUP(secret_wipe) struct secret again = {0};
	char prompt[PROMPT_BYTES];

	(void)snprintf(prompt, sizeof(prompt), "%s, again: ", what);
	int r = ask_once(prompt, &again);
	if (r != EXIT_DONE)
		return r;
	if (strcmp(first->text, again.text) != 0) {
		(void)fprintf(stderr, "gchatctl: the two differ; nothing was changed\n");
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int secret_ask(const char *what, enum secret_use use, struct secret *ret_secret)
{
	char prompt[PROMPT_BYTES];

	(void)snprintf(prompt, sizeof(prompt), "%s: ", what);
	int r = ask_once(prompt, ret_secret);
	if (r == EXIT_DONE && use == SECRET_NEW)
		r = ask_again(what, ret_secret);
	if (r != EXIT_DONE)
		secret_wipe(ret_secret);
	return r;
}

int secret_take(const struct command_call *call, const char *what, enum secret_use use,
	struct secret *ret_secret)
{
	const char *file = options_text(call->options, "password-file");

	if (file)
		return secret_read_file(file, ret_secret);
	if (isatty(STDIN_FILENO) != 1)
		return secret_read_file("-", ret_secret);
	return secret_ask(what, use, ret_secret);
}
