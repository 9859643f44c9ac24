/* Rooms: members, publishing, ringing. */
#include "room/room.h"

#include "base/mem.h"
#include "base/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* From so many readers on, telling them costs more than a commit: measured at 10 to 20 us for
	 * a message to one of them, and 0.5 ms for a commit. */
	CROWD_READERS = 64,
	/* The part of the tail that quiet events may fill: who is behind it reads from the disk. */
	HUSHED_OF_TAIL = 4,
};

struct room *room_new(uint64_t id, const char *name, uint64_t created_us)
{
	struct room *room = mem_new(1, sizeof(*room));
	atomic_init(&room->refs, 1);
	room->id = id;
	room->created_us = created_us;
	(void)snprintf(room->name, sizeof(room->name), "%s", name);
	pthread_mutex_init(&room->shared.mu, NULL);
	room->shared.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC;
	room->shared.first_seq = 1;
	roomlog_init(&room->shared.log, 0);
	LIST_INIT(&room->shared.watches);
	STAILQ_INIT(&room->shared.rewrites);
	return room;
}

struct room *room_ref(struct room *room)
{
	atomic_fetch_add_explicit(&room->refs, 1, memory_order_relaxed);
	return room;
}

static void free_restrictions(struct room *room)
{
	struct room_restriction *note;
	struct room_restriction *tmp;
	HASH_ITER (hh, room->shared.restrictions, note, tmp) {
		HASH_DELETE(hh, room->shared.restrictions, note);
		free(note);
	}
}

struct room *room_unref(struct room *room)
{
	if (!room || atomic_fetch_sub_explicit(&room->refs, 1, memory_order_acq_rel) > 1)
		return NULL;
	GC_ASSERT(!room->shared.members && LIST_EMPTY(&room->shared.watches) &&
		  STAILQ_EMPTY(&room->shared.rewrites));
	free_restrictions(room);
	roomlog_deinit(&room->shared.log);
	pthread_mutex_destroy(&room->shared.mu);
	free(room);
	return NULL;
}

void room_lock(struct room *room)
{
	pthread_mutex_lock(&room->shared.mu);
}

void room_unlock(struct room *room)
{
	pthread_mutex_unlock(&room->shared.mu);
}

struct member *room_find_member(struct room *room, uint64_t account_id)
{
	struct member *member;
	HASH_FIND(hh, room->shared.members, &account_id, sizeof(account_id), member);
	return member;
}

Gchat__V1__Role room_role_of(struct room *room, uint64_t account_id)
{
	room_lock(room);
	struct member *member = room_find_member(room, account_id);
	Gchat__V1__Role role = member ? member->role : GCHAT__V1__ROLE__ROLE_UNSPECIFIED;
	room_unlock(room);
	return role;
}

uint64_t room_reads_from(struct room *room, uint64_t account_id)
{
	room_lock(room);
	struct member *member = room_find_member(room, account_id);
	bool all = room->shared.visibility != GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE;
	uint64_t from = !member ? 0 : all || member->joined_seq == 0 ? 1 : member->joined_seq;
	room_unlock(room);
	return from;
}

void room_set_settings(struct room *room, const struct room_settings *settings)
{
	room->shared.settings = *settings;
	atomic_store(&room->slow_mode_s, settings->slow_mode_s);
	atomic_store(&room->text_bytes_max, settings->text_bytes_max);
}

int64_t room_wait_us(const struct room *room, const struct member *member)
{
	int64_t pause_us = (int64_t)room->shared.settings.slow_mode_s * CLOCK_US_PER_S;
	if (pause_us == 0 || member->said.us == 0 ||
		member->role >= GCHAT__V1__ROLE__ROLE_MODERATOR)
		return 0;
	int64_t left = member->said.us + pause_us - clock_mono().us;
	return left > 0 ? left : 0;
}

