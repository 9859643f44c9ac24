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

static void count_sessions(struct bench *b)
{
	unsigned n = b->options.n;
	bool publishes = b->options.workload == BENCH_W1 || b->options.workload == BENCH_W6;
	b->sessions_count = publishes ? n + 1 : n;
	b->rooms_count = 1;
	if (b->options.workload == BENCH_W4)
		b->rooms_count = (n + b->options.members - 1) / b->options.members;
}

static void raise_file_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* too few shows when connecting */
}

void bench_init(struct bench *b)
{
	static const char text[] = "the quick brown fox jumps over the lazy dog, ";
	count_sessions(b);
	raise_file_limit();
	b->loop = h2_loop_new();
	b->target = (struct h2_target){.host = b->options.host, .port = b->options.port};
	b->sessions = mem_new(b->sessions_count, sizeof(*b->sessions));
	b->tokens = mem_new(b->sessions_count + 1, sizeof(*b->tokens));
	b->status = "ok";
	(void)snprintf(b->run, sizeof(b->run), "b%llx-%x", (unsigned long long)time(NULL),
		(unsigned)getpid()); /* fits */
	for (size_t i = 0; i < sizeof(b->filler); i++)
		b->filler[i] = text[i % (sizeof(text) - 1)];
	for (unsigned i = 0; i < b->sessions_count; i++)
		b->sessions[i] =
			(struct session){.bench = b, .index = i, .room = i % b->rooms_count};
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

void bench_wait_quiet(struct bench *b)
{
	const uint64_t quiet = BENCH_QUIET_MS * 1000000ull;
	uint64_t start = measure_now_ns();
	for (;;) {
		bench_turn(b, BENCH_TURN_NS);
		uint64_t last = b->last_rx_ns > start ? b->last_rx_ns : start;
		if (measure_now_ns() - last > quiet)
			return;
	}
}

bool bench_wait_delivered(struct bench *b, uint64_t want, double limit_s)
{
	uint64_t limit = (uint64_t)(limit_s * 1e9);
	uint64_t start = measure_now_ns();
	while (b->delivered < want) {
		bench_turn(b, BENCH_TURN_NS);
		uint64_t last = b->last_rx_ns > start ? b->last_rx_ns : start;
		if (measure_now_ns() - last > limit)
			return false;
	}
	return true;
}
