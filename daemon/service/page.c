/* Sorted pages of rooms and members. */
#include "service/page.h"

#include "base/mem.h"
#include "service/selection.h"

#include <stdlib.h>
#include <string.h>

static int by_room_name(const void *a, const void *b)
{
	const struct room *x = a;
	const struct room *y = b;
	return strcmp(x->name, y->name);
}

void room_page_make(struct directory *d, const char *token, size_t size,
	bool (*fits)(void *arg, struct room *room), void *arg, struct room_page *ret_page)
{
	struct room *room;
	struct room *tmp;
	struct selection first;
	selection_init(&first, size + 1, by_room_name);
	pthread_rwlock_rdlock(&d->lock);
	HASH_ITER (by_id, d->rooms, room, tmp)
		if (strcmp(room->name, token) > 0 && fits(arg, room))
			(void)selection_offer(&first, room); /* those left out are only borrowed */
	selection_sort(&first);
	size_t kept = first.count < size ? first.count : size;
	struct room **rooms = mem_new(kept, sizeof(struct room *));
	for (size_t i = 0; i < kept; i++)
		rooms[i] = room_ref(first.items[i]);
	pthread_rwlock_unlock(&d->lock);
	*ret_page = (struct room_page){.rooms = rooms, .count = kept, .more = first.count > kept};
	selection_deinit(&first);
}

void room_page_deinit(struct room_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		(void)room_unref(page->rooms[i]);
	free(page->rooms);
}

static int by_account_name(const void *a, const void *b)
{
	const struct account *const *x = a;
	const struct account *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

/* The first `keep` of them, in order. Under the directory's lock, which keeps names as they are. */
static size_t keep_first(struct account **accounts, size_t count, size_t keep)
{
	if (count > 0)
		qsort(accounts, count, sizeof(struct account *), by_account_name);
	return count < keep ? count : keep;
}

void user_page_make(struct directory *d, const char *token, size_t size,
	bool (*fits)(void *arg, const struct account *account), void *arg,
	struct user_page *ret_page)
{
	enum {
		PAGES_HELD = 4 /* sorted and cut when they are full */
	};
	struct account *account;
	struct account *tmp;
	size_t count = 0;
	struct account **held = mem_new(PAGES_HELD * (size + 1), sizeof(struct account *));
	pthread_rwlock_rdlock(&d->lock);
	HASH_ITER (by_id, d->accounts, account, tmp) {
		if (strcmp(account->name, token) <= 0 || !fits(arg, account))
			continue;
		if (count == PAGES_HELD * (size + 1))
			count = keep_first(held, count, size + 1);
		held[count++] = account;
	}
	count = keep_first(held, count, size + 1);
	for (size_t i = 0; i < count; i++)
		account_ref(held[i]);
	pthread_rwlock_unlock(&d->lock);
	*ret_page = (struct user_page){
		.accounts = held, .count = count < size ? count : size, .more = count > size};
	if (ret_page->more)
		(void)account_unref(held[size]);
}

void user_page_deinit(struct user_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		(void)account_unref(page->accounts[i]);
	free(page->accounts);
}

static int by_user_name(const void *a, const void *b)
{
	const struct member *x = a;
	const struct member *y = b;
	return strcmp(x->account->name, y->account->name);
}

void member_page_make(
	struct room *room, const char *token, size_t size, struct member_page *ret_page)
{
	struct member *member;
	struct member *tmp;
	struct selection first;
	selection_init(&first, size + 1, by_user_name);
	room_lock(room);
	HASH_ITER (hh, room->shared.members, member, tmp)
		if (strcmp(member->account->name, token) > 0)
			(void)selection_offer(&first, member);
	selection_sort(&first);
	size_t kept = first.count < size ? first.count : size;
	struct member_entry *entries = mem_new(kept, sizeof(*entries));
	for (size_t i = 0; i < kept; i++) {
		member = first.items[i];
		entries[i] = (struct member_entry){.account = account_ref(member->account),
			.role = member->role,
			.joined_us = member->joined_us};
	}
	*ret_page = (struct member_page){.entries = entries,
		.count = kept,
		.member_count = room->shared.member_count,
		.more = first.count > kept};
	room_unlock(room);
	selection_deinit(&first);
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
