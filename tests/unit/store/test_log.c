/* Conformance: reading, heads, trimming, dropping, counting, jobs. */
#include "conformance.h"
#include "fixture.h"

#include "base/mem.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void a_read_is_limited_to_its_range_and_number(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 20);
	write_many(f, 2, 5);
	const struct seen *seen = read_events(f, 1, 5, 8, 100);
	assert_int_equal(seen->count, 4);
	assert_string_equal(seen->events[0].text, "5");
	assert_string_equal(seen->events[3].text, "8");
	assert_int_equal(read_events(f, 1, 5, UINT64_MAX, 3)->count, 3);
	assert_int_equal(read_events(f, 1, 0, 2, 9)->count, 2);
	assert_int_equal(read_events(f, 1, 21, UINT64_MAX, 9)->count, 0);
	assert_int_equal(read_events(f, 1, 9, 8, 9)->count, 0);
	assert_int_equal(read_events(f, 1, 1, 20, 0)->count, 0);
	write_many(f, 1, STORE_PAGE_MAX);
	assert_int_equal(read_events(f, 1, 1, UINT64_MAX, SIZE_MAX)->count, STORE_PAGE_MAX);
}

struct counting_job {
	struct store_job job;
	size_t calls;
	uint64_t first_head;
	uint64_t second_head;
	struct fixture *f;
	_Atomic bool done;
};

static bool stop_at_two(void *arg, const struct store_event *event)
{
	(void)event;
	struct counting_job *c = arg;
	return ++c->calls < 2;
}

static void read_two(struct store_job *job, struct store_reader *reader)
{
	struct counting_job *c = GC_CONTAINER_OF(job, struct counting_job, job);
	assert_int_equal(store_read(reader, 1, 1, 9, 9, stop_at_two, c), STORE_OK);
	assert_int_equal(store_read(reader, 1, 9, 9, 9, stop_at_two, c), STORE_OK);
}

void a_read_stops_when_told(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 9);
	struct counting_job c = {.job.run = read_two};
	store_run_now(f->store, &c.job);
	assert_int_equal(c.calls, 3);
}

void an_unknown_log_is_empty(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(read_head(f, 5).head, 0);
	assert_int_equal(read_head(f, 5).first, 1);
	assert_int_equal(read_events(f, 5, 1, 9, 9)->count, 0);
	assert_int_equal(read_count(f, 5, 0, 0, 9), 0);
	assert_int_equal(read_seq_at(f, 5, 1), 1);
	assert_string_equal(read_heads(f), "");
	store_trim(f->store, 5, 10);
	assert_int_equal(drop_log(f, 5), STORE_OK);
	assert_string_equal(read_heads(f), "");
	assert_int_equal(read_events(f, (uint64_t)STORE_LOG_ID_MAX + 1, 1, 9, 9)->count, 0);
}

void the_head_survives_trimming(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 3500); /* more than three slices */
	store_trim(f->store, 1, 3401);
	wait_for_first(f, 1, 3401);
	assert_int_equal(read_head(f, 1).head, 3500);
	const struct seen *seen = read_events(f, 1, 1, UINT64_MAX, 1000);
	assert_int_equal(seen->count, 100);
	assert_int_equal(seen->events[0].seq, 3401);
	store_trim(f->store, 1, 3501);
	wait_for_first(f, 1, 3501);
	assert_int_equal(read_head(f, 1).head, 3500);
	assert_int_equal(read_events(f, 1, 1, UINT64_MAX, 10)->count, 0);
	assert_int_equal(write_ok(f, 1, 1, "next"), 3501);
}

void trimming_past_the_head_stops_there(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 5);
	store_trim(f->store, 1, UINT64_MAX);
	wait_for_first(f, 1, 6);
	store_trim(f->store, 1, 3); /* never back */
	assert_int_equal(write_ok(f, 1, 1, "next"), 6);
	assert_int_equal(read_head(f, 1).first, 6);
}

