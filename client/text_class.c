/* Ranges first, Unicode's categories for the rest; and the table of what is done with each kind. */
#include "client/text_class.h"

#include "base/macros.h"
#include <utf8proc.h>

struct range {
	int32_t first, last;
	enum text_class kind;
};

/* clang-format off */
static const struct range RANGES[] = { /* ascending */
	{0x0000, 0x0008, TEXT_CLASS_CONTROL},
	{0x0009, 0x0009, TEXT_CLASS_TAB},
	{0x000A, 0x000D, TEXT_CLASS_BREAK},
	{0x000E, 0x001F, TEXT_CLASS_CONTROL},
	{0x007F, 0x007F, TEXT_CLASS_CONTROL},
	{0x0080, 0x0084, TEXT_CLASS_BAD},
	{0x0085, 0x0085, TEXT_CLASS_BREAK},
	{0x0086, 0x009F, TEXT_CLASS_BAD},
	{0x00AD, 0x00AD, TEXT_CLASS_INVISIBLE}, /* soft hyphen */
	{0x034F, 0x034F, TEXT_CLASS_INVISIBLE}, /* combining grapheme joiner */
	{0x0600, 0x0605, TEXT_CLASS_PLAIN},     /* Arabic number signs: format, but visible */
	{0x061C, 0x061C, TEXT_CLASS_INVISIBLE}, /* ALM */
	{0x06DD, 0x06DD, TEXT_CLASS_PLAIN},
	{0x070F, 0x070F, TEXT_CLASS_PLAIN},
	{0x0890, 0x0891, TEXT_CLASS_PLAIN},
	{0x08E2, 0x08E2, TEXT_CLASS_PLAIN},
	{0x115F, 0x1160, TEXT_CLASS_INVISIBLE}, /* Hangul fillers */
	{0x17B4, 0x17B5, TEXT_CLASS_INVISIBLE},
	{0x180B, 0x180F, TEXT_CLASS_INVISIBLE},
	{0x200B, 0x200B, TEXT_CLASS_INVISIBLE}, /* ZWSP */
	{0x200C, 0x200C, TEXT_CLASS_WORD},      /* ZWNJ */
	{0x200D, 0x200D, TEXT_CLASS_JOINER},
	{0x200E, 0x200F, TEXT_CLASS_WORD},      /* LRM RLM */
	{0x2028, 0x2029, TEXT_CLASS_BREAK},
	{0x202A, 0x202E, TEXT_CLASS_BIDI},
	{0x2060, 0x2065, TEXT_CLASS_INVISIBLE},
	{0x2066, 0x206F, TEXT_CLASS_BIDI},
	{0x2800, 0x2800, TEXT_CLASS_BLANK},
	{0x3164, 0x3164, TEXT_CLASS_INVISIBLE},
	{0xD800, 0xF8FF, TEXT_CLASS_BAD},       /* surrogates, private use */
	{0xFDD0, 0xFDEF, TEXT_CLASS_BAD},       /* noncharacters */
	{0xFE00, 0xFE0D, TEXT_CLASS_INVISIBLE},
	{0xFE0E, 0xFE0F, TEXT_CLASS_SELECTOR},
	{0xFEFF, 0xFEFF, TEXT_CLASS_INVISIBLE}, /* byte order mark */
	{0xFFA0, 0xFFA0, TEXT_CLASS_INVISIBLE},
	{0xFFF0, 0xFFFB, TEXT_CLASS_INVISIBLE},
	{0x110BD, 0x110BD, TEXT_CLASS_PLAIN},   /* Kaithi number signs */
	{0x110CD, 0x110CD, TEXT_CLASS_PLAIN},
	{0x1BCA0, 0x1BCA3, TEXT_CLASS_INVISIBLE},
	{0x1D173, 0x1D17A, TEXT_CLASS_INVISIBLE},
	{0xE0000, 0xE0FFF, TEXT_CLASS_INVISIBLE}, /* tags, VS17-256 */
	{0xF0000, 0x10FFFF, TEXT_CLASS_BAD},
};

