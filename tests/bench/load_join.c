/*
 * W5: what has been measured when it begins: connecting, TLS, signing in and joining, from the
 * first connect until the last one was in. Latencies are from each one's connect to its join.
 */
#include "bench.h"

#include <stdio.h>

void bench_run_join(struct bench *b)
{
	const struct bench_options *o = &b->options;
	struct bench_window w = {
		.rep = 1, .start = b->setup_start, .end = b->joined, .units = b->ready};
	struct measure_cpu d = measure_cpu_diff(&w.start, &w.end);
	double per = b->ready ? 1e3 / (double)b->ready : 0;
	char more[240];
	w.lost = b->sessions_count - b->ready;
	(void)snprintf(more, sizeof(more),
		"joined=%u conn_s=%.0f srv_ms_conn=%.3f cli_ms_conn=%.3f members=%u inflight=%u "
		"sign_in=%s",
		b->ready, d.at > 0 ? (double)b->ready / d.at : 0,
		(d.server_user + d.server_sys) * per, d.client * per, o->members, o->inflight,
		o->sign_in == BENCH_PASSWORD ? "password" : "token"); /* fits */
	bench_print_result(b, &w, more);
}
