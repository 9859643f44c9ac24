/*
 * Kick, Ban, Unban, Mute and their lists. What a ban of a network does to connections is done here,
 * once it is committed: the room layer knows no connections.
 */
#include "service/admin_moderation.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/accept.h"
#include "net/peer.h"
#include "service/call.h"
#include "service/restriction_page.h"
#include "shard/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER_PREFIX "user:"

/* ---- whom it concerns ---- */

struct order {
	struct network network; /* where there is no subject */
	bool of_network;
	char author[RESTRICTION_AUTHOR_BYTES];
};

static struct order *order_new(struct call *call)
{
	struct order *o = call_data(call, sizeof(*o));
	(void)snprintf(o->author, sizeof(o->author), "uid %u", call->admin_uid);
	return o;
}

static uint64_t seconds_of(uint32_t asked)
{
	return asked == RESTRICTION_S_FOR_EVER ? OP_FOR_EVER : asked;
}

/* Begins a write about an account, in a room where one is named. NULL: refused already. */
static struct write *begin(struct call *call, const char *user, const char *room)
{
	struct account *subject = call_find_user(call, user);
	if (!subject)
		return NULL;
	struct write *write = call_begin_write(call);
	write->subject = subject;
	write->number = atomic_load(&subject->sessions); /* those that are about to end */
	if (!room[0])
		return write;
	write->room = call_find_room(call, 0, room);
	return write->room ? write : NULL;
}

/* The same about what a ban is for: an address or a network before a user's name. */
static struct write *begin_target(
	struct call *call, struct order *o, const char *target, const char *room)
{
	if (strncmp(target, USER_PREFIX, strlen(USER_PREFIX)) == 0)
		return begin(call, target + strlen(USER_PREFIX), room);
	o->of_network = network_parse(target, &o->network);
	if (!o->of_network)
		return begin(call, target, room);
	if (!room[0])
		return call_begin_write(call);
	call_fail_text(call, REASON_INVALID_ARGUMENT,
		"a network is banned from the server, not from a room");
	return NULL;
}

/* ---- kicking ---- */

static void reply_kicked(struct call *call)
{
	Gchat__V1__KickResponse response;
	gchat__v1__kick_response__init(&response);
	struct account *subject = call->write.subject;
	response.sessions = (uint32_t)call->write.number;
	log_notice("kicked uid=%u user=%s room=%s", call->admin_uid, subject->name,
		call->write.room ? call->write.room->name : "-");
	call_reply(call, &response.base);
}

void admin_kick(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__KickRequest *r = CALL_REQUEST(Gchat__V1__KickRequest, msg);
	if (strlen(r->reason) > LIMIT_REASON_BYTES) {
		call_fail(call, REASON_TEXT_TOO_LONG);
		return;
	}
	const struct order *o = order_new(call);
	const struct op_restriction ban = {
		.reason = r->reason, .author = o->author, .duration_s = seconds_of(r->ban_s)};
	struct write *write = begin(call, r->user, r->room);
	if (!write)
		return;
	if (r->ban_s > 0) { /* ends the sessions, or the membership, with the reason */
		call_write(call, op_ban(write, &ban), reply_kicked);
	} else if (write->room) {
		call_write(call, op_remove(write, r->reason), reply_kicked);
	} else {
		hub_end_account(call->service->hub, write->subject->id, 0, 0, REASON_REMOVED,
			r->reason[0] ? r->reason : NULL);
		reply_kicked(call);
	}
}

/* ---- what a ban of a network ends ---- */

struct ending {
	struct hub_visit visit;
	struct network network;
	char text[HUB_TEXT_BYTES];
};

/* The session's shard. */
static void end_if_inside(struct hub_visit *visit, struct session *s)
{
	struct ending *e = GC_CONTAINER_OF(visit, struct ending, visit);
	struct peer peer;
	uint8_t address[NETWORK_ADDRESS_BYTES];
	if (!peer_parse(s->peer, &peer))
		return;
	network_map(peer.v6, peer.address, address);
	if (network_contains(&e->network, address))
		session_end(s, REASON_BANNED, e->text);
}

static void ended(struct hub_visit *visit)
{
	free(GC_CONTAINER_OF(visit, struct ending, visit));
}

/* Sessions from there are told why, before their connections are cut; new ones get no answer. */
static void put_into_force(struct service *service, const struct restriction *r)
{
	char when[RESTRICTION_WHEN_BYTES];
	struct ending *e = mem_new(1, sizeof(*e));
	acceptor_block(service->acceptor, &r->target.network,
		r->expires_us ? r->expires_us : RESTRICTION_FOR_EVER);
	restriction_print(r, when);
	e->network = r->target.network;
	(void)snprintf(
		e->text, sizeof(e->text), "your network is banned from this server %s", when);
	e->visit.visit = end_if_inside;
	e->visit.done = ended;
	hub_visit_all(service->hub, &e->visit);
}

