/*
 * 5,000 TLS sessions in one room, who talk: every message reaches every session. More or fewer by
 * GCHAT_CROWD_SESSIONS; 1,000 under a sanitizer, which takes its time for each handshake.
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
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/crowd.h"

enum {
	SESSIONS_DEFAULT = TD_SANITIZED ? 1000 : 5000,
	SPEAKERS = 100,
	ROUNDS = 10, /* each speaker says so much, all at once */
	TEXT_BYTES = 100,
	SETTLE_MS = 60000,
	SESSION_KB_MAX = 200, /* what the daemon may take for one idle session */
	SPARE_FDS = 256,
};

static const char config[] = "limits: { sessions_per_account = 100; connections = 20000; };\n"
			     "delivery: { snapshot_members = 0; };\n"
			     "log: { level = \"info\"; };\n";

static struct crowd *the_crowd;

static int teardown(void **state)
{
	the_crowd = crowd_free(the_crowd);
	return td_teardown(state);
}

/* The daemon inherits it, and wants two descriptors for each connection. */
static void raise_descriptors(unsigned sessions)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 2 * sessions + SPARE_FDS) {
		printf("crowd: only %llu descriptors allowed, %u sessions need more\n",
			(unsigned long long)limit.rlim_max, sessions);
		skip();
	}
}

static void every_message_reaches_each_of_5000_sessions(void **state)
{
	const struct td_options options = {.config = config};
	const char *text = getenv("GCHAT_CROWD_SESSIONS");
	unsigned count = text ? (unsigned)strtoul(text, NULL, 10) : SESSIONS_DEFAULT;

	(void)state;
	raise_descriptors(count);
	struct td *td = td_start(&options);
	uint64_t empty = td_rss_bytes(td);
	struct mono begin = clock_mono();
	struct crowd *c = the_crowd = crowd_new(td, "crowd", count);
	uint64_t idle = td_rss_bytes(td);
	uint64_t per_session = (idle - empty) / count;
	printf("crowd: %u sessions in after %" PRId64 " ms; daemon %" PRIu64 " MB before, %" PRIu64
	       " MB with them: %.1f KB a session, %u descriptors\n",
		count, clock_mono_ms_since(clock_mono(), begin), empty >> 20, idle >> 20,
		(double)per_session / 1024, td_fd_count(td));
	struct mono talk = clock_mono();
	uint64_t cpu = td_cpu_us(td);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < SPEAKERS; i++)
			crowd_say(c, i * (count / SPEAKERS), TEXT_BYTES);
		crowd_settle(c, SETTLE_MS);
	}
	int64_t ms = clock_mono_ms_since(clock_mono(), talk);
	cpu = td_cpu_us(td) - cpu;
	assert_int_equal(crowd_deliveries(c), crowd_said(c) * count);
	printf("crowd: %" PRIu64 " messages of %d speakers, %" PRIu64 " deliveries in %" PRId64
	       " ms, %.2f us of the daemon's CPU each; daemon %" PRIu64 " MB after, peak %" PRIu64
	       " MB\n",
		crowd_said(c), SPEAKERS, crowd_deliveries(c), ms,
		(double)cpu / (double)crowd_deliveries(c), td_rss_bytes(td) >> 20,
		td_rss_peak_bytes(td) >> 20);
	assert_true(TD_SANITIZED || per_session < SESSION_KB_MAX * 1024);
	the_crowd = crowd_free(c);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_message_reaches_each_of_5000_sessions, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
