/*
 * gchat-bench: loads a gchatd over its real contract from one thread, and prints one RESULT line
 * for each repetition. See README.md beside this file.
 */
#include "bench.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static void (*const runs[_BENCH_WORKLOAD_MAX])(struct bench *b) = {
	[BENCH_W1] = bench_run_closed,
	[BENCH_W2] = bench_run_rate,
	[BENCH_W3] = bench_run_round,
	[BENCH_W4] = bench_run_idle,
	[BENCH_W5] = bench_run_join,
	[BENCH_W6] = bench_run_closed,
	[BENCH_W7] = bench_run_slow,
	[BENCH_W8] = bench_run_storm,
};

/* True when all sessions stand in their rooms and the line is quiet. */
static bool set_up(struct bench *b)
{
	b->rss_empty_kb = measure_rss_kb(&b->options.server);
	if (bench_make_accounts(b) < 0 || bench_make_rooms(b) < 0)
		return false;
	b->rss_start_kb = measure_rss_kb(&b->options.server);
	b->timing_joins = true;
	b->setup_start = measure_cpu_now(&b->options.server);
	bool joined = bench_connect_all(b);
	b->joined = measure_cpu_now(&b->options.server);
	b->timing_joins = false;
	if (joined)
		bench_wait_quiet(b);
	b->setup_end = measure_cpu_now(&b->options.server);
	if (joined)
		printf("JOINED n=%u secs=%.3f\n", b->ready, b->setup_end.at - b->setup_start.at);
	(void)fflush(stdout); /* someone may wait for this line to begin something of its own */
	return joined;
}

static bool is_ok(const struct bench *b)
{
	return b->status[0] == 'o' && !b->gaps && !b->repeats && !b->cut && !b->refused;
}

int main(int argc, char **argv)
{
	struct bench *b GC_CLEANUP(mem_freep) = mem_new(1, sizeof(*b));
	bench_options_parse(b, argc, argv);
	bench_init(b);
	if (set_up(b)) {
		runs[b->options.workload](b);
	} else {
		b->status = "setup_failed";
		bench_print_result(b, &(struct bench_window){.rep = 1}, "");
	}
	int status = is_ok(b) ? EXIT_SUCCESS : EXIT_FAILURE;
	bench_deinit(b);
	return status;
}
