/* termios, and getting out of it again. */
#include "client/term.h"

#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define PASTE_ON  "\033[?2004h" /* bracketed paste: a pasted newline must not send */
#define PASTE_OFF "\033[?2004l"

/* One terminal for the process; the handlers of fatal signals need to find it. */
static struct {
	struct termios saved;
	volatile sig_atomic_t raw;
	bool ansi;
	bool hooked;
	volatile sig_atomic_t signals_to; /* write end of the pipe, 0: none */
} tty;

/* The first ones end the process wherever it is; the others are told to a running editor. */
static const int FATAL[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT};
static const int TOLD[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT};

void term_say(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fputs("gchat-client: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

bool term_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool term_is_interactive(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

bool term_is_ansi(void)
{
	static const char *const NOT_ANSI[] = {"", "dumb", "unknown", "emacs", "network"};
	const char *name = getenv("TERM");
	for (size_t i = 0; i < GC_LENGTH(NOT_ANSI); i++) {
		if (!name || !strcmp(name, NOT_ANSI[i]))
			return false;
	}
	return true;
}

int term_columns(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	const char *text = getenv("COLUMNS");
	long columns = text ? strtol(text, NULL, 10) : 0;
	return columns > 0 && columns < 10000 ? (int)columns : TERM_COLUMNS_DEFAULT;
}

/* Byte by byte: what follows the line stays in the descriptor for whoever reads next. */
char *term_read_line(int fd)
{
	char *line = mem_new(TERM_ANSWER_BYTES_MAX + 1, 1);
	size_t len = 0;
	for (;;) {
		char byte;
		ssize_t n = read(fd, &byte, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 && len == 0) {
			free(line);
			return NULL;
		}
		if (n <= 0 || byte == '\n')
			break;
		if (len < TERM_ANSWER_BYTES_MAX && byte != '\0')
			line[len++] = byte;
	}
	if (len && line[len - 1] == '\r')
		line[len - 1] = '\0';
	return line;
}

char *term_ask(const char *question)
{
	fputs(question, stderr);
	fflush(stderr);
	char *answer = term_read_line(STDIN_FILENO);
	if (!answer)
		fputc('\n', stderr);
	return answer;
}

void term_free_secret(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* Async-signal-safe: one write, one tcsetattr. */
static void restore(void)
{
	if (!tty.raw)
		return;
	tty.raw = 0;
	if (tty.ansi)
		(void)!write(STDOUT_FILENO, PASTE_OFF, sizeof(PASTE_OFF) - 1);
	tcsetattr(STDIN_FILENO, TCSANOW, &tty.saved);
}

static void on_fatal(int signal_number)
{
	restore();
	(void)signal(signal_number, SIG_DFL);
	(void)raise(signal_number);
}

/* Into the pipe of the editor: any thread may be the one that is interrupted. */
static void on_told(int signal_number)
{
	int kept = errno;
	unsigned char number = (unsigned char)signal_number;
	(void)!write(tty.signals_to, &number, 1);
	errno = kept;
}

static void hook(void)
{
	if (tty.hooked)
		return;
	tty.hooked = true;
	for (size_t i = 0; i < GC_LENGTH(FATAL); i++)
		(void)signal(FATAL[i], on_fatal);
	for (size_t i = 0; i < 3 && !tty.signals_to; i++) /* INT, TERM, HUP */
		(void)signal(TOLD[i], on_fatal);
	(void)atexit(restore);
}

char *term_ask_secret(const char *question)
{
	struct termios quiet;
	if (tcgetattr(STDIN_FILENO, &tty.saved) < 0)
		return term_ask(question);
	hook();
	quiet = tty.saved;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tty.raw = 1;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	char *answer = term_ask(question);
	restore();
	if (answer)
		fputc('\n', stderr);
	return answer;
}

void term_raw_start(bool ansi)
{
	if (tcgetattr(STDIN_FILENO, &tty.saved) < 0)
		return;
	hook();
	struct termios raw = tty.saved;
	raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP | BRKINT);
	raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tty.ansi = ansi;
	tty.raw = 1;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	if (ansi)
		(void)!write(STDOUT_FILENO, PASTE_ON, sizeof(PASTE_ON) - 1);
}

void term_raw_stop(void)
{
	restore();
}

void term_suspend(void)
{
	bool ansi = tty.ansi;
	restore();
	(void)kill(0, SIGTSTP);
	term_raw_start(ansi);
}

int term_open_signals(void)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	tty.signals_to = ends[1];
	struct sigaction action = {.sa_handler = on_told, .sa_flags = SA_RESTART};
	for (size_t i = 0; i < GC_LENGTH(TOLD); i++)
		(void)sigaction(TOLD[i], &action, NULL);
	return ends[0];
}

int term_next_signal(int fd)
{
	unsigned char number;
	return read(fd, &number, 1) == 1 ? number : 0;
}
