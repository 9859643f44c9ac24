/* User-perceived characters and their columns, and the escaping of what a script reads. */
#include "client/text.h"

#include "base/mem.h"
#include "client/text_class.h"
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

enum {
	ESCAPED_BYTES_MAX = 12, /* \uXXXX twice */
	CELLS_MAX = 2,
	VS16 = 0xFE0F,
};

static int cp_cells(int32_t cp)
{
	if (cp == VS16 || text_is_modifier(cp))
		return CELLS_MAX;
	int cells = utf8proc_charwidth(cp);
	return cells == 0 && utf8proc_category(cp) == UTF8PROC_CATEGORY_CN ? 1 : cells;
}

static bool is_regional(int32_t cp)
{
	return cp >= 0x1F1E6 && cp <= 0x1F1FF;
}

size_t text_cluster(const char *text, size_t len, int *ret_cells)
{
	utf8proc_int32_t state = 0;
	int32_t last = 0, cp = 0;
	int cells = 1; /* what has none would have no bound in a name */
	size_t at = 0;
	while (at < len) {
		size_t n = text_decode(text + at, len - at, &cp);
		if (cp < 0)
			cp = TEXT_REPLACEMENT;
		if (at && utf8proc_grapheme_break_stateful(last, cp, &state))
			break;
		int width = at && is_regional(cp) ? CELLS_MAX : cp_cells(cp);
		cells = width > cells ? width : cells;
		last = cp;
		at += n;
	}
	if (ret_cells)
		*ret_cells = cells;
	return at;
}

size_t text_cluster_before(const char *text, size_t len)
{
	/* Clusters can only be found forwards, so start well before the end, at a plain character. */
	size_t at = 0, last = 0;
	const char *row = len ? memrchr(text, '\n', len - 1) : NULL;
	if (row)
		at = (size_t)(row - text) + 1;
	while (at < len) {
		last = text_cluster(text + at, len - at, NULL);
		at += last;
	}
	return last;
}

int text_cells(const char *text, size_t len)
{
	int cells = 0;
	for (size_t at = 0; at < len;) {
		int width;
		at += text_cluster(text + at, len - at, &width);
		cells += width;
	}
	return cells;
}

static bool needs_escape(int32_t cp)
{
	if (cp < 0x7F)
		return false;
	utf8proc_category_t category = utf8proc_category(cp);
	return category == UTF8PROC_CATEGORY_CN || category >= UTF8PROC_CATEGORY_ZL;
}

static size_t write_escape(char *out, int32_t cp)
{
	if (cp < 0x10000)
		return (size_t)snprintf(out, ESCAPED_BYTES_MAX + 1, "\\u%04x", (unsigned)cp);
	unsigned high = 0xD800U + (((unsigned)cp - 0x10000U) >> 10);
	unsigned low = 0xDC00U + ((unsigned)cp & 0x3FFU);
	return (size_t)snprintf(out, ESCAPED_BYTES_MAX + 1, "\\u%04x\\u%04x", high, low);
}

char *text_json_escape(const char *json)
{
	size_t len = strlen(json), used = 0;
	/* The worst is one byte (DEL, or a bad one) to six. */
	char *out = mem_new(len * 6 + ESCAPED_BYTES_MAX + 1, 1);
	for (size_t at = 0; at < len;) {
		int32_t cp;
		size_t n = text_decode(json + at, len - at, &cp);
		if (cp < 0)
			cp = TEXT_REPLACEMENT;
		if (cp == TEXT_REPLACEMENT || needs_escape(cp)) {
			used += write_escape(out + used, cp);
		} else {
			memcpy(out + used, json + at, n);
			used += n;
		}
		at += n;
	}
	out[used] = '\0';
	return out;
}
