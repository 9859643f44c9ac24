/*
 * The kinds of code points that text_clean tells apart, and what it does with each kind in each
 * mode. Private to text*.c and their tests.
 */
#pragma once

#include "client/text.h"

enum text_class {
	TEXT_CLASS_PLAIN,
	TEXT_CLASS_BREAK, /* ends a row: LF CR VT FF NEL, line and paragraph separator */
	TEXT_CLASS_TAB,
	TEXT_CLASS_CONTROL, /* other C0 and DEL: have a picture */
	TEXT_CLASS_BAD, /* C1, noncharacters, surrogates, private use */
	TEXT_CLASS_BIDI, /* embeddings, overrides, isolates */
	TEXT_CLASS_WORD, /* LRM RLM ZWNJ: have a use inside words */
	TEXT_CLASS_JOINER, /* ZWJ */
	TEXT_CLASS_SELECTOR, /* VS15 VS16 */
	TEXT_CLASS_INVISIBLE, /* zero width or blank, tags included */
	TEXT_CLASS_BLANK, /* U+2800: blank, but has its use in Braille */
	TEXT_CLASS_UNASSIGNED,
	TEXT_CLASS_MARK, /* Mn Mc Me */
	_TEXT_CLASS_MAX,
};

enum text_action {
	TEXT_KEEP,
	TEXT_DROP,
	TEXT_REPLACE, /* by U+FFFD */
	TEXT_PICTURE, /* by its U+2400 picture */
	TEXT_END_ROW,
	TEXT_SPACE, /* by one space */
	TEXT_SPACES, /* up to the next tab stop */
	TEXT_KEEP_IN_WORD, /* between letters, once */
	TEXT_KEEP_JOINING, /* between pictographs, or after an Indic mark */
	TEXT_KEEP_ON_EMOJI,
	TEXT_KEEP_ON_BASE, /* up to a number of marks */
};

enum text_class text_class_of(int32_t cp);
enum text_action text_action_of(enum text_class kind, enum text_mode mode);

/* Letters, marks and digits: what ZWNJ, LRM and RLM may stand between. */
bool text_is_word(int32_t cp);
/* Spaces and row ends, which can't carry a mark. */
bool text_is_space(int32_t cp);
/* Extended_Pictographic: what ZWJ may stand between. */
bool text_is_pictograph(int32_t cp);
/* A skin tone. */
bool text_is_modifier(int32_t cp);
/* May be followed by VS15 or VS16. */
bool text_is_emoji_base(int32_t cp);
/* A mark of a script of India or its relatives, where ZWJ has a meaning. */
bool text_is_indic_mark(int32_t cp);

/* Decodes one code point. Bytes used, > 0; a bad byte counts one and gives *ret_cp = -1. */
size_t text_decode(const char *text, size_t len, int32_t *ret_cp);
