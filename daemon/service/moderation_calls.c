/* BanMember, UnbanMember, MuteMember, ListRoomBans. */
#include "service/moderation_calls.h"

#include "base/mem.h"
#include "service/call.h"
#include "service/restriction_page.h"
#include "service/room_calls.h"

#include <stdlib.h>

static void reply_empty(struct call *call)
{
	Gchat__V1__BanMemberResponse response;
	gchat__v1__ban_member_response__init(&response);
	call_reply(call, &response.base); /* every empty message encodes as nothing */
}

void moderation_ban(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__BanMemberRequest *r = CALL_REQUEST(Gchat__V1__BanMemberRequest, msg);
	struct write *write = room_begin_member_change(call, r->room_id, r->user);
	const struct op_restriction order = {
		.reason = r->reason, .duration_s = r->duration_s ? r->duration_s : OP_FOR_EVER};
	if (write)
		call_write(call, op_ban(write, &order), reply_empty);
}

void moderation_unban(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__UnbanMemberRequest *r = CALL_REQUEST(Gchat__V1__UnbanMemberRequest, msg);
	struct write *write = room_begin_member_change(call, r->room_id, r->user);
	if (write)
		call_write(call, op_unban(write, NULL), reply_empty);
}

void moderation_mute(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__MuteMemberRequest *r = CALL_REQUEST(Gchat__V1__MuteMemberRequest, msg);
	struct write *write = room_begin_member_change(call, r->room_id, r->user);
	const struct op_restriction order = {.reason = r->reason,
		.duration_s =
			r->duration_s == RESTRICTION_S_FOR_EVER ? OP_FOR_EVER : r->duration_s};
	if (write)
		call_write(call, r->duration_s ? op_mute(write, &order) : op_unmute(write),
			reply_empty);
}

static void to_room_ban(const struct restriction_rows *rows, size_t i, Gchat__V1__RoomBan *out)
{
	const Gchat__V1__BanEntry *entry = rows->list[i];
	gchat__v1__room_ban__init(out);
	out->account_id = rows->page.items[i].target.account_id;
	out->user = entry->target;
	out->reason = entry->reason;
	out->author = entry->author;
	out->created_us = entry->created_us;
	out->expires_us = entry->expires_us;
}

static void reply_bans(struct call *call, struct restriction_rows *rows)
{
	size_t count = rows->page.count;
	Gchat__V1__RoomBan *bans = mem_new(count, sizeof(*bans));
	Gchat__V1__RoomBan **list = mem_new(count, sizeof(struct Gchat__V1__RoomBan *));
	for (size_t i = 0; i < count; i++) {
		to_room_ban(rows, i, &bans[i]);
		list[i] = &bans[i];
	}
	Gchat__V1__ListRoomBansResponse response;
	gchat__v1__list_room_bans_response__init(&response);
	response.bans = list;
	response.n_bans = count;
	response.next_page_token = rows->next;
	call_reply(call, &response.base);
	free(list);
	free(bans);
}

void moderation_list_bans(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListRoomBansRequest *r = CALL_REQUEST(Gchat__V1__ListRoomBansRequest, msg);
	struct room *room = call_find_room(call, r->room_id, NULL);
	if (!room)
		return;
	enum reason reason = call_check_right(call, room, RIGHT_LIST_BANS);
	if (reason == REASON_NONE) {
		struct restriction_rows rows;
		restriction_rows_make(call->service->directory,
			r->mutes ? RESTRICTION_MUTE : RESTRICTION_BAN, room->id, r->page_token,
			call_page_size(r->page_size), &rows);
		reply_bans(call, &rows);
		restriction_rows_deinit(&rows);
	} else {
		call_fail(call, reason);
	}
	(void)room_unref(room);
}
