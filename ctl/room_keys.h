/*
 * What can be set for a room on the command line, as KEY=VALUE: one table of keys, their ranges and
 * what they mean. A limit of "default" is the server's. One thread.
 */
#pragma once

#include "base/macros.h"
#include "gchat/v1/admin.pb-c.h"
#include <stdio.h>

enum room_key {
	ROOM_KEY_TITLE,
	ROOM_KEY_TOPIC,
	ROOM_KEY_VISIBILITY,
	ROOM_KEY_READ_ONLY,
	ROOM_KEY_SLOW_MODE,
	ROOM_KEY_MESSAGE_BYTES,
	ROOM_KEY_MEMBERS,
	ROOM_KEY_RETENTION_DAYS,
	ROOM_KEY_RETENTION_EVENTS,
	_ROOM_KEY_MAX,
};

enum {
	ROOM_KEY_VALUE_BYTES = 1280, /* of a value in words: a topic is the longest */
	ROOM_KEYS_MAX = _ROOM_KEY_MAX, /* on one command line */
};

/* What was given. Texts borrowed from the command line. */
struct room_values {
	unsigned given; /* 1 << enum room_key */
	const char *title;
	const char *topic;
	Gchat__V1__Visibility visibility;
	Gchat__V1__RoomSettings settings;
};

/* Reads the words. EXIT_DONE, or EXIT_USAGE after saying on `err` which one is wrong and why. */
int room_keys_read(char *const *words, int count, struct room_values *ret, FILE *err) GC_MUST_CHECK;

/* "read-only". Static storage. */
const char *room_key_name(enum room_key key);
/* What the room has for it now, in words as they are given: "yes", "30 s", "default". */
void room_key_print(
	enum room_key key, const Gchat__V1__AdminRoom *room, char out[static ROOM_KEY_VALUE_BYTES]);
