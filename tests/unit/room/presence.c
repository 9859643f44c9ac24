/* Who is there: grace, gathering, and whom it is told to. Time is what the tests say it is. */
#include "room/presence.h"

#include "gchat/v1/chat.pb-c.h"
#include "proto/codec.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const Gchat__V1__PresenceState online = GCHAT__V1__PRESENCE_STATE__PRESENCE_ONLINE;
static const Gchat__V1__PresenceState away = GCHAT__V1__PRESENCE_STATE__PRESENCE_AWAY;
static const Gchat__V1__PresenceState offline = GCHAT__V1__PRESENCE_STATE__PRESENCE_OFFLINE;

enum {
	GRACE_MS = 100000,
	INTERVAL_MS = 10000,
};

static const struct presence_options options = {.grace_ms = GRACE_MS, .interval_ms = INTERVAL_MS};

/* What was told at one tick; calls: one per room. */
struct told {
	unsigned calls;
	unsigned count;
	uint64_t room_id;
	char users[8][LIMIT_USER_NAME_BYTES + 1];
	Gchat__V1__PresenceState states[8];
	int64_t wait_ms;
};

static void on_news(void *arg, uint64_t room_id, const uint8_t *wire, size_t len)
{
	struct told *told = arg;
	ProtobufCMessage *msg = codec_load(&gchat__v1__server_frame__descriptor, wire, len);
	assert_non_null(msg);
	Gchat__V1__ServerFrame *frame = GC_CONTAINER_OF(msg, Gchat__V1__ServerFrame, base);
	told->calls++;
	told->room_id = room_id;
	for (size_t i = 0; i < frame->n_presence; i++) {
		strcpy(told->users[told->count], frame->presence[i]->user);
		told->states[told->count++] = frame->presence[i]->state;
	}
	codec_free(msg);
}

/* Looks as if it were so much later than now. */
static struct told look(struct presence *p, int64_t later_ms)
{
	struct told told = {0};
	told.wait_ms = presence_tick(p, clock_mono_add_ms(clock_mono(), later_ms), on_news, &told);
	return told;
}

static void nothing_happens_and_nothing_waits(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	struct told told = look(p, 0);
	assert_int_equal(told.calls, 0);
	assert_int_equal(told.wait_ms, -1);
	assert_int_equal(presence_of(p, site->bob), offline);
	presence_free(p);
}

static void who_comes_is_told_after_the_interval(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	presence_opened(p, site->bob);
	struct told told = look(p, 0);
	assert_int_equal(told.calls, 0);
	assert_true(told.wait_ms > 0 && told.wait_ms <= INTERVAL_MS + 1);
	told = look(p, INTERVAL_MS + 1);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.room_id, site->den->id);
	assert_int_equal(told.count, 1);
	assert_string_equal(told.users[0], "bob");
	assert_int_equal(told.states[0], online);
	assert_int_equal(told.wait_ms, -1);
	presence_free(p);
}

static void a_short_absence_tells_nobody(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	presence_opened(p, site->bob);
	(void)look(p, INTERVAL_MS + 1);
	presence_closed(p, site->bob, online);
	assert_int_equal(look(p, GRACE_MS - 1000).calls, 0);
	assert_int_equal(presence_of(p, site->bob), online);
	presence_opened(p, site->bob);
	assert_int_equal(look(p, 2 * GRACE_MS).calls, 0);
	presence_free(p);
}

static void a_long_absence_is_told_after_the_grace(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	presence_opened(p, site->bob);
	(void)look(p, INTERVAL_MS + 1);
	presence_closed(p, site->bob, online);
	struct told told = look(p, GRACE_MS + 1);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.states[0], offline);
	assert_int_equal(presence_of(p, site->bob), offline);
	presence_free(p);
}

static void a_visit_shorter_than_the_interval_is_never_told(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	presence_opened(p, site->bob);
	presence_closed(p, site->bob, online);
	assert_int_equal(look(p, 2 * GRACE_MS).calls, 0);
	presence_free(p);
}

static void an_account_shows_the_best_of_its_sessions(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	presence_opened(p, site->bob);
	presence_opened(p, site->bob);
	presence_changed(p, site->bob, online, away);
	assert_int_equal(presence_of(p, site->bob), online);
	presence_closed(p, site->bob, online);
	assert_int_equal(presence_of(p, site->bob), away);
	struct told told = look(p, INTERVAL_MS + 1);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.states[0], away);
	presence_closed(p, site->bob, away);
	told = look(p, GRACE_MS + 1);
	assert_int_equal(told.states[0], offline);
	presence_free(p);
}

static void the_changes_of_a_room_come_together(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	presence_opened(p, site->ada);
	presence_opened(p, site->bob);
	struct told told = look(p, INTERVAL_MS + 1);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.count, 2);
	presence_free(p);
}

static void away_and_back_within_the_interval_is_no_change(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	presence_opened(p, site->bob);
	(void)look(p, INTERVAL_MS + 1);
	presence_changed(p, site->bob, online, away);
	presence_changed(p, site->bob, away, online);
	assert_int_equal(look(p, INTERVAL_MS + 1).calls, 0);
	presence_free(p);
}

static void rooms_above_the_limit_hear_nothing(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	struct account *dan = add_account(site, "dan", false);
	struct room *attic =
		add_room(site, site->bob, "attic", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE); /* 3: still told */
	presence_opened(p, site->bob);
	assert_int_equal(look(p, INTERVAL_MS + 1).calls, 2);
	assert_int_equal(join(site, dan, site->den), REASON_NONE); /* 4: too many */
	presence_changed(p, site->bob, online, away);
	struct told told = look(p, INTERVAL_MS + 1);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.room_id, attic->id);
	room_unref(attic);
	presence_free(p);
}

static void new_options_hold_from_the_next_change_on(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	const struct presence_options quick = {.grace_ms = 20, .interval_ms = 10};
	presence_set_options(p, &quick);
	presence_opened(p, site->bob);
	assert_int_equal(look(p, 11).calls, 1);
	presence_free(p);
}

static void the_shortest_wait_is_the_one_that_counts(void **state)
{
	struct site *site = *state;
	struct presence *p = presence_new(site->directory, &options);
	presence_opened(p, site->ada);
	(void)look(p, INTERVAL_MS + 1);
	presence_closed(p, site->ada, online);
	presence_opened(p, site->bob);
	int64_t wait_ms = look(p, 0).wait_ms;
	assert_true(wait_ms > INTERVAL_MS / 2 && wait_ms <= INTERVAL_MS + 1);
	presence_free(p); /* drops what was never told */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(nothing_happens_and_nothing_waits),
		TEST(who_comes_is_told_after_the_interval),
		TEST(a_short_absence_tells_nobody),
		TEST(a_long_absence_is_told_after_the_grace),
		TEST(a_visit_shorter_than_the_interval_is_never_told),
		TEST(an_account_shows_the_best_of_its_sessions),
		TEST(the_changes_of_a_room_come_together),
		TEST(away_and_back_within_the_interval_is_no_change),
		TEST(rooms_above_the_limit_hear_nothing),
		TEST(new_options_hold_from_the_next_change_on),
		TEST(the_shortest_wait_is_the_one_that_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
