/* A sorted array: a person is in tens of rooms, and thousands still search in microseconds. */
#include "client/rooms.h"

#include "base/mem.h"
#include "client/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void room_deinit(struct room *room)
{
	free(room->name);
	free(room->label);
	free(room->topic);
}

void rooms_deinit(struct rooms *r)
{
	for (size_t i = 0; i < r->count; i++)
		room_deinit(&r->rooms[i]);
	free(r->rooms);
	*r = (struct rooms){0};
}

static size_t place_of(const struct rooms *r, uint64_t room_id)
{
	size_t low = 0, high = r->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (r->rooms[mid].room_id < room_id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct room *rooms_find(struct rooms *r, uint64_t room_id)
{
	size_t at = place_of(r, room_id);
	return at < r->count && r->rooms[at].room_id == room_id ? &r->rooms[at] : NULL;
}

struct room *rooms_find_name(struct rooms *r, const char *name)
{
	bool exact = *name == '#' || *name == '@';
	for (size_t i = 0; i < r->count; i++) {
		struct room *room = &r->rooms[i];
		if (!strcmp(room->name, name) || !strcmp(room->label + (exact ? 0 : 1), name))
			return room;
	}
	return NULL;
}

static void set_label(struct room *room, char sign, const char *name)
{
	size_t size = strlen(name) + 2;
	free(room->label);
	room->label = mem_new(size, 1);
	snprintf(room->label, size, "%c%s", sign, name);
}

static struct room *insert(struct rooms *r, uint64_t room_id)
{
	if (r->count == ROOMS_MAX)
		return NULL;
	if (r->count == r->size) {
		r->size = r->size ? r->size * 2 : 16;
		r->rooms = mem_grow(r->rooms, r->size, sizeof(*r->rooms));
	}
	size_t at = place_of(r, room_id);
	memmove(r->rooms + at + 1, r->rooms + at, (r->count - at) * sizeof(*r->rooms));
	r->count++;
	r->rooms[at] = (struct room){.room_id = room_id};
	return &r->rooms[at];
}

struct room *rooms_put(struct rooms *r, const struct gchat_room *from)
{
	struct room *room = rooms_find(r, from->room_id);
	if (!room)
		room = insert(r, from->room_id);
	if (!room)
		return NULL;
	free(room->name);
	free(room->topic);
	room->name = text_clean_string(TEXT_NAME, from->name);
	room->topic = text_clean_string(TEXT_NAME, from->topic);
	if (!room->label || room->label[0] == '#')
		set_label(room, '#', room->name);
	room->visibility = from->visibility;
	room->head_seq = from->head_seq > room->head_seq ? from->head_seq : room->head_seq;
	room->member_count = from->member_count;
	room->read_only = from->read_only;
	room->slow_mode_s = from->slow_mode_s;
	if (from->role != GCHAT_ROLE_NONE)
		room->role = from->role;
	return room;
}

void rooms_set_peer(struct room *room, const char *user)
{
	char *clean = text_clean_string(TEXT_NAME, user);
	set_label(room, '@', clean);
	free(clean);
}

void rooms_forget_members(struct rooms *r)
{
	for (size_t i = 0; i < r->count; i++)
		r->rooms[i].member = false;
}
