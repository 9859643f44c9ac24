/* Moderating a room: bans and mutes. */
#include "lib/priv.h"

#include "base/err.h"
#include "lib/memory.h"
#include "proto/codec.h"

int gchat_ban(struct gchat *g, uint64_t room_id, const char *user, const char *reason,
	uint32_t seconds, struct gchat_error *ret_error)
{
	Gchat__V1__BanMemberRequest request;
	gchat__v1__ban_member_request__init(&request);
	request.room_id = room_id;
	request.user = api_text(user);
	request.reason = api_text(reason);
	request.duration_s = seconds;
	int r = api_call(g, "/gchat.v1.Chat/BanMember", &request.base,
		&gchat__v1__ban_member_response__descriptor, NULL, ret_error);
	return r < 0 ? err_pass(r) : 0;
}

int gchat_unban(struct gchat *g, uint64_t room_id, const char *user, struct gchat_error *ret_error)
{
	Gchat__V1__UnbanMemberRequest request;
	gchat__v1__unban_member_request__init(&request);
	request.room_id = room_id;
	request.user = api_text(user);
	int r = api_call(g, "/gchat.v1.Chat/UnbanMember", &request.base,
		&gchat__v1__unban_member_response__descriptor, NULL, ret_error);
	return r < 0 ? err_pass(r) : 0;
}

int gchat_mute(struct gchat *g, uint64_t room_id, const char *user, const char *reason,
	uint32_t seconds, struct gchat_error *ret_error)
{
	Gchat__V1__MuteMemberRequest request;
	gchat__v1__mute_member_request__init(&request);
	request.room_id = room_id;
	request.user = api_text(user);
	request.reason = api_text(reason);
	request.duration_s = seconds;
	int r = api_call(g, "/gchat.v1.Chat/MuteMember", &request.base,
		&gchat__v1__mute_member_response__descriptor, NULL, ret_error);
	return r < 0 ? err_pass(r) : 0;
}

static struct gchat_restriction convert_ban(void *owner, const Gchat__V1__RoomBan *msg)
{
	return (struct gchat_restriction){.account_id = msg->account_id,
		.user = memory_text(owner, msg->user),
		.reason = memory_text(owner, msg->reason),
		.author = memory_text(owner, msg->author),
		.created_us = msg->created_us,
		.expires_us = msg->expires_us};
}

static struct gchat_restriction_list *convert_bans(const Gchat__V1__ListRoomBansResponse *msg)
{
	struct gchat_restriction_list *list = memory_new(sizeof(*list));
	struct gchat_restriction *items = memory_add(list, msg->n_bans, sizeof(*items));
	for (size_t i = 0; i < msg->n_bans; i++)
		items[i] = convert_ban(list, msg->bans[i]);
	list->restrictions = items;
	list->count = msg->n_bans;
	list->next_page = memory_text(list, msg->next_page_token);
	return list;
}

int gchat_list_bans(struct gchat *g, uint64_t room_id, const struct gchat_page *page, bool mutes,
	struct gchat_restriction_list **ret, struct gchat_error *ret_error)
{
	Gchat__V1__ListRoomBansRequest request;
	gchat__v1__list_room_bans_request__init(&request);
	Gchat__V1__ListRoomBansResponse *msg = NULL;
	request.room_id = room_id;
	request.page_size = page ? page->size : 0;
	request.page_token = api_text(page ? page->token : NULL);
	request.mutes = mutes;
	int r = api_call(g, "/gchat.v1.Chat/ListRoomBans", &request.base,
		&gchat__v1__list_room_bans_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	*ret = convert_bans(msg);
	codec_free(&msg->base);
	return 0;
}
