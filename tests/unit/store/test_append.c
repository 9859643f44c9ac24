/* Conformance: appending, order, duplicates. */
#include "conformance.h"
#include "fixture.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void a_log_counts_from_one_without_a_gap(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(write_ok(f, 1, 1, "a"), 1);
	assert_int_equal(write_ok(f, 1, 1, "b"), 2);
	write_many(f, 1, 500);
	assert_int_equal(check_gapless(f, 1), 502);
}

void logs_count_independently(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(write_ok(f, 1, 1, "a"), 1);
	assert_int_equal(write_ok(f, STORE_LOG_ID_MAX, 1, "a"), 1);
	assert_int_equal(write_ok(f, 1, 1, "a"), 2);
	assert_int_equal(read_head(f, STORE_LOG_ID_MAX).head, 1);
}

void what_is_appended_is_read_back(void **state)
{
	struct fixture *f = *state;
	struct write w;
	assert_int_equal(write_run(f, write_text(&w, 3, UINT64_MAX, 9, "hello")), STORE_OK);
	write_text(&w, 3, 5, 0, "re");
	w.append.flags = 0;
	w.append.target_seq = 1;
	assert_int_equal(write_run(f, &w), STORE_OK);
	const struct seen *seen = read_events(f, 3, 1, 2, 10);
	assert_int_equal(seen->count, 2);
	assert_true(seen->events[0].author == UINT64_MAX);
	assert_true(seen->events[0].has_client_id);
	assert_int_equal(seen->events[0].flags, STORE_EVENT_COUNTED);
	assert_string_equal(seen->events[0].text, "hello");
	assert_int_equal(seen->events[0].target_seq, 0);
	assert_false(seen->events[1].has_client_id);
	assert_int_equal(seen->events[1].flags, 0);
	assert_int_equal(seen->events[1].target_seq, 1);
	assert_true(seen->events[1].time_us == w.append.time_us);
}

void an_empty_body_is_not_an_erased_one(void **state)
{
	struct fixture *f = *state;
	write_ok(f, 1, 1, "");
	const struct seen *seen = read_events(f, 1, 1, 1, 1);
	assert_int_equal(seen->status, STORE_OK);
	assert_true(seen->events[0].has_body);
	assert_int_equal(seen->events[0].body_len, 0);
	assert_int_equal(seen->events[0].flags, STORE_EVENT_COUNTED);
}

static bool compare_body(void *arg, const struct store_event *event)
{
	const struct store_append *a = arg;
	assert_int_equal(event->body_len, a->body_len);
	assert_memory_equal(event->body, a->body, a->body_len);
	return true;
}

struct big_job {
	struct store_job job;
	struct write w;
};

static void read_big(struct store_job *job, struct store_reader *reader)
{
	struct big_job *big = GC_CONTAINER_OF(job, struct big_job, job);
	assert_int_equal(store_read(reader, 1, 1, 1, 1, compare_body, &big->w.append), STORE_OK);
}

void a_body_of_64_kib_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	uint8_t *body = mem_new(1, 65536);
	for (size_t i = 0; i < 65536; i++)
		body[i] = (uint8_t)(i * 7 + i / 251);
	struct big_job big = {.job.run = read_big};
	write_text(&big.w, 1, 1, 1, "");
	big.w.append.body = body;
	big.w.append.body_len = 65536;
	assert_int_equal(write_run(f, &big.w), STORE_OK);
	store_run_now(f->store, &big.job);
	assert_int_equal(write_run(f, &big.w), STORE_DUPLICATE);
	body[65535] ^= 1;
	assert_int_equal(write_run(f, &big.w), STORE_MISMATCH);
	free(body);
}

void time_never_goes_back_within_a_log(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 300);
	const struct seen *seen = read_events(f, 1, 1, UINT64_MAX, 1000);
	assert_int_equal(seen->count, 300);
	assert_true(seen->events[0].time_us > 1600000000000000);
	for (size_t i = 1; i < seen->count; i++)
		assert_true(seen->events[i].time_us >= seen->events[i - 1].time_us);
}

void thousands_of_logs_keep_their_own_heads(void **state)
{
	struct fixture *f = *state;
	enum {
		LOGS = 3000,
		ROUNDS = 3,
	};
	struct write *writes = mem_new(LOGS, sizeof(*writes));
	for (int round = 0; round < ROUNDS; round++) {
		for (uint64_t i = 0; i < LOGS; i++)
			write_start(f, write_text(&writes[i], (i * 2711) % LOGS + 1, 1, 0, "x"));
		for (size_t i = 0; i < LOGS; i++) {
			assert_int_equal(write_wait(&writes[i]), STORE_OK);
			assert_int_equal(writes[i].append.seq, round + 1);
		}
	}
	free(writes);
	for (uint64_t log = 1; log <= LOGS; log++)
		assert_int_equal(read_head(f, log).head, ROUNDS);
}

