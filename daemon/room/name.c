/* Character classes of names and short texts. */
#include "room/name.h"

#include "proto/limits.h"

#include <string.h>
#include <utf8proc.h>

enum {
	CODEPOINT_SPACE_FIRST = 0x09, /* tab; up to carriage return */
	CODEPOINT_SPACE_LAST = 0x0d,
};

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_name(const char *name, size_t max)
{
	if (!is_name_start(name[0]))
		return false;
	size_t len = 1;
	for (; name[len] != '\0'; len++) {
		char c = name[len];
		if (len >= max || !(is_name_start(c) || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return true;
}

bool name_is_user(const char *name)
{
	return is_name(name, LIMIT_USER_NAME_BYTES);
}

bool name_is_room(const char *name)
{
	return is_name(name, LIMIT_ROOM_NAME_BYTES);
}

/* Controls (Cc) and what breaks a line (Zl, Zp). Format characters stay: joiners make emoji. */
static bool breaks_line(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);
	return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP;
}

static bool is_space(utf8proc_int32_t c)
{
	return (c >= CODEPOINT_SPACE_FIRST && c <= CODEPOINT_SPACE_LAST) ||
	       utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

/* True when `text` is UTF-8 and none of its characters is `refused`; NULL refuses none. */
static bool text_is(const char *text, size_t len, bool (*refused)(utf8proc_int32_t c))
{
	while (len > 0) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &c);
		if (n <= 0 || (refused && refused(c)))
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

bool name_text_fits(const char *text, size_t max_bytes, bool one_line)
{
	size_t len = strnlen(text, max_bytes + 1);
	return len <= max_bytes && text_is(text, len, one_line ? breaks_line : NULL);
}

static bool not_in_emoji(utf8proc_int32_t c)
{
	return breaks_line(c) || is_space(c);
}

bool name_is_emoji(const char *text)
{
	size_t len = strnlen(text, LIMIT_EMOJI_BYTES + 1);
	return len >= 1 && len <= LIMIT_EMOJI_BYTES && text_is(text, len, not_in_emoji);
}
