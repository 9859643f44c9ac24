/* links: gchat_client_core gchat_lib */
/*
 * A hostile server: any frames to a client's stream, and all that comes of them up to what a person
 * or a script is shown. Pieces (support/parts.h) are frames; the first byte says whether a proper
 * welcome comes before them.
 */
#include "base/mem.h"
#include "client/json_out.h"
#include "client/render.h"
#include "client/rooms.h"
#include "client/text.h"
#include "lib/priv.h"
#include "proto/codec.h"
#include "support/parts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A client without its thread and its connection, in the middle of an attempt. */
static struct gchat *client_new(void)
{
	static const struct gchat_options options = {.trust_mode = GCHAT_TRUST_MODE_EXACT,
		.fingerprint = "1111111111111111111111111111111111111111111111111111111111111111"};
	struct gchat *g = mem_new(1, sizeof(*g));
	GC_ASSERT(trust_new(&options, "host", "host:1", &g->trust) == 0);
	GC_ASSERT(event_queue_init(&g->events) == 0);
	(void)pthread_mutex_init(&g->shared.mu, NULL);
	TAILQ_INIT(&g->shared.requests);
	g->shared.next_tag = 1;
	GC_ASSERT(outbox_open(&g->outbox, NULL, &g->shared.next_tag) == 0);
	atomic_store(&g->has_outbox, true);
	g->stream.state = STREAM_CONNECTING;
	return g;
}

static void client_free(struct gchat *g)
{
	const struct gchat_error none = {0};
	request_fail_all(g, &none);
	event_queue_deinit(&g->events);
	outbox_close(&g->outbox);
	cursors_deinit(&g->stream.at);
	cursors_deinit(&g->shared.delivered);
	names_deinit(&g->shared.names);
	(void)pthread_mutex_destroy(&g->shared.mu);
	trust_unref(g->trust);
	free(g);
}

/* A welcome with room 1, read up to event 4. */
static void welcome(struct gchat *g)
{
	static char name[] = "den";
	static char user[] = "ada";
	Gchat__V1__Room room;
	Gchat__V1__RoomState state;
	Gchat__V1__RoomState *states[] = {&state};
	Gchat__V1__Profile account;
	Gchat__V1__Welcome msg;
	Gchat__V1__ServerFrame frame;
	gchat__v1__room__init(&room);
	gchat__v1__room_state__init(&state);
	gchat__v1__profile__init(&account);
	gchat__v1__welcome__init(&msg);
	gchat__v1__server_frame__init(&frame);
	room.room_id = 1;
	room.name = name;
	room.head_seq = 4;
	state.room = &room;
	account.account_id = 1;
	account.user = user;
	msg.account = &account;
	msg.rooms = states;
	msg.n_rooms = 1;
	frame.welcome = &msg;
	frame_take(g, &frame);
	GC_ASSERT(g->stream.state == STREAM_ONLINE && !g->stream.is_broken);
}

/* Messages that wait for the replies to come: tags 1 to 3. */
static void fill_outbox(struct gchat *g)
{
	static char text[] = "hi";
	Gchat__V1__Send send;
	Gchat__V1__ClientFrame frame;
	uint8_t id[LIMIT_CLIENT_MSG_ID_BYTES] = {0};
	gchat__v1__send__init(&send);
	gchat__v1__client_frame__init(&frame);
	send.room_id = 1;
	send.text = text;
	send.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SEND;
	frame.send = &send;
	for (uint8_t tag = 1; tag <= 3; tag++) {
		id[0] = tag;
		frame.request_id = tag;
		GC_ASSERT(outbox_add(&g->outbox, &frame) == 0);
		(void)outbox_take_next(&g->outbox, clock_mono());
	}
}

/* No byte that a terminal obeys, but for ends of rows. */
static void check_plain(const char *text)
{
	for (const char *c = text; *c; c++)
		GC_ASSERT((unsigned char)*c >= ' ' || *c == '\n');
	char *again = text_clean(TEXT_BODY, text, strlen(text));
	GC_ASSERT(strlen(text) > TEXT_BYTES_MAX / 2 || strstr(again, "\xEF\xBF\xBD") == NULL ||
		  strstr(text, "\xEF\xBF\xBD") != NULL);
	free(again);
}

static void show_json(json_t *object)
{
	if (!object)
		return;
	char *raw = json_dumps(object, JSON_COMPACT);
	GC_ASSERT(raw);
	char *safe = text_json_escape(raw);
	for (const char *c = safe; *c; c++)
		GC_ASSERT((unsigned char)*c >= ' ' && *c != 0x7F);
	free(safe);
	free(raw);
	json_decref(object);
}

static void show(struct render *render, struct rooms *rooms, const struct gchat_event *event)
{
	if (event->kind == GCHAT_EVENT_ENTRY) {
		char *rows = render_entry(render, "#den", &event->entry);
		if (rows)
			check_plain(rows);
		free(rows);
	}
	for (size_t i = 0; event->kind == GCHAT_EVENT_WELCOME && i < event->welcome.room_count; i++)
		(void)rooms_put(rooms, &event->welcome.rooms[i]);
	show_json(event->kind == GCHAT_EVENT_REPLY ? json_of_reply(NULL, &event->reply)
						   : json_of_event(event));
}

static void show_all(struct gchat *g, struct render *render, struct rooms *rooms)
{
	struct gchat_event *event;
	while ((event = event_queue_pop(&g->events))) {
		deliver_note(g, event);
		show(render, rooms, event);
		gchat_free(event);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts parts = {.data = data, .len = size};
	struct render render = {.columns = 0};
	struct rooms rooms = {0};
	const uint8_t *bytes;
	size_t len;
	struct gchat *g = client_new();
	uint8_t how = parts_take_byte(&parts);
	render.columns = how & 2 ? how >> 2 : 0;
	fill_outbox(g);
	if (how & 1)
		welcome(g);
	while (!g->stream.is_broken && parts_take(&parts, &bytes, &len)) {
		ProtobufCMessage *msg =
			codec_load(&gchat__v1__server_frame__descriptor, bytes, len);
		if (msg)
			frame_take(g, (void *)msg);
		codec_free(msg);
		show_all(g, &render, &rooms);
	}
	rooms_deinit(&rooms);
	client_free(g);
	return 0;
}
