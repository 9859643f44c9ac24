/* The loop of script mode: lines in, objects out, an id for each reply. */
#include "client/json_mode.h"

#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"
#include "client/fault.h"
#include "client/json_out.h"
#include "client/term.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	EVENTS_PER_TURN = 256,
};

/* ---- requests ---- */

static void refuse_line(struct json_mode *mode, size_t number, const char *why)
{
	struct gchat_error error = {.code = 3, .reason = "BAD_LINE"};
	snprintf(error.message, sizeof(error.message), "%s", why);
	json_t *object = json_typed("error", NULL);
	json_set_number(object, "line", number);
	json_object_set_new(object, "error", json_of_error(&error));
	json_print(object);
	if (!mode->session.options->strict)
		return;
	mode->status = EX_DATAERR;
	mode->stopped = true;
}

static const struct json_op *find_op(const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "op"));
	for (const struct json_op *op = JSON_OPS; name && op->name; op++) {
		if (!strcmp(op->name, name))
			return op;
	}
	return NULL;
}

static void await_reply(struct json_mode *mode, uint64_t tag, const json_t *id)
{
	struct json_waiting *w = mem_new(1, sizeof(*w));
	w->tag = tag;
	w->id = id ? json_deep_copy(id) : NULL;
	TAILQ_INSERT_TAIL(&mode->waiting, w, link);
	mode->waiting_count++;
}

static void print_result(const json_t *id, json_t *result)
{
	json_t *reply = json_of_ok(id);
	if (result)
		json_object_update_missing(reply, result);
	json_decref(result);
	json_print(reply);
}

static void run_op(struct json_mode *mode, const struct json_op *op, const json_t *request)
{
	struct json_call call = {
		.mode = mode, .request = request, .id = json_object_get(request, "id")};
	int r = op->run(&call);
	if (r < 0) {
		fault_fill(&call.error, r);
		json_print(json_of_failure(call.id, &call.error));
	} else if (r == JSON_WAITS) {
		await_reply(mode, call.tag, call.id);
	} else {
		print_result(call.id, call.result);
	}
}

void json_take_line(struct json_mode *mode, const char *line, size_t number)
{
	if (!line[strspn(line, " \t")])
		return;
	json_error_t why;
	json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, &why);
	const struct json_op *op = request ? find_op(request) : NULL;
	if (!request)
		refuse_line(mode, number, why.text);
	else if (!json_is_object(request))
		refuse_line(mode, number, "not an object");
	else if (!op)
		refuse_line(mode, number, "\"op\" names no operation");
	else
		run_op(mode, op, request);
	json_decref(request);
}

/* ---- replies and events ---- */

static void on_reply(struct json_mode *mode, const struct gchat_reply *reply)
{
	struct json_waiting *w;
	if (reply->kind == GCHAT_REPLY_DELAYED)
		return;
	TAILQ_FOREACH (w, &mode->waiting, link) {
		if (w->tag != reply->tag)
			continue;
		json_print(json_of_reply(w->id, reply));
		TAILQ_REMOVE(&mode->waiting, w, link);
		mode->waiting_count--;
		json_decref(w->id);
		free(w);
		return;
	}
}

static void note_rooms(struct json_mode *mode, const struct gchat_welcome *welcome)
{
	for (size_t i = 0; i < welcome->room_count; i++)
		(void)rooms_put(&mode->rooms, &welcome->rooms[i]); /* else looked up when needed */
}

static void on_refused(struct json_mode *mode, const struct gchat_state_event *state)
{
	struct gchat_error error = state->error;
	fault_fill(&error, -EIO);
	mode->status = fault_exit(&error);
	mode->stopped = true;
}

static void on_event(struct json_mode *mode, const struct gchat_event *event)
{
	if (event->kind == GCHAT_EVENT_REPLY) {
		on_reply(mode, &event->reply);
		return;
	}
	json_print(json_of_event(event));
	if (event->kind == GCHAT_EVENT_WELCOME)
		note_rooms(mode, &event->welcome);
	if (event->kind == GCHAT_EVENT_STATE && event->state.state == GCHAT_STATE_REFUSED)
		on_refused(mode, &event->state);
}