void ops_complete_in_the_order_of_submission(void **state)
{
	struct fixture *f = *state;
	enum {
		OPS = 3000,
	};
	struct write *writes = mem_new(OPS, sizeof(*writes));
	for (uint64_t i = 0; i < OPS; i++)
		write_start(f, write_text(&writes[i], 1 + i % 3, 1, 0, "x"));
	for (size_t i = 0; i < OPS; i++) {
		assert_int_equal(write_wait(&writes[i]), STORE_OK);
		assert_int_equal(writes[i].append.seq, i / 3 + 1);
		assert_true(i == 0 || writes[i].order == writes[i - 1].order + 1);
	}
	free(writes);
}

void on_batch_comes_once_after_the_ops_of_a_batch(void **state)
{
	struct fixture *f = *state;
	struct write writes[50];
	writer_hold(f);
	unsigned before = f->batches;
	for (size_t i = 0; i < GC_LENGTH(writes); i++)
		write_start(f, write_text(&writes[i], 1, 1, 0, "x"));
	writer_release(f);
	write_wait(&writes[49]);
	fixture_close(f); /* the writer has come to its end: all calls were made */
	assert_int_equal(f->batches - before, 2); /* the holder's, and one for the fifty */
}

void ops_past_the_queue_limit_are_unavailable_in_their_turn(void **state)
{
	struct fixture *f = *state;
	f->options.queue_max = 3;
	fixture_reopen(f);
	struct write writes[5];
	writer_hold(f);
	for (size_t i = 0; i < GC_LENGTH(writes); i++)
		write_start(f, write_text(&writes[i], 1, 1, 0, "x"));
	writer_release(f);
	for (size_t i = 0; i < GC_LENGTH(writes); i++)
		assert_int_equal(write_wait(&writes[i]), i < 3 ? STORE_OK : STORE_UNAVAILABLE);
	assert_true(writes[4].order > writes[0].order);
	assert_int_equal(write_ok(f, 1, 1, "room again"), 4);
}

/* An op with two appends to two logs. */
struct pair {
	struct write w;
	struct store_append appends[2];
};

static struct pair *make_pair(struct pair *p, const struct write *a, const struct write *b)
{
	memset(p, 0, sizeof(*p));
	p->appends[0] = a->append;
	p->appends[1] = b->append;
	p->w.op.appends = p->appends;
	p->w.op.append_count = 2;
	return p;
}

void several_appends_are_stored_together(void **state)
{
	struct fixture *f = *state;
	struct write a;
	struct write b;
	struct pair p;
	make_pair(&p, write_text(&a, 1, 1, 1, "a"), write_text(&b, 2, 1, 2, "b"));
	assert_int_equal(write_run(f, &p.w), STORE_OK);
	make_pair(&p, write_text(&a, 2, 1, 3, "c"), write_text(&b, 2, 1, 4, "d"));
	assert_int_equal(write_run(f, &p.w), STORE_OK);
	assert_int_equal(p.appends[0].seq, 2);
	assert_int_equal(p.appends[1].seq, 3);
	assert_string_equal(read_heads(f), "1:1:1 2:3:1");
}

void several_appends_fail_together(void **state)
{
	struct fixture *f = *state;
	struct write a;
	struct write b;
	struct pair p;
	make_pair(&p, write_text(&a, 1, 1, 1, "a"), write_text(&b, 2, 1, 2, "b"));
	p.appends[1].target_seq = 5;
	assert_int_equal(write_run(f, &p.w), STORE_NO_TARGET);
	assert_string_equal(read_heads(f), "");
	assert_int_equal(write_run(f, write_text(&a, 1, 1, 1, "a")), STORE_OK);
}

void a_repeated_append_is_a_duplicate_of_the_first(void **state)
{
	struct fixture *f = *state;
	struct write first;
	struct write again;
	write_ok(f, 1, 1, "before");
	assert_int_equal(write_run(f, write_text(&first, 1, 1, 7, "same")), STORE_OK);
	write_ok(f, 1, 1, "after");
	assert_int_equal(write_run(f, write_text(&again, 1, 1, 7, "same")), STORE_DUPLICATE);
	assert_int_equal(again.append.seq, 2);
	assert_true(again.append.time_us == first.append.time_us);
	assert_int_equal(check_gapless(f, 1), 3);
}

