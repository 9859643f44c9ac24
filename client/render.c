/* Entry to lines: a head, the text's rows, a prefix for each further row. */
#include "client/render.h"

#include "base/mem.h"
#include "client/text.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	HEAD_BYTES = 2048, /* seq, label, names: each bounded by text_clean */
	NAME_BYTES = 512,
	PALETTE = 6,
};

#define DIM   "\033[2m"
#define PLAIN "\033[0m"

/* clang-format off */
static const char *const ROLES[] = {
	[GCHAT_ROLE_NONE] = "no member", [GCHAT_ROLE_READER] = "reader",
	[GCHAT_ROLE_MEMBER] = "member", [GCHAT_ROLE_MODERATOR] = "moderator",
	[GCHAT_ROLE_OWNER] = "owner",
};
static const char *const PRESENCES[] = {
	[GCHAT_PRESENCE_NONE] = "unknown", [GCHAT_PRESENCE_ONLINE] = "online",
	[GCHAT_PRESENCE_AWAY] = "away", [GCHAT_PRESENCE_OFFLINE] = "offline",
};
static const char *const VISIBILITIES[] = {
	[GCHAT_VISIBILITY_NONE] = "unknown", [GCHAT_VISIBILITY_PUBLIC] = "public",
	[GCHAT_VISIBILITY_PRIVATE] = "private", [GCHAT_VISIBILITY_DIRECT] = "direct",
};
/* clang-format on */

/* Rows being put together. */
struct rows {
	char *text; /* owned */
	size_t len, size;
	const char *first, *next; /* prefixes, borrowed */
	int prefix_cells;
	int columns, count;
};

static void add(struct rows *rows, const char *text, size_t len)
{
	while (rows->len + len + 1 > rows->size) {
		rows->size = rows->size ? rows->size * 2 : 256;
		rows->text = mem_grow(rows->text, rows->size, 1);
	}
	memcpy(rows->text + rows->len, text, len);
	rows->len += len;
	rows->text[rows->len] = '\0';
}

static void add_string(struct rows *rows, const char *text)
{
	add(rows, text, strlen(text));
}

/* Bytes of `text` that fit `cells`, ending after a space where there is one. At least a cluster. */
static size_t fit(const char *text, size_t len, int cells)
{
	size_t at = 0, after_space = 0;
	int used = 0;
	while (at < len) {
		int width;
		size_t n = text_cluster(text + at, len - at, &width);
		if (used + width > cells && at)
			return after_space ? after_space : at;
		used += width;
		at += n;
		if (text[at - 1] == ' ')
			after_space = at;
	}
	return len;
}

static void add_row(struct rows *rows, const char *text, size_t len)
{
	if (rows->count++)
		add(rows, "\n", 1);
	add_string(rows, rows->count == 1 ? rows->first : rows->next);
	while (len && rows->columns && text[len - 1] == ' ')
		len--;
	add(rows, text, len);
}

/* A row the terminal would wrap could show its tail at the left edge: wrap it ourselves. */
static void add_text(struct rows *rows, const char *text, int rows_max)
{
	int hidden = 0;
	for (const char *row = text; row;) {
		const char *end = strchrnul(row, '\n');
		size_t left = (size_t)(end - row);
		do {
			int room = rows->columns - rows->prefix_cells;
			size_t n = rows->columns ? fit(row, left, room > 1 ? room : 1) : left;
			if (rows_max && rows->count >= rows_max)
				hidden++;
			else
				add_row(rows, row, n);
			row += n;
			left -= n;
		} while (left);
		row = *end ? end + 1 : NULL;
	}
	if (hidden) {
		char more[NAME_BYTES];
		snprintf(more, sizeof(more), "\n-- %d more lines: /show and the number", hidden);
		add_string(rows, more);
	}
}

static int color_of(const char *name)
{
	unsigned hash = 2166136261U;
	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619U;
	return 31 + (int)(hash % PALETTE);
}

static void put_name(const struct render *r, char *out, size_t size, const char *name)
{
	char *clean = text_clean_string(TEXT_NAME, *name ? name : "server");
	if (r->color)
		snprintf(out, size, "\033[%dm%s" PLAIN, color_of(clean), clean);
	else
		snprintf(out, size, "%s", clean);
	free(clean);
}

static int row_columns(const struct render *r)
{
	return !r->columns || r->columns > RENDER_COLUMNS_MIN ? r->columns : RENDER_COLUMNS_MIN;
}

static void label_part(
	struct render *r, const char *label, uint64_t room_id, char *out, size_t size)
{
	bool changed = r->last_room_id != room_id;
	r->last_room_id = room_id;
	snprintf(out, size, "%s%s", changed ? label : "", changed ? " " : "");
}