/* ---- the loop ---- */

static bool may_take_line(const struct json_mode *mode)
{
	return !mode->stopped && !mode->input_ended && mode->waiting_count < JSON_WAITING_MAX;
}

static void take_events(struct json_mode *mode)
{
	struct gchat_event *event;
	for (int i = 0; i < EVENTS_PER_TURN && !mode->stopped; i++) {
		if (gchat_next(mode->session.g, 0, &event) != 1)
			return;
		on_event(mode, event);
		gchat_free(event);
	}
}

static void take_lines(struct json_mode *mode)
{
	while (may_take_line(mode)) {
		char *line;
		switch (reader_next(&mode->reader, &line)) {
		case READER_LINE:
			json_take_line(mode, line, mode->reader.line_number);
			free(line);
			take_events(mode); /* a call may have blocked for long */
			break;
		case READER_TOO_LONG:
			refuse_line(mode, mode->reader.line_number, "longer than 256 KiB");
			break;
		case READER_MORE:
			return;
		case READER_END:
			mode->input_ended = true;
			return;
		}
	}
}

static void fill(struct json_mode *mode)
{
	int r = reader_fill(&mode->reader);
	if (r == 0)
		return;
	term_say("cannot read: %s", strerror(-r));
	mode->status = EX_IOERR;
	mode->stopped = true;
}

static void turn(struct json_mode *mode)
{
	bool ending = mode->input_ended && !mode->session.options->follow;
	int timeout_ms = ending ? (int)mode->session.options->timeout_s * CLOCK_MS_PER_S : -1;
	struct pollfd polled[] = {
		{.fd = may_take_line(mode) ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = gchat_fd(mode->session.g), .events = POLLIN},
	};
	int n = poll(polled, GC_LENGTH(polled), timeout_ms);
	if (n == 0) {
		term_say("%zu requests not answered in time", mode->waiting_count);
		mode->status = EX_TEMPFAIL;
		mode->stopped = true;
	}
	if (n > 0 && polled[1].revents)
		take_events(mode);
	if (n > 0 && polled[0].revents)
		fill(mode);
}

static void loop(struct json_mode *mode)
{
	while (!mode->stopped) {
		take_lines(mode);
		bool done = mode->input_ended && !mode->waiting_count;
		if (mode->stopped || (done && !mode->session.options->follow))
			return;
		turn(mode);
	}
}

static void deinit(struct json_mode *mode)
{
	for (struct json_waiting *w; (w = TAILQ_FIRST(&mode->waiting));) {
		TAILQ_REMOVE(&mode->waiting, w, link);
		json_decref(w->id);
		free(w);
	}
	reader_deinit(&mode->reader);
	rooms_deinit(&mode->rooms);
	session_close(&mode->session);
}

static void join_wanted(struct json_mode *mode)
{
	const char *room = mode->session.options->room;
	if (room)
		mode->status = session_join(&mode->session, room);
}

int json_main(const struct options *options)
{
	struct json_mode mode = {.status = EX_OK};
	struct gchat_event *welcome;
	TAILQ_INIT(&mode.waiting);
	json_print(json_hello());
	mode.status = session_open(&mode.session, options, &(struct session_wish){true});
	if (mode.status == EX_OK)
		mode.status = session_start(&mode.session, NULL, 0, &welcome);
	if (mode.status == EX_OK) {
		on_event(&mode, welcome);
		gchat_free(welcome);
		join_wanted(&mode);
	}
	if (mode.status == EX_OK) {
		reader_init(&mode.reader, STDIN_FILENO, JSON_LINE_BYTES_MAX);
		loop(&mode);
	}
	deinit(&mode);
	return mode.status;
}
