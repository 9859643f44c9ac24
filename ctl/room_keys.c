/* The table of keys; reading and printing by the kind of each. */
#include "ctl/room_keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "ctl/exit.h"
#include "ctl/near.h"
#include "ctl/words.h"
#include "proto/limits.h"

enum {
	KEYS_DECIMAL = 10,
};

enum kind {
	KIND_TEXT,
	KIND_VISIBILITY,
	KIND_FLAG,
	KIND_DURATION, /* seconds, or "off" */
	KIND_LIMIT, /* a number, or "default" */
};

struct key {
	const char *name;
	enum kind kind;
	uint32_t max; /* bytes of a text, the highest number */
	size_t setting; /* where in RoomSettings */
};

#define IN(field) offsetof(Gchat__V1__RoomSettings, field)
/* clang-format off */
static const struct key keys[_ROOM_KEY_MAX] = {
	[ROOM_KEY_TITLE]            = {"title", KIND_TEXT, LIMIT_TITLE_BYTES, 0},
	[ROOM_KEY_TOPIC]            = {"topic", KIND_TEXT, LIMIT_TOPIC_BYTES, 0},
	[ROOM_KEY_VISIBILITY]       = {"visibility", KIND_VISIBILITY, 0, 0},
	[ROOM_KEY_READ_ONLY]        = {"read-only", KIND_FLAG, 1, IN(read_only)},
	[ROOM_KEY_SLOW_MODE]        = {"slow-mode", KIND_DURATION, LIMIT_SLOW_MODE_S, IN(slow_mode_s)},
	[ROOM_KEY_MESSAGE_BYTES]    = {"message-bytes", KIND_LIMIT, LIMIT_TEXT_BYTES, IN(text_bytes_max)},
	[ROOM_KEY_MEMBERS]          = {"members", KIND_LIMIT, LIMIT_ROOM_MEMBERS, IN(members_max)},
	[ROOM_KEY_RETENTION_DAYS]   = {"retention-days", KIND_LIMIT, LIMIT_RETENTION_DAYS, IN(retention_days)},
	[ROOM_KEY_RETENTION_EVENTS] = {"retention-events", KIND_LIMIT, LIMIT_RETENTION_EVENTS, IN(retention_events)},
};
/* clang-format on */

const char *room_key_name(enum room_key key)
{
	return keys[key].name;
}

/* ---- reading ---- */

static uint32_t *number_in(Gchat__V1__RoomSettings *settings, const struct key *key)
{
	return (uint32_t *)(void *)((char *)settings + key->setting);
}

static const char *allowed(const struct key *key, char *buf, size_t size)
{
	switch (key->kind) {
	case KIND_TEXT:
		(void)snprintf(buf, size, "at most %" PRIu32 " bytes", key->max);
		break;
	case KIND_VISIBILITY:
		(void)snprintf(buf, size, "public, private");
		break;
	case KIND_FLAG:
		(void)snprintf(buf, size, "yes, no");
		break;
	case KIND_DURATION:
		(void)snprintf(buf, size, "off, or up to %" PRIu32 " s, like 30s or 5m", key->max);
		break;
	case KIND_LIMIT:
		(void)snprintf(buf, size, "1 to %" PRIu32 ", or default", key->max);
		break;
	}
	return buf;
}

