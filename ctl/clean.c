/* Decided character by character: no terminal's own treatment of odd characters is relied upon. */
#include "ctl/clean.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

#include "base/macros.h"
#include "base/mem.h"

enum {
	CLEAN_SHOWN_BYTES = 10, /* "<U+10FFFF>": what one byte may grow to, at most */
};

struct range {
	utf8proc_int32_t from;
	utf8proc_int32_t to;
};

/* Beside the categories below: invisible, or turning the direction of what follows. */
static const struct range hidden[] = {
	{0x00AD, 0x00AD}, /* soft hyphen */
	{0x061C, 0x061C}, /* Arabic letter mark */
	{0x180E, 0x180E}, /* Mongolian vowel separator */
	{0x200B,
		0x200B}, /* zero width space; the joiners after it are needed by scripts and emoji */
	{0x200E, 0x200F}, /* direction marks */
	{0x202A, 0x202E}, /* direction embeddings and overrides */
	{0x2060, 0x206F}, /* word joiner, direction isolates */
	{0xFEFF, 0xFEFF}, /* byte order mark */
	{0xFFF9, 0xFFFB}, /* interlinear annotation */
	{0xE0000, 0xE0FFF}, /* tags */
};

static const utf8proc_category_t shown[] = {
	UTF8PROC_CATEGORY_CC, /* controls, C0 and C1 */
	UTF8PROC_CATEGORY_CS, /* surrogates */
	UTF8PROC_CATEGORY_CO, /* private use: glyphs of unknown width */
	UTF8PROC_CATEGORY_CN, /* unassigned */
	UTF8PROC_CATEGORY_ZL, /* line separator */
	UTF8PROC_CATEGORY_ZP, /* paragraph separator */
};

static bool is_hidden(utf8proc_int32_t c)
{
	for (size_t i = 0; i < GC_LENGTH(hidden); i++) {
		if (c >= hidden[i].from && c <= hidden[i].to)
			return true;
	}
	return false;
}

static bool must_show(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	for (size_t i = 0; i < GC_LENGTH(shown); i++) {
		if (category == shown[i])
			return true;
	}
	return is_hidden(c);
}

/* Writes one character's safe form; returns its length. */
static size_t put(char *out, size_t size, utf8proc_int32_t c, const char *bytes, size_t len)
{
	if (c == '\n' || c == '\r' || c == '\t') {
		*out = ' ';
		return 1;
	}
	if (must_show(c))
		return (size_t)snprintf(out, size, "<U+%04X>", (unsigned)c);
	(void)memcpy(out, bytes, len);
	return len;
}

char *clean_text(const char *text)
{
	static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
	size_t left = strlen(text);
	size_t size = left * CLEAN_SHOWN_BYTES + 1;
	char *out = mem_new(size, 1);
	size_t used = 0;

	while (left > 0) {
		utf8proc_int32_t c = 0;
		utf8proc_ssize_t n = utf8proc_iterate(
			(const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &c);
		if (n < 1) {
			(void)memcpy(out + used, replacement, sizeof(replacement) - 1);
			used += sizeof(replacement) - 1;
			n = 1;
		} else {
			used += put(out + used, size - used, c, text, (size_t)n);
		}
		text += n;
		left -= (size_t)n;
	}
	out[used] = '\0';
	return out;
}