void trimming_many_logs_reaches_all(void **state)
{
	struct fixture *f = *state;
	enum {
		LOGS = 1500,
	};
	for (uint64_t log = 1; log <= LOGS; log++)
		write_many(f, log, 2);
	for (uint64_t log = 1; log <= LOGS; log++)
		store_trim(f->store, log, 2);
	wait_for_first(f, LOGS, 2);
	for (uint64_t log = 1; log <= LOGS; log++)
		assert_int_equal(read_head(f, log).first, 2);
}

static void check_dropped(struct fixture *f, size_t count)
{
	write_many(f, 1, count);
	write_many(f, 2, 5);
	assert_int_equal(drop_log(f, 1), STORE_OK);
	assert_string_equal(read_heads(f), "2:5:1");
	assert_int_equal(read_events(f, 1, 1, UINT64_MAX, 10)->count, 0);
	assert_int_equal(read_count(f, 1, 0, 0, 10), 0);
	assert_int_equal(write_ok(f, 1, 1, "anew"), 1);
	assert_int_equal(check_gapless(f, 1), 1);
	assert_int_equal(check_gapless(f, 2), 5);
}

void a_dropped_log_begins_anew(void **state)
{
	check_dropped(*state, 10);
}

void a_large_dropped_log_begins_anew(void **state)
{
	check_dropped(*state, 5000);
}

static void check_dropped_ids(struct fixture *f, size_t count)
{
	struct write w;
	write_many(f, 1, count);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "one")), STORE_OK);
	struct write dropping = {.op = {.drop_log = 1}};
	struct write again;
	struct write other;
	writer_hold(f);
	write_start(f, &dropping);
	write_start(f, write_text(&again, 2, 1, 7, "two"));
	write_start(f, write_text(&other, 2, 1, 8, "three"));
	writer_release(f);
	assert_int_equal(write_wait(&dropping), STORE_OK);
	assert_int_equal(write_wait(&again), STORE_OK);
	assert_int_equal(write_wait(&other), STORE_OK);
	assert_int_equal(check_gapless(f, 2), 2);
}

void trimming_asked_for_before_a_drop_spares_the_new_log(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 5000);
	struct write dropping = {.op = {.drop_log = 1}};
	struct write anew;
	writer_hold(f);
	store_trim(f->store, 1, 4000);
	store_trim(f->store, 2, 2);
	write_start(f, &dropping);
	write_start(f, write_text(&anew, 1, 1, 0, "anew"));
	writer_release(f);
	assert_int_equal(write_wait(&anew), STORE_OK);
	write_many(f, 2, 2);
	store_trim(f->store, 2, 3); /* trimmed in turn: when this is done, the others are */
	wait_for_first(f, 2, 3);
	assert_int_equal(read_head(f, 1).first, 1);
	assert_int_equal(check_gapless(f, 1), 1);
}

void a_dropped_logs_ids_are_free(void **state)
{
	check_dropped_ids(*state, 10);
}

void a_large_dropped_logs_ids_are_free(void **state)
{
	check_dropped_ids(*state, 3000);
}

void counting_leaves_out_the_author_the_uncounted_and_the_erased(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "1");
	write_ok(f, 1, 2, "2");
	write_ok(f, 1, 3, "3");
	write_text(&w, 1, 3, 0, "4, not counted");
	w.append.flags = 0;
	assert_int_equal(write_run(f, &w), STORE_OK);
	assert_int_equal(read_count(f, 1, 0, 9, 100), 3);
	assert_int_equal(read_count(f, 1, 0, 2, 100), 2);
	assert_int_equal(read_count(f, 1, 1, 9, 100), 2);
	assert_int_equal(read_count(f, 1, 3, 9, 100), 0);
	assert_int_equal(read_count(f, 1, UINT64_MAX, 9, 100), 0);
	write_text(&w, 1, 3, 0, "deletion");
	w.append.flags = 0;
	w.append.target_seq = 3;
	w.append.erase_target = true;
	assert_int_equal(write_run(f, &w), STORE_OK);
	assert_int_equal(read_count(f, 1, 0, 9, 100), 2);
}

