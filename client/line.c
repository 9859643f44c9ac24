/* Editing. All places are between clusters, so that no key can leave half a character behind. */
#include "client/line.h"

#include "base/mem.h"
#include "client/text.h"
#include "client/text_class.h"
#include <stdlib.h>
#include <string.h>

#define ROW_END_SIGN "\xE2\x86\xB5" /* shown for a newline in the draft */

void line_init(struct line *l)
{
	*l = (struct line){.size = 256};
	l->text = mem_new(l->size, 1);
}

void line_deinit(struct line *l)
{
	for (size_t i = 0; i < l->history_count; i++)
		free(l->history[i]);
	free(l->text);
	free(l->draft);
	free(l->killed);
	*l = (struct line){0};
}

bool line_is_empty(const struct line *l)
{
	return l->len == 0;
}

static bool has_place(int32_t cp)
{
	switch (text_class_of(cp)) {
	case TEXT_CLASS_PLAIN:
	case TEXT_CLASS_WORD:
	case TEXT_CLASS_JOINER:
	case TEXT_CLASS_SELECTOR:
	case TEXT_CLASS_BLANK:
	case TEXT_CLASS_UNASSIGNED:
	case TEXT_CLASS_MARK:
		return true;
	case TEXT_CLASS_BREAK:
		return cp == '\n';
	case TEXT_CLASS_INVISIBLE: /* the tags of flags */
		return cp >= 0xE0020 && cp <= 0xE007F;
	case TEXT_CLASS_TAB:
	case TEXT_CLASS_CONTROL:
	case TEXT_CLASS_BAD:
	case TEXT_CLASS_BIDI:
	case _TEXT_CLASS_MAX:
		break;
	}
	return false;
}

static void insert_bytes(struct line *l, const char *bytes, size_t n)
{
	if (l->len + n > LINE_BYTES_MAX)
		return;
	while (l->len + n + 1 > l->size) {
		l->size *= 2;
		l->text = mem_grow(l->text, l->size, 1);
	}
	memmove(l->text + l->at + n, l->text + l->at, l->len - l->at + 1);
	memcpy(l->text + l->at, bytes, n);
	l->len += n;
	l->at += n;
}

void line_insert(struct line *l, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		int32_t cp;
		size_t n = text_decode(text + i, len - i, &cp);
		if (has_place(cp))
			insert_bytes(l, text + i, n);
		i += n;
	}
}

void line_set(struct line *l, const char *text)
{
	l->len = l->at = l->from = 0;
	l->text[0] = '\0';
	line_insert(l, text, strlen(text));
}

static void erase(struct line *l, size_t from, size_t to)
{
	memmove(l->text + from, l->text + to, l->len - to + 1);
	l->len -= to - from;
	l->at = from;
}

static void kill_text(struct line *l, size_t from, size_t to)
{
	if (from == to)
		return;
	free(l->killed);
	l->killed = mem_new(to - from + 1, 1);
	memcpy(l->killed, l->text + from, to - from);
	erase(l, from, to);
}

static size_t left_of(const struct line *l, size_t at)
{
	return at - text_cluster_before(l->text, at);
}

static size_t right_of(const struct line *l, size_t at)
{
	return at + text_cluster(l->text + at, l->len - at, NULL);
}

static bool is_gap(char c)
{
	return c == ' ' || c == '\n';
}

static size_t word_left(const struct line *l)
{
	size_t at = l->at;
	while (at && is_gap(l->text[at - 1]))
		at--;
	while (at && !is_gap(l->text[at - 1]))
		at--;
	return at;
}

static size_t word_right(const struct line *l)
{
	size_t at = l->at;
	while (at < l->len && is_gap(l->text[at]))
		at++;
	while (at < l->len && !is_gap(l->text[at]))
		at++;
	return at;
}

/* step -1: older. The draft waits at the newest end. */
static void move_in_history(struct line *l, int step)
{
	if (step < 0 ? l->history_at == 0 : l->history_at == l->history_count)
		return;
	if (l->history_at == l->history_count) {
		free(l->draft);
		l->draft = mem_strdup(l->text);
	}
	l->history_at = step < 0 ? l->history_at - 1 : l->history_at + 1;
	bool back = l->history_at == l->history_count;
	line_set(l, back ? l->draft : l->history[l->history_at]);
}

static enum line_event close_or_delete(struct line *l)
{
	if (line_is_empty(l))
		return LINE_CLOSE;
	erase(l, l->at, right_of(l, l->at));
	return LINE_CHANGED;
}

static enum line_event cancel(struct line *l)
{
	if (line_is_empty(l))
		return LINE_CANCEL;
	line_set(l, "");
	l->history_at = l->history_count;
	return LINE_CHANGED;
}

