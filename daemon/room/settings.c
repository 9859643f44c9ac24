/* Ranges, changes and the stored form. */
#include "room/settings.h"

#include "proto/limits.h"

bool room_settings_fit(const struct room_settings *settings)
{
	return settings->slow_mode_s <= LIMIT_SLOW_MODE_S &&
	       settings->text_bytes_max <= LIMIT_TEXT_BYTES &&
	       settings->members_max <= LIMIT_ROOM_MEMBERS &&
	       settings->retention_days <= LIMIT_RETENTION_DAYS &&
	       settings->retention_events <= LIMIT_RETENTION_EVENTS;
}

void room_settings_merge(
	struct room_settings *settings, const struct room_settings *change, unsigned sets)
{
	if (sets & ROOM_SETS_READ_ONLY)
		settings->read_only = change->read_only;
	if (sets & ROOM_SETS_SLOW_MODE)
		settings->slow_mode_s = change->slow_mode_s;
	if (sets & ROOM_SETS_TEXT_BYTES)
		settings->text_bytes_max = change->text_bytes_max;
	if (sets & ROOM_SETS_MEMBERS)
		settings->members_max = change->members_max;
	if (sets & ROOM_SETS_RETENTION_DAYS)
		settings->retention_days = change->retention_days;
	if (sets & ROOM_SETS_RETENTION_EVENTS)
		settings->retention_events = change->retention_events;
}

void room_settings_store(const struct room_settings *settings, Gchat__V1__RoomRecord *record)
{
	record->read_only = settings->read_only;
	record->slow_mode_s = settings->slow_mode_s;
	record->text_bytes_max = settings->text_bytes_max;
	record->members_max = settings->members_max;
	record->retention_days = settings->retention_days;
	record->retention_events = settings->retention_events;
}

struct room_settings room_settings_load(const Gchat__V1__RoomRecord *record)
{
	return (struct room_settings){.read_only = record->read_only,
		.slow_mode_s = record->slow_mode_s,
		.text_bytes_max = record->text_bytes_max,
		.members_max = record->members_max,
		.retention_days = record->retention_days,
		.retention_events = record->retention_events};
}

uint32_t room_settings_lower(uint32_t server, uint32_t room)
{
	return room > 0 && room < server ? room : server;
}
