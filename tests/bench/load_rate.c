/*
 * W2, an open loop: messages fall due at a fixed rate whatever the server does, the members taking
 * turns, and time runs from the moment a message was due: a server that stalls can't hide it.
 */
#include "bench.h"

#include <stdio.h>

struct schedule {
	struct bench *bench; /* borrowed */
	uint64_t next_ns;
	uint64_t step_ns;
	uint64_t end_ns;
	uint64_t turns; /* messages so far */
	uint64_t late_max_ns; /* how late this program itself was */
};

/* Also called from within a long turn of the loop. */
static void publish_due(void *arg)
{
	struct schedule *s = arg;
	struct bench *b = s->bench;
	uint64_t now;
	while (s->next_ns < s->end_ns && (now = measure_now_ns()) >= s->next_ns) {
		struct session *member = &b->sessions[s->turns++ % b->options.n];
		if (now - s->next_ns > s->late_max_ns)
			s->late_max_ns = now - s->next_ns;
		if (member->state == SESSION_READY)
			session_publish(member, s->next_ns);
		s->next_ns += s->step_ns;
	}
}

static void drive(struct schedule *s, double secs)
{
	uint64_t now = measure_now_ns();
	s->end_ns = now + (uint64_t)(secs * 1e9);
	while (now < s->end_ns) {
		publish_due(s);
		uint64_t until = s->next_ns < s->end_ns ? s->next_ns : s->end_ns;
		now = measure_now_ns();
		bench_turn(s->bench, until > now ? (int64_t)(until - now) : 0);
		now = measure_now_ns();
	}
}

static void run_once(struct bench *b, unsigned rep)
{
	struct bench_window w = {.rep = rep};
	struct schedule s = {.bench = b, .step_ns = BENCH_NS_PER_S / b->options.rate};
	uint64_t sent = b->sent;
	uint64_t delivered = b->delivered;
	char more[96];
	b->gaps = b->repeats = b->cut = 0;
	h2_loop_interrupt(b->loop, publish_due, &s);
	s.next_ns = measure_now_ns() + s.step_ns;
	drive(&s, b->options.warm_s);
	s.late_max_ns = 0;
	bench_window_open(b, &w);
	drive(&s, b->options.secs);
	bench_window_close(b, &w);
	h2_loop_interrupt(b->loop, NULL, NULL);
	w.lost = bench_wait_delivered(b, delivered + (b->sent - sent) * b->sessions_count);
	b->measuring = false; /* latencies of the last ones count too */
	if (b->refused)
		b->status = "refused";
	(void)snprintf(more, sizeof(more), "late_max_us=%.0f rate=%u", (double)s.late_max_ns / 1e3,
		b->options.rate); /* fits */
	bench_print_result(b, &w, more);
}

void bench_run_rate(struct bench *b)
{
	for (unsigned rep = 1; rep <= b->options.reps; rep++)
		run_once(b, rep);
}
