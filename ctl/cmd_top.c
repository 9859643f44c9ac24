/* top: on a terminal a screen that is drawn anew, else (and with -n) so many looks one after the
 * other. */
#include "ctl/command.h"

#include <jansson.h>
#include <locale.h>
#include <ncurses.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "ctl/interrupt.h"
#include "ctl/top.h"

enum {
	INTERVAL_S = 2,
	INTERVAL_MAX_S = 3600,
	TOP_LINES = 20, /* sessions, and rooms, of one printed look; --limit changes it */
	JSON_INDENTATION = 2,
};

struct view {
	const struct command_call *call; /* borrowed */
	struct top now;
	enum top_order order;
	int64_t interval_ms;
	uint64_t limit;
};

static void look_again(struct view *v, struct top *next)
{
	top_deinit(&v->now);
	v->now = *next;
	top_order(&v->now, v->order);
}

static int look(struct view *v)
{
	struct top next;
	int r = top_look(v->call->admin, &v->now, &next);

	if (r == EXIT_DONE)
		look_again(v, &next);
	return r;
}

/* ---- on paper ---- */

static void print_line(void *arg, const char *text, bool heading)
{
	const struct output *output = arg;
	bool bold = heading && output->colour;

	(void)fprintf(output->out, "%s%s%s\n", bold ? "\033[1m" : "", text, bold ? "\033[0m" : "");
}

static json_t *json_of_session(const struct top_row *row)
{
	char id[32];

	(void)snprintf(id, sizeof(id), "%llu", (unsigned long long)row->id);
	return json_pack("{s:s, s:s, s:s, s:s, s:f, s:I, s:I, s:I, s:I}", "session", id, "user",
		row->name, "address", row->address, "client", row->client, "events_out_per_s",
		row->rate, "lag", (json_int_t)row->lag, "queued_bytes",
		(json_int_t)row->queued_bytes, "events_out", (json_int_t)row->counter, "rooms",
		(json_int_t)row->rooms);
}

static json_t *json_of_room(const struct top_row *row)
{
	return json_pack("{s:s, s:f, s:I, s:I, s:I, s:I}", "room", row->name, "events_in_per_s",
		row->rate, "members", (json_int_t)row->members, "online", (json_int_t)row->online,
		"readers", (json_int_t)row->readers, "head_seq", (json_int_t)row->counter);
}

static json_t *json_of_rows(
	const struct top_rows *rows, uint64_t limit, json_t *(*json_of)(const struct top_row *row))
{
	json_t *array = json_array();

	for (size_t i = 0; i < rows->count && i < limit; i++)
		(void)json_array_append_new(array, json_of(&rows->items[i]));
	return array;
}

static void print_json(const struct view *v, const struct output *output)
{
	const struct top_server *s = &v->now.server;
	size_t layout =
		output->format == OUTPUT_JSONL ? JSON_COMPACT : JSON_INDENT(JSON_INDENTATION);
	json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:I, s:f, s:f, s:o, s:o}",
		"name", s->name, "state", s->state, "sessions_total", (json_int_t)s->sessions,
		"connections", (json_int_t)s->connections, "rooms_total", (json_int_t)s->rooms,
		"memory_bytes", (json_int_t)s->rss_bytes, "store_health", s->store_health,
		"store_bytes", (json_int_t)s->store_bytes, "events_in_per_s", s->in_rate,
		"events_out_per_s", s->out_rate, "sessions",
		json_of_rows(&v->now.sessions, v->limit, json_of_session), "rooms",
		json_of_rows(&v->now.rooms, v->limit, json_of_room));

	if (json)
		(void)json_dumpf(json, output->out, layout | JSON_ENSURE_ASCII);
	(void)fputc('\n', output->out);
	json_decref(json);
}

static void print_text(const struct view *v, const struct output *output)
{
	struct top shown = v->now;
	struct output paper = *output;
	struct top_drawing drawing = {.width = output->width,
		.now_us = clock_wall_us(),
		.order = v->order,
		.line = print_line,
		.arg = &paper};

	shown.sessions.count = shown.sessions.count < v->limit ? shown.sessions.count : v->limit;
	shown.rooms.count = shown.rooms.count < v->limit ? shown.rooms.count : v->limit;
	top_draw(&shown, &drawing);
}

/* The first look has no rates: it is not shown. */
static int print_looks(struct view *v, uint64_t count)
{
	const struct output *output = v->call->output;
	int r = look(v);

	for (uint64_t i = 0; r == EXIT_DONE && i < count; i++) {
		interrupt_sleep_ms(v->interval_ms);
		if (interrupt_came())
			break;
		r = look(v);
		if (r != EXIT_DONE)
			break;
		if (output->format == OUTPUT_JSON || output->format == OUTPUT_JSONL)
			print_json(v, output);
		else
			print_text(v, output);
		if (i + 1 < count && output->format == OUTPUT_TABLE)
			(void)fputc('\n', output->out);
		if (fflush(output->out) != 0)
			r = EXIT_FAILED;
	}
	return r;
}

/* ---- on a screen ---- */

struct screen {
	int row;
	bool colour;
};

static void draw_line(void *arg, const char *text, bool heading)
{
	struct screen *screen = arg;

	if (heading && screen->colour)
		(void)attron(A_BOLD);
	(void)mvaddstr(screen->row++, 0, text);
	if (heading && screen->colour)
		(void)attroff(A_BOLD);
}

