/*
 * W3: many small rooms, in each one message in flight. When a message reaches the member that
 * stands behind its speaker, that one speaks next, and so the word goes round.
 */
#include "bench.h"

#include <stdio.h>

static void speak_next(struct session *s, const struct bench_message *m)
{
	const struct bench *b = s->bench;
	unsigned speaker = b->sessions[m->speaker % b->sessions_count].position;
	if (s->position == (speaker + 1) % b->options.members && s->state == SESSION_READY)
		session_publish(s, measure_now_ns());
}

static void run_once(struct bench *b, unsigned rep)
{
	struct bench_window w = {.rep = rep};
	uint64_t sent = b->sent;
	uint64_t delivered = b->delivered;
	char more[48];
	b->gaps = b->repeats = b->cut = 0;
	b->on_message = speak_next;
	for (unsigned i = 0; i < b->rooms_count; i++) /* the first of each room */
		session_publish(&b->sessions[i], measure_now_ns());
	bench_turn_for(b, b->options.warm_s);
	bench_window_open(b, &w);
	bench_turn_for(b, b->options.secs);
	bench_window_close(b, &w);
	b->measuring = false;
	b->on_message = NULL;
	w.lost = bench_wait_delivered(b, delivered + (b->sent - sent) * b->options.members);
	if (b->refused)
		b->status = "refused";
	(void)snprintf(more, sizeof(more), "members=%u", b->options.members); /* fits */
	bench_print_result(b, &w, more);
}

void bench_run_round(struct bench *b)
{
	for (unsigned rep = 1; rep <= b->options.reps; rep++)
		run_once(b, rep);
}
