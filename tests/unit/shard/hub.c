/* What is told to all shards, and which of their sessions hear it. */
#include "shard/hub.h"

#include "hall.h"
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t wire[] = {0x2a, 0}; /* an empty presence */

static void tell_den(struct hall *hall, enum update_want want, uint64_t but)
{
	const struct hub_update update = {
		.wire = wire, .len = sizeof(wire), .want = want, .but = but};
	hub_tell_rooms(hall->hub, &hall->site->den->id, 1, &update);
}

static void tell_bob(struct hall *hall, const uint8_t *bytes, size_t len)
{
	const struct hub_update update = {.wire = bytes, .len = len};
	hub_tell_account(hall->hub, hall->site->bob->id, &update);
}

static void one_account_hears_on_all_shards(void **state)
{
	struct hall *hall = *state;
	struct session *a = hall_enter(hall, 0, hall->site->bob, 0);
	struct session *b = hall_enter(hall, 1, hall->site->bob, 0);
	struct session *c = hall_enter(hall, 1, hall->site->ada, 0);
	tell_bob(hall, wire, sizeof(wire));
	assert_true(hall_deliver(hall));
	assert_int_equal(a->update_count, 1);
	assert_int_equal(b->update_count, 1);
	assert_int_equal(c->update_count, 0);
	assert_int_equal(GRPC_SLICE_LENGTH(a->updates[0]), sizeof(wire));
	hall_leave(a);
	hall_leave(b);
	hall_leave(c);
}

