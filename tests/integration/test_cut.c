/*
 * Clients whose network breaks: connections reset, refused, and silent as when a cable is pulled.
 * Keepalive is at its shortest here, delivery.keepalive_s = 5 and keepalive_timeout_s = 1 on the
 * daemon's side; the client's is fixed at 20 s and 10 s.
 * labels: slow
 * timeout: 300
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/check.h"
#include "support/td_client.h"
#include "support/wire.h"

enum {
	RESETS = 20,
	PER_RESET = 25, /* messages between two resets */
	MISSED = 500, /* messages sent while one is away: more than the tail keeps */
	OFFLINE = 20, /* messages of the one who is away */
	DEAD_MS = 40 * 1000, /* a silently dead peer is found within this */
	STEP_MS = 100,
	SETTLE_MS = 20000,
	ANN = 0, /* as sender */
	BOB = 1,
};

/* A short tail, so that catching up goes by way of the store. */
static const char config[] = "delivery: { tail_events = 64; keepalive_s = 5;\n"
			     "  keepalive_timeout_s = 1; presence_grace_ms = 1500;\n"
			     "  presence_interval_ms = 50; };\n";

/* One who talks and is checked; on the test's thread alone. */
struct person {
	struct td_client *c;
	struct gchat *g; /* borrowed: c's */
	unsigned sender;
	unsigned reader;
	uint64_t tags[MISSED + 1]; /* by number */
	unsigned sent;
	unsigned waiting; /* not yet acknowledged */
	enum gchat_state state;
	bool saw_bob_offline;
};

/* ann connects directly, bob by way of a wire; they are alone in a room. */
struct pair {
	struct td *td;
	struct wire *wire; /* owned: ends before the daemon */
	struct check *check; /* owned */
	uint64_t room;
	struct person ann;
	struct person bob;
};

static struct pair the_pair;

static int teardown(void **state)
{
	int r = td_teardown(state);

	wire_close(GC_TAKE(the_pair.wire));
	if (the_pair.check)
		check_free(GC_TAKE(the_pair.check));
	memset(&the_pair, 0, sizeof(the_pair));
	return r;
}

static void come_in(struct pair *p, struct person *who, const char *name, unsigned sender)
{
	struct td_client_options options = {.want_presence = true};

	if (sender == BOB)
		options.address = wire_address(p->wire);
	who->c = td_connect_with(p->td, name, &options);
	who->g = td_gchat(who->c);
	who->sender = sender;
	who->state = GCHAT_STATE_ONLINE;
	p->room = td_enter_room(who->c, "cut");
}

static void look(struct pair *p, struct person *who, const char *name)
{
	td_barrier(who->c);
	td_forget(who->c);
	who->reader = check_add_reader(p->check, name, who->g);
}

static struct pair *begin(void)
{
	const struct td_options options = {.config = config};
	struct pair *p = &the_pair;

	p->td = td_start(&options);
	p->wire = wire_open(p->td);
	come_in(p, &p->ann, "ann", ANN);
	come_in(p, &p->bob, "bob", BOB);
	p->check = check_new(p->room);
	(void)td_send_acked(p->bob.c, p->room, "here");
	look(p, &p->ann, "ann");
	look(p, &p->bob, "bob");
	return p;
}

static void say(struct pair *p, struct person *who)
{
	char text[CHECK_TEXT_BYTES];
	unsigned number = check_next_text(p->check, who->sender, text);

	assert_true(number <= MISSED);
	td_check(who->c, gchat_send(who->g, p->room, text, 0, &who->tags[number]), NULL, "send");
	who->sent = number;
	who->waiting++;
}

static void take_reply(struct pair *p, struct person *who, const struct gchat_reply *reply)
{
	unsigned number = who->sent;

	if (reply->kind != GCHAT_REPLY_COMMITTED)
		check_blame(p->check, "sender %u: %s: %s", who->sender, reply->error.reason,
			reply->error.message);
	while (number > 0 && who->tags[number] != reply->tag)
		number--;
	if (number == 0)
		td_fail(p->td, "sender %u: a reply to nothing", who->sender);
	check_acked(p->check, who->sender, number, reply);
	who->waiting--;
}

/* Takes what has come, waiting at most `ms` for the first. */
static void listen_to(struct pair *p, struct person *who, int ms)
{
	struct gchat_event *event = NULL;

	for (; gchat_next(who->g, ms, &event) == 1; ms = 0) {
		if (event->kind == GCHAT_EVENT_REPLY)
			take_reply(p, who, &event->reply);
		else if (event->kind == GCHAT_EVENT_STATE)
			who->state = event->state.state;
		else if (event->kind == GCHAT_EVENT_PRESENCE)
			who->saw_bob_offline |= strcmp(event->presence.user, "bob") == 0 &&
						event->presence.presence == GCHAT_PRESENCE_OFFLINE;
		check_event(p->check, who->reader, event);
		gchat_event_free(event);
	}
}

static void listen_to_both(struct pair *p)
{
	listen_to(p, &p->ann, 1);
	listen_to(p, &p->bob, 1);
	if (check_fault(p->check))
		td_fail(p->td, "%s", check_fault(p->check));
}

