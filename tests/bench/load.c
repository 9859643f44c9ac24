/*
 * Closed loops: one publisher keeps `window` messages in flight. In W1 a message is in flight until
 * the subscriber that joined last has it, in W6 until it is acknowledged. And the idle sessions.
 */
#include "bench.h"

#include <stdio.h>

struct base {
	uint64_t sent;
	uint64_t delivered;
	uint64_t acked;
	uint64_t received; /* by the last subscriber */
};

static struct base base_of(const struct bench *b, const struct session *last)
{
	return (struct base){.sent = b->sent,
		.delivered = b->delivered,
		.acked = b->acked,
		.received = last->received};
}

static uint64_t in_flight(const struct bench *b, const struct session *last, const struct base *at)
{
	uint64_t back = b->options.workload == BENCH_W6 ? b->acked - at->acked
							: last->received - at->received;
	uint64_t unacked = b->sent - at->sent - (b->acked - at->acked);
	if (unacked >= BENCH_WINDOW_MAX)
		return b->options.window; /* sent_ns of the session holds no more */
	return b->sent - at->sent - back;
}

static const char *trouble(
	const struct bench *b, const struct session *pub, const struct session *last)
{
	if (pub->state != SESSION_READY)
		return "publisher_closed";
	if (last->state != SESSION_READY)
		return "subscriber_closed";
	if (b->refused)
		return "refused";
	if (measure_now_ns() - b->last_rx_ns > (uint64_t)BENCH_STALL_S * BENCH_NS_PER_S)
		return "stalled";
	return NULL;
}

/* Publishes and receives for `secs`. */
static void drive(struct bench *b, const struct base *at, double secs)
{
	struct session *pub = &b->sessions[b->options.n];
	const struct session *last = &b->sessions[b->options.n - 1];
	uint64_t end = measure_now_ns() + (uint64_t)(secs * 1e9);
	const char *why = NULL;
	b->last_rx_ns = measure_now_ns();
	while (!why && measure_now_ns() < end) {
		while (in_flight(b, last, at) < b->options.window && pub->state == SESSION_READY)
			session_publish(pub, measure_now_ns());
		bench_turn(b, BENCH_TURN_NS);
		why = trouble(b, pub, last);
	}
	if (why)
		b->status = why;
}

static void run_once(struct bench *b, unsigned rep)
{
	struct bench_window w = {.rep = rep};
	struct base at = base_of(b, &b->sessions[b->options.n - 1]);
	b->gaps = b->repeats = b->cut = 0;
	drive(b, &at, b->options.warm_s);
	histogram_clear(&b->latency);
	histogram_clear(&b->ack);
	struct base from = base_of(b, &b->sessions[b->options.n - 1]);
	b->measuring = true;
	w.start = measure_cpu_now(&b->options.server);
	drive(b, &at, b->options.secs);
	w.end = measure_cpu_now(&b->options.server);
	b->measuring = false;
	w.sent = b->sent - from.sent;
	w.delivered = b->delivered - from.delivered;
	w.acked = b->acked - from.acked;
	uint64_t want = at.delivered + (b->sent - at.sent) * b->sessions_count;
	if (!bench_wait_delivered(b, want, BENCH_STALL_S))
		w.lost = want - b->delivered;
	char more[64];
	(void)snprintf(more, sizeof(more), "window=%u", b->options.window); /* fits */
	bench_print_result(b, &w, more);
}

void bench_run_closed(struct bench *b)
{
	for (unsigned rep = 1; rep <= b->options.reps; rep++)
		run_once(b, rep);
}

void bench_run_idle(struct bench *b)
{
	struct bench_window w = {.rep = 1};
	char more[160];
	w.start = measure_cpu_now(&b->options.server);
	bench_turn_for(b, b->options.idle_s);
	w.end = measure_cpu_now(&b->options.server);
	long rss = measure_rss_kb(&b->options.server);
	(void)snprintf(more, sizeof(more),
		"rss_empty_kb=%ld rss0_kb=%ld rss_kb=%ld kb_conn=%.2f members=%u", b->rss_empty_kb,
		b->rss_start_kb, rss, (double)(rss - b->rss_start_kb) / (double)b->options.n,
		b->options.members); /* fits */
	bench_print_result(b, &w, more);
}
