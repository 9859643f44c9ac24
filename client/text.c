/*
 * One pass from left to right. Every decision depends only on what has been written so far and on
 * the code point at hand; a character whose fate hangs on its successor waits in `pending` until
 * that successor is written. So a second pass over the result takes the same decisions, which is
 * why cleaning twice is cleaning once.
 */
#include "client/text.h"

#include "base/macros.h"
#include "base/mem.h"
#include "client/text_class.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum {
	CP_BYTES_MAX = 4,
	ELLIPSIS_BYTES = 3,
	BLACK_FLAG = 0x1F3F4, /* starts the flags of England, Scotland, ... */
	TAG_FIRST = 0xE0020,
	TAG_CANCEL = 0xE007F,
	TAGS_MAX = 6, /* letters and digits in a flag */
	DOTTED_CIRCLE = 0x25CC,
	PICTURES = 0x2400,
	PICTURE_DEL = 0x2421,
	ZWJ = 0x200D,
	/* A replacement character can land in the cluster that it ends (after a prepended sign). */
	CLUSTER_ROOM = TEXT_CLUSTER_BYTES_MAX - 3,
};

struct cleaner {
	enum text_mode mode;
	char *out; /* owned */
	size_t len, size;
	int32_t last; /* last code point written, 0: none */
	int32_t base; /* what a mark would sit on, 0: nothing */
	int32_t pending; /* written only if its successor fits; 0: none */
	int marks; /* on the base */
	size_t cluster_bytes;
	utf8proc_int32_t break_state;
	size_t column_at; /* place in `out` whose column is `column` */
	int column;
};

static void append(struct cleaner *c, int32_t cp)
{
	if (c->size - c->len <= CP_BYTES_MAX) {
		c->size = c->size * 2;
		c->out = mem_grow(c->out, c->size, 1);
	}
	utf8proc_uint8_t *at = (utf8proc_uint8_t *)c->out + c->len;
	c->len += (size_t)utf8proc_encode_char(cp, at);
}

static size_t encoded_bytes(int32_t cp)
{
	return cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
}

static void note_base(struct cleaner *c, int32_t cp)
{
	enum text_class kind = text_class_of(cp);
	if (kind == TEXT_CLASS_MARK) {
		c->marks++;
		return;
	}
	if (kind == TEXT_CLASS_SELECTOR || kind == TEXT_CLASS_JOINER || kind == TEXT_CLASS_WORD)
		return;
	if (kind == TEXT_CLASS_INVISIBLE) /* a tag in a flag */
		return;
	if (text_is_modifier(cp) && text_is_pictograph(c->base))
		return;
	c->base = text_is_space(cp) ? 0 : cp;
	c->marks = 0;
}

static void put(struct cleaner *c, int32_t cp)
{
	utf8proc_int32_t state = c->break_state;
	bool fresh = !c->last || utf8proc_grapheme_break_stateful(c->last, cp, &state);
	if (!fresh && c->cluster_bytes + encoded_bytes(cp) > CLUSTER_ROOM) {
		cp = TEXT_REPLACEMENT;
		state = c->break_state;
		fresh = utf8proc_grapheme_break_stateful(c->last, cp, &state);
	}
	c->break_state = state;
	c->cluster_bytes = (fresh ? 0 : c->cluster_bytes) + encoded_bytes(cp);
	append(c, cp);
	note_base(c, cp);
	c->last = cp;
}

static bool pending_fits(const struct cleaner *c, int32_t next)
{
	if (c->pending == ZWJ)
		return text_is_pictograph(next) &&
		       c->cluster_bytes + encoded_bytes(ZWJ) + encoded_bytes(next) <= CLUSTER_ROOM;
	return text_is_word(next) && c->cluster_bytes + encoded_bytes(c->pending) <= CLUSTER_ROOM;
}

static void emit(struct cleaner *c, int32_t cp)
{
	if (c->pending && pending_fits(c, cp))
		put(c, c->pending);
	c->pending = 0;
	put(c, cp);
}

/* Inside a word: the letter before is there, the one after decides. */
static void emit_in_word(struct cleaner *c, int32_t cp)
{
	if (!c->pending && c->last && text_is_word(c->last))
		c->pending = cp;
}

static bool ends_pictograph(const struct cleaner *c)
{
	return text_is_pictograph(c->base) && !c->marks &&
	       (c->last == c->base || text_is_modifier(c->last) || c->last == TAG_CANCEL ||
		       text_class_of(c->last) == TEXT_CLASS_SELECTOR);
}

static void emit_joiner(struct cleaner *c)
{
	if (c->pending || !c->last)
		return;
	if (text_is_indic_mark(c->last))
		emit(c, ZWJ);
	else if (ends_pictograph(c))
		c->pending = ZWJ;
}

static void emit_mark(struct cleaner *c, int32_t cp)
{
	int max = c->mode == TEXT_BODY ? TEXT_BODY_MARKS_MAX : TEXT_NAME_MARKS_MAX;
	if (!c->base)
		emit(c, DOTTED_CIRCLE);
	if (c->marks < max)
		emit(c, cp);
	else if (c->mode == TEXT_NAME)
		emit(c, TEXT_REPLACEMENT);
}

