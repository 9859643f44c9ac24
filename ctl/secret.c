/*
 * The terminal is OpenSSL's affair (UI): it opens /dev/tty, turns the echo off, and puts the
 * terminal right again whatever signal comes. Files are read without stdio, whose buffer would keep
 * a copy.
 */
#include "ctl/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/ui.h>

#include "base/fd.h"
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

/* One question; 0, or -1: interrupted or no terminal. */
static int ask_once(const char *prompt, char *ret_text)
{
	UI *ui = UI_new();

	int r = ui && UI_add_input_string(ui, prompt, 0, ret_text, 0, SECRET_BYTES_MAX) >= 0
			? UI_process(ui)
			: -1;
	UI_free(ui);
	return r == 0 ? 0 : -1;
}

static int ask_again(const char *what, const struct secret *first)
{
	GC_CLEANUP(secret_wipe) struct secret again = {0};
	char prompt[PROMPT_BYTES];

	(void)snprintf(prompt, sizeof(prompt), "%s, again: ", what);
	if (ask_once(prompt, again.text) < 0) {
		(void)fprintf(stderr, "gchatctl: interrupted; nothing was changed\n");
		return EXIT_FAILED;
	}
	if (strcmp(first->text, again.text) != 0) {
		(void)fprintf(stderr, "gchatctl: the two differ; nothing was changed\n");
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int secret_ask(const char *what, enum secret_use use, struct secret *ret_secret)
{
	char prompt[PROMPT_BYTES];
	int r = EXIT_FAILED;

	(void)snprintf(prompt, sizeof(prompt), "%s: ", what);
	if (ask_once(prompt, ret_secret->text) < 0)
		(void)fprintf(stderr, "gchatctl: interrupted; nothing was changed\n");
	else
		r = finish(ret_secret, strlen(ret_secret->text), "the password");
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