static const enum text_action ACTIONS[_TEXT_CLASS_MAX][_TEXT_MODE_MAX] = {
	[TEXT_CLASS_PLAIN]      = {TEXT_KEEP,          TEXT_KEEP},
	[TEXT_CLASS_BREAK]      = {TEXT_END_ROW,       TEXT_SPACE},
	[TEXT_CLASS_TAB]        = {TEXT_SPACES,        TEXT_SPACE},
	[TEXT_CLASS_CONTROL]    = {TEXT_PICTURE,       TEXT_PICTURE},
	[TEXT_CLASS_BAD]        = {TEXT_REPLACE,       TEXT_REPLACE},
	[TEXT_CLASS_BIDI]       = {TEXT_DROP,          TEXT_REPLACE},
	[TEXT_CLASS_WORD]       = {TEXT_KEEP_IN_WORD,  TEXT_REPLACE},
	[TEXT_CLASS_JOINER]     = {TEXT_KEEP_JOINING,  TEXT_REPLACE},
	[TEXT_CLASS_SELECTOR]   = {TEXT_KEEP_ON_EMOJI, TEXT_DROP},
	[TEXT_CLASS_INVISIBLE]  = {TEXT_DROP,          TEXT_REPLACE},
	[TEXT_CLASS_BLANK]      = {TEXT_KEEP,          TEXT_REPLACE},
	[TEXT_CLASS_UNASSIGNED] = {TEXT_KEEP,          TEXT_REPLACE},
	[TEXT_CLASS_MARK]       = {TEXT_KEEP_ON_BASE,  TEXT_KEEP_ON_BASE},
};
/* clang-format on */

static const struct range *range_find(int32_t cp)
{
	size_t low = 0, high = GC_LENGTH(RANGES);
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (cp > RANGES[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	return low < GC_LENGTH(RANGES) && cp >= RANGES[low].first ? &RANGES[low] : NULL;
}

static bool is_mark(utf8proc_category_t category)
{
	return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

enum text_class text_class_of(int32_t cp)
{
	const struct range *range = range_find(cp);
	if (range)
		return range->kind;
	if (cp < 0 || (cp & 0xFFFE) == 0xFFFE)
		return TEXT_CLASS_BAD;
	utf8proc_category_t category = utf8proc_category(cp);
	if (is_mark(category))
		return TEXT_CLASS_MARK;
	if (category == UTF8PROC_CATEGORY_CF)
		return TEXT_CLASS_INVISIBLE;
	return category == UTF8PROC_CATEGORY_CN ? TEXT_CLASS_UNASSIGNED : TEXT_CLASS_PLAIN;
}

enum text_action text_action_of(enum text_class kind, enum text_mode mode)
{
	return ACTIONS[kind][mode];
}

bool text_is_word(int32_t cp)
{
	utf8proc_category_t category = utf8proc_category(cp);
	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ND &&
	       text_class_of(cp) != TEXT_CLASS_SELECTOR;
}

bool text_is_space(int32_t cp)
{
	return cp == '\n' || utf8proc_category(cp) == UTF8PROC_CATEGORY_ZS;
}

bool text_is_pictograph(int32_t cp)
{
	return utf8proc_get_property(cp)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

bool text_is_modifier(int32_t cp)
{
	return cp >= 0x1F3FB && cp <= 0x1F3FF;
}

bool text_is_emoji_base(int32_t cp)
{
	return text_is_pictograph(cp) || (cp >= '0' && cp <= '9') || cp == '#' || cp == '*';
}

bool text_is_indic_mark(int32_t cp)
{
	bool script = (cp >= 0x0900 && cp <= 0x0DFF) || (cp >= 0x1000 && cp <= 0x109F) ||
		      (cp >= 0x1780 && cp <= 0x17FF) || (cp >= 0x11000 && cp <= 0x11FFF);
	return script && is_mark(utf8proc_category(cp));
}

size_t text_decode(const char *text, size_t len, int32_t *ret_cp)
{
	utf8proc_ssize_t n =
		utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, ret_cp);
	if (n > 0)
		return (size_t)n;
	*ret_cp = -1;
	return 1;
}
