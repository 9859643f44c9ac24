/* The state, and waiting. */
#include "bench.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static unsigned rooms_for(const struct bench_options *o)
{
	return (o->n + o->members - 1) / o->members;
}

static void count_sessions(struct bench *b)
{
	struct bench_options *o = &b->options;
	unsigned publishers = 0;
	b->rooms_count = 1;
	switch (o->workload) {
	case BENCH_W1:
	case BENCH_W6:
	case BENCH_W7:
		publishers = 1;
		break;
	case BENCH_W2:
	case _BENCH_WORKLOAD_MAX:
		break;
	case BENCH_W3:
		b->rooms_count = o->rooms;
		o->n = o->rooms * o->members;
		break;
	case BENCH_W4:
	case BENCH_W5:
		b->rooms_count = rooms_for(o);
		break;
	case BENCH_W8: /* one publisher for each room, and the bystander with its own */
		b->rooms_count = rooms_for(o) + 1;
		publishers = b->rooms_count;
		break;
	}
	b->rooms_shown = b->rooms_count - (o->workload == BENCH_W8);
	b->sessions_count = o->n + publishers;
}

static void raise_file_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* too few shows when connecting */
}

/* Members are dealt out to the rooms in turn; so are the publishers, after them. */
static void place_sessions(struct bench *b)
{
	for (unsigned i = 0; i < b->sessions_count; i++) {
		unsigned n = b->options.n;
		unsigned rooms = i < n ? b->rooms_shown : b->rooms_count;
		unsigned place = i < n ? i : i - n;
		b->sessions[i] = (struct session){
			.bench = b, .index = i, .room = place % rooms, .position = place / rooms};
	}
}

void bench_init(struct bench *b)
{
	static const char text[] = "the quick brown fox jumps over the lazy dog, ";
	count_sessions(b);
	raise_file_limit();
	b->loop = h2_loop_new();
	b->sessions = mem_new(b->sessions_count, sizeof(*b->sessions));
	b->tokens = mem_new(b->sessions_count + 1, sizeof(*b->tokens));
	b->status = "ok";
	(void)snprintf(b->run, sizeof(b->run), "b%llx-%x", (unsigned long long)time(NULL),
		(unsigned)getpid()); /* fits */
	for (size_t i = 0; i < sizeof(b->filler); i++)
		b->filler[i] = text[i % (sizeof(text) - 1)];
	place_sessions(b);
}

void bench_deinit(struct bench *b)
{
	h2_loop_free(b->loop);
	for (unsigned i = 0; i < b->sessions_count; i++)
		free(b->sessions[i].sent_ns);
	free(b->sessions);
	free(b->tokens);
}

void bench_complain(struct bench *b, const char *fmt, ...)
{
	if (b->errors_shown++ >= BENCH_ERRORS_SHOWN)
		return;
	va_list args;
	va_start(args, fmt);
	(void)fputs("gchat-bench: ", stderr); /* nowhere else to complain */
	(void)vfprintf(stderr, fmt, args);
	(void)fputc('\n', stderr);
	va_end(args);
}

void bench_turn(struct bench *b, int64_t timeout_ns)
{
	h2_loop_turn(b->loop, timeout_ns);
}

void bench_turn_for(struct bench *b, double secs)
{
	uint64_t end = measure_now_ns() + (uint64_t)(secs * 1e9);
	while (measure_now_ns() < end)
		bench_turn(b, BENCH_TURN_NS);
}

/* Turns once; how long nothing has come, counted from `start` at the earliest. */
static uint64_t turn_and_listen(struct bench *b, uint64_t start)
{
	bench_turn(b, BENCH_TURN_NS);
	return measure_now_ns() - (b->last_rx_ns > start ? b->last_rx_ns : start);
}

void bench_wait_quiet(struct bench *b)
{
	uint64_t start = measure_now_ns();
	while (turn_and_listen(b, start) < BENCH_QUIET_MS * 1000000ull)
		;
}

uint64_t bench_wait_delivered(struct bench *b, uint64_t want)
{
	uint64_t start = measure_now_ns();
	while (b->delivered < want)
		if (turn_and_listen(b, start) > (uint64_t)BENCH_STALL_S * BENCH_NS_PER_S)
			return want - b->delivered;
	return 0;
}