static bool read_number(const char *text, uint64_t *ret)
{
	char *end = NULL;
	errno = 0;
	*ret = strtoull(text, &end, KEYS_DECIMAL);
	return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static bool read_flag(const char *text, protobuf_c_boolean *ret)
{
	bool yes = strcmp(text, "yes") == 0 || strcmp(text, "on") == 0 || strcmp(text, "true") == 0;
	bool no = strcmp(text, "no") == 0 || strcmp(text, "off") == 0 || strcmp(text, "false") == 0;
	*ret = yes;
	return yes || no;
}

/* A number within its range; `none` is the word for 0. */
static bool read_limit(const struct key *key, const char *text, const char *none,
	bool (*read)(const char *text, uint64_t *ret), uint32_t *ret)
{
	uint64_t number = 0;
	if (strcmp(text, none) == 0) {
		*ret = 0;
		return true;
	}
	if (!read(text, &number) || number == 0 || number > key->max)
		return false;
	*ret = (uint32_t)number;
	return true;
}

static bool take(enum room_key which, const char *text, struct room_values *v)
{
	const struct key *key = &keys[which];
	switch (key->kind) {
	case KIND_TEXT:
		*(which == ROOM_KEY_TITLE ? &v->title : &v->topic) = text;
		return strlen(text) <= key->max;
	case KIND_VISIBILITY:
		return words_find_visibility(text, &v->visibility);
	case KIND_FLAG:
		return read_flag(text, &v->settings.read_only);
	case KIND_DURATION:
		return read_limit(key, text, "off", duration_parse, number_in(&v->settings, key));
	case KIND_LIMIT:
		return read_limit(key, text, "default", read_number, number_in(&v->settings, key));
	}
	return false;
}

static int say_unknown(const char *word, size_t len, FILE *err)
{
	char typed[NEAR_WORD_BYTES];
	(void)snprintf(typed, sizeof(typed), "%.*s", (int)(len < sizeof(typed) ? len : 0), word);
	struct near near = near_start(typed);
	for (size_t i = 0; i < _ROOM_KEY_MAX; i++)
		near_consider(&near, keys[i].name);
	(void)fprintf(err, "gchatctl: a room has no '%s'", typed);
	if (near.word)
		(void)fprintf(err, "; did you mean '%s'?\n", near.word);
	else
		(void)fprintf(err, "; see gchatctl room set --help\n");
	return EXIT_USAGE;
}

static int read_word(const char *word, struct room_values *v, FILE *err)
{
	size_t len = strcspn(word, "=");
	unsigned which = 0;
	char buf[96];
	while (which < _ROOM_KEY_MAX &&
		(strlen(keys[which].name) != len || strncmp(keys[which].name, word, len) != 0))
		which++;
	if (which == _ROOM_KEY_MAX)
		return say_unknown(word, len, err);
	const char *name = keys[which].name;
	const char *range = allowed(&keys[which], buf, sizeof(buf));
	if (word[len] != '=')
		(void)fprintf(err, "gchatctl: %s wants a value: %s=... (allowed: %s)\n", name, name,
			range);
	else if (v->given & (1U << which))
		(void)fprintf(err, "gchatctl: %s is given twice\n", name);
	else if (!take((enum room_key)which, word + len + 1, v))
		(void)fprintf(err, "gchatctl: %s: not a value for it (allowed: %s)\n", name, range);
	else {
		v->given |= 1U << which;
		return EXIT_DONE;
	}
	return EXIT_USAGE;
}

int room_keys_read(char *const *words, int count, struct room_values *ret, FILE *err)
{
	*ret = (struct room_values){0};
	gchat__v1__room_settings__init(&ret->settings);
	for (int i = 0; i < count; i++) {
		int r = read_word(words[i], ret, err);
		if (r != EXIT_DONE)
			return r;
	}
	return EXIT_DONE;
}

/* ---- printing ---- */

static void print_setting(
	const struct key *key, Gchat__V1__RoomSettings settings, char *out, size_t size)
{
	char buf[DURATION_BYTES];
	uint32_t number = key->kind == KIND_FLAG ? 0 : *number_in(&settings, key);
	if (key->kind == KIND_FLAG)
		(void)snprintf(out, size, "%s", settings.read_only ? "yes" : "no");
	else if (number == 0)
		(void)snprintf(out, size, "%s", key->kind == KIND_DURATION ? "off" : "default");
	else if (key->kind == KIND_DURATION)
		(void)snprintf(out, size, "%s", duration_print(number, buf));
	else
		(void)snprintf(out, size, "%" PRIu32, number);
}

void room_key_print(
	enum room_key key, const Gchat__V1__AdminRoom *room, char out[static ROOM_KEY_VALUE_BYTES])
{
	const Gchat__V1__Room *r = room->room;
	out[0] = '\0';
	if (!r || !room->settings)
		return;
	if (key == ROOM_KEY_TITLE)
		(void)snprintf(out, ROOM_KEY_VALUE_BYTES, "%s", r->title);
	else if (key == ROOM_KEY_TOPIC)
		(void)snprintf(out, ROOM_KEY_VALUE_BYTES, "%s", r->topic);
	else if (key == ROOM_KEY_VISIBILITY)
		(void)snprintf(out, ROOM_KEY_VALUE_BYTES, "%s", words_visibility(r->visibility));
	else
		print_setting(&keys[key], *room->settings, out, ROOM_KEY_VALUE_BYTES);
}