void counting_stops_at_the_maximum(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 1500);
	assert_int_equal(read_count(f, 1, 0, 9, 10), 10);
	assert_int_equal(read_count(f, 1, 0, 9, 0), 0);
	assert_int_equal(read_count(f, 1, 0, 9, 1200), 1200);
	assert_int_equal(read_count(f, 1, 0, 9, UINT32_MAX), 1500);
}

void a_time_is_found_in_a_log(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 40; i++)
		write_ok(f, 1, 1, "x");
	store_trim(f->store, 1, 4);
	wait_for_first(f, 1, 4);
	uint64_t times[41] = {0}; /* by seq */
	const struct seen *seen = read_events(f, 1, 1, 99, 99);
	assert_int_equal(seen->count, 37);
	for (size_t i = 0; i < seen->count; i++)
		times[seen->events[i].seq] = seen->events[i].time_us;
	for (uint64_t seq = 4; seq <= 40; seq++) {
		uint64_t first = seq;
		while (times[first - 1] == times[seq])
			first--;
		assert_int_equal(read_seq_at(f, 1, times[seq]), first);
	}
	assert_int_equal(read_seq_at(f, 1, 0), 4);
	assert_int_equal(read_seq_at(f, 1, times[40] + 1), 41);
}

void heads_come_in_order(void **state)
{
	struct fixture *f = *state;
	write_many(f, 300, 3);
	write_many(f, 2, 2);
	write_many(f, 70000, 1);
	store_trim(f->store, 300, 3);
	wait_for_first(f, 300, 3);
	assert_string_equal(read_heads(f), "2:2:1 300:3:3 70000:1:1");
}

/* Two heads of one log, with an append between them. */
static void read_twice(struct store_job *job, struct store_reader *reader)
{
	struct counting_job *c = GC_CONTAINER_OF(job, struct counting_job, job);
	struct store_head head;
	assert_int_equal(store_head(reader, 1, &head), STORE_OK);
	c->first_head = head.head;
	if (strcmp(c->f->options.engine, "sqlite") == 0) /* there, a reader keeps the writer out */
		write_ok(c->f, 1, 1, "meanwhile");
	assert_int_equal(store_head(reader, 1, &head), STORE_OK);
	c->second_head = head.head;
}

void one_job_sees_one_state(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 3);
	struct counting_job c = {.job.run = read_twice, .f = f};
	store_run_now(f->store, &c.job);
	assert_int_equal(c.first_head, 3);
	assert_int_equal(c.second_head, 3);
	store_run_now(f->store, &c.job);
	assert_true(c.first_head == 4 || strcmp(f->options.engine, "sqlite") != 0);
}

static void read_and_tell(struct store_job *job, struct store_reader *reader)
{
	struct counting_job *c = GC_CONTAINER_OF(job, struct counting_job, job);
	struct store_head head;
	if (store_head(reader, 1, &head) == STORE_OK)
		c->first_head = head.head;
	atomic_store(&c->done, true);
}

void jobs_run_on_reader_threads(void **state)
{
	struct fixture *f = *state;
	struct counting_job jobs[100];
	write_many(f, 1, 3);
	memset(jobs, 0, sizeof(jobs));
	for (size_t i = 0; i < GC_LENGTH(jobs); i++) {
		jobs[i].job.run = read_and_tell;
		store_run(f->store, &jobs[i].job);
	}
	fixture_close(f); /* runs all that is queued */
	for (size_t i = 0; i < GC_LENGTH(jobs); i++) {
		assert_true(atomic_load(&jobs[i].done));
		assert_int_equal(jobs[i].first_head, 3);
	}
}

enum {
	EARLY_JOBS = 2 * STORE_LATE_TURN,
	LATE_JOBS = 3,
};

/* Jobs of one reader, that note their order; the first one waits until all are queued. */
struct queued_job {
	struct store_job job;
	sem_t *begun; /* borrowed, as the next; NULL: doesn't wait */
	sem_t *queued;
	char **ret_order; /* borrowed: where it notes its name, which it moves on */
	char name;
};

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) < 0) /* EINTR */
		continue;
}

