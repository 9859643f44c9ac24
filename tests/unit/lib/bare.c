/* As much of a client as frames need. */
#include "bare.h"

#include "base/mem.h"

#include <stdlib.h>

#include "cmocka_std.h"

struct gchat *bare_new(void)
{
	struct gchat *g = mem_new(1, sizeof(*g));
	const struct gchat_options options = {.trust_mode = GCHAT_TRUST_MODE_EXACT,
		.fingerprint = "1111111111111111111111111111111111111111111111111111111111111111"};
	assert_int_equal(trust_new(&options, "host", "host:1", &g->trust), 0);
	assert_int_equal(event_queue_init(&g->events), 0);
	(void)pthread_mutex_init(&g->shared.mu, NULL);
	TAILQ_INIT(&g->shared.requests);
	g->shared.next_tag = 1;
	assert_int_equal(outbox_open(&g->outbox, NULL, &g->shared.next_tag), 0);
	atomic_store(&g->has_outbox, true);
	g->stream.state = STREAM_CONNECTING;
	return g;
}

void bare_free(struct gchat *g)
{
	const struct gchat_error none = {0};
	request_fail_all(g, &none);
	event_queue_deinit(&g->events);
	outbox_close(&g->outbox);
	cursors_deinit(&g->stream.at);
	cursors_deinit(&g->shared.delivered);
	names_deinit(&g->shared.names);
	(void)pthread_mutex_destroy(&g->shared.mu);
	free(g->shared.outbox_user);
	trust_unref(g->trust);
	free(g);
}

struct gchat_event *bare_expect(struct gchat *g, enum gchat_event_kind kind)
{
	struct gchat_event *event = event_queue_pop(&g->events);
	while (event && event->kind != kind) {
		gchat_free(event);
		event = event_queue_pop(&g->events);
	}
	assert_non_null(event);
	deliver_note(g, event);
	return event;
}

void bare_expect_none(struct gchat *g)
{
	assert_null(event_queue_pop(&g->events));
}

void bare_welcome(struct gchat *g, uint64_t head_seq)
{
	Gchat__V1__Room room;
	Gchat__V1__RoomState room_state;
	Gchat__V1__Profile account;
	Gchat__V1__Welcome welcome;
	Gchat__V1__ServerFrame frame;
	gchat__v1__room__init(&room);
	gchat__v1__room_state__init(&room_state);
	gchat__v1__profile__init(&account);
	gchat__v1__welcome__init(&welcome);
	gchat__v1__server_frame__init(&frame);
	room.room_id = BARE_ROOM;
	room.name = (char[]){"lobby"};
	room.head_seq = head_seq;
	room_state.room = &room;
	room_state.role = GCHAT__V1__ROLE__ROLE_MEMBER;
	account.account_id = BARE_ACCOUNT;
	account.user = (char[]){"alice"};
	welcome.account = &account;
	welcome.n_rooms = 1;
	welcome.rooms = (Gchat__V1__RoomState *[]){&room_state};
	frame.welcome = &welcome;
	frame_take(g, &frame);
	if (g->stream.is_broken)
		return;
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_WELCOME);
	assert_string_equal(event->welcome.account.user, "alice");
	assert_int_equal(event->welcome.rooms[0].role, GCHAT_ROLE_MEMBER);
	gchat_free(event);
}

void bare_message(struct gchat *g, uint64_t seq)
{
	Gchat__V1__Message message;
	Gchat__V1__Event event;
	Gchat__V1__ServerFrame frame;
	gchat__v1__message__init(&message);
	gchat__v1__event__init(&event);
	gchat__v1__server_frame__init(&frame);
	message.text = (char[]){"hello"};
	event.room_id = BARE_ROOM;
	event.seq = seq;
	event.author_id = 99;
	event.author = (char[]){"bob"};
	event.body_case = GCHAT__V1__EVENT__BODY_MESSAGE;
	event.message = &message;
	frame.n_events = 1;
	frame.events = (Gchat__V1__Event *[]){&event};
	frame_take(g, &frame);
}