/* "[17] alice: one" and "[17] alice| two"; `what` stands between the name and the colon. */
static char *said(
	struct render *r, const char *label, const struct gchat_entry *e, const char *what)
{
	char first[HEAD_BYTES], next[HEAD_BYTES], name[NAME_BYTES], room[NAME_BYTES];
	label_part(r, label, e->room_id, room, sizeof(room));
	put_name(r, name, sizeof(name), e->author);
	snprintf(first, sizeof(first), "%s[%" PRIu64 "] %s%s: ", room, e->seq, name, what);
	snprintf(next, sizeof(next), "[%" PRIu64 "] %s| ", e->seq, name);
	struct rows rows = {.first = first, .next = next, .columns = row_columns(r)};
	/* Colours take no columns; both prefixes are counted by the longer one without them. */
	char *plain = text_clean_string(TEXT_NAME, *e->author ? e->author : "server");
	char head[HEAD_BYTES];
	snprintf(head, sizeof(head), "%s[%" PRIu64 "] %s%s: ", room, e->seq, plain, what);
	rows.prefix_cells = text_cells(head, strlen(head));
	free(plain);
	char *text = text_clean_string(TEXT_BODY, e->text);
	add_text(&rows, text, r->columns && !r->whole ? RENDER_ROWS_MAX : 0);
	free(text);
	return rows.text;
}

/* "-- [17] ...": what happened, in one sentence. */
static char *happened(
	struct render *r, const char *label, const struct gchat_entry *e, const char *sentence)
{
	char first[HEAD_BYTES], room[NAME_BYTES];
	label_part(r, label, e->room_id, room, sizeof(room));
	snprintf(first, sizeof(first), "%s-- %s[%" PRIu64 "] ", r->color ? DIM : "", room, e->seq);
	struct rows rows = {.first = first, .next = "--   ", .columns = row_columns(r)};
	rows.prefix_cells = text_cells(first, strlen(first));
	add_text(&rows, sentence, 0);
	if (r->color)
		add_string(&rows, PLAIN);
	return rows.text;
}

/* Cleaned parts of a sentence. */
struct parts {
	char *author, *user, *reason, *emoji, *title, *topic;
};

static void parts_init(struct parts *p, const struct gchat_entry *e)
{
	p->author = text_clean_string(TEXT_NAME, *e->author ? e->author : "the server");
	p->user = text_clean_string(TEXT_NAME, e->user);
	p->reason = text_clean_string(TEXT_NAME, e->reason);
	/* An emoji may need its joiners; it is one row all the same. */
	p->emoji = text_clean_string(TEXT_BODY, e->emoji);
	p->emoji[text_cluster(p->emoji, strcspn(p->emoji, "\n"), NULL)] = '\0';
	p->title = text_clean_string(TEXT_NAME, e->title);
	p->topic = text_clean_string(TEXT_NAME, e->topic);
}

static void parts_deinit(struct parts *p)
{
	free(p->author);
	free(p->user);
	free(p->reason);
	free(p->emoji);
	free(p->title);
	free(p->topic);
}

static void say_deletion(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	snprintf(out, size, "%s deleted %" PRIu64 "%s%s", p->author, e->target_seq,
		*p->reason ? ": " : "", p->reason);
}

static void say_reaction(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	snprintf(out, size, "%s %s %s %s %" PRIu64, p->author,
		e->taken_back ? "takes back" : "reacts with", p->emoji,
		e->taken_back ? "from" : "to", e->target_seq);
}

static void say_joined(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	bool usual = e->role == GCHAT_ROLE_MEMBER || e->role == GCHAT_ROLE_NONE;
	snprintf(out, size, "%s joined%s%s", p->author, usual ? "" : " as ",
		usual ? "" : render_role(e->role));
}

static void say_left(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	(void)e; /* the author says it all */
	snprintf(out, size, "%s left", p->author);
}

/* " until 2026-12-01 10:00 UTC", " for ever" */
static void print_until(uint64_t until_us, char out[RENDER_UNTIL_BYTES])
{
	snprintf(out, RENDER_UNTIL_BYTES, "%s", " for ever");
	time_t seconds = (time_t)(until_us / 1000000);
	struct tm parts;
	if (until_us && gmtime_r(&seconds, &parts))
		(void)strftime(out, RENDER_UNTIL_BYTES, " until %Y-%m-%d %H:%M UTC", &parts);
}

static void say_removed(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	char until[RENDER_UNTIL_BYTES] = "";
	if (e->banned)
		print_until(e->until_us, until);
	snprintf(out, size, "%s %s %s%s%s%s", p->author, e->banned ? "banned" : "removed", p->user,
		until, *p->reason ? ": " : "", p->reason);
}

static void say_muted(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	char until[RENDER_UNTIL_BYTES] = "";
	if (e->muted)
		print_until(e->until_us, until);
	snprintf(out, size, "%s %s %s%s%s%s", p->author, e->muted ? "muted" : "unmuted", p->user,
		until, *p->reason ? ": " : "", p->reason);
}

