/* Lines of fixed columns; what a narrow terminal has no room for stands last and is cut. */
#include "ctl/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/duration.h"
#include "ctl/clean.h"

enum {
	NUMBER_BYTES = 32,
	HEAD_LINES = 2,
	TABLE_LINES = 2, /* a blank one and the headings */
	STEP = 1024,
	WIDE = 9, /* a number column */
	NAME_WIDE = 14,
	ADDRESS_WIDE = 22,
};

/* A line that is being put together. */
struct line {
	char text[TOP_LINE_BYTES];
	size_t used;
};

/* Adds `text` in so many columns: cut, or with blanks. It is safe for a terminal. */
static void put(struct line *line, const char *text, size_t width, bool right)
{
	size_t bytes = 0;
	size_t columns = 0;
	utf8proc_int32_t c = 0;

	while (text[bytes]) {
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)text + bytes, -1, &c);
		size_t wide = n < 1 ? 1 : (size_t)utf8proc_charwidth(c);
		if (columns + wide > width)
			break;
		columns += wide;
		bytes += n < 1 ? 1 : (size_t)n;
	}
	int blanks = (int)(width - columns);
	int r = snprintf(line->text + line->used, sizeof(line->text) - line->used, "%*s%.*s%*s  ",
		right ? blanks : 0, "", (int)bytes, text, right ? 0 : blanks, "");
	line->used += r > 0 ? (size_t)r : 0;
	if (line->used >= sizeof(line->text))
		line->used = sizeof(line->text) - 1;
}

static void put_theirs(struct line *line, const char *text, size_t width)
{
	char *clean = clean_text(text);

	put(line, clean, width, false);
	free(clean);
}

static void put_number(struct line *line, uint64_t number)
{
	char buf[NUMBER_BYTES];

	(void)snprintf(buf, sizeof(buf), "%" PRIu64, number);
	put(line, buf, WIDE, true);
}

static void put_rate(struct line *line, double rate)
{
	char buf[NUMBER_BYTES];

	(void)snprintf(buf, sizeof(buf), "%.1f", rate);
	put(line, buf, WIDE, true);
}

static const char *print_bytes(uint64_t bytes, char buf[NUMBER_BYTES])
{
	static const char *const steps[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes;
	size_t step = 0;

	while (value >= STEP && step + 1 < GC_LENGTH(steps)) {
		value /= STEP;
		step++;
	}
	(void)snprintf(buf, NUMBER_BYTES, step ? "%.1f %s" : "%.0f %s", value, steps[step]);
	return buf;
}

static void put_bytes(struct line *line, uint64_t bytes)
{
	char buf[NUMBER_BYTES];

	put(line, print_bytes(bytes, buf), WIDE, true);
}

/* Hands the line on, no wider than the terminal, without blanks at its end. */
static void finish(const struct top_drawing *d, const struct line *line, bool heading)
{
	struct line cut = {0};

	put(&cut, line->text, d->width ? d->width : TOP_LINE_BYTES / 2, false);
	while (cut.used > 0 && cut.text[cut.used - 1] == ' ')
		cut.text[--cut.used] = '\0';
	d->line(d->arg, cut.text, heading);
}

static void draw_server(const struct top_server *s, const struct top_drawing *d)
{
	char up[DURATION_BYTES];
	char memory[NUMBER_BYTES];
	char store[NUMBER_BYTES];
	struct line line = {0};
	uint64_t seconds =
		d->now_us > s->started_us ? (d->now_us - s->started_us) / CLOCK_US_PER_S : 0;
	char *name = clean_text(s->name);

	(void)snprintf(line.text, sizeof(line.text),
		"%s: %s, up %s; events in %.1f/s, out %.1f/s; by %s", name, s->state,
		duration_print(seconds, up), s->in_rate, s->out_rate, top_order_name(d->order));
	free(name);
	finish(d, &line, true);
	(void)snprintf(line.text, sizeof(line.text),
		"%" PRIu64 " sessions on %" PRIu64 " connections, %" PRIu64
		" rooms; memory %s; store %s, %s",
		s->sessions, s->connections, s->rooms, print_bytes(s->rss_bytes, memory),
		s->store_health, print_bytes(s->store_bytes, store));
	finish(d, &line, false);
}

static void draw_sessions(const struct top_rows *rows, size_t most, const struct top_drawing *d)
{
	static const char *const numbers[] = {"OUT/S", "LAG", "QUEUED"};
	static const char *const details[] = {"SENT", "ROOMS"};
	struct line line = {0};

	put(&line, "USER", NAME_WIDE, false);
	for (size_t i = 0; i < GC_LENGTH(numbers); i++)
		put(&line, numbers[i], WIDE, true);
	put(&line, "ADDRESS", ADDRESS_WIDE, false);
	for (size_t i = 0; i < GC_LENGTH(details); i++)
		put(&line, details[i], WIDE, true);
	put(&line, "CLIENT", LIMIT_CLIENT_NAME_BYTES, false);
	finish(d, &line, true);
	for (size_t i = 0; i < rows->count && i < most; i++) {
		const struct top_row *row = &rows->items[i];
		line = (struct line){0};
		put_theirs(&line, row->name, NAME_WIDE);
		put_rate(&line, row->rate);
		put_number(&line, row->lag);
		put_bytes(&line, row->queued_bytes);
		put_theirs(&line, row->address, ADDRESS_WIDE);
		put_number(&line, row->counter);
		put_number(&line, row->rooms);
		put_theirs(&line, row->client, LIMIT_CLIENT_NAME_BYTES);
		finish(d, &line, false);
	}
}

static void draw_rooms(const struct top_rows *rows, size_t most, const struct top_drawing *d)
{
	static const char *const numbers[] = {"IN/S", "MEMBERS", "ONLINE", "READERS", "HEAD"};
	struct line line = {0};

	put(&line, "ROOM", NAME_WIDE, false);
	for (size_t i = 0; i < GC_LENGTH(numbers); i++)
		put(&line, numbers[i], WIDE, true);
	finish(d, &line, true);
	for (size_t i = 0; i < rows->count && i < most; i++) {
		const struct top_row *row = &rows->items[i];
		line = (struct line){0};
		put_theirs(&line, row->name, NAME_WIDE);
		put_rate(&line, row->rate);
		put_number(&line, row->members);
		put_number(&line, row->online);
		put_number(&line, row->readers);
		put_number(&line, row->counter);
		finish(d, &line, false);
	}
}

/* Each table gets half; what one doesn't need goes to the other. */
static void share(
	size_t left, size_t sessions, size_t rooms, size_t *ret_sessions, size_t *ret_rooms)
{
	size_t half = left / 2;

	*ret_rooms = rooms < half ? rooms : half;
	*ret_sessions = sessions < left - *ret_rooms ? sessions : left - *ret_rooms;
	*ret_rooms = rooms < left - *ret_sessions ? rooms : left - *ret_sessions;
}

void top_draw(const struct top *top, const struct top_drawing *d)
{
	size_t fixed = HEAD_LINES + 2 * TABLE_LINES;
	size_t sessions = top->sessions.count;
	size_t rooms = top->rooms.count;

	draw_server(&top->server, d);
	if (d->height > 0 && d->height <= fixed)
		return;
	if (d->height > 0)
		share(d->height - fixed, sessions, rooms, &sessions, &rooms);
	d->line(d->arg, "", false);
	draw_sessions(&top->sessions, sessions, d);
	d->line(d->arg, "", false);
	draw_rooms(&top->rooms, rooms, d);
}
