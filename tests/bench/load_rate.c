/*
 * Open loop: messages fall due at a fixed rate whatever the server does, the members taking turns,
 * and time runs from the moment a message was due: a server that stalls can't hide it.
 */
#include "bench.h"

#include <stdio.h>

struct schedule {
	uint64_t next_ns;
	uint64_t step_ns;
	uint64_t turns; /* messages so far */
	uint64_t late_max_ns; /* how late this program itself was */
};

static void publish_due(struct bench *b, struct schedule *s, uint64_t end)
{
	uint64_t now;
	while (s->next_ns < end && (now = measure_now_ns()) >= s->next_ns) {
		struct session *member = &b->sessions[s->turns++ % b->options.n];
		if (now - s->next_ns > s->late_max_ns)
			s->late_max_ns = now - s->next_ns;
		if (member->state == SESSION_READY)
			session_publish(member, s->next_ns);
		s->next_ns += s->step_ns;
	}
}

static void drive(struct bench *b, struct schedule *s, double secs)
{
	uint64_t end = measure_now_ns() + (uint64_t)(secs * 1e9);
	uint64_t now;
	while ((now = measure_now_ns()) < end) {
		publish_due(b, s, end);
		uint64_t until = s->next_ns < end ? s->next_ns : end;
		now = measure_now_ns();
		bench_turn(b, until > now ? (int64_t)(until - now) : 0);
	}
}

static void run_once(struct bench *b, unsigned rep)
{
	struct bench_window w = {.rep = rep};
	struct schedule s = {.step_ns = BENCH_NS_PER_S / b->options.rate};
	uint64_t sent = b->sent;
	uint64_t delivered = b->delivered;
	b->gaps = b->repeats = b->cut = 0;
	s.next_ns = measure_now_ns() + s.step_ns;
	drive(b, &s, b->options.warm_s);
	histogram_clear(&b->latency);
	histogram_clear(&b->ack);
	s.late_max_ns = 0;
	uint64_t from[3] = {b->sent, b->delivered, b->acked};
	b->measuring = true;
	w.start = measure_cpu_now(&b->options.server);
	drive(b, &s, b->options.secs);
	w.end = measure_cpu_now(&b->options.server);
	w.sent = b->sent - from[0];
	w.delivered = b->delivered - from[1];
	w.acked = b->acked - from[2];
	uint64_t want = delivered + (b->sent - sent) * b->sessions_count;
	if (!bench_wait_delivered(b, want, BENCH_STALL_S))
		w.lost = want - b->delivered;
	b->measuring = false; /* latencies of the last ones count too */
	if (b->refused)
		b->status = "refused";
	char more[96];
	(void)snprintf(more, sizeof(more), "late_max_us=%.0f rate=%u", (double)s.late_max_ns / 1e3,
		b->options.rate); /* fits */
	bench_print_result(b, &w, more);
}

void bench_run_rate(struct bench *b)
{
	for (unsigned rep = 1; rep <= b->options.reps; rep++)
		run_once(b, rep);
}