static void say_invited(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	(void)e; /* in the parts */
	snprintf(out, size, "%s invited %s", p->author, p->user);
}

static void say_role(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	snprintf(out, size, "%s made %s %s", p->author, p->user, render_role(e->role));
}

static void say_room(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	char slow[32] = "";
	if (e->slow_mode_s)
		snprintf(slow, sizeof(slow), ", slow mode %" PRIu32 " s", e->slow_mode_s);
	snprintf(out, size, "%s set the room: %s%s%s%s%s%s%s", p->author,
		render_visibility(e->visibility), e->read_only ? ", read-only" : "", slow,
		*p->title ? ", title " : "", p->title, *p->topic ? ", topic " : "", p->topic);
}

static void say_erased(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	/* a tombstone keeps the author's id alone */
	snprintf(out, size, "a deleted message%s%s", *e->author ? " of " : "",
		*e->author ? p->author : "");
}

static void say_unknown(const struct parts *p, const struct gchat_entry *e, char *out, size_t size)
{
	(void)e; /* not known to this version */
	snprintf(out, size, "%s did something that this version can't show", p->author);
}

typedef void (*sayer)(const struct parts *, const struct gchat_entry *, char *, size_t);

/* clang-format off */
static const sayer SAYERS[] = {
	[GCHAT_ENTRY_UNKNOWN] = say_unknown,   [GCHAT_ENTRY_DELETION] = say_deletion,
	[GCHAT_ENTRY_REACTION] = say_reaction, [GCHAT_ENTRY_JOINED] = say_joined,
	[GCHAT_ENTRY_LEFT] = say_left,         [GCHAT_ENTRY_REMOVED] = say_removed,
	[GCHAT_ENTRY_INVITED] = say_invited,   [GCHAT_ENTRY_ROLE] = say_role,
	[GCHAT_ENTRY_ROOM_CHANGED] = say_room, [GCHAT_ENTRY_ERASED] = say_erased,
	[GCHAT_ENTRY_MUTED] = say_muted,
};
/* clang-format on */

char *render_entry(struct render *r, const char *label, const struct gchat_entry *e)
{
	char text[2 * HEAD_BYTES] = "";
	if (e->kind == GCHAT_ENTRY_MESSAGE && e->reply_to)
		snprintf(text, sizeof(text), " (to %" PRIu64 ")", e->reply_to);
	if (e->kind == GCHAT_ENTRY_EDIT)
		snprintf(text, sizeof(text), " (now %" PRIu64 ")", e->target_seq);
	if (e->kind == GCHAT_ENTRY_MESSAGE || e->kind == GCHAT_ENTRY_EDIT)
		return said(r, label, e, text);
	struct parts parts;
	parts_init(&parts, e);
	bool known = (size_t)e->kind < GC_LENGTH(SAYERS) && SAYERS[e->kind];
	(known ? SAYERS[e->kind] : say_unknown)(&parts, e, text, sizeof(text));
	parts_deinit(&parts);
	return happened(r, label, e, text);
}

char *render_notice(struct render *r, const char *fmt, ...)
{
	char *text;
	va_list args;
	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	GC_ASSERT(n >= 0);
	struct rows rows = {.first = r->color ? DIM "-- " : "-- ",
		.next = "--   ",
		.columns = row_columns(r),
		.prefix_cells = 5};
	add_text(&rows, text, 0);
	if (r->color)
		add_string(&rows, PLAIN);
	free(text);
	return rows.text;
}

const char *render_role(enum gchat_role role)
{
	return (size_t)role < GC_LENGTH(ROLES) ? ROLES[role] : "unknown";
}

bool render_find_role(const char *name, enum gchat_role *ret)
{
	for (int role = GCHAT_ROLE_READER; role <= GCHAT_ROLE_OWNER; role++)
		if (strcmp(name, render_role((enum gchat_role)role)) == 0) {
			*ret = (enum gchat_role)role;
			return true;
		}
	return false;
}

const char *render_presence(enum gchat_presence presence)
{
	return (size_t)presence < GC_LENGTH(PRESENCES) ? PRESENCES[presence] : "unknown";
}

const char *render_visibility(enum gchat_visibility visibility)
{
	return (size_t)visibility < GC_LENGTH(VISIBILITIES) ? VISIBILITIES[visibility] : "unknown";
}

const char *render_time(uint64_t time_us, char out[RENDER_TIME_BYTES])
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm parts;
	char day[RENDER_TIME_BYTES / 2 + 8];
	if (!gmtime_r(&seconds, &parts) || !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts))
		day[0] = '\0';
	snprintf(out, RENDER_TIME_BYTES, "%s.%06uZ", day, (unsigned)(time_us % 1000000));
	return out;
}

const char *render_until(uint64_t until_us, char out[RENDER_UNTIL_BYTES])
{
	print_until(until_us, out);
	return out + 1; /* without the blank */
}