void a_repeated_append_in_one_batch_is_a_duplicate(void **state)
{
	struct fixture *f = *state;
	struct write writes[4];
	writer_hold(f);
	write_start(f, write_text(&writes[0], 1, 1, 7, "same"));
	write_start(f, write_text(&writes[1], 1, 1, 7, "same"));
	write_start(f, write_text(&writes[2], 1, 1, 7, "other"));
	write_start(f, write_text(&writes[3], 1, 1, 8, "next"));
	writer_release(f);
	assert_int_equal(write_wait(&writes[0]), STORE_OK);
	assert_int_equal(write_wait(&writes[1]), STORE_DUPLICATE);
	assert_int_equal(writes[1].append.seq, 1);
	assert_int_equal(write_wait(&writes[2]), STORE_MISMATCH);
	assert_int_equal(write_wait(&writes[3]), STORE_OK);
	assert_int_equal(writes[3].append.seq, 2);
	assert_int_equal(check_gapless(f, 1), 2);
}

void an_id_with_another_body_is_a_mismatch(void **state)
{
	struct fixture *f = *state;
	struct write w;
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "one")), STORE_OK);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "two")), STORE_MISMATCH);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "")), STORE_MISMATCH);
	assert_int_equal(check_gapless(f, 1), 1);
}

void an_id_with_another_log_is_a_mismatch(void **state)
{
	struct fixture *f = *state;
	struct write w;
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "one")), STORE_OK);
	assert_int_equal(write_run(f, write_text(&w, 2, 1, 7, "one")), STORE_MISMATCH);
	assert_string_equal(read_heads(f), "1:1:1");
}

void an_id_of_another_author_is_not_a_duplicate(void **state)
{
	struct fixture *f = *state;
	struct write w;
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "one")), STORE_OK);
	assert_int_equal(write_run(f, write_text(&w, 1, 2, 7, "two")), STORE_OK);
	assert_int_equal(check_gapless(f, 1), 2);
}

void a_trimmed_events_id_is_free_again(void **state)
{
	struct fixture *f = *state;
	struct write w;
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "one")), STORE_OK);
	store_trim(f->store, 1, 2);
	wait_for_first(f, 1, 2);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "two")), STORE_OK);
	assert_int_equal(w.append.seq, 2);
}

void a_duplicate_in_an_op_stores_nothing_of_it(void **state)
{
	struct fixture *f = *state;
	struct write a;
	struct write b;
	struct pair p;
	assert_int_equal(write_run(f, write_text(&b, 2, 1, 2, "b")), STORE_OK);
	make_pair(&p, write_text(&a, 1, 1, 1, "a"), write_text(&b, 2, 1, 2, "b"));
	assert_int_equal(write_run(f, &p.w), STORE_DUPLICATE);
	assert_int_equal(p.appends[1].seq, 1);
	assert_string_equal(read_heads(f), "2:1:1");
}

void only_vital_ops_and_deletions_get_the_reserve(void **state)
{
	struct fixture *f = *state;
	write_ok(f, 1, 1, "here");
	f->options.reserve_bytes = UINT64_MAX; /* no disk is that large */
	bool is_sqlite = strcmp(f->options.engine, "sqlite") == 0;
	fixture_reopen(f);
	struct write w;
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 1, "no")), STORE_FULL);
	struct store_stats stats;
	store_get_stats(f->store, &stats);
	assert_int_equal(stats.health, STORE_HEALTH_READ_ONLY);
	assert_int_equal(put_text(f, STORE_ANY, "profile", "no"), STORE_FULL);
	assert_int_equal(put_vital_text(f, "login", "yes"), STORE_OK);
	assert_string_equal(read_record(f, "login"), "yes");
	assert_int_equal(put_text(f, STORE_ANY, "login", NULL), STORE_OK);
	assert_null(read_record(f, "login"));
	if (!is_sqlite)
		return; /* mem has forgotten the event with the reopening */
	write_text(&w, 1, 1, 2, "deletion");
	w.append.target_seq = 1;
	w.append.erase_target = true;
	assert_int_equal(write_run(f, &w), STORE_OK);
	assert_int_equal(read_events(f, 1, 1, 1, 1)->events[0].flags, STORE_EVENT_ERASED);
	assert_int_equal(drop_log(f, 1), STORE_OK);
}
