/* W4: all have joined, nothing happens: what a session costs when it is idle. */
#include "bench.h"

#include <stdio.h>

void bench_run_idle(struct bench *b)
{
	struct bench_window w = {.rep = 1};
	struct histogram joins = b->latency;
	char more[160];
	bench_window_open(b, &w);
	bench_turn_for(b, b->options.idle_s);
	bench_window_close(b, &w);
	b->measuring = false;
	b->latency = joins;
	long rss = measure_rss_kb(&b->options.server);
	(void)snprintf(more, sizeof(more),
		"rss_empty_kb=%ld rss0_kb=%ld rss_kb=%ld kb_conn=%.2f members=%u", b->rss_empty_kb,
		b->rss_start_kb, rss, (double)(rss - b->rss_start_kb) / (double)b->options.n,
		b->options.members); /* fits */
	bench_print_result(b, &w, more);
}