static void draw(const struct view *v, const char *trouble)
{
	int height = getmaxy(stdscr);
	int width = getmaxx(stdscr);
	struct screen screen = {.colour = v->call->output->colour};
	struct top_drawing drawing = {.width = width > 0 ? (size_t)width : 1,
		.height = height > 1 ? (size_t)height - 1 : 1,
		.now_us = clock_wall_us(),
		.order = v->order,
		.line = draw_line,
		.arg = &screen};

	(void)erase();
	top_draw(&v->now, &drawing);
	if (trouble)
		(void)mvaddnstr(height - 1, 0, trouble, width);
	else
		(void)mvprintw(height - 1, 0, "%.*s", width > 1 ? width - 1 : 1,
			"q quit   by: e rate  l lag  b queued  n name   + faster  - slower");
	(void)refresh();
}

/* False: quit. */
static bool take_key(struct view *v, int key)
{
	enum {
		STEP_MS = 500,
		LEAST_MS = 500,
	};

	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case 'e':
		v->order = TOP_BY_RATE;
		break;
	case 'l':
		v->order = TOP_BY_LAG;
		break;
	case 'b':
		v->order = TOP_BY_QUEUED;
		break;
	case 'n':
		v->order = TOP_BY_NAME;
		break;
	case '+':
		v->interval_ms -= v->interval_ms > LEAST_MS ? STEP_MS : 0;
		break;
	case '-':
		v->interval_ms +=
			v->interval_ms < (int64_t)INTERVAL_MAX_S * CLOCK_MS_PER_S ? STEP_MS : 0;
		break;
	default:
		break;
	}
	top_order(&v->now, v->order);
	return true;
}

/* Draws and waits for keys until it is time for the next look. False: quit. */
static bool wait_for_keys(struct view *v, const char *trouble)
{
	enum {
		SLICE_MS = 100, /* so long does Ctrl-C take at most */
	};
	struct mono until = clock_mono_add_ms(clock_mono(), v->interval_ms);

	draw(v, trouble);
	while (clock_mono().us < until.us) {
		timeout(SLICE_MS);
		int key = getch();
		if (interrupt_came() || (key != ERR && !take_key(v, key)))
			return false;
		if (key != ERR)
			draw(v, trouble);
	}
	return true;
}

static int run_screen(struct view *v)
{
	int r = look(v); /* before the screen: an error is to stay readable */

	if (r != EXIT_DONE)
		return r;
	(void)setlocale(LC_CTYPE, "");
	if (!newterm(NULL, stdout, stdin)) {
		(void)fprintf(stderr, "gchatctl: this terminal can't be drawn on; use -n\n");
		return EXIT_FAILED;
	}
	(void)noecho();
	(void)cbreak();
	(void)curs_set(0);
	admin_set_messages(v->call->admin, NULL);
	const char *trouble = NULL;
	while (wait_for_keys(v, trouble)) {
		trouble = look(v) == EXIT_DONE ? NULL : "gchatd doesn't answer; waiting for it";
		if (trouble)
			admin_disconnect(v->call->admin);
	}
	(void)endwin();
	return EXIT_DONE;
}

static enum top_order order_of(const char *name)
{
	for (int i = 0; name && i < _TOP_ORDER_MAX; i++) {
		if (strcmp(top_order_name((enum top_order)i), name) == 0)
			return (enum top_order)i;
	}
	return TOP_BY_RATE;
}

static int top(const struct command_call *call)
{
	const struct options *o = call->options;
	uint64_t seconds = options_number(o, "interval", INTERVAL_S);
	struct view v = {.call = call,
		.order = order_of(options_text(o, "by")),
		.interval_ms = (int64_t)seconds * CLOCK_MS_PER_S,
		.limit = options_number(o, "lines", TOP_LINES)};
	bool screen = call->output->terminal && isatty(STDIN_FILENO) == 1 &&
		      call->output->format == OUTPUT_TABLE && !options_has(o, "iterations");

	interrupt_catch();
	int r = screen ? run_screen(&v)
		       : print_looks(&v, options_number(o, "iterations", UINT64_MAX));
	top_deinit(&v.now);
	return r;
}

static const struct option_row top_options[] = {
	{.name = "by",
		.argument = "ORDER",
		.help = "rate (the default), lag, queued or name",
		.kind = OPTION_WORD,
		.words = "rate|lag|queued|name"},
	{.name = "interval",
		.argument = "DURATION",
		.help = "Between two looks, 2s",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = INTERVAL_MAX_S},
	{.name = "iterations",
		.argument = "N",
		.letter = 'n',
		.help = "Prints so many looks and ends, for scripts",
		.kind = OPTION_NUMBER,
		.min = 1},
	{.name = "lines",
		.argument = "N",
		.help = "Sessions, and rooms, of a printed look, 20",
		.kind = OPTION_NUMBER,
		.min = 1},
	{.name = NULL},
};

const struct command top_commands[] = {
	{.name = "top",
		.arguments = "",
		.summary = "Shows the busiest sessions and rooms, again and again",
		.help = "Shows the server, its sessions and its rooms with events per second, lag and "
			"queued bytes,\nand draws them anew. Keys: q quits, e l b n choose the order, "
			"+ and - the interval.\nWithout a terminal, or with -n, looks are printed one "
			"after the other.",
		.options = top_options,
		.run = top},
	{.name = NULL},
};