/* ---- banning ---- */

static void reply_banned(struct call *call)
{
	const struct order *o = call->data;
	const struct restriction *r = call->write.restriction;
	char target[NETWORK_TEXT_BYTES];
	if (o->of_network) {
		put_into_force(call->service, r);
		network_print(&o->network, target);
	} else {
		(void)snprintf(target, sizeof(target), "%s", call->write.subject->name);
	}
	log_notice("banned uid=%u target=%s room=%s", call->admin_uid, target,
		call->write.room ? call->write.room->name : "-");
	Gchat__V1__BanResponse response;
	gchat__v1__ban_response__init(&response);
	response.ban_id = r->id;
	response.target = target;
	response.expires_us = r->expires_us;
	response.sessions = (uint32_t)call->write.number;
	call_reply(call, &response.base);
}

void admin_ban(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__BanRequest *r = CALL_REQUEST(Gchat__V1__BanRequest, msg);
	struct order *o = order_new(call);
	struct write *write = begin_target(call, o, r->target, r->room);
	if (!write)
		return;
	const struct op_restriction ban = {.network = o->of_network ? &o->network : NULL,
		.reason = r->reason,
		.author = o->author,
		.duration_s = r->duration_s ? r->duration_s : OP_FOR_EVER};
	call_write(call, op_ban(write, &ban), reply_banned);
}

static void reply_unbanned(struct call *call)
{
	const struct order *o = call->data;
	if (o->of_network)
		acceptor_unblock(call->service->acceptor, &o->network);
	Gchat__V1__UnbanResponse response;
	gchat__v1__unban_response__init(&response);
	call_reply(call, &response.base);
}

void admin_unban(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__UnbanRequest *r = CALL_REQUEST(Gchat__V1__UnbanRequest, msg);
	struct order *o = order_new(call);
	struct write *write = begin_target(call, o, r->target, r->room);
	if (write)
		call_write(
			call, op_unban(write, o->of_network ? &o->network : NULL), reply_unbanned);
}

/* ---- muting ---- */

static void reply_muted(struct call *call)
{
	Gchat__V1__MuteResponse response;
	gchat__v1__mute_response__init(&response);
	if (!call->write.number) /* else it was taken back */
		response.expires_us = call->write.restriction->expires_us;
	call_reply(call, &response.base);
}

void admin_mute(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__MuteRequest *r = CALL_REQUEST(Gchat__V1__MuteRequest, msg);
	const struct order *o = order_new(call);
	const struct op_restriction mute = {
		.reason = r->reason, .author = o->author, .duration_s = seconds_of(r->duration_s)};
	struct write *write = begin(call, r->user, r->room);
	if (!write)
		return;
	write->number = r->duration_s == 0;
	call_write(call, r->duration_s ? op_mute(write, &mute) : op_unmute(write), reply_muted);
}

/* ---- lists ---- */

/* False: refused already. *ret_id 0: all rooms. */
static bool find_room(struct call *call, const char *name, uint64_t *ret_id)
{
	*ret_id = 0;
	if (!name[0])
		return true;
	struct room *room = call_find_room(call, 0, name);
	if (!room)
		return false;
	*ret_id = room->id;
	(void)room_unref(room);
	return true;
}

void admin_list_bans(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListBansRequest *r = CALL_REQUEST(Gchat__V1__ListBansRequest, msg);
	uint64_t room_id;
	struct restriction_rows rows;
	if (!find_room(call, r->room, &room_id))
		return;
	restriction_rows_make(call->service->directory, RESTRICTION_BAN, room_id, r->page_token,
		call_page_size(r->page_size), &rows);
	Gchat__V1__ListBansResponse response;
	gchat__v1__list_bans_response__init(&response);
	response.bans = rows.list;
	response.n_bans = rows.page.count;
	response.next_page_token = rows.next;
	call_reply(call, &response.base);
	restriction_rows_deinit(&rows);
}

void admin_list_mutes(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListMutesRequest *r = CALL_REQUEST(Gchat__V1__ListMutesRequest, msg);
	uint64_t room_id;
	struct restriction_rows rows;
	if (!find_room(call, r->room, &room_id))
		return;
	restriction_rows_make(call->service->directory, RESTRICTION_MUTE, room_id, r->page_token,
		call_page_size(r->page_size), &rows);
	Gchat__V1__ListMutesResponse response;
	gchat__v1__list_mutes_response__init(&response);
	response.mutes = rows.list;
	response.n_mutes = rows.page.count;
	response.next_page_token = rows.next;
	call_reply(call, &response.base);
	restriction_rows_deinit(&rows);
}
