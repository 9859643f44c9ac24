/*
 * W7: as W1, but subscriber 0 stops reading before the load begins. What becomes of it, of the
 * others, and of the server's memory? Then it reads again: nothing may be missing, and if the
 * server has cut it meanwhile, it comes back with its cursor.
 */
#include "closed.h"

#include <stdio.h>

enum {
	LOOK_EVERY_NS = 100 * 1000 * 1000,
	RESUMES_MAX = 3,
};

struct slow_watch {
	struct session *slow; /* borrowed */
	uint64_t start_ns;
	uint64_t looked_ns;
	uint64_t silence_ns; /* the longest among the others */
	uint64_t cut_ns; /* when the server had closed its side; 0: it hasn't */
	uint64_t cut_messages; /* and how many had been sent by then */
	uint64_t sent_before;
	uint64_t resumes;
	long rss_before_kb;
	long rss_max_kb;
};

static bool is_cut(const struct session *slow)
{
	return !slow->conn || measure_peer_closed(h2_conn_fd(slow->conn));
}

static void look(struct slow_watch *w, const struct bench *b)
{
	uint64_t now = measure_now_ns();
	uint64_t heard = b->last_rx_ns > w->start_ns ? b->last_rx_ns : w->start_ns;
	if (now - heard > w->silence_ns)
		w->silence_ns = now - heard;
	if (now - w->looked_ns < LOOK_EVERY_NS)
		return;
	w->looked_ns = now;
	long rss = measure_rss_kb(&b->options.server);
	if (rss > w->rss_max_kb)
		w->rss_max_kb = rss;
	if (!w->cut_ns && is_cut(w->slow)) {
		w->cut_ns = now - w->start_ns;
		w->cut_messages = b->sent - w->sent_before;
	}
}

static void load(struct bench *b, struct slow_watch *w)
{
	struct closed_loop loop;
	uint64_t end = measure_now_ns() + (uint64_t)(b->options.secs * 1e9);
	closed_start(&loop, b);
	while (measure_now_ns() < end && closed_step(&loop))
		look(w, b);
	look(w, b);
}

/* Reads, and connects again where that is needed, until `want` have come or nothing comes. */
static void catch_up(struct bench *b, struct slow_watch *w, uint64_t want)
{
	struct session *slow = w->slow;
	uint64_t heard = measure_now_ns();
	uint64_t seen = slow->received;
	if (slow->conn)
		h2_conn_pause(slow->conn, false);
	while (slow->received < want) {
		if (slow->state == SESSION_DEAD && w->resumes++ < RESUMES_MAX)
			session_resume(slow);
		bench_turn(b, BENCH_TURN_NS);
		if (slow->received != seen)
			heard = measure_now_ns();
		seen = slow->received;
		if (measure_now_ns() - heard > (uint64_t)BENCH_STALL_S * BENCH_NS_PER_S)
			break;
	}
}

static void print(const struct bench *b, const struct slow_watch *s, const struct bench_window *w,
	const char *more)
{
	char all[400];
	(void)snprintf(all, sizeof(all),
		"slow_cut=%d slow_cut_s=%.1f slow_cut_msgs=%llu slow_got=%llu slow_closed_after=%d "
		"slow_resumed=%llu rss_before_kb=%ld rss_max_kb=%ld max_stall_ms=%.0f window=%u %s",
		s->cut_ns != 0, (double)s->cut_ns / 1e9, (unsigned long long)s->cut_messages,
		(unsigned long long)s->slow->received, s->resumes > 0,
		(unsigned long long)s->resumes, s->rss_before_kb, s->rss_max_kb,
		(double)s->silence_ns / 1e6, b->options.window, more); /* fits */
	bench_print_result(b, w, all);
}

void bench_run_slow(struct bench *b)
{
	struct bench_window w = {.rep = 1};
	struct slow_watch s = {.slow = &b->sessions[0], .sent_before = b->sent};
	uint64_t delivered = b->delivered;
	char more[96];
	s.rss_before_kb = s.rss_max_kb = measure_rss_kb(&b->options.server);
	h2_conn_pause(s.slow->conn, true);
	bench_window_open(b, &w);
	s.start_ns = s.looked_ns = measure_now_ns();
	load(b, &s);
	bench_window_close(b, &w);
	b->measuring = false;
	uint64_t sent = b->sent - s.sent_before;
	uint64_t others_lost = bench_wait_delivered(b, delivered + sent * (b->sessions_count - 1));
	uint64_t again = measure_now_ns();
	catch_up(b, &s, sent);
	w.lost = sent - s.slow->received;
	(void)snprintf(more, sizeof(more), "others_lost=%llu slow_level_s=%.2f",
		(unsigned long long)others_lost,
		(double)(measure_now_ns() - again) / 1e9); /* fits */
	print(b, &s, &w, more);
}
