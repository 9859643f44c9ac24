/* A small state machine over the sequences of ECMA-48. */
#include "client/keys.h"

#include "base/macros.h"
#include "client/text_class.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	ESC = 0x1B,
	BEL = 0x07,
	DEL = 0x7F,
};

/* clang-format off */
static const enum key CONTROLS[' '] = {
	[0x01] = KEY_HOME,          [0x02] = KEY_LEFT,   [0x03] = KEY_CANCEL,  [0x04] = KEY_CLOSE,
	[0x05] = KEY_END,           [0x06] = KEY_RIGHT,  [0x08] = KEY_BACKSPACE, [0x09] = KEY_TAB,
	[0x0A] = KEY_NEWLINE,       [0x0B] = KEY_KILL_TO_END, [0x0C] = KEY_REPAINT,
	[0x0D] = KEY_ENTER,         [0x0E] = KEY_DOWN,   [0x10] = KEY_UP,
	[0x15] = KEY_KILL_TO_START, [0x17] = KEY_KILL_WORD, [0x19] = KEY_YANK, [0x1A] = KEY_SUSPEND,
};

/* ESC [ ... final and ESC O final. */
static const struct {
	char final;
	enum key plain, with_modifier;
} FINALS[] = {
	{'A', KEY_UP, KEY_UP},       {'B', KEY_DOWN, KEY_DOWN},
	{'C', KEY_RIGHT, KEY_WORD_RIGHT}, {'D', KEY_LEFT, KEY_WORD_LEFT},
	{'F', KEY_END, KEY_END},     {'H', KEY_HOME, KEY_HOME},
};

static const struct {
	int number;
	enum key key;
} TILDES[] = {
	{1, KEY_HOME}, {3, KEY_DELETE}, {4, KEY_END}, {7, KEY_HOME}, {8, KEY_END},
};

static const struct {
	unsigned char byte;
	enum key key;
} ALTS[] = {
	{'\r', KEY_NEWLINE}, {'\n', KEY_NEWLINE}, {'b', KEY_WORD_LEFT}, {'f', KEY_WORD_RIGHT},
	{DEL, KEY_KILL_WORD}, {'\b', KEY_KILL_WORD},
};
/* clang-format on */

static void reset(struct keys *k)
{
	k->state = KEYS_GROUND;
	k->len = 0;
}

static enum key one_byte_text(char byte, char ret_text[KEYS_TEXT_BYTES])
{
	ret_text[0] = byte;
	ret_text[1] = '\0';
	return KEY_TEXT;
}

static void remember(struct keys *k, unsigned char byte)
{
	if (k->len < KEYS_BYTES_MAX - 1)
		k->bytes[k->len++] = (char)byte;
	k->bytes[k->len] = '\0';
}

static enum key take_ground(struct keys *k, unsigned char byte, char ret_text[KEYS_TEXT_BYTES])
{
	if (byte == ESC) {
		k->state = KEYS_ESCAPE;
		return KEY_NONE;
	}
	if (k->pasting && (byte == '\r' || byte == '\n'))
		return one_byte_text('\n', ret_text);
	if (k->pasting && byte == '\t')
		return one_byte_text(' ', ret_text);
	if (byte < ' ')
		return k->pasting ? KEY_NONE : CONTROLS[byte];
	if (byte == DEL)
		return k->pasting ? KEY_NONE : KEY_BACKSPACE;
	if (byte < DEL)
		return one_byte_text((char)byte, ret_text);
	k->state = KEYS_UTF8;
	remember(k, byte);
	return KEY_NONE;
}

static size_t utf8_length(unsigned char lead)
{
	return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
}

static enum key take_utf8(struct keys *k, unsigned char byte, char ret_text[KEYS_TEXT_BYTES])
{
	size_t want = utf8_length((unsigned char)k->bytes[0]);
	if (!want || (byte & 0xC0) != 0x80) { /* a broken sequence: start again with this byte */
		reset(k);
		return take_ground(k, byte, ret_text);
	}
	remember(k, byte);
	if (k->len < want)
		return KEY_NONE;
	int32_t cp;
	size_t n = text_decode(k->bytes, k->len, &cp);
	memcpy(ret_text, k->bytes, k->len);
	ret_text[k->len] = '\0';
	reset(k);
	return cp >= 0 && n == want ? KEY_TEXT : KEY_NONE;
}

static enum key take_escape(struct keys *k, unsigned char byte)
{
	reset(k);
	if (byte == '[')
		k->state = KEYS_CSI;
	else if (byte == 'O')
		k->state = KEYS_SS3;
	else if (byte == ']' || byte == 'P' || byte == '_' || byte == '^')
		k->state = KEYS_STRING;
	else if (byte == ESC)
		k->state = KEYS_ESCAPE;
	for (size_t i = 0; k->state == KEYS_GROUND && !k->pasting && i < GC_LENGTH(ALTS); i++) {
		if (ALTS[i].byte == byte)
			return ALTS[i].key;
	}
	return KEY_NONE;
}

static enum key tilde_key(struct keys *k)
{
	long number = strtol(k->bytes, NULL, 10);
	if (number == 200 || number == 201)
		k->pasting = number == 200;
	for (size_t i = 0; i < GC_LENGTH(TILDES); i++) {
		if (TILDES[i].number == number)
			return TILDES[i].key;
	}
	return KEY_NONE;
}

static enum key final_key(const struct keys *k, char final)
{
	for (size_t i = 0; i < GC_LENGTH(FINALS); i++) {
		if (FINALS[i].final == final)
			return strchr(k->bytes, ';') ? FINALS[i].with_modifier : FINALS[i].plain;
	}
	return KEY_NONE;
}

static enum key take_csi(struct keys *k, unsigned char byte)
{
	if (byte == ESC) {
		reset(k);
		k->state = KEYS_ESCAPE;
		return KEY_NONE;
	}
	if (byte < 0x40 || byte > 0x7E) {
		remember(k, byte);
		return KEY_NONE;
	}
	k->bytes[k->len] = '\0';
	enum key key = byte == '~' ? tilde_key(k) : final_key(k, (char)byte);
	reset(k);
	return k->pasting ? KEY_NONE : key;
}

static enum key take_string(struct keys *k, unsigned char byte)
{
	bool ended = byte == BEL || (k->state == KEYS_STRING_ESCAPE && byte == '\\');
	k->state = byte == ESC ? KEYS_STRING_ESCAPE : KEYS_STRING;
	if (ended)
		reset(k);
	return KEY_NONE;
}

enum key keys_take(struct keys *k, unsigned char byte, char ret_text[KEYS_TEXT_BYTES])
{
	switch (k->state) {
	case KEYS_GROUND:
		return take_ground(k, byte, ret_text);
	case KEYS_UTF8:
		return take_utf8(k, byte, ret_text);
	case KEYS_ESCAPE:
		return take_escape(k, byte);
	case KEYS_CSI:
	case KEYS_SS3:
		return take_csi(k, byte);
	case KEYS_STRING:
	case KEYS_STRING_ESCAPE:
		return take_string(k, byte);
	}
	return KEY_NONE;
}

bool keys_is_waiting(const struct keys *k)
{
	return k->state != KEYS_GROUND;
}

void keys_expire(struct keys *k)
{
	reset(k);
}
