/* Looking in: status, rooms, members; ending a session. */
#include "service/admin_calls.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/procstat.h"
#include "gchat/v1/admin.pb-c.h"
#include "net/accept.h"
#include "net/listen.h"
#include "service/admin_certificate.h"
#include "service/call.h"
#include "service/page.h"
#include "service/server_info.h"
#include "shard/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- status ---- */

static const char *health_text(enum store_health health)
{
	switch (health) {
	case STORE_HEALTH_OK:
		return "OK";
	case STORE_HEALTH_READ_ONLY:
		return "READ_ONLY";
	case STORE_HEALTH_UNAVAILABLE:
		break;
	}
	return "UNAVAILABLE";
}

static const char *health_reason(enum store_health health)
{
	switch (health) {
	case STORE_HEALTH_OK:
		return metric_get(METRIC_DAMAGED_ROOMS) > 0
			       ? "damage was found: see 'gchatctl verify'"
			       : "";
	case STORE_HEALTH_READ_ONLY:
		return "the disk is full: sends are refused";
	case STORE_HEALTH_UNAVAILABLE:
		break;
	}
	return "the store can't write";
}

struct counters {
	Gchat__V1__Counter items[_METRIC_MAX];
	Gchat__V1__Counter *list[_METRIC_MAX];
};

/* The texts are literals, which protobuf-c does not write to. */
static Gchat__V1__Counter **counters_fill(struct counters *c)
{
	for (int m = 0; m < _METRIC_MAX; m++) {
		gchat__v1__counter__init(&c->items[m]);
		c->items[m].name = (char *)(uintptr_t)metric_name((enum metric)m);
		c->items[m].help = (char *)(uintptr_t)metric_help((enum metric)m);
		c->items[m].value = metric_get((enum metric)m);
		c->list[m] = &c->items[m];
	}
	return c->list;
}

void admin_get_status(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	struct service *service = call->service;
	const struct config *config = service_config(service);
	struct store_stats stats;
	struct certificate_message certificate;
	char listeners[LISTENER_TEXT_BYTES * 4];
	char *listener_list[] = {listeners};
	char version[] = GCHAT_VERSION;
	char health[16];
	char reason[64];
	char state[16];
	store_get_stats(service->store, &stats);
	listeners_describe(service->listeners, LISTENER_TLS, listeners, sizeof(listeners));
	certificate_fill(service, &certificate);
	(void)snprintf(health, sizeof(health), "%s", health_text(stats.health));
	(void)snprintf(reason, sizeof(reason), "%s", health_reason(stats.health));
	(void)snprintf(state, sizeof(state), "%s",
		health_is_serving(&service->health) ? "SERVING" : "DRAINING");
	Gchat__V1__GetStatusResponse r;
	gchat__v1__get_status_response__init(&r);
	r.name = config->server.name;
	r.version = version;
	r.state = state;
	r.started_us = service->started_us;
	r.pid = (uint32_t)getpid();
	r.connections = (uint32_t)acceptor_count(service->acceptor);
	r.sessions = atomic_load(&service->hub->session_count);
	r.accounts = service->directory->account_count;
	r.rooms = service->directory->room_count;
	r.events_in = metric_get(METRIC_EVENTS_IN);
	r.events_out = metric_get(METRIC_EVENTS_OUT);
	r.frames_out = metric_get(METRIC_FRAMES_OUT);
	r.store = config->store.engine;
	r.store_path = config->store.folder;
	r.store_health = health;
	r.store_reason = reason;
	r.store_bytes = stats.bytes;
	r.durability = server_info_durability(service);
	r.shards = service->hub->options.shards;
	r.listeners = listener_list;
	r.n_listeners = GC_LENGTH(listener_list);
	r.certificate = &certificate.message;
	r.rss_bytes = procstat_resident_bytes();
	r.disk_full_refusals = metric_get(METRIC_DISK_FULL);
	r.damaged_rooms = (uint32_t)metric_get(METRIC_DAMAGED_ROOMS);
	char level[16];
	(void)snprintf(level, sizeof(level), "%s", log_level_name(log_get_level()));
	r.log_level = level;
	struct counters counters;
	r.counters = counters_fill(&counters);
	r.n_counters = _METRIC_MAX;
	call_reply(call, &r.base);
}