uint32_t room_take_turn(struct room *room, uint64_t account_id)
{
	if (atomic_load_explicit(&room->slow_mode_s, memory_order_relaxed) == 0)
		return 0;
	room_lock(room);
	struct member *member = room_find_member(room, account_id);
	int64_t wait_us = member ? room_wait_us(room, member) : 0;
	if (member && wait_us == 0)
		member->said = clock_mono();
	room_unlock(room);
	return (uint32_t)((wait_us + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS);
}

void room_mark_damaged(struct room *room)
{
	unsigned sound = ROOM_SOUND;
	(void)atomic_fetch_add(&room->damage_finds, 1); /* first: see room_mend */
	if (atomic_compare_exchange_strong(&room->damage, &sound, ROOM_DAMAGED))
		metric_add(METRIC_DAMAGED_ROOMS, 1);
}

bool room_mend(struct room *room, unsigned finds)
{
	if (atomic_load(&room->damage_finds) != finds ||
		atomic_exchange(&room->damage, ROOM_SOUND) == ROOM_SOUND)
		return false;
	metric_add(METRIC_MENDED_ROOMS, 1);
	if (atomic_load(&room->damage_finds) == finds)
		return true;
	room_mark_damaged(room); /* it was found again just before it was opened */
	return false;
}

bool room_is_damaged(struct room *room)
{
	return atomic_load(&room->damage) != ROOM_SOUND;
}

bool room_report_damage(struct room *room)
{
	unsigned found = ROOM_DAMAGED;
	return atomic_compare_exchange_strong(&room->damage, &found, ROOM_DAMAGE_REPORTED);
}

void room_get_info(struct room *room, struct room_info *ret_info)
{
	*ret_info = (struct room_info){.id = room->id, .created_us = room->created_us};
	memcpy(ret_info->name, room->name, sizeof(ret_info->name));
	room_lock(room);
	memcpy(ret_info->title, room->shared.title, sizeof(ret_info->title));
	memcpy(ret_info->topic, room->shared.topic, sizeof(ret_info->topic));
	ret_info->visibility = room->shared.visibility;
	ret_info->settings = room->shared.settings;
	ret_info->head_seq = room->shared.log.head;
	ret_info->first_seq = room->shared.first_seq;
	ret_info->member_count = room->shared.member_count;
	room_unlock(room);
}

void room_info_to_message(struct room_info *info, Gchat__V1__Room *out)
{
	gchat__v1__room__init(out);
	out->room_id = info->id;
	out->name = info->name;
	out->title = info->title;
	out->topic = info->topic;
	out->visibility = info->visibility;
	out->head_seq = info->head_seq;
	out->first_seq = info->first_seq;
	out->member_count = info->member_count;
	out->created_us = info->created_us;
	out->read_only = info->settings.read_only;
	out->slow_mode_s = info->settings.slow_mode_s;
	out->text_bytes_max = info->settings.text_bytes_max;
}

void room_begin(struct room *room)
{
	room_lock(room);
	room->shared.begun++;
	room_unlock(room);
}

static void ring_all(struct room *room)
{
	struct room_watch *watch;
	LIST_FOREACH (watch, &room->shared.watches, link) {
		if (watch->rung)
			continue;
		watch->rung = true;
		watch->ring(watch);
	}
	room->shared.grown = false;
	room->shared.hushed = 0;
	room->shared.ring_at = 0;
}

void room_settle(struct room *room)
{
	room_lock(room);
	room->shared.settled++;
	GC_ASSERT(room->shared.settled <= room->shared.begun);
	if (room->shared.grown && room->shared.ring_at == 0)
		room->shared.ring_at = atomic_load(&room->readers) < CROWD_READERS
					       ? room->shared.settled
					       : room->shared.begun;
	if (room->shared.grown && room->shared.settled >= room->shared.ring_at)
		ring_all(room);
	room_unlock(room);
}

void room_publish(struct room *room, struct event *event, const struct roomlog_limits *limits)
{
	room_lock(room);
	roomlog_append(&room->shared.log, event, limits);
	room->shared.grown = true;
	room_unlock(room);
}

bool room_publish_quietly(
	struct room *room, struct event *event, const struct roomlog_limits *limits)
{
	room_lock(room);
	roomlog_append(&room->shared.log, event, limits);
	bool crowd = atomic_load(&room->readers) >= CROWD_READERS;
	bool hushed = crowd && ++room->shared.hushed <= limits->events / HUSHED_OF_TAIL;
	room->shared.grown = room->shared.grown || !hushed;
	room_unlock(room);
	return hushed;
}

void room_ring_hushed(struct room *room)
{
	room_lock(room);
	if (room->shared.hushed > 0)
		ring_all(room);
	room_unlock(room);
}

void room_watch_add(struct room *room, struct room_watch *watch)
{
	room_lock(room);
	LIST_INSERT_HEAD(&room->shared.watches, watch, link);
	room_unlock(room);
}

void room_watch_remove(struct room *room, struct room_watch *watch)
{
	room_lock(room);
	LIST_REMOVE(watch, link);
	room_unlock(room);
}

void room_note_exit(struct room *room, uint64_t seq)
{
	struct room_watch *watch;
	room_lock(room);
	LIST_FOREACH (watch, &room->shared.watches, link) {
		if (watch->exit_first == 0)
			watch->exit_first = seq;
		watch->exit_last = seq;
	}
	room_unlock(room);
}

void room_watch_heard(struct room *room, struct room_watch *watch, uint64_t seq)
{
	room_lock(room);
	if (seq >= watch->exit_last)
		watch->exit_first = watch->exit_last = 0;
	else if (seq >= watch->exit_first)
		watch->exit_first = seq + 1; /* the next one isn't before this */
	room_unlock(room);
}
