/* A sorted array of places, one a room. */
#include "lib/cursor.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CURSOR_LINE_BYTES = 48, /* two numbers, a space, a newline, a NUL */
	CURSOR_FILE_BYTES_MAX = GCHAT_CURSORS_MAX * CURSOR_LINE_BYTES,
};

void cursors_deinit(struct cursors *c)
{
	free(c->items);
	*c = (struct cursors){0};
}

void cursors_copy(struct cursors *to, const struct cursors *from)
{
	cursors_deinit(to);
	for (size_t i = 0; i < from->count; i++)
		cursors_set(to, from->items[i].at.room_id, from->items[i].at.seq);
}

/* Index of the first room that isn't before `room_id`. */
static size_t place_of(const struct cursors *c, uint64_t room_id)
{
	size_t low = 0;
	size_t high = c->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c->items[middle].at.room_id < room_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct cursor *cursors_find(const struct cursors *c, uint64_t room_id)
{
	size_t i = place_of(c, room_id);
	return i < c->count && c->items[i].at.room_id == room_id ? &c->items[i] : NULL;
}

static struct cursor *insert(struct cursors *c, uint64_t room_id)
{
	if (c->count >= GCHAT_CURSORS_MAX)
		return NULL;
	if (!c->items)
		c->items = mem_new(GCHAT_CURSORS_MAX, sizeof(*c->items));
	size_t i = place_of(c, room_id);
	memmove(&c->items[i + 1], &c->items[i], (c->count - i) * sizeof(*c->items));
	c->count++;
	c->items[i] = (struct cursor){.at.room_id = room_id};
	return &c->items[i];
}

void cursors_set(struct cursors *c, uint64_t room_id, uint64_t seq)
{
	struct cursor *cursor = cursors_find(c, room_id);
	if (!cursor)
		cursor = insert(c, room_id);
	if (cursor)
		*cursor = (struct cursor){.at = {.room_id = room_id, .seq = seq}};
}

void cursors_advance(struct cursors *c, uint64_t room_id, uint64_t seq)
{
	struct cursor *cursor = cursors_find(c, room_id);
	if (!cursor)
		cursors_set(c, room_id, seq);
	else if (seq > cursor->at.seq)
		cursor->at.seq = seq;
}

void cursors_drop(struct cursors *c, uint64_t room_id)
{
	struct cursor *cursor = cursors_find(c, room_id);
	if (!cursor)
		return;
	size_t i = (size_t)(cursor - c->items);
	c->count--;
	memmove(cursor, cursor + 1, (c->count - i) * sizeof(*c->items));
}

static bool is_listed(uint64_t room_id, const struct gchat_room *rooms, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rooms[i].room_id == room_id)
			return true;
	return false;
}

void cursors_keep(struct cursors *c, const struct gchat_room *rooms, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->count; i++)
		if (is_listed(c->items[i].at.room_id, rooms, count))
			c->items[kept++] = c->items[i];
	c->count = kept;
}

/* Steps over the announced gap when it is what comes next. */
static void step_over_gap(struct cursor *cursor)
{
	if (!cursor->gap_from || cursor->gap_from > cursor->at.seq + 1)
		return;
	if (cursor->gap_to > cursor->at.seq)
		cursor->at.seq = cursor->gap_to;
	cursor->gap_from = 0;
}

enum cursor_verdict cursors_admit(struct cursors *c, uint64_t room_id, uint64_t seq)
{
	struct cursor *cursor = cursors_find(c, room_id);
	if (!cursor) {
		cursors_set(c, room_id, seq);
		return CURSOR_NEXT;
	}
	if (seq <= cursor->at.seq)
		return CURSOR_DUPLICATE;
	if (seq != cursor->at.seq + 1)
		return CURSOR_HOLE;
	cursor->at.seq = seq;
	step_over_gap(cursor);
	return CURSOR_NEXT;
}

bool cursors_note_gap(struct cursors *c, uint64_t room_id, uint64_t from_seq, uint64_t to_seq)
{
	struct cursor *cursor = cursors_find(c, room_id);
	if (!cursor) {
		cursors_set(c, room_id, to_seq);
		return true;
	}
	if (to_seq <= cursor->at.seq)
		return false;
	cursor->gap_from = from_seq;
	cursor->gap_to = to_seq;
	step_over_gap(cursor);
	return true;
}

size_t cursors_list(const struct cursors *c, struct gchat_cursor *ret, size_t max)
{
	for (size_t i = 0; i < c->count && i < max; i++)
		ret[i] = c->items[i].at;
	return c->count;
}

int cursors_save(const struct cursors *c, const char *path)
{
	char *text GC_CLEANUP(mem_freep) = mem_new(c->count + 1, CURSOR_LINE_BYTES);
	size_t len = 0;
	for (size_t i = 0; i < c->count; i++) {
		const struct gchat_cursor *at = &c->items[i].at;
		int n = snprintf(text + len, CURSOR_LINE_BYTES, "%" PRIu64 " %" PRIu64 "\n",
			at->room_id, at->seq);
		GC_ASSERT(n > 0 && n < CURSOR_LINE_BYTES);
		len += (size_t)n;
	}
	int r = fd_write_file(path, text, len, 0600);
	return r < 0 ? err_pass(r) : 0;
}

static bool parse_line(char *line, struct gchat_cursor *ret)
{
	char *end;
	errno = 0;
	ret->room_id = strtoull(line, &end, 10);
	if (errno || end == line || *end != ' ')
		return false;
	char *second = end + 1;
	ret->seq = strtoull(second, &end, 10);
	return !errno && end != second && *end == '\0' && ret->room_id > 0;
}

int cursors_load(struct cursors *c, const char *path)
{
	char *text GC_CLEANUP(mem_freep) = NULL;
	int r = fd_read_file(path, CURSOR_FILE_BYTES_MAX, &text, NULL);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_pass(r);
	char *save = NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct gchat_cursor at;
		if (parse_line(line, &at))
			cursors_set(c, at.room_id, at.seq);
	}
	return 0;
}
