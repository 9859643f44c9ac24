/*
 * "Exits with 0" means "the server has committed it". What is not acknowledged in time stays in the
 * outbox when it may have gone out already (it will be sent again under its id), else it is dropped.
 */
#include "client/verbs.h"

#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"
#include "client/fault.h"
#include "client/json_out.h"
#include "client/reader.h"
#include "client/session.h"
#include "client/term.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	SEND_WAITING_MAX = 128, /* unacknowledged messages before the next line is read */
	SEND_LINE_BYTES_MAX = 64 * 1024,
};

struct sender {
	struct session session;
	uint64_t room_id;
	uint64_t tags[SEND_WAITING_MAX];
	size_t lines[SEND_WAITING_MAX]; /* where each came from; 0: the arguments */
	size_t count;
	struct reader reader;
	bool ended;
	int status;
};

static void refused(struct sender *s, size_t line, const struct gchat_error *error)
{
	if (line)
		term_say("line %zu: %s (%s)", line, error->message, error->reason);
	else
		term_say("%s (%s)", error->message, error->reason);
	if (s->status == EX_OK)
		s->status = fault_exit(error);
}

static void send_text(struct sender *s, const char *text, size_t line)
{
	uint64_t tag;
	int r = gchat_send(s->session.g, s->room_id, text, 0, &tag);
	if (r < 0) {
		struct gchat_error error = {0};
		fault_fill(&error, r);
		refused(s, line, &error);
		return;
	}
	s->tags[s->count] = tag;
	s->lines[s->count] = line;
	s->count++;
}

static void on_reply(struct sender *s, const struct gchat_reply *reply)
{
	size_t i = 0;
	while (i < s->count && s->tags[i] != reply->tag)
		i++;
	if (i == s->count || reply->kind == GCHAT_REPLY_DELAYED)
		return;
	if (s->session.options->json)
		json_print(json_of_reply(NULL, reply));
	if (reply->kind == GCHAT_REPLY_ERROR) {
		struct gchat_error error = reply->error;
		fault_fill(&error, -EIO);
		refused(s, s->lines[i], &error);
	}
	s->count--;
	memmove(s->tags + i, s->tags + i + 1, (s->count - i) * sizeof(s->tags[0]));
	memmove(s->lines + i, s->lines + i + 1, (s->count - i) * sizeof(s->lines[0]));
}

/* False: the session is over. */
static bool take_events(struct sender *s)
{
	struct gchat_event *event;
	bool alive = true;
	while (alive && gchat_next(s->session.g, 0, &event) == 1) {
		if (event->kind == GCHAT_EVENT_REPLY)
			on_reply(s, &event->reply);
		if (event->kind == GCHAT_EVENT_STATE && event->state.state == GCHAT_STATE_REFUSED) {
			struct gchat_error error = event->state.error;
			fault_fill(&error, -EIO);
			s->status = session_give_up(&s->session, &error);
			alive = false;
		}
		gchat_free(event);
	}
	return alive;
}

static void take_lines(struct sender *s)
{
	while (!s->ended && s->count < SEND_WAITING_MAX) {
		char *line;
		switch (reader_next(&s->reader, &line)) {
		case READER_LINE:
			if (*line)
				send_text(s, line, s->reader.line_number);
			free(line);
			break;
		case READER_TOO_LONG:
			term_say("line %zu is too long", s->reader.line_number);
			s->status = s->status == EX_OK ? EX_DATAERR : s->status;
			break;
		case READER_MORE:
			return;
		case READER_END:
			s->ended = true;
			return;
		}
	}
}

static void give_up_waiting(struct sender *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->count; i++)
		kept += gchat_outbox_drop(s->session.g, s->tags[i]) == -EBUSY;
	term_say("no answer in time: %zu not sent, %zu not known (kept, and sent again by the next "
		 "run)",
		s->count - kept, kept);
	s->status = EX_TEMPFAIL;
}

/* False: enough. */
static bool turn(struct sender *s)
{
	bool reads = !s->ended && s->count < SEND_WAITING_MAX;
	struct pollfd polled[] = {
		{.fd = reads ? s->reader.fd : -1, .events = POLLIN},
		{.fd = gchat_fd(s->session.g), .events = POLLIN},
	};
	int timeout_ms = (int)s->session.options->timeout_s * CLOCK_MS_PER_S;
	int n = poll(polled, GC_LENGTH(polled), s->count ? timeout_ms : -1);
	if (n == 0) {
		give_up_waiting(s);
		return false;
	}
	if (n > 0 && polled[0].revents && reader_fill(&s->reader) < 0) {
		term_say("cannot read standard input");
		s->status = EX_IOERR;
		s->ended = true;
	}
	return n < 0 || !polled[1].revents || take_events(s);
}

static char *join_words(char **words, int count)
{
	size_t size = 1;
	for (int i = 0; i < count; i++)
		size += strlen(words[i]) + 1;
	char *text = mem_new(size, 1), *at = text;
	for (int i = 0; i < count; i++) {
		at = stpcpy(at, words[i]);
		if (i + 1 < count)
			*at++ = ' ';
	}
	return text;
}

static void send_all(struct sender *s)
{
	const struct options *o = s->session.options;
	bool input = o->arg_count == 1 || (o->arg_count == 2 && !strcmp(o->args[1], "-"));
	reader_init(&s->reader, STDIN_FILENO, SEND_LINE_BYTES_MAX);
	if (!input) {
		char *text = join_words(o->args + 1, o->arg_count - 1);
		send_text(s, text, 0);
		free(text);
		s->ended = true;
	}
	for (;;) {
		take_lines(s);
		if ((s->ended && !s->count) || !turn(s))
			break;
	}
	reader_deinit(&s->reader);
}

static int start(struct sender *s)
{
	const char *name = s->session.options->args[0];
	struct gchat_room *room;
	struct gchat_event *welcome;
	int status = session_need_room(&s->session, name, &room);
	if (status != EX_OK)
		return status;
	s->room_id = room->room_id;
	gchat_free(room);
	status = session_start(&s->session, NULL, 0, &welcome);
	if (status != EX_OK)
		return status;
	gchat_free(welcome);
	return s->session.options->join ? session_join(&s->session, name) : EX_OK;
}

int send_main(const struct options *options)
{
	struct sender s = {.status = EX_OK};
	s.status = session_open(&s.session, options, &(struct session_wish){false});
	if (s.status == EX_OK)
		s.status = start(&s);
	if (s.status == EX_OK)
		send_all(&s);
	session_close(&s.session);
	return s.status;
}
