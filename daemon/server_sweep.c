/* Retention: which events of each room are past it, by count and by age. On a reader thread. */
#include "server_priv.h"

#include "base/mem.h"
#include "room/retention.h"

#include <stdlib.h>

struct sweep {
	struct store_job job;
	struct store *store; /* borrowed */
	struct retention server; /* for rooms that have none of their own */
	uint64_t now_us;
	struct room **rooms; /* owned, with refs */
	size_t count;
};

static void run(struct store_job *job, struct store_reader *reader)
{
	struct sweep *sweep = GC_CONTAINER_OF(job, struct sweep, job);
	for (size_t i = 0; i < sweep->count; i++) {
		retention_sweep(
			sweep->store, reader, sweep->rooms[i], &sweep->server, sweep->now_us);
		(void)room_unref(sweep->rooms[i]);
	}
	free(sweep->rooms);
	free(sweep);
}

void server_sweep(struct server *s)
{
	const struct config *c = s->config;
	struct sweep *sweep = mem_new(1, sizeof(*sweep));
	*sweep = (struct sweep){.job.run = run,
		.store = s->store,
		.server = {.days = (uint32_t)c->retention.max_age_days,
			.events = (uint64_t)c->retention.max_events},
		.now_us = clock_wall_us()};
	sweep->rooms = directory_all_rooms(s->directory, &sweep->count);
	store_run(s->store, &sweep->job);
}