static void who_reads_several_of_the_rooms_hears_once(void **state)
{
	struct hall *hall = *state;
	struct room *attic = add_room(
		hall->site, hall->site->bob, "attic", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	const uint64_t ids[] = {hall->site->den->id, attic->id, 999};
	struct session *a = hall_enter(hall, 0, hall->site->bob, UPDATE_TYPING);
	struct session *b = hall_enter(hall, 0, hall->site->eve, UPDATE_TYPING);
	(void)subscription_open(a, hall->site->den, 1);
	(void)subscription_open(a, attic, 1);
	const struct hub_update update = {.wire = wire, .len = sizeof(wire), .want = UPDATE_TYPING};
	hub_tell_rooms(hall->hub, ids, 3, &update);
	(void)hall_deliver(hall);
	assert_int_equal(a->update_count, 1);
	assert_int_equal(b->update_count, 0); /* reads none of them */
	hall_leave(a);
	hall_leave(b);
	room_unref(attic);
}

static void who_did_not_ask_or_did_it_hears_nothing(void **state)
{
	struct hall *hall = *state;
	struct session *a = hall_enter(hall, 0, hall->site->bob, UPDATE_PRESENCE);
	struct session *b = hall_enter(hall, 0, hall->site->ada, UPDATE_TYPING);
	(void)subscription_open(a, hall->site->den, 1);
	(void)subscription_open(b, hall->site->den, 1);
	tell_den(hall, UPDATE_TYPING, 0);
	tell_den(hall, UPDATE_TYPING, hall->site->ada->id);
	(void)hall_deliver(hall);
	assert_int_equal(a->update_count, 0);
	assert_int_equal(b->update_count, 1);
	hall_leave(a);
	hall_leave(b);
}

static void a_slow_session_loses_the_oldest_updates(void **state)
{
	struct hall *hall = *state;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	for (uint8_t i = 0; i < SESSION_UPDATES_MAX; i++)
		tell_bob(hall, &i, 1);
	(void)hall_deliver(hall);
	assert_false(s->shed);
	tell_bob(hall, wire, sizeof(wire));
	(void)hall_deliver(hall);
	assert_true(s->shed);
	assert_int_equal(s->update_count, SESSION_UPDATES_MAX);
	assert_int_equal(*GRPC_SLICE_START_PTR(s->updates[0]), 1);
	assert_int_equal(GRPC_SLICE_LENGTH(s->updates[SESSION_UPDATES_MAX - 1]), sizeof(wire));
	hall_leave(s);
}

/* ---- the audience ---- */

static void who_joins_reads_from_the_event_of_it(void **state)
{
	struct hall *hall = *state;
	const struct audience *audience = &hall->hub->audience;
	struct session *s = hall_enter(hall, 1, hall->site->eve, UPDATE_MEMBERS);
	audience->joined(audience->arg, hall->site->eve, hall->site->den, 7);
	(void)hall_deliver(hall);
	struct subscription *sub = subscription_find(s, hall->site->den->id);
	assert_non_null(sub);
	assert_int_equal(sub->cursor.next, 7);
	Gchat__V1__ServerFrame *frame = hall_control(s);
	assert_int_equal(frame->n_rooms, 1);
	assert_true(frame->rooms[0]->complete);
	assert_int_equal(frame->rooms[0]->n_members, 2);
	codec_free(&frame->base);
	hall_leave(s);
}

static void who_parts_reads_up_to_the_event_of_it(void **state)
{
	struct hall *hall = *state;
	const struct audience *audience = &hall->hub->audience;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	struct subscription *sub = subscription_open(s, hall->site->den, 1);
	audience->parted(audience->arg, hall->site->bob->id, hall->site->den, 7);
	(void)hall_deliver(hall);
	assert_int_equal(sub->cursor.end, 7);
	hall_leave(s);
}

static void look_away(struct subscription *sub)
{
	TAILQ_REMOVE(&sub->session->dirty, sub, dirty_link);
	sub->dirty = false;
}

static void nobody_reads_past_an_exit_that_the_shard_has_not_heard_of(void **state)
{
	struct hall *hall = *state;
	const struct audience *audience = &hall->hub->audience;
	struct session *b = hall_enter(hall, 0, hall->site->bob, 0);
	struct session *a = hall_enter(hall, 0, hall->site->ada, 0);
	struct subscription *bobs = subscription_open(b, hall->site->den, 1);
	struct subscription *adas = subscription_open(a, hall->site->den, 1);
	uint64_t exit = subscription_span(bobs).head + 1;
	audience->parted(audience->arg, hall->site->bob->id, hall->site->den, exit);
	hall_publish(hall, 1); /* the exit itself */
	audience->parted(audience->arg, hall->site->eve->id, hall->site->den, exit + 1);
	hall_publish(hall, 3);
	assert_int_equal(subscription_span(bobs).head, exit);
	look_away(adas); /* level, as far as it may read */
	(void)hall_deliver(hall);
	assert_int_equal(bobs->cursor.end, exit);
	assert_true(adas->dirty);
	assert_int_equal(subscription_span(adas).head, exit + 3);
	hall_leave(a);
	hall_leave(b);
}

static void who_is_back_reads_nothing_of_the_time_between(void **state)
{
	struct hall *hall = *state;
	const struct audience *audience = &hall->hub->audience;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	struct subscription *sub = subscription_open(s, hall->site->den, 1);
	audience->parted(audience->arg, hall->site->bob->id, hall->site->den, 7);
	audience->joined(audience->arg, hall->site->bob, hall->site->den, 9);
	audience->parted(audience->arg, hall->site->bob->id, hall->site->den, 11);
	audience->joined(audience->arg, hall->site->bob, hall->site->den, 15);
	(void)hall_deliver(hall);
	assert_int_equal(sub->cursor.next, 1);
	assert_int_equal(sub->cursor.end, 7);
	assert_true(subscription_begin_anew(sub));
	assert_int_equal(sub->cursor.next, 9);
	assert_int_equal(sub->cursor.end, 11);
	assert_true(subscription_begin_anew(sub));
	assert_int_equal(sub->cursor.next, 15);
	assert_int_equal(sub->cursor.end, 0);
	assert_false(subscription_begin_anew(sub));
	hall_leave(s);
}

static void stays_that_wait_are_bounded(void **state)
{
	struct hall *hall = *state;
	const struct audience *audience = &hall->hub->audience;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	struct subscription *sub = subscription_open(s, hall->site->den, 1);
	uint64_t last = 2 * (STAYS_MAX + 10);
	for (uint64_t seq = 2; seq <= last; seq += 2) {
		audience->parted(audience->arg, hall->site->bob->id, hall->site->den, seq);
		audience->joined(audience->arg, hall->site->bob, hall->site->den, seq + 1);
	}
	(void)hall_deliver(hall);
	assert_int_equal(sub->stay_count, STAYS_MAX);
	while (subscription_begin_anew(sub))
		assert_true(sub->cursor.next % 2 == 1);
	assert_int_equal(sub->cursor.next, last + 1); /* the one that goes on is never lost */
	assert_int_equal(sub->cursor.end, 0);
	hall_leave(s);
}

static void who_stands_beyond_its_exit_is_reset(void **state)
{
	struct hall *hall = *state;
	const struct audience *audience = &hall->hub->audience;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	(void)subscription_open(s, hall->site->den, 9); /* by a hello that was between */
	audience->parted(audience->arg, hall->site->bob->id, hall->site->den, 7);
	(void)hall_deliver(hall);
	assert_null(subscription_find(s, hall->site->den->id));
	Gchat__V1__ServerFrame *frame = hall_control(s);
	assert_int_equal(frame->n_resets, 1);
	codec_free(&frame->base);
	hall_leave(s);
}

static void a_room_that_is_gone_is_reset(void **state)
{
	struct hall *hall = *state;
	const struct audience *audience = &hall->hub->audience;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	(void)subscription_open(s, hall->site->den, 1);
	audience->parted(audience->arg, hall->site->bob->id, hall->site->den, 0);
	(void)hall_deliver(hall);
	assert_null(subscription_find(s, hall->site->den->id));
	Gchat__V1__ServerFrame *frame = hall_control(s);
	assert_int_equal(frame->n_resets, 1);
	assert_int_equal(frame->resets[0]->room_id, hall->site->den->id);
	assert_string_equal(frame->resets[0]->reason, "NOT_A_MEMBER");
	codec_free(&frame->base);
	hall_leave(s);
}

static void a_profile_reaches_who_shares_a_room(void **state)
{
	struct hall *hall = *state;
	const struct audience *audience = &hall->hub->audience;
	struct session *a = hall_enter(hall, 0, hall->site->ada, UPDATE_PROFILES);
	struct session *e = hall_enter(hall, 0, hall->site->eve, UPDATE_PROFILES);
	(void)subscription_open(a, hall->site->den, 1);
	audience->profile_changed(audience->arg, hall->site->bob);
	(void)hall_deliver(hall);
	assert_int_equal(a->update_count, 1);
	assert_int_equal(e->update_count, 0);
	audience->profile_changed(audience->arg, hall->site->eve); /* in no room: its own devices */
	(void)hall_deliver(hall);
	assert_int_equal(e->update_count, 1);
	hall_leave(a);
	hall_leave(e);
}

static void ended_tokens_end_their_sessions_and_no_others(void **state)
{
	struct hall *hall = *state;
	const struct audience *audience = &hall->hub->audience;
	struct session *a = hall_enter(hall, 0, hall->site->bob, 0);
	struct session *b = hall_enter(hall, 1, hall->site->bob, 0);
	struct session *c = hall_enter(hall, 1, hall->site->ada, 0);
	a->token_id = 1;
	b->token_id = 2;
	c->token_id = 3;
	audience->signed_out(audience->arg, hall->site->bob->id, 1, 0);
	(void)hall_deliver(hall);
	assert_int_equal(a->state, SESSION_ENDING);
	assert_int_equal(a->end_reason, REASON_SIGNED_OUT);
	assert_int_equal(b->state, SESSION_LIVE);
	audience->signed_out(audience->arg, hall->site->bob->id, 0, 2); /* all but this one */
	(void)hall_deliver(hall);
	assert_int_equal(b->state, SESSION_LIVE);
	audience->signed_out(audience->arg, hall->site->bob->id, 0, 0);
	(void)hall_deliver(hall);
	assert_int_equal(b->state, SESSION_ENDING);
	assert_int_equal(c->state, SESSION_LIVE);
	hall_leave(a);
	hall_leave(b);
	hall_leave(c);
}

/* ---- ends, limits, visits ---- */

static void one_session_ends_by_its_number_and_is_told_why(void **state)
{
	struct hall *hall = *state;
	struct session *a = hall_enter(hall, 0, hall->site->bob, 0);
	struct session *b = hall_enter(hall, 0, hall->site->bob, 0);
	hub_end_session(hall->hub, a->id, REASON_REMOVED, "enough");
	(void)hall_deliver(hall);
	assert_int_equal(a->state, SESSION_ENDING);
	assert_int_equal(b->state, SESSION_LIVE);
	Gchat__V1__ServerFrame *frame = hall_control(a);
	assert_string_equal(frame->going_away->reason, "REMOVED");
	assert_string_equal(frame->going_away->message, "enough");
	codec_free(&frame->base);
	hall_leave(a);
	hall_leave(b);
}

static void draining_ends_all_sessions(void **state)
{
	struct hall *hall = *state;
	struct session *a = hall_enter(hall, 0, hall->site->bob, 0);
	struct session *b = hall_enter(hall, 1, hall->site->ada, 0);
	hub_drain(hall->hub);
	(void)hall_deliver(hall);
	assert_int_equal(a->state, SESSION_ENDING);
	assert_int_equal(b->end_reason, REASON_SHUTDOWN);
	assert_true(hall->hub->shards[0].draining && hall->hub->shards[1].draining);
	hall_leave(a);
	hall_leave(b);
}

static void who_is_sent_away_comes_back_sooner_where_few_are(void **state)
{
	struct hall *hall = *state;
	struct shard *shard = &hall->hub->shards[0];
	uint32_t most = 0;
	shard->limits.reconnect_spread_ms = 100;
	for (unsigned i = 0; i < 1000; i++) {
		assert_in_range(shard_reconnect_ms(shard, 0), 1, 1);
		assert_in_range(shard_reconnect_ms(shard, 40), 1, 41); /* a millisecond for each */
		uint32_t ms = shard_reconnect_ms(shard, 5000);
		assert_in_range(ms, 1, 101); /* what the configuration allows */
		most = ms > most ? ms : most;
	}
	assert_true(most > 80); /* spread over all of it */
}

static void new_limits_reach_every_shard(void **state)
{
	struct hall *hall = *state;
	hub_set_limits(hall->hub, &(struct shard_limits){.batch_events = 7});
	(void)hall_deliver(hall);
	for (unsigned i = 0; i < HALL_SHARDS; i++)
		assert_int_equal(hall->hub->shards[i].limits.batch_events, 7);
}

struct census {
	struct hub_visit visit;
	unsigned sessions;
	unsigned done;
};

static void on_visit(struct hub_visit *visit, struct session *session)
{
	(void)session;
	GC_CONTAINER_OF(visit, struct census, visit)->sessions++;
}

static void on_done(struct hub_visit *visit)
{
	GC_CONTAINER_OF(visit, struct census, visit)->done++;
}

static void a_visit_sees_every_session_and_ends_once(void **state)
{
	struct hall *hall = *state;
	static struct census census;
	struct session *a = hall_enter(hall, 0, hall->site->bob, 0);
	struct session *b = hall_enter(hall, 1, hall->site->bob, 0);
	struct session *c = hall_enter(hall, 1, hall->site->ada, 0);
	census = (struct census){.visit = {.visit = on_visit, .done = on_done}};
	hub_visit_all(hall->hub, &census.visit);
	(void)hall_deliver(hall);
	assert_int_equal(census.sessions, 3);
	assert_int_equal(census.done, 1);
	hall_leave(a);
	hall_leave(b);
	hall_leave(c);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hall_setup, hall_teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_account_hears_on_all_shards),
		TEST(who_reads_several_of_the_rooms_hears_once),
		TEST(who_did_not_ask_or_did_it_hears_nothing),
		TEST(a_slow_session_loses_the_oldest_updates),
		TEST(who_joins_reads_from_the_event_of_it),
		TEST(who_parts_reads_up_to_the_event_of_it),
		TEST(nobody_reads_past_an_exit_that_the_shard_has_not_heard_of),
		TEST(who_is_back_reads_nothing_of_the_time_between),
		TEST(stays_that_wait_are_bounded),
		TEST(who_stands_beyond_its_exit_is_reset),
		TEST(a_room_that_is_gone_is_reset),
		TEST(a_profile_reaches_who_shares_a_room),
		TEST(ended_tokens_end_their_sessions_and_no_others),
		TEST(one_session_ends_by_its_number_and_is_told_why),
		TEST(draining_ends_all_sessions),
		TEST(who_is_sent_away_comes_back_sooner_where_few_are),
		TEST(new_limits_reach_every_shard),
		TEST(a_visit_sees_every_session_and_ends_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
