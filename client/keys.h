/*
 * Bytes from a terminal to keys. Sequences that mean nothing here, and the terminal's own replies,
 * are swallowed whole, so that nothing a terminal says can become typed text. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum key {
	KEY_NONE, /* more bytes are needed, or the sequence meant nothing */
	KEY_TEXT, /* one code point */
	KEY_ENTER,
	KEY_NEWLINE, /* Alt+Enter or Ctrl-J */
	KEY_TAB,
	KEY_BACKSPACE,
	KEY_DELETE,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_WORD_LEFT,
	KEY_WORD_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_UP,
	KEY_DOWN,
	KEY_KILL_TO_END,
	KEY_KILL_TO_START,
	KEY_KILL_WORD,
	KEY_YANK,
	KEY_CANCEL, /* Ctrl-C */
	KEY_CLOSE, /* Ctrl-D */
	KEY_SUSPEND,
	KEY_REPAINT,
};

enum {
	KEYS_BYTES_MAX = 32, /* of one sequence; longer ones are swallowed */
	KEYS_TEXT_BYTES = 5,
	KEYS_ESCAPE_MS = 30, /* an ESC alone for this long is the key */
};

enum keys_state {
	KEYS_GROUND,
	KEYS_UTF8,
	KEYS_ESCAPE,
	KEYS_CSI,
	KEYS_SS3,
	KEYS_STRING, /* OSC, DCS, APC, PM: up to BEL or ST */
	KEYS_STRING_ESCAPE,
};

struct keys {
	enum keys_state state;
	bool pasting;
	char bytes[KEYS_BYTES_MAX];
	size_t len;
};

/* Takes one byte. With KEY_TEXT, `ret_text` holds the code point, NUL-terminated. */
enum key keys_take(struct keys *k, unsigned char byte, char ret_text[KEYS_TEXT_BYTES]);
/* An unfinished sequence waits for its next byte. */
bool keys_is_waiting(const struct keys *k);
/* The next byte did not come in time. */
void keys_expire(struct keys *k);
