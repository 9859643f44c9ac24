/* The measured window: what the counters and clocks say at its end, less what they said before. */
#include "bench.h"

void bench_window_open(struct bench *b, struct bench_window *w)
{
	histogram_clear(&b->latency);
	histogram_clear(&b->ack);
	b->measuring = true;
	measure_threads_now(&b->options.server, &w->threads);
	w->start = measure_cpu_now(&b->options.server);
	w->sent = b->sent;
	w->delivered = b->delivered;
	w->frames = b->frames;
	w->acked = b->acked;
}

void bench_window_close(struct bench *b, struct bench_window *w)
{
	struct measure_threads threads;
	w->end = measure_cpu_now(&b->options.server);
	measure_threads_now(&b->options.server, &threads);
	w->busiest_s = measure_threads_busiest(&w->threads, &threads);
	w->sent = b->sent - w->sent;
	w->delivered = b->delivered - w->delivered;
	w->frames = b->frames - w->frames;
	w->acked = b->acked - w->acked;
	w->units = b->options.workload == BENCH_W6 ? w->acked : w->delivered;
}
