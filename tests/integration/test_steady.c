/*
 * Sessions of the real library talk while their daemon is restarted, killed and reloaded under them;
 * its listening sockets stay, as systemd keeps them. STEADY_SESSIONS and STEADY_ROUNDS in the
 * environment make it larger. The booted system's tests do the same under the real unit.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "rpc/quiet.h"
#include "steady.h"
#include "support/td.h"

enum {
	SESSIONS = 100,
	SESSIONS_SANITIZED = 30,
	PER_ROOM = 50,
	ROUNDS = 2,
	RATE = 5,
	BACK_MS = 30000,
	SILENCE_MAX_MS = 10000, /* of a busy machine; on a quiet one, 0.3 s */
	CRASH_WAIT_MS = 400, /* of the library's first delay */
};

static struct td *td;
static struct steady *steady;

static unsigned number(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static unsigned sessions(void)
{
	return number("STEADY_SESSIONS", TD_SANITIZED ? SESSIONS_SANITIZED : SESSIONS);
}

static int open_all(void **state)
{
	struct err_text err = {0};
	struct steady_options options = {.sessions = sessions(),
		.rooms = (sessions() + PER_ROOM - 1) / PER_ROOM,
		.rate = RATE,
		.calls_per_s = TD_SANITIZED ? 2 : 10};

	(void)state;
	(void)rpc_quiet_mutexes(); /* a crowd in one process is slower without */
	/* The delays are those that an administrator gets who sets nothing. */
	td = td_start(&(struct td_options){
		.config = "server: { drain_ms = 3000; reconnect_spread_ms = 30000; };\n"
			  "limits: { connections_per_minute = 0; };\n"
			  "log: { level = \"info\"; };\n"});
	options.server = td_address(td);
	if (steady_open(&options, &steady, &err) < 0)
		td_fail(td, "%s", err.text);
	return 0;
}

static int close_all(void **state)
{
	steady = steady_close(steady);
	return td_teardown(state);
}

static void print_figures(const char *name, const struct steady_figures *f)
{
	printf("%-8s silence %.0f/%.0f/%.0f ms  ack %.0f/%.0f/%.0f  told %.0f/%.0f/%.0f  waited "
	       "%.0f/%.0f/%.0f  connecting %.0f/%.0f/%.0f  broken %u attempts %u  calls %u again %u "
	       "%.0f/%.0f/%.0f\n",
		name, f->silence.p50, f->silence.p99, f->silence.max, f->ack.p50, f->ack.p99,
		f->ack.max, f->told.p50, f->told.p99, f->told.max, f->waited.p50, f->waited.p99,
		f->waited.max, f->connecting.p50, f->connecting.p99, f->connecting.max, f->broken,
		f->attempts, f->calls, f->calls_again, f->call.p50, f->call.p99, f->call.max);
	(void)fflush(stdout);
}

static void disturb(const char *name, void (*how)(void), struct steady_figures *ret)
{
	struct mono start = clock_mono();

	steady_begin(steady);
	how();
	printf("%-8s done after %lld ms\n", name,
		(long long)clock_mono_ms_since(clock_mono(), start));
	steady_end(steady, BACK_MS, ret);
	td_hear(td);
	print_figures(name, ret);
	assert_int_equal(ret->missing, 0);
	assert_int_equal(ret->refused, 0);
	if (!TD_SANITIZED)
		assert_true(ret->silence.max < SILENCE_MAX_MS);
}

static void restart(void)
{
	td_restart(td);
}

static void crash(void)
{
	td_kill9(td);
	td_restart(td);
}

static void reload(void)
{
	td_reload(td);
}

static void all_are_back_soon_after_a_restart(void **state)
{
	struct steady_figures figures;

	(void)state;
	for (unsigned i = 0; i < number("STEADY_ROUNDS", TD_SANITIZED ? 1 : ROUNDS); i++) {
		disturb("restart", restart, &figures);
		assert_int_equal(figures.broken, sessions());
		assert_int_equal(figures.attempts, sessions());
		/* a millisecond for each; a few that have just come back may count twice */
		assert_true(figures.waited.max <= 2 * sessions());
	}
}

static void all_are_back_soon_after_a_crash(void **state)
{
	struct steady_figures figures;

	(void)state;
	for (unsigned i = 0; i < number("STEADY_ROUNDS", 1); i++) {
		disturb("crash", crash, &figures);
		assert_int_equal(figures.broken, sessions());
		if (i == 0)
			assert_true(figures.waited.max <= CRASH_WAIT_MS);
	}
}

static void nobody_notices_a_reload(void **state)
{
	struct steady_figures figures;

	(void)state;
	for (unsigned i = 0; i < number("STEADY_ROUNDS", 1); i++) {
		disturb("reload", reload, &figures);
		assert_int_equal(figures.broken, 0);
	}
}

static void nothing_was_lost_doubled_or_refused(void **state)
{
	struct steady_totals totals;

	(void)state;
	steady_finish(steady, BACK_MS, &totals);
	printf("said %llu acknowledged %llu delivered %llu\n", (unsigned long long)totals.said,
		(unsigned long long)totals.acked, (unsigned long long)totals.delivered);
	if (!steady_is_sound(&totals))
		td_fail(td, "lost %llu, doubled %llu, disordered %llu, refused %llu: %s",
			(unsigned long long)totals.lost, (unsigned long long)totals.doubled,
			(unsigned long long)totals.disordered, (unsigned long long)totals.refused,
			totals.trouble);
	assert_true(totals.said > 0);
	assert_int_equal(totals.acked, totals.said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_back_soon_after_a_restart),
		cmocka_unit_test(all_are_back_soon_after_a_crash),
		cmocka_unit_test(nobody_notices_a_reload),
		cmocka_unit_test(nothing_was_lost_doubled_or_refused),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