static void note_order(struct store_job *job, struct store_reader *reader)
{
	struct queued_job *q = GC_CONTAINER_OF(job, struct queued_job, job);
	(void)reader;
	if (q->begun) {
		(void)sem_post(q->begun);
		wait_for(q->queued);
	}
	*(*q->ret_order)++ = q->name;
}

static void queue_job(struct fixture *f, struct queued_job *q, char name, char **order)
{
	*q = (struct queued_job){
		.job = {.run = note_order, .late = name == 'l'}, .ret_order = order, .name = name};
	store_run(f->store, &q->job);
}

void late_jobs_run_behind_the_others_and_get_their_turn(void **state)
{
	struct fixture *f = *state;
	struct queued_job jobs[EARLY_JOBS + LATE_JOBS];
	sem_t begun;
	sem_t queued;
	char names[1 + EARLY_JOBS + LATE_JOBS + 1] = "";
	char *order = names;
	struct queued_job first = {.job.run = note_order,
		.begun = &begun,
		.queued = &queued,
		.ret_order = &order,
		.name = 'f'};
	assert_int_equal(sem_init(&begun, 0, 0), 0);
	assert_int_equal(sem_init(&queued, 0, 0), 0);
	f->options.readers = 1;
	fixture_reopen(f);
	store_run(f->store, &first.job);
	wait_for(&begun);
	for (size_t i = 0; i < LATE_JOBS; i++)
		queue_job(f, &jobs[i], 'l', &order);
	for (size_t i = LATE_JOBS; i < GC_LENGTH(jobs); i++)
		queue_job(f, &jobs[i], 'e', &order);
	assert_int_equal(sem_post(&queued), 0);
	fixture_close(f); /* runs all that is queued */
	assert_string_equal(names, "feeeleeeleel");
	(void)sem_destroy(&begun);
	(void)sem_destroy(&queued);
}

struct nested_job {
	struct store_job job;
	struct store_reader *reader;
	size_t calls;
};

static bool inner_record(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)key;
	(void)key_len;
	(void)value;
	(void)value_len;
	struct nested_job *n = arg;
	n->calls++;
	return true;
}

static bool outer_record(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)value;
	(void)value_len;
	struct nested_job *n = arg;
	assert_int_equal(key_len, 1);
	uint8_t before = key[0];
	assert_int_equal(store_scan(n->reader, FIXTURE_KIND, NULL, 0, inner_record, n), STORE_OK);
	assert_int_equal(key[0], before);
	return true;
}

static void scan_in_scan(struct store_job *job, struct store_reader *reader)
{
	struct nested_job *n = GC_CONTAINER_OF(job, struct nested_job, job);
	n->reader = reader;
	assert_int_equal(store_scan(reader, FIXTURE_KIND, NULL, 0, outer_record, n), STORE_OK);
}

void reads_may_be_nested(void **state)
{
	struct fixture *f = *state;
	put_text(f, STORE_ANY, "a", "1");
	put_text(f, STORE_ANY, "b", "2");
	put_text(f, STORE_ANY, "c", "3");
	struct nested_job n = {.job.run = scan_in_scan};
	store_run_now(f->store, &n.job);
	assert_int_equal(n.calls, 9);
}

void stats_count_commits_and_events(void **state)
{
	struct fixture *f = *state;
	struct store_stats before;
	struct store_stats after;
	store_get_stats(f->store, &before);
	assert_int_equal(before.health, STORE_HEALTH_OK);
	write_ok(f, 1, 1, "a");
	write_ok(f, 1, 1, "b");
	put_text(f, STORE_ANY, "k", "v");
	store_get_stats(f->store, &after);
	assert_int_equal(after.events - before.events, 2);
	assert_int_equal(after.commits - before.commits, 3);
	assert_int_equal(after.queue_len, 0);
	assert_true(strcmp(f->options.engine, "sqlite") != 0 || after.bytes > 4096);
}
