/*
 * How long a room's log is kept: by age and by count, as the server has it or as the room has it for
 * itself, more or less. What is past it is announced as a gap from the moment it is decided, and leaves
 * the store when that has time.
 */
#pragma once

#include "room/room.h"
#include "store/store.h"

/* What is kept. 0: no limit. */
struct retention {
	uint32_t days;
	uint64_t events;
};

/* What holds for a room: its own where it has any, else the server's, each for itself. */
struct retention retention_for(
	const struct retention *server, const struct room_settings *settings);

/* Drops what is past the retention of the room at this moment. Reader thread. */
void retention_sweep(struct store *store, struct store_reader *reader, struct room *room,
	const struct retention *server, uint64_t now_us);
