/*
 * W8, the resume storm: all clients are cut at once by a TCP reset, each room goes on for so many
 * events, and then they come back, `inflight` at a time, each with its cursor. How long until all
 * are level? Beside them a bystander, alone in a room, says something every 10 ms and listens for
 * it: what it has to wait is what a storm does to those who were not in it.
 */
#include "bench.h"

#include "base/mem.h"

#include <stdio.h>

enum {
	PULSE_NS = 10 * 1000 * 1000,
};

struct storm {
	struct bench *bench; /* borrowed */
	struct session *bystander; /* borrowed */
	unsigned level; /* clients that have all */
	uint64_t published; /* of what they miss */
	uint64_t heard_ns; /* when the last event came to any client or publisher */
	uint64_t stall_ns; /* the longest time without one */
	uint64_t pulse_due_ns;
	uint64_t pulse_heard_ns;
	uint64_t pulses_heard;
	uint64_t silence_ns; /* the longest time the bystander heard nothing */
	struct histogram pulse; /* sending to hearing it */
	struct measure_cpu cut; /* when all were cut */
	struct measure_cpu missed; /* when all that they miss was stored */
};

static struct storm *current; /* on_message has no other way to it */

/* Also called from within a long turn of the loop. */
static void pulse(void *arg)
{
	struct storm *s = arg;
	uint64_t now = measure_now_ns();
	if (now < s->pulse_due_ns || s->bystander->state != SESSION_READY)
		return;
	session_publish(s->bystander, now);
	s->pulse_due_ns = now + PULSE_NS;
}

static void turn(struct storm *s)
{
	pulse(s);
	bench_turn(s->bench, PULSE_NS);
}

static void longest(uint64_t *longest_ns, uint64_t *since_ns, uint64_t now)
{
	if (now - *since_ns > *longest_ns)
		*longest_ns = now - *since_ns;
	*since_ns = now;
}

static void on_message(struct session *session, const struct bench_message *m)
{
	struct storm *s = current;
	struct bench *b = session->bench;
	uint64_t now = h2_loop_now(b->loop);
	if (session == s->bystander) {
		longest(&s->silence_ns, &s->pulse_heard_ns, now);
		histogram_add(&s->pulse, now > m->stamp_ns ? now - m->stamp_ns : 0);
		s->pulses_heard++;
		return;
	}
	if (session->index >= b->options.n) {
		s->published++;
		s->heard_ns = now;
		return;
	}
	longest(&s->stall_ns, &s->heard_ns, now);
	if (session->received == b->options.behind) {
		s->level++;
		histogram_add(&b->latency, now - session->start_ns);
	}
}

static void pulse_for(struct storm *s, double secs)
{
	uint64_t end = measure_now_ns() + (uint64_t)(secs * 1e9);
	while (measure_now_ns() < end)
		turn(s);
}

static bool is_stalled(const struct storm *s)
{
	return measure_now_ns() - s->heard_ns > (uint64_t)BENCH_STALL_S * BENCH_NS_PER_S;
}

/* The rooms go on without their members, in turn, at most `window` events under way in all. */
static bool go_on_without(struct storm *s)
{
	struct bench *b = s->bench;
	uint64_t want = (uint64_t)b->options.behind * b->rooms_shown;
	uint64_t asked = 0;
	s->heard_ns = measure_now_ns();
	while (s->published < want && !is_stalled(s)) {
		for (; asked < want && asked - s->published < b->options.window; asked++) {
			struct session *p = &b->sessions[b->options.n + asked % b->rooms_shown];
			if (p->state != SESSION_READY)
				return false;
			session_publish(p, measure_now_ns());
		}
		turn(s);
	}
	return s->published == want;
}

static void come_back(struct storm *s)
{
	struct bench *b = s->bench;
	unsigned next = 0;
	while (s->level < b->options.n && !b->dead && !is_stalled(s)) {
		while (next < b->options.n && b->pending < b->options.inflight)
			session_resume(&b->sessions[next++]);
		turn(s);
	}
	if (b->dead)
		b->status = "subscriber_closed";
	else if (s->level < b->options.n)
		b->status = "stalled";
}

static double cpu_between(const struct measure_cpu *a, const struct measure_cpu *b)
{
	struct measure_cpu d = measure_cpu_diff(a, b);
	return d.server_user + d.server_sys;
}

static void print(struct storm *s, struct bench_window *w, double calm_us)
{
	const struct bench *b = s->bench;
	const struct bench_options *o = &b->options;
	struct measure_cpu d = measure_cpu_diff(&w->start, &w->end);
	double per = 1e3 / (double)o->n;
	char more[500];
	(void)snprintf(more, sizeof(more),
		"behind=%u inflight=%u members=%u level=%u level_s=%.3f conn_s=%.0f "
		"srv_ms_conn=%.3f cli_ms_conn=%.3f cut_srv_cpu_s=%.2f missed_s=%.3f "
		"max_stall_ms=%.0f silence_ms=%.1f by_calm_p99_us=%.0f by_p50_us=%.0f "
		"by_p99_us=%.0f by_max_us=%.0f",
		o->behind, o->inflight, o->members, s->level, d.at, (double)s->level / d.at,
		(d.server_user + d.server_sys) * per, d.client * per,
		cpu_between(&s->cut, &s->missed), s->missed.at - s->cut.at,
		(double)s->stall_ns / 1e6, (double)s->silence_ns / 1e6, calm_us,
		histogram_us(&s->pulse, .5), histogram_us(&s->pulse, .99),
		(double)s->pulse.max / 1e3); /* fits */
	bench_print_result(b, w, more);
}

/* From the first connect until the last client has all. */
static void measure(struct storm *s, struct bench_window *w)
{
	struct bench *b = s->bench;
	uint64_t delivered = b->delivered;
	bench_window_open(b, w);
	b->measuring = false; /* the latencies kept are from connect to level */
	s->heard_ns = s->pulse_heard_ns = measure_now_ns();
	s->silence_ns = s->stall_ns = s->pulses_heard = 0;
	histogram_clear(&s->pulse);
	come_back(s);
	longest(&s->silence_ns, &s->pulse_heard_ns, measure_now_ns());
	bench_window_close(b, w);
	w->delivered -= s->pulses_heard;
	w->units = w->delivered;
	uint64_t want = (uint64_t)b->options.n * b->options.behind;
	uint64_t got = b->delivered - delivered - s->pulses_heard;
	w->lost = want > got ? want - got : 0;
}

void bench_run_storm(struct bench *b)
{
	struct bench_window w = {.rep = 1};
	struct storm *s GC_CLEANUP(mem_freep) = mem_new(1, sizeof(*s));
	s->bench = b;
	s->bystander = &b->sessions[b->sessions_count - 1];
	current = s;
	b->on_message = on_message;
	h2_loop_interrupt(b->loop, pulse, s);
	pulse_for(s, b->options.warm_s);
	double calm_us = histogram_us(&s->pulse, .99);
	for (unsigned i = 0; i < b->options.n; i++)
		session_cut(&b->sessions[i]);
	s->cut = measure_cpu_now(&b->options.server);
	bool published = go_on_without(s);
	s->missed = measure_cpu_now(&b->options.server);
	if (published)
		measure(s, &w);
	else
		b->status = b->refused ? "refused" : "publisher_closed";
	h2_loop_interrupt(b->loop, NULL, NULL);
	b->on_message = NULL;
	print(s, &w, calm_us);
}
