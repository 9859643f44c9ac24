/*
 * kill -9 at random moments: what was acknowledged is there after the next opening, once, in order,
 * without a gap. The victim is this program again; it tells each acknowledgement through a pipe.
 */
#include "fixture.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	ROUNDS = 30,
	LOGS = 5,
	UNDER_WAY = 64,
	ACKS_MIN = 100, /* before the kill, at random up to: */
	ACKS_MAX = 3000,
};

/* Smaller than PIPE_BUF: written whole or not at all. */
struct ack {
	uint64_t id;
	uint64_t log;
	uint64_t seq;
};

/* ---- the victim ---- */

struct sender {
	struct store_op op;
	struct store_append append;
	uint8_t client_id[STORE_CLIENT_ID_BYTES];
	char text[32];
};

static struct {
	struct store *store;
	int pipe;
	_Atomic uint64_t next_id;
	struct sender senders[UNDER_WAY];
} victim;

static void on_done(struct store_op *op, enum store_status status);

/* Submitting from on_done is allowed; waiting would not be. */
static void send_next(struct sender *s)
{
	uint64_t id = victim.next_id++;
	memcpy(s->client_id, &id, sizeof(id));
	int len = snprintf(s->text, sizeof(s->text), "%llu", (unsigned long long)id);
	s->append = (struct store_append){
		.log = 1 + id % LOGS,
		.author = 1,
		.client_id = s->client_id,
		.flags = STORE_EVENT_COUNTED,
		.body = (const uint8_t *)s->text,
		.body_len = (size_t)len,
	};
	s->op = (struct store_op){.appends = &s->append, .append_count = 1, .on_done = on_done};
	store_submit(victim.store, &s->op);
}

