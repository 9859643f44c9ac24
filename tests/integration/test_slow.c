/*
 * Two clients that stop reading, one on the real library and one that leaves its socket alone, while
 * 50 others go on at full speed: the daemon's memory stays bounded, the others are not slowed, and
 * the slow one gets everything in order when it reads again.
 * labels: slow
 * beside: none
 * timeout: 300
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/crowd.h"
#include "support/td_client.h"

enum {
	OTHERS = 50,
	RAW_SLOW = OTHERS, /* the session after them */
	SPEAKERS = 10,
	IN_FLIGHT = 200, /* messages on their way, of all speakers */
	MESSAGES = TD_SANITIZED ? 5000 : 30000, /* in each part */
	PARTS = 4, /* with the slow ones: 120 MB wait for each of them */
	TEXT_BYTES = 1000,
	MB = 1 << 20,
	PART_MS = 120000,
	CATCH_UP_MS = 60000,
	GROWTH_MB_MAX = 48, /* while 120 MB wait for each of the two */
	SLOWED_MAX = 2, /* times */
};

/* Without the library nobody answers pings while nothing is read: in 30 s it would count as lost. */
static const char config[] =
	"limits: { sessions_per_account = 100; bytes_per_second = 1000000000;\n"
	"  bytes_burst = 1000000000; };\n"
	"delivery: { keepalive_s = 600; };\n"
	"log: { level = \"info\"; };\n";

static struct crowd *the_crowd;

static int teardown(void **state)
{
	the_crowd = crowd_free(the_crowd);
	return td_teardown(state);
}

/* Full speed: as soon as one is acknowledged, the next is said. Returns how long it took. */
static int64_t talk(struct crowd *c, struct td *td)
{
	struct mono begin = clock_mono();
	uint64_t end = crowd_said(c) + MESSAGES;

	while (crowd_said(c) < end) {
		while (crowd_said(c) < end && crowd_said(c) - crowd_acked(c) < IN_FLIGHT)
			crowd_say(c, (unsigned)(crowd_said(c) % SPEAKERS), TEXT_BYTES);
		crowd_turn(c, 10);
		if (clock_mono_ms_since(clock_mono(), begin) > PART_MS)
			td_fail(td, "%" PRIu64 " messages to go after %d ms", end - crowd_said(c),
				PART_MS);
	}
	crowd_settle(c, PART_MS);
	return clock_mono_ms_since(clock_mono(), begin);
}

/* The library's client reads all of it, in order. */
static void read_all(struct td *td, struct td_client *slow, uint64_t room, uint64_t messages)
{
	struct mono begin = clock_mono();
	uint64_t seq = td_expect_entry(slow, room)->seq;
	uint64_t got = 1;

	while (got < messages) {
		const struct gchat_entry *e = td_expect_entry(slow, room);
		if (e->seq != ++seq)
			td_fail(td, "slow: seq %" PRIu64 " in the place of %" PRIu64, e->seq, seq);
		got++;
	}
	td_barrier(slow);
	td_expect_none(slow, GCHAT_EVENT_ENTRY);
	td_expect_none(slow, GCHAT_EVENT_GAP);
	printf("slow: caught up with %" PRIu64 " messages, in order, in %" PRId64 " ms\n", got,
		clock_mono_ms_since(clock_mono(), begin));
}

/* So does the other one. */
static void wake_raw(struct crowd *c)
{
	struct mono begin = clock_mono();
	uint64_t had = crowd_received(c, RAW_SLOW);

	crowd_pause(c, RAW_SLOW, false);
	crowd_settle(c, CATCH_UP_MS);
	printf("slow: the one without a library had %" PRIu64 " and has %" PRIu64
	       " messages after %" PRId64 " ms\n",
		had, crowd_received(c, RAW_SLOW), clock_mono_ms_since(clock_mono(), begin));
}

static void those_who_do_not_read_harm_nobody_and_miss_nothing(void **state)
{
	const struct td_options options = {.config = config};
	struct td *td = td_start(&options);
	struct crowd *c = the_crowd = crowd_new(td, "slow", OTHERS + 1);
	int64_t all_ms = talk(c, td);
	uint64_t all_cpu_us = td_cpu_us(td); /* of the start, too, which is little */
	int64_t best_ms = INT64_MAX;
	uint64_t before = td_rss_bytes(td);
	struct td_client *slow = td_connect(td, "slow");
	uint64_t room = td_join(slow, "slow");

	(void)state;
	printf("slow: %d messages of %d bytes to %d who read: %" PRId64 " ms, daemon %.1f MB\n",
		MESSAGES, TEXT_BYTES, OTHERS + 1, all_ms, (double)before / MB);
	(void)td_expect_entry(slow, room); /* its joining; from here on it takes no event */
	crowd_pause(c, RAW_SLOW, true);
	for (unsigned part = 1; part <= PARTS; part++) {
		uint64_t cpu_us = td_cpu_us(td);
		int64_t slow_ms = talk(c, td);
		cpu_us = td_cpu_us(td) - cpu_us;
		uint64_t after = td_rss_bytes(td);
		printf("slow: the same, part %u, beside two who don't read: %" PRId64
		       " ms, daemon %.1f MB\n",
			part, slow_ms, (double)after / MB);
		assert_true(TD_SANITIZED || after < before + (uint64_t)GROWTH_MB_MAX * MB);
		assert_true(cpu_us < all_cpu_us * SLOWED_MAX);
		best_ms = slow_ms < best_ms ? slow_ms : best_ms;
	}
	/* The quickest: what else the machine does may hold up any one of them. */
	assert_true(best_ms < all_ms * SLOWED_MAX);
	read_all(td, slow, room, (uint64_t)PARTS * MESSAGES);
	wake_raw(c);
	the_crowd = crowd_free(c);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			those_who_do_not_read_harm_nobody_and_miss_nothing, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
