/* What the store has come to since the last look, said once for each change. */
#include "server_priv.h"

#include "base/log.h"
#include "base/log_ids.h"
#include "base/metrics.h"

#include <stdlib.h>

static void say_health(const struct server *s, enum store_health before, enum store_health now)
{
	switch (now) {
	case STORE_HEALTH_READ_ONLY:
		log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_STORE_FULL,
			"the disk is full: sends are refused, reading and signing in go on folder=%s",
			s->config->store.folder);
		return;
	case STORE_HEALTH_UNAVAILABLE:
		log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_STORE_UNAVAILABLE,
			"the store can't write: all changes are refused folder=%s",
			s->config->store.folder);
		return;
	case STORE_HEALTH_OK:
		log_with(LOG_LEVEL_NOTICE, NULL, LOG_ID_STORE_RECOVERED,
			"the store takes all changes again after=%s refused=%llu",
			before == STORE_HEALTH_READ_ONLY ? "full" : "unavailable",
			(unsigned long long)metric_get(METRIC_DISK_FULL));
		return;
	}
}

static void say_damage(struct server *s)
{
	size_t count;
	struct room **rooms = directory_all_rooms(s->directory, &count);
	for (size_t i = 0; i < count; i++) {
		if (room_report_damage(rooms[i]))
			log_limited(LOG_LEVEL_ERROR, &(struct log_fields){.room = rooms[i]->name},
				LOG_ID_STORE_DAMAGED,
				"a room's log is damaged: it is closed to writing; see 'gchatctl "
				"verify'");
		(void)room_unref(rooms[i]);
	}
	free(rooms);
}

void server_watch_store(struct server *s)
{
	struct store_stats stats;
	store_get_stats(s->store, &stats);
	if (stats.health != s->health)
		say_health(s, s->health, stats.health);
	s->health = stats.health;
	uint64_t damaged = metric_get(METRIC_DAMAGED_ROOMS);
	if (damaged != s->damaged_rooms)
		say_damage(s);
	s->damaged_rooms = damaged;
}
