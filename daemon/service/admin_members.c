/* Members: listed with what their sessions lack, added, removed, given roles. */
#include "service/admin_members.h"

#include "base/log.h"
#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "service/call.h"
#include "service/page.h"
#include "shard/session.h"

#include <stdlib.h>
#include <string.h>

/* ---- listing ---- */

/* A page, and for each of its members the slowest session's lag, which the shards tell. */
struct listing {
	struct hub_visit visit;
	struct call *call; /* held by the letter that ends it */
	struct room *room; /* ref */
	struct member_page page;
	struct lag {
		uint64_t account_id;
		size_t at; /* in the page */
		_Atomic uint64_t events; /* shards raise it */
	} * lags; /* owned: by account id */
};

static void wipe(void *data)
{
	struct listing *listing = data;
	member_page_deinit(&listing->page);
	free(listing->lags);
	(void)room_unref(listing->room);
}

static int by_account(const void *a, const void *b)
{
	const struct lag *x = a;
	const struct lag *y = b;
	return x->account_id < y->account_id ? -1 : x->account_id > y->account_id;
}

static void raise_to(struct lag *lag, uint64_t events)
{
	uint64_t now = atomic_load(&lag->events);
	while (now < events && !atomic_compare_exchange_weak(&lag->events, &now, events))
		continue;
}

/* The sessions of this shard that read the room. */
static void visit_shard(struct hub_visit *visit, struct shard *shard)
{
	struct listing *listing = GC_CONTAINER_OF(visit, struct listing, visit);
	struct shard_room *room = shard_room_find(shard, listing->room->id);
	struct subscription *sub;
	if (!room)
		return;
	LIST_FOREACH (sub, &room->subscriptions, of_room) {
		const struct lag key = {.account_id = sub->session->account->id};
		struct lag *lag = bsearch(&key, listing->lags, listing->page.count,
			sizeof(*listing->lags), by_account);
		if (lag)
			raise_to(lag, cursor_lag(&sub->cursor, subscription_span(sub).head));
	}
}

static void visited(struct hub_visit *visit)
{
	struct listing *listing = GC_CONTAINER_OF(visit, struct listing, visit);
	shard_post(listing->call->shard, &listing->call->mail);
}

static void reply_members(struct call *call)
{
	struct listing *listing = call->data;
	struct member_page *page = &listing->page;
	Gchat__V1__AdminMember *outs = mem_new(page->count, sizeof(*outs));
	Gchat__V1__AdminMember **list =
		mem_new(page->count, sizeof(struct Gchat__V1__AdminMember *));
	member_page_show(page, call->service->presence);
	for (size_t i = 0; i < page->count; i++) {
		gchat__v1__admin_member__init(&outs[i]);
		outs[i].member = &page->members[i];
		outs[i].joined_us = page->entries[i].joined_us;
		outs[i].last_seen_us = atomic_load(&page->entries[i].account->last_seen_us);
		list[i] = &outs[i];
	}
	for (size_t i = 0; i < page->count; i++)
		outs[listing->lags[i].at].lag = atomic_load(&listing->lags[i].events);
	Gchat__V1__ListRoomMembersResponse response;
	gchat__v1__list_room_members_response__init(&response);
	response.members = list;
	response.n_members = page->count;
	response.member_count = page->member_count;
	response.next_page_token = member_page_next(page);
	call_reply(call, &response.base);
	free(list);
	free(outs);
}

void admin_list_members(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListRoomMembersRequest *r =
		CALL_REQUEST(Gchat__V1__ListRoomMembersRequest, msg);
	struct room *room = call_find_room(call, 0, r->room);
	if (!room)
		return;
	struct listing *listing = call_data(call, sizeof(*listing));
	call->wipe = wipe;
	listing->call = call;
	listing->room = room;
	member_page_make(room, r->page_token, call_page_size(r->page_size), &listing->page);
	listing->lags = mem_new(listing->page.count, sizeof(*listing->lags));
	for (size_t i = 0; i < listing->page.count; i++) {
		listing->lags[i].account_id = listing->page.entries[i].account->id;
		listing->lags[i].at = i;
	}
	qsort(listing->lags, listing->page.count, sizeof(*listing->lags), by_account);
	listing->visit.visit_shard = visit_shard;
	listing->visit.done = visited;
	call_wait(call, reply_members);
	hub_visit_all(call->service->hub, &listing->visit);
}

/* ---- changing ---- */

/* Begins a write about an account in a room, as administrator; NULL: answered. */
static struct write *begin(struct call *call, const char *room_name, const char *user)
{
	struct room *room = call_find_room(call, 0, room_name);
	if (!room)
		return NULL;
	struct account *subject = call_find_user(call, user);
	if (!subject) {
		(void)room_unref(room);
		return NULL;
	}
	struct write *write = call_begin_write(call);
	write->room = room;
	write->subject = subject;
	return write;
}

static void note(struct call *call, const char *what)
{
	log_notice("%s uid=%u user=%s room=%s", what, call->admin_uid, call->write.subject->name,
		call->write.room->name);
}

static void reply_added(struct call *call)
{
	Gchat__V1__AddMemberResponse response;
	gchat__v1__add_member_response__init(&response);
	note(call, "member added");
	call_reply(call, &response.base);
}

void admin_add_member(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__AddMemberRequest *r = CALL_REQUEST(Gchat__V1__AddMemberRequest, msg);
	Gchat__V1__Role role = r->role ? r->role : GCHAT__V1__ROLE__ROLE_MEMBER;
	struct write *write = begin(call, r->room, r->user);
	if (write)
		call_write(call, op_add_member(write, role), reply_added);
}

/* The role that the subject had before the change, kept until it is answered. */
static Gchat__V1__Role *keep_role(struct call *call)
{
	Gchat__V1__Role *before = call_data(call, sizeof(*before));
	*before = room_role_of(call->write.room, call->write.subject->id);
	return before;
}

static void reply_removed(struct call *call)
{
	Gchat__V1__AdminRemoveMemberResponse response;
	gchat__v1__admin_remove_member_response__init(&response);
	response.before = *(Gchat__V1__Role *)call->data;
	note(call, "member removed");
	call_reply(call, &response.base);
}

void admin_remove_member(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__AdminRemoveMemberRequest *r =
		CALL_REQUEST(Gchat__V1__AdminRemoveMemberRequest, msg);
	struct write *write = begin(call, r->room, r->user);
	if (!write)
		return;
	(void)keep_role(call);
	call_write(call, op_remove(write, r->reason), reply_removed);
}

static void reply_role(struct call *call)
{
	Gchat__V1__SetRoleResponse response;
	gchat__v1__set_role_response__init(&response);
	response.before = *(Gchat__V1__Role *)call->data;
	note(call, "role changed");
	call_reply(call, &response.base);
}

void admin_set_role(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__SetRoleRequest *r = CALL_REQUEST(Gchat__V1__SetRoleRequest, msg);
	struct write *write = begin(call, r->room, r->user);
	if (!write)
		return;
	(void)keep_role(call);
	call_write(call, op_set_role(write, r->role), reply_role);
}