/* Keys that move or take nothing from the text. False for the others. */
static bool move(struct line *l, enum key key)
{
	if (key == KEY_LEFT)
		l->at = left_of(l, l->at);
	else if (key == KEY_RIGHT)
		l->at = right_of(l, l->at);
	else if (key == KEY_WORD_LEFT)
		l->at = word_left(l);
	else if (key == KEY_WORD_RIGHT)
		l->at = word_right(l);
	else if (key == KEY_HOME)
		l->at = 0;
	else if (key == KEY_END)
		l->at = l->len;
	else if (key == KEY_UP || key == KEY_DOWN)
		move_in_history(l, key == KEY_UP ? -1 : 1);
	else
		return false;
	return true;
}

/* Keys that change the text. False for the others. */
static bool change(struct line *l, enum key key, const char *text)
{
	if (key == KEY_TEXT)
		line_insert(l, text, strlen(text));
	else if (key == KEY_NEWLINE)
		line_insert(l, "\n", 1);
	else if (key == KEY_BACKSPACE)
		erase(l, left_of(l, l->at), l->at);
	else if (key == KEY_DELETE)
		erase(l, l->at, right_of(l, l->at));
	else if (key == KEY_KILL_TO_END)
		kill_text(l, l->at, l->len);
	else if (key == KEY_KILL_TO_START)
		kill_text(l, 0, l->at);
	else if (key == KEY_KILL_WORD)
		kill_text(l, word_left(l), l->at);
	else if (key == KEY_YANK && l->killed)
		line_insert(l, l->killed, strlen(l->killed));
	else
		return false;
	return true;
}

/* Keys that are for whoever owns the line. */
static enum line_event tell(struct line *l, enum key key)
{
	if (key == KEY_CANCEL)
		return cancel(l);
	if (key == KEY_CLOSE)
		return close_or_delete(l);
	static const struct {
		enum key key;
		enum line_event event;
	} EVENTS[] = {{KEY_ENTER, LINE_SUBMIT}, {KEY_TAB, LINE_COMPLETE},
		{KEY_SUSPEND, LINE_SUSPEND}, {KEY_REPAINT, LINE_REPAINT}};
	for (size_t i = 0; i < GC_LENGTH(EVENTS); i++) {
		if (EVENTS[i].key == key)
			return EVENTS[i].event;
	}
	return LINE_QUIET;
}

static enum line_event on_key(struct line *l, enum key key, const char *text)
{
	return move(l, key) || change(l, key, text) ? LINE_CHANGED : tell(l, key);
}

enum line_event line_feed(struct line *l, unsigned char byte)
{
	char text[KEYS_TEXT_BYTES] = "";
	return on_key(l, keys_take(&l->keys, byte, text), text);
}

static void remember(struct line *l, const char *text)
{
	bool same = l->history_count && !strcmp(l->history[l->history_count - 1], text);
	if (*text && !same) {
		if (l->history_count == LINE_HISTORY_MAX) {
			free(l->history[0]);
			memmove(l->history, l->history + 1,
				(LINE_HISTORY_MAX - 1) * sizeof(l->history[0]));
			l->history_count--;
		}
		l->history[l->history_count++] = mem_strdup(text);
	}
	l->history_at = l->history_count;
}

char *line_take(struct line *l)
{
	char *text = mem_strdup(l->text);
	remember(l, text);
	line_set(l, "");
	return text;
}

static size_t view_cluster(const struct line *l, size_t at, int *ret_cells)
{
	size_t n = text_cluster(l->text + at, l->len - at, ret_cells);
	if (l->text[at] == '\n')
		*ret_cells = 1;
	return n;
}

static int view_cells(const struct line *l, size_t from, size_t to)
{
	int cells = 0, width;
	for (size_t at = from; at < to; cells += width)
		at += view_cluster(l, at, &width);
	return cells;
}

char *line_view(struct line *l, int columns, int *ret_column)
{
	if (l->at < l->from || l->from > l->len)
		l->from = 0;
	int width, cells = view_cells(l, l->from, l->at);
	while (cells >= columns && l->from < l->at) {
		l->from += view_cluster(l, l->from, &width);
		cells -= width;
	}
	*ret_column = cells;
	char *view = mem_new((l->len - l->from) * sizeof(ROW_END_SIGN) + 1, 1);
	size_t used = 0;
	int total = 0;
	for (size_t at = l->from; at < l->len;) {
		size_t n = view_cluster(l, at, &width);
		if (total + width > columns)
			break;
		bool row_end = l->text[at] == '\n';
		size_t put = row_end ? sizeof(ROW_END_SIGN) - 1 : n;
		memcpy(view + used, row_end ? ROW_END_SIGN : l->text + at, put);
		used += put;
		total += width;
		at += n;
	}
	view[used] = '\0';
	return view;
}
