/* One row is redrawn with CR and EL; on a dumb terminal only backspaces go back. */
#include "client/screen.h"

#include "base/mem.h"
#include "client/out.h"
#include "client/term.h"
#include "client/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERASE_ROW "\r\033[K"
#define BELL      "\a"

enum {
	PROMPT_CELLS_MAX = 24,
	VIEW_CELLS_MIN = 8,
	DUMB_CELLS = 72, /* a row that wraps can't be backed over */
	SEQUENCE_BYTES = 32,
};

void screen_init(struct screen *s, enum screen_kind kind, bool hold, struct line *line)
{
	*s = (struct screen){.kind = kind, .hold = hold || kind == SCREEN_DUMB, .line = line};
	s->prompt = mem_strdup("");
	s->shown = mem_strdup("");
	s->held = mem_new(SCREEN_HELD_MAX, sizeof(*s->held));
}

void screen_deinit(struct screen *s)
{
	for (size_t i = 0; i < s->held_count; i++)
		free(s->held[i]);
	free(s->held);
	free(s->prompt);
	free(s->shown);
	*s = (struct screen){0};
}

void screen_set_prompt(struct screen *s, const char *prompt)
{
	if (!strcmp(s->prompt, prompt))
		return;
	free(s->prompt);
	s->prompt = mem_strdup(prompt);
	screen_damage(s);
}

static void put(const char *text)
{
	out_write(text, strlen(text));
}

static void lift(struct screen *s)
{
	if (s->drawn)
		put(ERASE_ROW);
	s->drawn = false;
}

static void release(struct screen *s)
{
	for (size_t i = 0; i < s->held_count; i++) {
		out_line(s->held[i]);
		free(s->held[i]);
	}
	s->held_count = 0;
}

/* A dumb terminal has the draft on the row where the output would go: end it first. */
static void make_room(struct screen *s)
{
	if (s->kind == SCREEN_DUMB && *s->shown)
		screen_end_row(s);
	lift(s);
}

void screen_print(struct screen *s, const char *rows, bool urgent)
{
	if (s->hold && !urgent && !line_is_empty(s->line)) {
		if (!s->rung)
			put(BELL);
		s->rung = true;
		if (s->held_count < SCREEN_HELD_MAX) {
			s->held[s->held_count++] = mem_strdup(rows);
			return;
		}
	}
	make_room(s);
	release(s);
	out_line(rows);
}

static void draw_ansi(struct screen *s)
{
	int prompt_cells = text_cells(s->prompt, strlen(s->prompt));
	int columns = term_columns();
	bool prompt = prompt_cells <= PROMPT_CELLS_MAX && columns > prompt_cells + VIEW_CELLS_MIN;
	int room = columns - 1 - (prompt ? prompt_cells : 0);
	int cursor;
	char *view = line_view(s->line, room > 1 ? room : 1, &cursor);
	char place[SEQUENCE_BYTES], *row;
	/* An absolute move: terminals disagree about the width of some clusters. */
	snprintf(place, sizeof(place), "\033[%dG", cursor + 1 + (prompt ? prompt_cells : 0));
	int n = asprintf(&row, ERASE_ROW "%s%s%s", prompt ? s->prompt : "", view, place);
	GC_ASSERT(n >= 0);
	put(row);
	free(row);
	free(view);
	s->drawn = true;
}

static size_t same_bytes(const char *a, const char *b)
{
	size_t at = 0, a_len = strlen(a), b_len = strlen(b);
	while (at < a_len && at < b_len) {
		size_t n = text_cluster(a + at, a_len - at, NULL);
		if (n != text_cluster(b + at, b_len - at, NULL) || memcmp(a + at, b + at, n) != 0)
			break;
		at += n;
	}
	return at;
}

/* Backs over what is no longer so, one column at a time, and writes the rest. */
static void draw_dumb(struct screen *s)
{
	int cursor;
	char *view = line_view(s->line, DUMB_CELLS, &cursor);
	size_t same = same_bytes(s->shown, view);
	int back = text_cells(s->shown + same, strlen(s->shown + same));
	for (int i = 0; i < back; i++)
		put("\b \b");
	put(view + same);
	free(s->shown);
	s->shown = view;
}

void screen_update(struct screen *s)
{
	if (s->kind == SCREEN_PLAIN)
		return;
	if (line_is_empty(s->line) && s->held_count) {
		make_room(s);
		release(s);
	}
	if (line_is_empty(s->line))
		s->rung = false;
	if (s->kind == SCREEN_DUMB)
		draw_dumb(s);
	else if (!s->drawn || s->dirty)
		draw_ansi(s);
	s->dirty = false;
}

void screen_damage(struct screen *s)
{
	s->dirty = true;
}

void screen_end_row(struct screen *s)
{
	if (s->kind == SCREEN_DUMB) {
		put("\n");
		free(s->shown);
		s->shown = mem_strdup("");
	}
	lift(s);
}

void screen_close(struct screen *s)
{
	if (s->kind == SCREEN_DUMB && *s->shown)
		screen_end_row(s);
	lift(s);
	release(s);
}
