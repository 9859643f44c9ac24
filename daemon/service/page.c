/* Sorted pages of rooms and members. */
#include "service/page.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int by_room_name(const void *a, const void *b)
{
	const struct room *const *x = a;
	const struct room *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

void room_page_make(struct directory *d, const char *token, size_t size,
	bool (*fits)(void *arg, struct room *room), void *arg, struct room_page *ret_page)
{
	struct room *room;
	struct room *tmp;
	size_t count = 0;
	pthread_rwlock_rdlock(&d->lock);
	struct room **all = mem_new(d->room_count, sizeof(struct room *));
	HASH_ITER (by_id, d->rooms, room, tmp)
		if (strcmp(room->name, token) > 0 && fits(arg, room))
			all[count++] = room_ref(room);
	pthread_rwlock_unlock(&d->lock);
	qsort(all, count, sizeof(struct room *), by_room_name);
	size_t kept = count < size ? count : size;
	for (size_t i = kept; i < count; i++)
		(void)room_unref(all[i]);
	*ret_page = (struct room_page){.rooms = all, .count = kept, .more = count > kept};
}

void room_page_deinit(struct room_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		(void)room_unref(page->rooms[i]);
	free(page->rooms);
}

static int by_user_name(const void *a, const void *b)
{
	const struct member_entry *x = a;
	const struct member_entry *y = b;
	return strcmp(x->account->name, y->account->name);
}

void member_page_make(
	struct room *room, const char *token, size_t size, struct member_page *ret_page)
{
	struct member *member;
	struct member *tmp;
	size_t count = 0;
	room_lock(room);
	unsigned member_count = room->shared.member_count;
	struct member_entry *all = mem_new(member_count, sizeof(*all));
	HASH_ITER (hh, room->shared.members, member, tmp)
		if (strcmp(member->account->name, token) > 0)
			all[count++] =
				(struct member_entry){.account = account_ref(member->account),
					.role = member->role,
					.joined_us = member->joined_us};
	room_unlock(room);
	qsort(all, count, sizeof(*all), by_user_name);
	size_t kept = count < size ? count : size;
	for (size_t i = kept; i < count; i++)
		(void)account_unref(all[i].account);
	*ret_page = (struct member_page){
		.entries = all, .count = kept, .member_count = member_count, .more = count > kept};
}

void member_page_show(struct member_page *page, struct presence *presence)
{
	page->profiles = mem_new(page->count, sizeof(*page->profiles));
	page->members = mem_new(page->count, sizeof(*page->members));
	for (size_t i = 0; i < page->count; i++) {
		const struct member_entry *entry = &page->entries[i];
		account_get_profile(entry->account, &page->profiles[i]);
		profile_to_member(&page->profiles[i], entry->role,
			presence_of(presence, entry->account), &page->members[i]);
	}
}

char *member_page_next(struct member_page *page)
{
	static char last[] = "";
	return page->more ? page->profiles[page->count - 1].user : last;
}

void member_page_deinit(struct member_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		(void)account_unref(page->entries[i].account);
	free(page->entries);
	free(page->profiles);
	free(page->members);
}
