/* The closed loop, for the workloads that drive one. */
#include "closed.h"

void closed_start(struct closed_loop *c, struct bench *b)
{
	*c = (struct closed_loop){.bench = b,
		.publisher = &b->sessions[b->options.n],
		.last = &b->sessions[b->options.n - 1],
		.sent = b->sent,
		.delivered = b->delivered,
		.acked = b->acked};
	c->received = c->last->received;
	b->last_rx_ns = measure_now_ns();
}

static bool has_room(const struct closed_loop *c)
{
	const struct bench *b = c->bench;
	uint64_t sent = b->sent - c->sent;
	uint64_t acked = b->acked - c->acked;
	uint64_t back = b->options.workload == BENCH_W6 ? acked : c->last->received - c->received;
	/* the publisher remembers when it sent only so many */
	return sent - acked < BENCH_WINDOW_MAX && sent - back < b->options.window;
}

static const char *trouble(const struct closed_loop *c)
{
	const struct bench *b = c->bench;
	if (c->publisher->state != SESSION_READY)
		return "publisher_closed";
	if (c->last->state != SESSION_READY)
		return "subscriber_closed";
	if (b->refused)
		return "refused";
	if (measure_now_ns() - b->last_rx_ns > (uint64_t)BENCH_STALL_S * BENCH_NS_PER_S)
		return "stalled";
	return NULL;
}

bool closed_step(struct closed_loop *c)
{
	while (c->publisher->state == SESSION_READY && has_room(c))
		session_publish(c->publisher, measure_now_ns());
	bench_turn(c->bench, BENCH_TURN_NS);
	const char *why = trouble(c);
	if (why)
		c->bench->status = why;
	return !why;
}

void closed_run(struct closed_loop *c, double secs)
{
	uint64_t end = measure_now_ns() + (uint64_t)(secs * 1e9);
	while (measure_now_ns() < end && closed_step(c))
		;
}
