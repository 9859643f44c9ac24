/*
 *   terminal or pipe --+                    +--> what to say, commands (act.h)
 *   libgchat ----------+--> poll, one turn -+--> chat_events.h
 *   signals -----------+                    +--> screen, once at the end of the turn
 */
#include "client/chat.h"

#include "base/mem.h"
#include "client/act.h"
#include "client/chat_events.h"
#include "client/command.h"
#include "client/complete.h"
#include "client/fault.h"
#include "client/term.h"
#include "client/text.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	EVENTS_PER_TURN = 256, /* then the keys are looked at again */
	KEYS_BYTES_PER_TURN = 4096,
	SIGNAL_STATUS = 128,
};

/* ---- what is typed ---- */

static void refuse_word(struct chat *c, const struct command_call *call)
{
	char names[256];
	if (call->kind == COMMAND_AMBIGUOUS) {
		command_list(call->word, names, sizeof(names));
		chat_say(c, "/%s could be: %s", call->word, names);
	} else {
		chat_say(c, "unknown command /%s; /help lists them, // sends a slash", call->word);
	}
}

/* False where the line is not a thing one can do. */
static bool run_line(struct chat *c, char *text)
{
	struct command_call call;
	command_parse(text, &call);
	switch (call.kind) {
	case COMMAND_NOTHING:
		return true;
	case COMMAND_SAY:
		act_say(c, call.args);
		return true;
	case COMMAND_RUN:
		call.command->run(c, call.args);
		return true;
	case COMMAND_SHORT:
		chat_say(c, "usage: /%s %s", call.command->name, call.command->usage);
		return false;
	case COMMAND_UNKNOWN:
	case COMMAND_AMBIGUOUS:
		refuse_word(c, &call);
		return false;
	}
	return false;
}

static void submit(struct chat *c)
{
	char *text = line_take(&c->line);
	char *typed = mem_strdup(text);
	screen_end_row(&c->screen);
	if (!run_line(c, text)) {
		line_set(&c->line, typed);
		screen_damage(&c->screen);
	}
	free(text);
	free(typed);
	chat_mark_read(c);
}

static void on_cancel(struct chat *c)
{
	if (c->leaving)
		c->quitting = true;
	else
		chat_say(c, "Ctrl-C once more leaves; /quit does, too");
	c->leaving = true;
}

static void on_line_event(struct chat *c, enum line_event event)
{
	if (event != LINE_QUIET && event != LINE_CANCEL)
		c->leaving = false;
	switch (event) {
	case LINE_QUIET:
		break;
	case LINE_CHANGED:
		screen_damage(&c->screen);
		act_typing(c);
		break;
	case LINE_SUBMIT:
		submit(c);
		break;
	case LINE_CANCEL:
		on_cancel(c);
		break;
	case LINE_CLOSE:
		c->quitting = true;
		break;
	case LINE_SUSPEND:
		screen_close(&c->screen);
		term_suspend();
		break;
	case LINE_REPAINT:
		screen_damage(&c->screen);
		break;
	case LINE_COMPLETE:
		complete_line(c);
		break;
	}
}

static void take_keys(struct chat *c)
{
	unsigned char bytes[KEYS_BYTES_PER_TURN];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		c->quitting = true; /* the terminal is gone */
		c->status = SIGNAL_STATUS + SIGHUP;
	}
	for (ssize_t i = 0; i < n && !c->quitting; i++)
		on_line_event(c, line_feed(&c->line, bytes[i]));
}

/* ---- what is piped in ---- */

static bool may_take_line(const struct chat *c)
{
	return c->welcomed && !c->holding_count && c->waiting_count < CHAT_WAITING_MAX &&
	       !c->quitting;
}

static void refuse_input(struct chat *c)
{
	if (c->status == EX_OK)
		c->status = EX_DATAERR;
}

static void take_lines(struct chat *c)
{
	while (may_take_line(c)) {
		char *text;
		switch (reader_next(&c->reader, &text)) {
		case READER_LINE:
			if (!run_line(c, text))
				refuse_input(c);
			free(text);
			break;
		case READER_TOO_LONG:
			chat_say(c, "line %zu is too long", c->reader.line_number);
			refuse_input(c);
			break;
		case READER_MORE:
			return;
		case READER_END:
			c->input_ended = true;
			return;
		}
	}
}

static void fill_reader(struct chat *c)
{
	int r = reader_fill(&c->reader);
	if (r == 0)
		return;
	term_say("cannot read: %s", strerror(-r));
	c->status = EX_IOERR;
	c->quitting = true;
}

/* ---- the loop ---- */

static void take_events(struct chat *c)
{
	struct gchat_event *event;
	for (int i = 0; i < EVENTS_PER_TURN && gchat_next(c->session.g, 0, &event) == 1; i++) {
		chat_on_event(c, event);
		gchat_free(event);
	}
}

