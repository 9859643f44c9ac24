/* W1 and W6: the closed loop, measured. */
#include "closed.h"

#include <stdio.h>

static void run_once(struct bench *b, unsigned rep)
{
	struct bench_window w = {.rep = rep};
	struct closed_loop loop;
	char more[96];
	b->gaps = b->repeats = b->cut = 0;
	closed_start(&loop, b);
	closed_run(&loop, b->options.warm_s);
	bench_window_open(b, &w);
	closed_run(&loop, b->options.secs);
	bench_window_close(b, &w);
	b->measuring = false;
	w.lost =
		bench_wait_delivered(b, loop.delivered + (b->sent - loop.sent) * b->sessions_count);
	uint64_t unacked = (b->sent - loop.sent) - (b->acked - loop.acked);
	(void)snprintf(more, sizeof(more), "unacked=%llu pubs=1 window=%u",
		(unsigned long long)unacked, b->options.window); /* fits */
	bench_print_result(b, &w, more);
}

static bool is_fine(const struct bench *b)
{
	return b->status[0] == 'o';
}

void bench_run_closed(struct bench *b)
{
	for (unsigned rep = 1; rep <= b->options.reps && is_fine(b); rep++)
		run_once(b, rep);
}