static void on_done(struct store_op *op, enum store_status status)
{
	struct sender *s = GC_CONTAINER_OF(op, struct sender, op);
	struct ack ack = {.log = s->append.log, .seq = s->append.seq};
	memcpy(&ack.id, s->client_id, sizeof(ack.id));
	if (status != STORE_OK || write(victim.pipe, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
		_exit(3);
	send_next(s);
}

static int run_victim(char **argv)
{
	struct store_options options = {.engine = "sqlite", .path = argv[2], .readers = 1};
	struct err_text err = {0};
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test itself be killed */
	options.durability = (enum store_durability)strtol(argv[4], NULL, 10);
	victim.pipe = STDOUT_FILENO;
	victim.next_id = strtoull(argv[3], NULL, 10);
	if (store_open(&options, &victim.store, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	for (size_t i = 0; i < UNDER_WAY; i++)
		send_next(&victim.senders[i]);
	for (;;)
		(void)pause(); /* until killed */
}

/* ---- the test ---- */

struct acks {
	struct ack *items; /* owned */
	size_t count;
	size_t size;
};

static pid_t start_victim(struct fixture *f, uint64_t first_id, int *ret_fd)
{
	int fds[2];
	char id[24];
	char durability[4];
	(void)snprintf(id, sizeof(id), "%llu", (unsigned long long)first_id);
	(void)snprintf(durability, sizeof(durability), "%d", (int)f->options.durability);
	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execl("/proc/self/exe", "test_kill", "victim", f->path, id, durability,
			(char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	*ret_fd = fds[0];
	return pid;
}

/* One acknowledgement; false at the end of the pipe. */
static bool read_ack(int fd, struct ack *ack)
{
	size_t have = 0;
	while (have < sizeof(*ack)) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, FIXTURE_DEADLINE_S * CLOCK_MS_PER_S) != 1)
			fail_msg("the victim says nothing");
		ssize_t n = read(fd, (char *)ack + have, sizeof(*ack) - have);
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

static void add_ack(struct acks *acks, const struct ack *ack)
{
	if (acks->count == acks->size) {
		acks->size = acks->size ? 2 * acks->size : 1024;
		acks->items = mem_grow(acks->items, acks->size, sizeof(*ack));
	}
	acks->items[acks->count++] = *ack;
}

static void kill_round(struct fixture *f, struct acks *acks)
{
	int fd = -1;
	static uint64_t round;
	uint64_t first_id =
		++round * 10000000; /* ids that weren't acknowledged aren't used again */
	size_t until = acks->count + ACKS_MIN + (size_t)(random() % (ACKS_MAX - ACKS_MIN));
	pid_t pid = start_victim(f, first_id, &fd);
	bool killed = false;
	struct ack ack;
	while (read_ack(fd, &ack)) {
		add_ack(acks, &ack);
		if (!killed && acks->count >= until) {
			assert_int_equal(kill(pid, SIGKILL), 0);
			killed = true;
		}
	}
	close(fd);
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The bodies of all logs, by log and seq. */
struct stored {
	uint64_t *ids[LOGS + 1]; /* owned */
	uint64_t heads[LOGS + 1];
};

static void load_log(struct fixture *f, struct stored *stored, uint64_t log)
{
	uint64_t seq = 0;
	const struct seen *seen;
	while ((seen = read_events(f, log, seq + 1, UINT64_MAX, STORE_PAGE_MAX))->count > 0) {
		assert_int_equal(seen->status, STORE_OK);
		stored->ids[log] =
			mem_grow(stored->ids[log], seq + seen->count + 1, sizeof(uint64_t));
		for (size_t i = 0; i < seen->count; i++) {
			assert_int_equal(seen->events[i].seq, ++seq);
			stored->ids[log][seq] = strtoull(seen->events[i].text, NULL, 10);
			assert_int_equal(1 + stored->ids[log][seq] % LOGS, log);
		}
	}
	stored->heads[log] = seq;
	assert_int_equal(read_head(f, log).head, seq);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void check_none_twice(struct stored *stored, uint64_t log)
{
	if (stored->heads[log] == 0)
		return;
	qsort(stored->ids[log] + 1, stored->heads[log], sizeof(uint64_t), by_value);
	for (uint64_t i = 2; i <= stored->heads[log]; i++)
		assert_true(stored->ids[log][i] != stored->ids[log][i - 1]);
}

static void check_acks(struct fixture *f, const struct acks *acks)
{
	struct stored stored = {0};
	for (uint64_t log = 1; log <= LOGS; log++)
		load_log(f, &stored, log);
	for (size_t i = 0; i < acks->count; i++) {
		const struct ack *ack = &acks->items[i];
		assert_true(ack->log >= 1 && ack->log <= LOGS);
		assert_true(ack->seq <= stored.heads[ack->log]);
		assert_int_equal(stored.ids[ack->log][ack->seq], ack->id);
	}
	for (uint64_t log = 1; log <= LOGS; log++) {
		check_none_twice(&stored, log);
		free(stored.ids[log]);
	}
}

static void kill_many(struct fixture *f, enum store_durability durability)
{
	struct acks acks = {0};
	f->options.durability = durability;
	for (int round = 0; round < ROUNDS / 2; round++) {
		fixture_close(f);
		kill_round(f, &acks);
		fixture_open(f);
		check_acks(f, &acks);
	}
	print_message("%zu acknowledged, none lost\n", acks.count);
	free(acks.items);
}

static void nothing_acknowledged_is_lost_by_kill_9_power_safe(void **state)
{
	kill_many(*state, STORE_DURABILITY_ALWAYS);
}

static void nothing_acknowledged_is_lost_by_kill_9_process_safe(void **state)
{
	kill_many(*state, STORE_DURABILITY_PROCESS);
}

static char SQLITE[] = "sqlite";

#define TEST(name)                                                                                 \
	cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, SQLITE)

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "victim") == 0)
		return run_victim(argv);
	srandom((unsigned)clock_mono().us);
	const struct CMUnitTest tests[] = {
		TEST(nothing_acknowledged_is_lost_by_kill_9_power_safe),
		TEST(nothing_acknowledged_is_lost_by_kill_9_process_safe),
	};
	return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
