/* ListSessions: every shard adds its own, the last one wakes the call. */
#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "net/accept.h"
#include "service/admin_calls.h"
#include "service/call.h"
#include "shard/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	uint64_t id;
	uint64_t account_id;
	char user[LIMIT_USER_NAME_BYTES + 1];
	char address[ACCEPTOR_ADDRESS_BYTES];
	char client[LIMIT_CLIENT_NAME_BYTES + 1];
	uint64_t since_us;
	unsigned rooms;
	uint64_t lag;
	size_t queued;
	uint64_t events_out;
	unsigned shard;
};

/* Gathers the sessions above `after`; sorted and cut to one page at the end. */
struct gathering {
	struct hub_visit visit;
	struct call *call; /* held by the letter that ends it */
	char user[LIMIT_USER_NAME_BYTES + 1];
	uint64_t after;
	size_t page_size;
	pthread_mutex_t mu;
	struct row *rows; /* owned, under mu */
	size_t count;
	size_t capacity;
};

static void wipe(void *data)
{
	struct gathering *g = data;
	free(g->rows);
	pthread_mutex_destroy(&g->mu);
}

static struct row *add_row(struct gathering *g)
{
	enum {
		CAPACITY_MIN = 64
	};
	if (g->count == g->capacity) {
		g->capacity = g->capacity ? 2 * g->capacity : CAPACITY_MIN;
		g->rows = mem_grow(g->rows, g->capacity, sizeof(*g->rows));
	}
	return &g->rows[g->count++];
}

/* The session's shard. */
static void visit_session(struct hub_visit *visit, struct session *s)
{
	struct gathering *g = GC_CONTAINER_OF(visit, struct gathering, visit);
	if (s->id <= g->after || s->state >= SESSION_ENDING ||
		(g->user[0] && strcmp(g->user, s->account->name) != 0))
		return;
	struct row row = {.id = s->id,
		.account_id = s->account->id,
		.since_us = s->since_us,
		.rooms = HASH_COUNT(s->subscriptions),
		.lag = session_lag(s),
		.queued = s->sending_bytes + s->control.len,
		.events_out = s->events_out,
		.shard = s->shard->index};
	memcpy(row.user, s->account->name, sizeof(row.user));
	memcpy(row.client, s->client, sizeof(row.client));
	acceptor_address(s->peer, row.address);
	pthread_mutex_lock(&g->mu);
	*add_row(g) = row;
	pthread_mutex_unlock(&g->mu);
}

/* The last shard: back to the call's own. */
static void visited(struct hub_visit *visit)
{
	struct gathering *g = GC_CONTAINER_OF(visit, struct gathering, visit);
	shard_post(g->call->shard, &g->call->mail);
}

static int by_id(const void *a, const void *b)
{
	const struct row *x = a;
	const struct row *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void to_message(struct row *row, Gchat__V1__Session *out)
{
	gchat__v1__session__init(out);
	out->session_id = row->id;
	out->account_id = row->account_id;
	out->user = row->user;
	out->address = row->address;
	out->client = row->client;
	out->since_us = row->since_us;
	out->rooms = row->rooms;
	out->lag = row->lag;
	out->queued_bytes = (uint32_t)row->queued;
	out->events_out = row->events_out;
	out->shard = row->shard;
}

static void reply_sessions(struct call *call)
{
	struct gathering *g = call->data;
	size_t count = g->count < g->page_size ? g->count : g->page_size;
	if (g->count > 0)
		qsort(g->rows, g->count, sizeof(*g->rows), by_id);
	Gchat__V1__Session *sessions = mem_new(count, sizeof(*sessions));
	Gchat__V1__Session **list = mem_new(count, sizeof(struct Gchat__V1__Session *));
	for (size_t i = 0; i < count; i++) {
		to_message(&g->rows[i], &sessions[i]);
		list[i] = &sessions[i];
	}
	char token[24] = "";
	if (g->count > count)
		(void)snprintf(
			token, sizeof(token), "%llu", (unsigned long long)g->rows[count - 1].id);
	Gchat__V1__ListSessionsResponse response;
	gchat__v1__list_sessions_response__init(&response);
	response.sessions = list;
	response.n_sessions = count;
	response.next_page_token = token;
	call_reply(call, &response.base);
	free(list);
	free(sessions);
}

void admin_list_sessions(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListSessionsRequest *r = CALL_REQUEST(Gchat__V1__ListSessionsRequest, msg);
	struct gathering *g = call_data(call, sizeof(*g));
	call->wipe = wipe;
	g->call = call;
	g->page_size = call_page_size(r->page_size);
	g->after = strtoull(r->page_token, NULL, 10);
	(void)snprintf(g->user, sizeof(g->user), "%s", r->user);
	pthread_mutex_init(&g->mu, NULL);
	g->visit.visit = visit_session;
	g->visit.done = visited;
	call_wait(call, reply_sessions);
	hub_visit_all(call->service->hub, &g->visit);
}
