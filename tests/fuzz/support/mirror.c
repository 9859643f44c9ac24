/* The directory in memory against itself, and against what the store would give after a restart. */
#include "world.h"

#include "base/macros.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void check_member(const struct member *member)
{
	GC_ASSERT(member->role >= GCHAT__V1__ROLE__ROLE_READER &&
		  member->role <= GCHAT__V1__ROLE__ROLE_OWNER);
	GC_ASSERT(member->parting == 0);
	GC_ASSERT(member->read_seq <= member->room->shared.log.head);
}

static void check_room(struct room *room)
{
	struct member *member;
	struct member *tmp;
	GC_ASSERT(HASH_COUNT(room->shared.members) == room->shared.member_count);
	GC_ASSERT(room->shared.joining == 0);
	GC_ASSERT(room->shared.visibility >= GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC &&
		  room->shared.visibility <= GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT);
	HASH_ITER (hh, room->shared.members, member, tmp)
		check_member(member);
}

void mirror_check_rooms(struct world *w)
{
	struct account *account;
	struct account *next;
	size_t count;
	struct room **rooms = directory_all_rooms(w->directory, &count);
	GC_ASSERT(count == w->directory->room_count && count <= (size_t)w->config.limits.rooms);
	for (size_t i = 0; i < count; i++) {
		check_room(rooms[i]);
		(void)room_unref(rooms[i]);
	}
	free(rooms);
	HASH_ITER (by_id, w->directory->accounts, account, next)
		GC_ASSERT(!atomic_load(&account->rewritten));
}

/* ---- memory and store ---- */

static void compare_members(const struct world *w, struct room *a, struct room *b)
{
	struct member *member;
	struct member *tmp;
	GC_ASSERT(a->shared.member_count == b->shared.member_count);
	HASH_ITER (hh, a->shared.members, member, tmp) {
		const struct member *other = room_find_member(b, member->account->id);
		GC_ASSERT(other && other->role == member->role);
		/* a marker that was ahead of its log to begin with moves with the log */
		GC_ASSERT(w->filled || other->read_seq == member->read_seq);
	}
}

static void compare_rooms(const struct world *w, struct directory *b)
{
	struct directory *a = w->directory;
	size_t count;
	struct room **rooms = directory_all_rooms(a, &count);
	GC_ASSERT(
		a->room_count == b->room_count && HASH_COUNT(a->invites) == HASH_COUNT(b->invites));
	for (size_t i = 0; i < count; i++) {
		struct room_info x;
		struct room_info y;
		struct room *other = directory_find_room_name(b, rooms[i]->name);
		GC_ASSERT(other && other->id == rooms[i]->id);
		room_get_info(rooms[i], &x);
		room_get_info(other, &y);
		GC_ASSERT(strcmp(x.title, y.title) == 0 && strcmp(x.topic, y.topic) == 0);
		GC_ASSERT(x.visibility == y.visibility && x.head_seq == y.head_seq);
		GC_ASSERT(memcmp(rooms[i]->request_id, other->request_id,
				  sizeof(other->request_id)) == 0);
		compare_members(w, rooms[i], other);
		(void)room_unref(other);
		(void)room_unref(rooms[i]);
	}
	free(rooms);
}

static void compare_accounts(struct directory *a, struct directory *b)
{
	struct account *account;
	struct account *tmp;
	GC_ASSERT(a->account_count == b->account_count);
	GC_ASSERT(HASH_COUNT(a->tokens) == HASH_COUNT(b->tokens));
	HASH_ITER (by_id, a->accounts, account, tmp) {
		struct profile x;
		struct profile y;
		struct account *other = directory_find_account(b, account->id);
		GC_ASSERT(other);
		account_get_profile(account, &x);
		account_get_profile(other, &y);
		GC_ASSERT(strcmp(x.user, y.user) == 0 && x.guest == y.guest);
		GC_ASSERT(strcmp(x.display_name, y.display_name) == 0);
		GC_ASSERT(strcmp(x.status_text, y.status_text) == 0);
		GC_ASSERT(x.has_avatar == y.has_avatar);
		GC_ASSERT(!x.has_avatar ||
			  memcmp(x.avatar_hash, y.avatar_hash, sizeof(x.avatar_hash)) == 0);
		GC_ASSERT(strcmp(account->shared.password_hash, other->shared.password_hash) == 0);
		(void)account_unref(other);
	}
	for (int i = 0; i < _ID_MAX; i++)
		GC_ASSERT(a->next_id[i] >= b->next_id[i]);
}

void mirror_check(struct world *w)
{
	struct directory *again = NULL;
	struct err_text err;
	GC_ASSERT(directory_open(
			  w->store, &w->directory->limits, &w->directory->tail, &again, &err) == 0);
	compare_rooms(w, again);
	compare_accounts(w->directory, again);
	directory_stop(again);
	(void)directory_close(again);
}
