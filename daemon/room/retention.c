/* The oldest event kept, by two limits; then the log loses what is before it. */
#include "room/retention.h"

#include "base/clock.h"

enum {
	S_PER_DAY = 86400
};

struct retention retention_for(const struct retention *server, const struct room_settings *settings)
{
	return (struct retention){
		.days = settings->retention_days ? settings->retention_days : server->days,
		.events = settings->retention_events ? settings->retention_events : server->events,
	};
}

/* When the oldest event that is kept may have been committed; 0: at any time. */
static uint64_t oldest_us(const struct retention *kept, uint64_t now_us)
{
	uint64_t age_us = (uint64_t)kept->days * S_PER_DAY * CLOCK_US_PER_S;
	return kept->days > 0 && now_us > age_us ? now_us - age_us : 0;
}

static uint64_t floor_of(const struct retention *kept, struct store_reader *reader,
	const struct room_info *info, uint64_t now_us)
{
	uint64_t floor = info->first_seq;
	uint64_t count = info->head_seq + 1 - info->first_seq;
	uint64_t oldest = oldest_us(kept, now_us);
	uint64_t seq;
	if (kept->events > 0 && count > kept->events)
		floor = info->head_seq + 1 - kept->events;
	if (oldest > 0 && store_seq_at(reader, info->id, oldest, &seq) == STORE_OK && seq > floor)
		floor = seq;
	return floor;
}

void retention_sweep(struct store *store, struct store_reader *reader, struct room *room,
	const struct retention *server, uint64_t now_us)
{
	struct room_info info;
	room_get_info(room, &info);
	struct retention kept = retention_for(server, &info.settings);
	uint64_t floor = floor_of(&kept, reader, &info, now_us);
	if (floor <= info.first_seq)
		return;
	room_lock(room);
	room->shared.first_seq = floor; /* readers get a gap from now on */
	room_unlock(room);
	store_trim(store, room->id, floor);
}
