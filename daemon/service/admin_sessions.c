/* Sessions: every shard adds its own to the page, or ends the one that is meant; the last shard wakes
 * the call. */
#include "base/log.h"
#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "service/admin_calls.h"
#include "service/call.h"
#include "service/session_page.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last shard: back to the call's own. */
static void back_to(struct call *call)
{
	shard_post(call->shard, &call->mail);
}

/* ---- listing ---- */

struct listing {
	struct hub_visit visit;
	struct call *call; /* held by the letter that ends it */
	struct session_page page;
};

static void wipe_listing(void *data)
{
	session_page_deinit(&((struct listing *)data)->page);
}

static void visit_shard(struct hub_visit *visit, struct shard *shard)
{
	session_page_visit(&GC_CONTAINER_OF(visit, struct listing, visit)->page, shard);
}

static void visited(struct hub_visit *visit)
{
	back_to(GC_CONTAINER_OF(visit, struct listing, visit)->call);
}

/* In capitals, as enums are. Static storage. */
static char *state_name(enum session_state state)
{
	static char names[_SESSION_STATE_MAX][9] = {[SESSION_OPENING] = "OPENING",
		[SESSION_GREETING] = "GREETING",
		[SESSION_LIVE] = "LIVE",
		[SESSION_ENDING] = "ENDING",
		[SESSION_CLOSED] = "CLOSED"};
	return names[state];
}

static void to_message(struct session_row *row, Gchat__V1__Session *out)
{
	gchat__v1__session__init(out);
	out->session_id = row->id;
	out->account_id = row->account_id;
	out->user = row->user;
	out->address = row->address;
	out->client = row->client;
	out->device = row->device;
	out->since_us = row->since_us;
	out->rooms = row->rooms;
	out->lag = row->lag;
	out->queued_bytes = (uint32_t)row->queued_bytes;
	out->events_out = row->events_out;
	out->shard = row->shard;
	out->state = state_name(row->state);
	out->round_trip_us = row->round_trip_us;
	out->certificate = row->certificate;
}

static void reply_sessions(struct call *call)
{
	struct listing *listing = call->data;
	size_t count;
	bool more;
	struct session_row **rows = session_page_rows(&listing->page, &count, &more);
	Gchat__V1__Session *sessions = mem_new(count, sizeof(*sessions));
	Gchat__V1__Session **list = mem_new(count, sizeof(struct Gchat__V1__Session *));
	for (size_t i = 0; i < count; i++) {
		to_message(rows[i], &sessions[i]);
		list[i] = &sessions[i];
	}
	char token[24] = "";
	if (more)
		(void)snprintf(
			token, sizeof(token), "%llu", (unsigned long long)rows[count - 1]->id);
	Gchat__V1__ListSessionsResponse response;
	gchat__v1__list_sessions_response__init(&response);
	response.sessions = list;
	response.n_sessions = count;
	response.next_page_token = token;
	call_reply(call, &response.base);
	free(list);
	free(sessions);
}

/* A token is the number of the last session of the page before. */
static bool parse_token(const char *token, uint64_t *ret_after)
{
	char *end = NULL;
	*ret_after = strtoull(token, &end, 10);
	return *end == '\0' && (token[0] == '\0' || isdigit((unsigned char)token[0]));
}

/* False: answered. */
static bool fill_filter(
	struct call *call, const Gchat__V1__ListSessionsRequest *r, struct session_filter *filter)
{
	filter->session_id = r->session_id;
	if (!parse_token(r->page_token, &filter->after)) {
		call_fail_text(call, REASON_INVALID_ARGUMENT, "page_token is none of ours");
		return false;
	}
	if (!r->user[0])
		return true;
	struct account *account = call_find_user(call, r->user);
	if (account)
		filter->account_id = account->id;
	(void)account_unref(account);
	return account;
}

void admin_list_sessions(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListSessionsRequest *r = CALL_REQUEST(Gchat__V1__ListSessionsRequest, msg);
	struct session_filter filter = {0};
	if (!fill_filter(call, r, &filter))
		return;
	struct listing *listing = call_data(call, sizeof(*listing));
	call->wipe = wipe_listing;
	listing->call = call;
	listing->page.directory = call->service->directory;
	listing->page.acceptor = call->service->acceptor;
	session_page_init(&listing->page, &filter, call_page_size(r->page_size));
	listing->visit.visit_shard = visit_shard;
	listing->visit.done = visited;
	call_wait(call, reply_sessions);
	hub_visit_all(call->service->hub, &listing->visit);
}

/* ---- ending ---- */

struct ending {
	struct hub_visit visit;
	struct call *call; /* as above */
	uint64_t session_id;
	char text[LIMIT_REASON_BYTES + 1];
	/* Written by the one shard that has the session. */
	bool found;
	char user[LIMIT_USER_NAME_BYTES + 1];
	char address[ACCEPTOR_ADDRESS_BYTES];
};

static void end_in(struct hub_visit *visit, struct shard *shard)
{
	struct ending *ending = GC_CONTAINER_OF(visit, struct ending, visit);
	struct session *s;
	TAILQ_FOREACH (s, &shard->sessions, shard_link) {
		if (s->id != ending->session_id || s->state >= SESSION_ENDING)
			continue;
		ending->found = true;
		(void)snprintf(ending->user, sizeof(ending->user), "%s", s->account->name);
		acceptor_address(s->peer, ending->address);
		session_end(s, REASON_REMOVED, ending->text[0] ? ending->text : NULL);
		return;
	}
}

static void ended(struct hub_visit *visit)
{
	back_to(GC_CONTAINER_OF(visit, struct ending, visit)->call);
}

static void reply_ended(struct call *call)
{
	struct ending *ending = call->data;
	if (!ending->found) {
		call_fail_text(call, REASON_NOT_FOUND, "there is no such session");
		return;
	}
	log_notice("session ended by uid=%u session=%llu user=%s", call->admin_uid,
		(unsigned long long)ending->session_id, ending->user);
	Gchat__V1__EndSessionResponse response;
	gchat__v1__end_session_response__init(&response);
	response.user = ending->user;
	response.address = ending->address;
	call_reply(call, &response.base);
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
	struct ending *ending = call_data(call, sizeof(*ending));
	ending->call = call;
	ending->session_id = r->session_id;
	strcpy(ending->text, r->reason);
	ending->visit.visit_shard = end_in;
	ending->visit.done = ended;
	call_wait(call, reply_ended);
	hub_visit_all(call->service->hub, &ending->visit);
}