/* Until everything sent is acknowledged and both have seen it all; compares it with the history. */
static void settle(struct pair *p)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), SETTLE_MS);

	while (!check_is_settled(p->check)) {
		if (clock_mono_ms_since(clock_mono(), deadline) >= 0)
			td_fail(p->td,
				"not settled: ann waits for %u, bob for %u, bob is at %" PRIu64,
				p->ann.waiting, p->bob.waiting,
				check_place(p->check, p->bob.reader));
		listen_to_both(p);
	}
	check_finish(p->check, p->td, p->ann.g);
}

static void end(struct pair *p, const char *what)
{
	struct check_counts n = check_counts_now(p->check);

	printf("cut: %s: %" PRIu64 " messages sent and acknowledged (%" PRIu64
	       " known from before), %" PRIu64 " entries seen in one order, none missing\n",
		what, n.acked, n.duplicates, n.entries);
	td_stop(p->td);
}

static void resets_in_the_middle_of_talk_lose_and_repeat_nothing(void **state)
{
	struct pair *p = begin();

	(void)state;
	for (unsigned i = 0; i < RESETS * PER_RESET; i++) {
		if (p->ann.sent < MISSED)
			say(p, &p->ann);
		if (p->bob.sent < MISSED)
			say(p, &p->bob);
		listen_to_both(p);
		if (i % PER_RESET == 0)
			wire_reset(p->wire);
	}
	settle(p);
	end(p, "20 resets");
}

static void a_client_that_was_away_gets_what_it_missed_and_sends_what_it_wrote(void **state)
{
	struct pair *p = begin();

	(void)state;
	wire_cut(p->wire);
	while (p->bob.state != GCHAT_STATE_RECONNECTING)
		listen_to(p, &p->bob, STEP_MS);
	uint64_t before = check_place(p->check, p->bob.reader);
	for (unsigned i = 0; i < OFFLINE; i++)
		say(p, &p->bob);
	for (unsigned i = 0; i < MISSED; i++)
		say(p, &p->ann);
	while (p->ann.waiting > 0)
		listen_to_both(p);
	assert_int_equal(check_place(p->check, p->bob.reader), before);
	assert_int_equal(p->bob.waiting, OFFLINE);
	wire_mend(p->wire);
	settle(p);
	end(p, "away for 500 messages");
}

/* Both ends of a frozen wire, each with a keepalive of its own. */
static void a_silently_dead_peer_is_found_on_both_sides(void **state)
{
	struct pair *p = begin();
	struct mono start = clock_mono();
	int64_t server_ms = 0;
	int64_t client_ms = 0;

	(void)state;
	wire_freeze(p->wire, WIRE_BOTH);
	while (server_ms == 0 || client_ms == 0) {
		int64_t ms = clock_mono_ms_since(clock_mono(), start);
		if (ms > DEAD_MS)
			td_fail(p->td,
				"not found within %d ms: server %" PRId64 ", client %" PRId64,
				DEAD_MS, server_ms, client_ms);
		if (ms < 1000 && p->ann.sent < OFFLINE)
			say(p, &p->ann);
		listen_to(p, &p->ann, STEP_MS);
		listen_to(p, &p->bob, STEP_MS);
		if (server_ms == 0 && p->ann.saw_bob_offline)
			server_ms = ms + 1;
		if (client_ms == 0 && p->bob.state == GCHAT_STATE_RECONNECTING)
			client_ms = ms + 1;
	}
	printf("cut: a silent peer is offline to others after %" PRId64
	       " ms (keepalive 5 + 1 s, grace 1.5 s), and the client knows after %" PRId64
	       " ms (20 + 10 s)\n",
		server_ms, client_ms);
	wire_mend(p->wire);
	settle(p);
	end(p, "silence");
}

static bool is_online(const struct gchat_event *event, void *arg)
{
	const char *user = arg;

	return strcmp(event->presence.user, user) == 0 &&
	       event->presence.presence == GCHAT_PRESENCE_ONLINE;
}

/* dan's going, which is later than bob's break and is told after the same grace, is the clock. */
static void a_break_shorter_than_the_grace_is_not_shown(void **state)
{
	struct pair *p = begin();
	struct td_client *dan = td_connect(p->td, "dan");
	char who[] = "dan";

	(void)state;
	(void)td_join(dan, "cut");
	(void)td_expect_match(p->ann.c, GCHAT_EVENT_PRESENCE, is_online, who, "dan comes");
	td_forget(p->ann.c);
	wire_reset(p->wire);
	while (p->bob.state != GCHAT_STATE_RECONNECTING)
		listen_to(p, &p->bob, STEP_MS);
	while (p->bob.state != GCHAT_STATE_ONLINE)
		listen_to(p, &p->bob, STEP_MS);
	td_disconnect(dan);
	const struct gchat_presence_event *seen =
		&td_expect_event(p->ann.c, GCHAT_EVENT_PRESENCE)->presence;
	assert_string_equal(seen->user, "dan");
	assert_int_equal(seen->presence, GCHAT_PRESENCE_OFFLINE);
	printf("cut: a break of bob's was not shown to ann\n");
	td_stop(p->td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			resets_in_the_middle_of_talk_lose_and_repeat_nothing, teardown),
		cmocka_unit_test_teardown(
			a_client_that_was_away_gets_what_it_missed_and_sends_what_it_wrote,
			teardown),
		cmocka_unit_test_teardown(a_break_shorter_than_the_grace_is_not_shown, teardown),
		cmocka_unit_test_teardown(a_silently_dead_peer_is_found_on_both_sides, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
