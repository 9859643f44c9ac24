/*
 * What is set for one room beside its name and texts: who may write, how often and how much, how
 * many may be in it, how long its log is kept. A value of 0 leaves it to the server. Pure functions.
 */
#pragma once

#include "gchat/v1/record.pb-c.h"
#include <stdbool.h>
#include <stdint.h>

struct room_settings {
	bool read_only; /* only moderators and owners write */
	uint32_t slow_mode_s; /* between two messages of one member; 0: none */
	uint32_t text_bytes_max; /* of one message, where the server allows more */
	uint32_t members_max; /* the same of members */
	uint32_t retention_days; /* in place of the server's, more or less */
	uint32_t retention_events; /* the same */
};

/* Which of the settings a change names. */
enum room_setting {
	ROOM_SETS_READ_ONLY = 1 << 0,
	ROOM_SETS_SLOW_MODE = 1 << 1,
	ROOM_SETS_TEXT_BYTES = 1 << 2,
	ROOM_SETS_MEMBERS = 1 << 3,
	ROOM_SETS_RETENTION_DAYS = 1 << 4,
	ROOM_SETS_RETENTION_EVENTS = 1 << 5,
	/* Those that members see: an event tells of them. */
	ROOM_SETS_VISIBLE = ROOM_SETS_READ_ONLY | ROOM_SETS_SLOW_MODE | ROOM_SETS_TEXT_BYTES,
};

/* Whether each is within its range (limits.h). */
bool room_settings_fit(const struct room_settings *settings);

/* Takes what `sets` names from `change`. */
void room_settings_merge(
	struct room_settings *settings, const struct room_settings *change, unsigned sets);

/* To and from the room's record. */
void room_settings_store(const struct room_settings *settings, Gchat__V1__RoomRecord *record);
struct room_settings room_settings_load(const Gchat__V1__RoomRecord *record);

/* The lower of the server's limit and the room's own. */
uint32_t room_settings_lower(uint32_t server, uint32_t room);