static void emit_row_end(struct cleaner *c)
{
	emit(c, '\n');
	c->column_at = c->len;
	c->column = 0;
}

static void emit_spaces(struct cleaner *c)
{
	c->column += text_cells(c->out + c->column_at, c->len - c->column_at);
	do {
		emit(c, ' ');
		c->column++;
	} while (c->column % TEXT_TAB_CELLS);
	c->column_at = c->len;
}

static void take(struct cleaner *c, int32_t cp)
{
	switch (text_action_of(text_class_of(cp), c->mode)) {
	case TEXT_KEEP:
		emit(c, cp);
		break;
	case TEXT_DROP:
		break;
	case TEXT_REPLACE:
		emit(c, TEXT_REPLACEMENT);
		break;
	case TEXT_PICTURE:
		emit(c, cp < ' ' ? PICTURES + cp : PICTURE_DEL);
		break;
	case TEXT_END_ROW:
		emit_row_end(c);
		break;
	case TEXT_SPACE:
		emit(c, ' ');
		break;
	case TEXT_SPACES:
		emit_spaces(c);
		break;
	case TEXT_KEEP_IN_WORD:
		emit_in_word(c, cp);
		break;
	case TEXT_KEEP_JOINING:
		emit_joiner(c);
		break;
	case TEXT_KEEP_ON_EMOJI:
		if (c->last && c->last == c->base && !c->marks && text_is_emoji_base(c->last))
			emit(c, cp);
		break;
	case TEXT_KEEP_ON_BASE:
		emit_mark(c, cp);
		break;
	}
}

static bool is_flag_letter(int32_t cp)
{
	int32_t ascii = cp - (TAG_FIRST - ' ');
	return (ascii >= '0' && ascii <= '9') || (ascii >= 'a' && ascii <= 'z');
}

/* Bytes of the tags that make a flag of the black flag before `text`; 0 when they don't. */
static size_t flag_tags(const char *text, size_t len)
{
	size_t at = 0;
	for (int count = 0; count <= TAGS_MAX && at < len; count++) {
		int32_t cp;
		at += text_decode(text + at, len - at, &cp);
		if (cp == TAG_CANCEL)
			return count ? at : 0;
		if (!is_flag_letter(cp))
			return 0;
	}
	return 0;
}

static void put_flag_tags(struct cleaner *c, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		int32_t cp;
		at += text_decode(text + at, len - at, &cp);
		put(c, cp);
	}
}

/* Ends what is too long at a whole cluster, with an ellipsis. */
static void cut(struct cleaner *c, size_t bytes_max, int cells_max)
{
	size_t keep = 0;
	int cells = 0;
	while (keep < c->len) {
		int width;
		size_t n = text_cluster(c->out + keep, c->len - keep, &width);
		if (keep + n > bytes_max - ELLIPSIS_BYTES || cells + width > cells_max - 1)
			break;
		keep += n;
		cells += width;
	}
	/* A joiner left at the end would not survive a second pass: all of them are E2 80 8x. */
	while (keep >= 3 && memcmp(c->out + keep - 3, "\xE2\x80", 2) == 0 &&
		(unsigned char)c->out[keep - 1] >= 0x8C && (unsigned char)c->out[keep - 1] <= 0x8F)
		keep -= 3;
	c->len = keep;
	append(c, 0x2026);
}

static bool name_too_long(const struct cleaner *c)
{
	return c->mode == TEXT_NAME &&
	       (c->len > TEXT_NAME_BYTES_MAX || text_cells(c->out, c->len) > TEXT_NAME_CELLS_MAX);
}

char *text_clean(enum text_mode mode, const char *data, size_t len)
{
	struct cleaner c = {.mode = mode, .size = len + 2 * (size_t)CP_BYTES_MAX};
	if (c.size > TEXT_BYTES_MAX)
		c.size = TEXT_BYTES_MAX;
	c.out = mem_new(c.size, 1);
	for (size_t at = 0; at < len && c.len <= TEXT_BYTES_MAX;) {
		int32_t cp;
		at += text_decode(data + at, len - at, &cp);
		if (cp == '\r' && at < len && data[at] == '\n')
			continue;
		take(&c, cp);
		size_t tags =
			cp == BLACK_FLAG && mode == TEXT_BODY ? flag_tags(data + at, len - at) : 0;
		if (tags && c.cluster_bytes + tags <= CLUSTER_ROOM)
			put_flag_tags(&c, data + at, tags), at += tags;
	}
	if (name_too_long(&c))
		cut(&c, TEXT_NAME_BYTES_MAX, TEXT_NAME_CELLS_MAX);
	else if (c.len > TEXT_BYTES_MAX)
		cut(&c, TEXT_BYTES_MAX, INT_MAX);
	c.out[c.len] = '\0';
	return c.out;
}

char *text_clean_string(enum text_mode mode, const char *text)
{
	return text ? text_clean(mode, text, strlen(text)) : mem_strdup("");
}
