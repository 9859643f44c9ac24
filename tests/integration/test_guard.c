/*
 * The two floods that gRPC core alone does not withstand, rapid reset and CONTINUATION, from
 * connections that have signed in and from others, while 100 sessions talk on: each is cut within a
 * second (two, where it had signed in), and no session waits longer than that.
 * beside: none
 * timeout: 120
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/crowd.h"

enum {
	SESSIONS = 100,
	STEP_MS = 10, /* between two messages of the talk */
	QUIET_MS = 2000, /* of talk before the floods, to compare */
	FLOODS = 5, /* of each kind, one after the other */
	CUT_MS = 1000, /* a flood is cut within this, and nobody waits longer */
	SIGNED_IN_CUT_MS = 2000, /* one that has signed in has a larger budget */
	FLOOD_MS = 10000, /* when h2-flood gives up */
	PEAK_MB_MAX = 400, /* without the guard a flood takes gigabytes */
	SETTLE_MS = 20000,
	TEXT_BYTES = 100,
	LINE_BYTES = 256,
};

static const char config[] = "limits: { sessions_per_account = 1000; };\n"
			     "log: { level = \"info\"; };\n";

static struct crowd *the_crowd;
static pid_t the_flood;

static int teardown(void **state)
{
	if (the_flood > 0) {
		(void)kill(the_flood, SIGKILL);
		(void)waitpid(the_flood, NULL, 0);
	}
	the_flood = 0;
	the_crowd = crowd_free(the_crowd);
	return td_teardown(state);
}

struct flood {
	int out; /* its standard output; owned */
	char line[LINE_BYTES];
	size_t len;
};

/* h2-flood KIND PORT, signed in when there is a token. */
static void flood_start(struct flood *f, struct td *td, const char *kind, const char *token)
{
	char port[8];
	char name[] = H2_FLOOD;
	char secs[] = "--secs=10";
	char token_option[128] = "--secs=10";
	char kind_text[32];
	char *args[] = {name, secs, token_option, kind_text, port, NULL};
	int ends[2];
	posix_spawn_file_actions_t actions;

	(void)snprintf(port, sizeof(port), "%u", td_port(td));
	(void)snprintf(kind_text, sizeof(kind_text), "%s", kind);
	if (token)
		(void)snprintf(token_option, sizeof(token_option), "--token=%s", token);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO), 0);
	int r = posix_spawn(&the_flood, H2_FLOOD, &actions, NULL, args, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(ends[1]);
	if (r != 0)
		td_fail(td, "%s: %s", H2_FLOOD, strerror(r));
	*f = (struct flood){.out = ends[0]};
}

/* Reads its one line as it comes; true when it has ended. */
static bool flood_ended(struct flood *f)
{
	struct pollfd p = {.fd = f->out, .events = POLLIN};

	if (poll(&p, 1, 0) != 1)
		return false;
	ssize_t n = read(f->out, f->line + f->len, sizeof(f->line) - 1 - f->len);
	if (n > 0) {
		f->len += (size_t)n;
		return false;
	}
	return true;
}

/* How long it lasted, in ms; fails unless the server cut it. */
static int64_t flood_end(struct flood *f, struct td *td)
{
	double secs = 0;
	unsigned long long bytes = 0;
	int cut = 0;
	char kind[32];

	(void)close(f->out);
	(void)waitpid(the_flood, NULL, 0); /* its line tells all */
	the_flood = 0;
	if (sscanf(f->line, "FLOOD kind=%31s cut=%d secs=%lf bytes=%llu", kind, &cut, &secs,
		    &bytes) != 4 ||
		!cut)
		td_fail(td, "the flood was not cut: %s", f->line);
	return (int64_t)(secs * CLOCK_MS_PER_S);
}

/* Every STEP_MS the next session says something. */
struct talk {
	struct crowd *crowd;
	struct mono next;
	unsigned turn;
};

static void talk_on(struct talk *t)
{
	struct mono now = clock_mono();

	if (clock_mono_ms_since(now, t->next) >= 0) {
		crowd_say(t->crowd, t->turn++ % SESSIONS, TEXT_BYTES);
		t->next = clock_mono_add_ms(now, STEP_MS);
	}
	crowd_turn(t->crowd, 1);
}

static void talk_quietly(struct talk *t)
{
	struct mono end = clock_mono_add_ms(clock_mono(), QUIET_MS);

	crowd_watch_pauses(t->crowd);
	while (clock_mono_ms_since(clock_mono(), end) < 0)
		talk_on(t);
	printf("guard: longest pause of %d sessions without a flood: %.1f ms\n", SESSIONS,
		(double)crowd_longest_pause_us(t->crowd) / CLOCK_US_PER_MS);
}

static void talk_through(struct talk *t, struct td *td, const char *kind, const char *token)
{
	int64_t limit = token ? SIGNED_IN_CUT_MS : CUT_MS;
	int64_t longest = 0;

	crowd_watch_pauses(t->crowd);
	for (unsigned i = 0; i < FLOODS; i++) {
		struct flood f;
		flood_start(&f, td, kind, token);
		while (!flood_ended(&f))
			talk_on(t);
		int64_t ms = flood_end(&f, td);
		if (ms > longest)
			longest = ms;
	}
	uint64_t pause_us = crowd_longest_pause_us(t->crowd);
	printf("guard: %s, %s, %d times: cut after %" PRId64
	       " ms at the most; longest pause of %d sessions: %.1f ms\n",
		kind, token ? "signed in" : "not signed in", FLOODS, longest, SESSIONS,
		(double)pause_us / CLOCK_US_PER_MS);
	assert_true(longest <= limit);
	assert_true(pause_us <= (uint64_t)limit * CLOCK_US_PER_MS);
}

static void floods_are_cut_within_a_second_while_100_sessions_talk_on(void **state)
{
	static const char *const kinds[] = {"rapid-reset", "continuation"};
	const struct td_options options = {.config = config};
	struct td *td = td_start(&options);
	struct talk t = {
		.crowd = the_crowd = crowd_new(td, "guard", SESSIONS), .next = clock_mono()};

	(void)state;
	talk_quietly(&t);
	for (size_t i = 0; i < GC_LENGTH(kinds); i++) {
		talk_through(&t, td, kinds[i], NULL);
		/* A slow daemon takes less than the budget of those who have signed in. */
		if (!TD_SANITIZED)
			talk_through(&t, td, kinds[i], crowd_token(t.crowd));
	}
	crowd_settle(t.crowd, SETTLE_MS);
	printf("guard: %" PRIu64 " messages, %" PRIu64 " deliveries, none missing; peak %" PRIu64
	       " MB\n",
		crowd_said(t.crowd), crowd_deliveries(t.crowd), td_rss_peak_bytes(td) >> 20);
	assert_true(TD_SANITIZED || td_rss_peak_bytes(td) >> 20 < PEAK_MB_MAX);
	the_crowd = crowd_free(t.crowd);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			floods_are_cut_within_a_second_while_100_sessions_talk_on, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