static void take_signals(struct chat *c, int fd)
{
	for (int number; (number = term_next_signal(fd));) {
		if (number == SIGWINCH)
			c->render.columns = c->interactive ? term_columns() : 0;
		if (number == SIGWINCH || number == SIGCONT) {
			screen_damage(&c->screen);
			continue;
		}
		c->status = SIGNAL_STATUS + number;
		c->quitting = true;
	}
}

/* How long to sleep: for ever, but for a lone ESC, or a pipe's end that is not acknowledged. */
static int patience_ms(const struct chat *c)
{
	if (c->interactive)
		return keys_is_waiting(&c->line.keys) ? KEYS_ESCAPE_MS : -1;
	if (c->input_ended && c->waiting_count && !c->session.options->follow)
		return (int)c->session.options->timeout_s * CLOCK_MS_PER_S;
	return -1;
}

static void on_patience_end(struct chat *c)
{
	if (c->interactive) {
		keys_expire(&c->line.keys);
		return;
	}
	chat_say(c, "%zu not acknowledged in time: kept, and sent by the next run",
		c->waiting_count);
	c->status = EX_TEMPFAIL;
	c->quitting = true;
}

static bool wants_input(struct chat *c)
{
	return c->interactive || (!c->input_ended && may_take_line(c));
}

static void turn(struct chat *c, int signal_fd)
{
	struct pollfd polled[] = {
		{.fd = wants_input(c) ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = gchat_fd(c->session.g), .events = POLLIN},
		{.fd = signal_fd, .events = POLLIN},
	};
	int n = poll(polled, GC_LENGTH(polled), patience_ms(c));
	if (n == 0)
		on_patience_end(c);
	if (n <= 0)
		return;
	if (polled[2].revents)
		take_signals(c, signal_fd);
	if (polled[1].revents)
		take_events(c);
	if (polled[0].revents && c->interactive)
		take_keys(c);
	else if (polled[0].revents)
		fill_reader(c);
}

static void loop(struct chat *c, int signal_fd)
{
	while (!c->quitting) {
		if (!c->interactive)
			take_lines(c);
		bool done = c->input_ended && !c->waiting_count && !c->session.options->follow;
		if (c->quitting || (done && !c->interactive))
			break;
		screen_update(&c->screen);
		turn(c, signal_fd);
	}
}

/* ---- start and end ---- */

static void start_screen(struct chat *c)
{
	const struct options *o = c->session.options;
	c->interactive = term_is_interactive();
	c->talkative = c->interactive || o->line;
	bool ansi = c->interactive && term_is_ansi();
	enum screen_kind kind = ansi ? SCREEN_ANSI : c->interactive ? SCREEN_DUMB : SCREEN_PLAIN;
	const char *no_color = getenv("NO_COLOR");
	bool wanted = !o->color || !strcmp(o->color, "auto");
	c->render.color = wanted ? ansi && !(no_color && *no_color) : !strcmp(o->color, "always");
	c->render.columns = c->interactive ? term_columns() : 0;
	line_init(&c->line);
	screen_init(&c->screen, kind, o->screen_reader, &c->line);
	if (c->interactive)
		term_raw_start(ansi);
	else
		reader_init(&c->reader, STDIN_FILENO, CHAT_LINE_BYTES_MAX);
}

static void stop_screen(struct chat *c)
{
	screen_close(&c->screen);
	term_raw_stop();
	screen_deinit(&c->screen);
	line_deinit(&c->line);
	reader_deinit(&c->reader);
}

static void drop_all_waiting(struct chat *c)
{
	for (struct waiting *w; (w = TAILQ_FIRST(&c->waiting));) {
		TAILQ_REMOVE(&c->waiting, w, link);
		free(w->text);
		free(w->done);
		free(w);
	}
}

static int run(struct chat *c, struct gchat_event *welcome)
{
	int signal_fd = term_open_signals();
	if (signal_fd < 0) {
		gchat_free(welcome);
		return EX_OSERR;
	}
	start_screen(c);
	chat_on_event(c, welcome);
	gchat_free(welcome);
	loop(c, signal_fd);
	chat_mark_read(c);
	stop_screen(c);
	(void)close(signal_fd);
	return c->status;
}

int chat_main(const struct options *options)
{
	struct chat c = {.status = EX_OK};
	struct gchat_event *welcome;
	TAILQ_INIT(&c.waiting);
	int status = session_open(&c.session, options, &(struct session_wish){false});
	if (status == EX_OK)
		status = session_start(&c.session, NULL, 0, &welcome);
	if (status == EX_OK)
		status = run(&c, welcome);
	session_close(&c.session);
	rooms_deinit(&c.rooms);
	drop_all_waiting(&c);
	return status;
}
