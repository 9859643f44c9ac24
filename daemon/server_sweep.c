/* Retention: which events of each room are past it, by count and by age. On a reader thread. */
#include "server_priv.h"

#include "base/mem.h"

#include <stdlib.h>

struct sweep {
	struct store_job job;
	struct store *store; /* borrowed */
	uint64_t oldest_us; /* events before this go; 0: no limit by age */
	uint64_t max_events; /* 0: no limit by count */
	struct room **rooms; /* owned, with refs */
	size_t count;
};

static uint64_t floor_of(
	const struct sweep *sweep, struct store_reader *reader, const struct room_info *info)
{
	uint64_t floor = info->first_seq;
	uint64_t kept = info->head_seq + 1 - info->first_seq;
	if (sweep->max_events > 0 && kept > sweep->max_events)
		floor = info->head_seq + 1 - sweep->max_events;
	uint64_t seq;
	if (sweep->oldest_us > 0 &&
		store_seq_at(reader, info->id, sweep->oldest_us, &seq) == STORE_OK && seq > floor)
		floor = seq;
	return floor;
}

/* Readers get a gap from now on; the store follows when it has time. */
static void trim(const struct sweep *sweep, struct room *room, uint64_t floor)
{
	room_lock(room);
	room->shared.first_seq = floor;
	room_unlock(room);
	store_trim(sweep->store, room->id, floor);
}

static void run(struct store_job *job, struct store_reader *reader)
{
	struct sweep *sweep = GC_CONTAINER_OF(job, struct sweep, job);
	for (size_t i = 0; i < sweep->count; i++) {
		struct room_info info;
		room_get_info(sweep->rooms[i], &info);
		uint64_t floor = floor_of(sweep, reader, &info);
		if (floor > info.first_seq)
			trim(sweep, sweep->rooms[i], floor);
		(void)room_unref(sweep->rooms[i]);
	}
	free(sweep->rooms);
	free(sweep);
}

void server_sweep(struct server *s)
{
	enum {
		S_PER_DAY = 86400
	};
	const struct config *c = s->config;
	if (c->retention.max_age_days == 0 && c->retention.max_events == 0)
		return;
	struct sweep *sweep = mem_new(1, sizeof(*sweep));
	*sweep = (struct sweep){
		.job.run = run, .store = s->store, .max_events = (uint64_t)c->retention.max_events};
	if (c->retention.max_age_days > 0)
		sweep->oldest_us = clock_wall_us() -
				   (uint64_t)c->retention.max_age_days * S_PER_DAY * CLOCK_US_PER_S;
	sweep->rooms = directory_all_rooms(s->directory, &sweep->count);
	store_run(s->store, &sweep->job);
}