/* ---- rooms ---- */

static bool any_room(void *arg, struct room *room)
{
	(void)arg;
	(void)room;
	return true;
}

void admin_list_rooms(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListAllRoomsRequest *r = CALL_REQUEST(Gchat__V1__ListAllRoomsRequest, msg);
	struct room_page page;
	room_page_make(call->service->directory, r->page_token, call_page_size(r->page_size),
		any_room, NULL, &page);
	struct room_info *infos = mem_new(page.count, sizeof(*infos));
	Gchat__V1__Room *rooms = mem_new(page.count, sizeof(*rooms));
	Gchat__V1__AdminRoom *outs = mem_new(page.count, sizeof(*outs));
	Gchat__V1__AdminRoom **list = mem_new(page.count, sizeof(struct Gchat__V1__AdminRoom *));
	for (size_t i = 0; i < page.count; i++) {
		room_get_info(page.rooms[i], &infos[i]);
		room_info_to_message(&infos[i], &rooms[i]);
		gchat__v1__admin_room__init(&outs[i]);
		outs[i].room = &rooms[i];
		outs[i].online_count = presence_count(call->service->presence, page.rooms[i]);
		outs[i].reader_count = atomic_load(&page.rooms[i]->readers);
		list[i] = &outs[i];
	}
	Gchat__V1__ListAllRoomsResponse response;
	gchat__v1__list_all_rooms_response__init(&response);
	response.rooms = list;
	response.n_rooms = page.count;
	if (page.more)
		response.next_page_token = infos[page.count - 1].name;
	call_reply(call, &response.base);
	free(list);
	free(outs);
	free(rooms);
	free(infos);
	room_page_deinit(&page);
}

void admin_list_members(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListRoomMembersRequest *r =
		CALL_REQUEST(Gchat__V1__ListRoomMembersRequest, msg);
	struct room *room = call_find_room(call, 0, r->room);
	if (!room)
		return;
	struct member_page page;
	member_page_make(room, r->page_token, call_page_size(r->page_size), &page);
	Gchat__V1__AdminMember *outs = mem_new(page.count, sizeof(*outs));
	Gchat__V1__AdminMember **list =
		mem_new(page.count, sizeof(struct Gchat__V1__AdminMember *));
	member_page_show(&page, call->service->presence);
	for (size_t i = 0; i < page.count; i++) {
		gchat__v1__admin_member__init(&outs[i]);
		outs[i].member = &page.members[i];
		outs[i].joined_us = page.entries[i].joined_us;
		outs[i].last_seen_us = atomic_load(&page.entries[i].account->last_seen_us);
		list[i] = &outs[i];
	}
	Gchat__V1__ListRoomMembersResponse response;
	gchat__v1__list_room_members_response__init(&response);
	response.members = list;
	response.n_members = page.count;
	response.member_count = page.member_count;
	response.next_page_token = member_page_next(&page);
	call_reply(call, &response.base);
	free(list);
	free(outs);
	member_page_deinit(&page);
	(void)room_unref(room);
}

void admin_end_session(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__EndSessionRequest *r = CALL_REQUEST(Gchat__V1__EndSessionRequest, msg);
	if (r->session_id == 0) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	if (strlen(r->reason) > LIMIT_REASON_BYTES) {
		call_fail(call, REASON_TEXT_TOO_LONG);
		return;
	}
	hub_end_session(
		call->service->hub, r->session_id, REASON_REMOVED, r->reason[0] ? r->reason : NULL);
	log_notice("session ended by uid=%u session=%llu", call->admin_uid,
		(unsigned long long)r->session_id);
	Gchat__V1__EndSessionResponse response;
	gchat__v1__end_session_response__init(&response);
	call_reply(call, &response.base);
}
