/*
 * The fixed scenario of tests/bench/instructions for deliveries: a real gchatd (TD_GCHATD names the
 * wrapper that runs it under callgrind) with one shard, SESSIONS sessions in one room, and messages
 * of TEXT_BYTES. Every phase ends with SIGHUP: callgrind writes what it counted since the last one
 * when the daemon enters server_reload. The three dumps are: coming in, SINGLES messages one after
 * the other, and BURSTS times BURST messages sent in one piece.
 *
 * Usage: instructions-delivery DUMPS, where DUMPS is the start of the dumps' paths.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Wants setjmp.h, stdarg.h, stddef.h and stdint.h before it. */
#include <cmocka.h>

#include "base/macros.h"
#include "support/crowd.h"
#include "support/td.h"

enum {
	SESSIONS = 32,
	TEXT_BYTES = 100,
	WARM = 16,
	SINGLES = 64,
	BURSTS = 8,
	BURST = 64,
	WAIT_MS = 120000, /* under callgrind, on a machine that does much else */
	PATH_BYTES = 4096,
};

static const char *dumps; /* from the command line */
static unsigned dump_count;

struct dump {
	char path[PATH_BYTES];
};

/* Its last line is written last. */
static bool is_whole(void *arg)
{
	const struct dump *dump = arg;
	FILE *f = fopen(dump->path, "re");
	char line[256];
	bool whole = false;

	if (!f)
		return false;
	while (!whole && fgets(line, sizeof(line), f))
		whole = strncmp(line, "totals:", 7) == 0;
	(void)fclose(f);
	return whole;
}

static void end_phase(struct td *td)
{
	struct dump dump;

	(void)snprintf(dump.path, sizeof(dump.path), "%s.%u", dumps, ++dump_count);
	td_signal(td, SIGHUP);
	td_wait_until(td, is_whole, &dump, WAIT_MS, "callgrind's dump");
}

static void say(struct crowd *crowd, unsigned rounds, unsigned at_once)
{
	for (unsigned i = 0; i < rounds; i++) {
		for (unsigned j = 0; j < at_once; j++)
			crowd_say(crowd, 0, TEXT_BYTES);
		crowd_settle(crowd, WAIT_MS);
	}
}

static void messages_to_a_room(void **state)
{
	static const struct td_options options = {
		.config = "server: { shards = 1; };\n"
			  "limits: { sessions_per_account = 100; };\n"
			  "log: { level = \"warning\"; };\n"};
	struct td *td = td_prepare(&options);

	(void)state;
	td_spawn(td);
	td_wait_ready(td, WAIT_MS);
	struct crowd *crowd = crowd_new(td, "counted", SESSIONS);
	say(crowd, 1, WARM);
	end_phase(td);
	say(crowd, SINGLES, 1);
	end_phase(td);
	say(crowd, BURSTS, BURST);
	end_phase(td);
	printf("deliveries %d %d\n", SINGLES * SESSIONS, BURSTS * BURST * SESSIONS);
	(void)crowd_free(crowd);
	td_kill9(td); /* its end isn't counted */
	td_stop(td);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(messages_to_a_room, td_teardown),
	};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: instructions-delivery DUMPS\n");
		return 2;
	}
	dumps = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
