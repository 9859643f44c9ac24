/* A change by itself: what it holds, how it grows, what an outcome is called. */
#include "room/write.h"

#include "room/ops.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void every_outcome_of_the_store_has_its_reason(void **state)
{
	(void)state;
	static const struct {
		enum store_status status;
		enum reason reason;
	} cases[] = {
		{STORE_OK, REASON_NONE},
		{STORE_DUPLICATE, REASON_NONE},
		{STORE_MISMATCH, REASON_ID_REUSED},
		{STORE_CONFLICT, REASON_UNAVAILABLE},
		{STORE_NO_TARGET, REASON_UNKNOWN_MESSAGE},
		{STORE_NOT_AUTHOR, REASON_NOT_AUTHOR},
		{STORE_FULL, REASON_DISK_FULL},
		{STORE_DAMAGED, REASON_DAMAGED},
		{STORE_UNAVAILABLE, REASON_UNAVAILABLE},
	};
	assert_int_equal(GC_LENGTH(cases), _STORE_STATUS_MAX);
	for (size_t i = 0; i < GC_LENGTH(cases); i++)
		assert_int_equal(write_reason(cases[i].status), cases[i].reason);
}

static void a_write_that_was_only_begun_leaves_nothing_behind(void **state)
{
	(void)state;
	struct write write;
	write_init(&write, NULL, NULL, NULL);
	write_deinit(&write);
	write_deinit(&write);
}

static void records_beyond_the_usual_number_keep_their_keys(void **state)
{
	struct site *site = *state;
	struct write *write = begin(site, NULL, NULL, NULL);
	for (uint64_t i = 0; i < 100; i++)
		write_put(write, RECORD_MARKER, record_key_pair(i, i), record_number(i), STORE_ANY);
	assert_int_equal(write->op.put_count, 100);
	for (uint64_t i = 0; i < 100; i++) {
		struct record_key key = record_key_pair(i, i);
		assert_int_equal(write->puts[i].key_len, key.len);
		assert_memory_equal(write->puts[i].key, key.bytes, key.len);
	}
	assert_int_equal(run(write, REASON_NONE), REASON_NONE);
}

static void numbers_go_up_and_each_kind_has_its_own(void **state)
{
	struct site *site = *state;
	struct write *write = begin(site, NULL, NULL, NULL);
	uint64_t room = write_take_id(write, ID_ROOM);
	uint64_t account = write_take_id(write, ID_ACCOUNT);
	assert_int_equal(write_take_id(write, ID_ROOM), room + 1);
	assert_int_equal(write_take_id(write, ID_ACCOUNT), account + 1);
	end(write); /* never started: the numbers are lost, which harms nobody */
	write = begin(site, NULL, NULL, NULL);
	assert_int_equal(write_take_id(write, ID_ROOM), room + 2);
	end(write);
}

static void one_write_at_a_time_has_the_account(void **state)
{
	struct site *site = *state;
	struct write *a = begin(site, site->bob, NULL, NULL);
	struct write *b = begin(site, site->bob, NULL, NULL);
	assert_true(write_claim_account(a));
	assert_false(write_claim_account(b));
	end(b); /* what it never had, it doesn't give back */
	b = begin(site, site->bob, NULL, NULL);
	assert_false(write_claim_account(b));
	assert_int_equal(run(a, REASON_NONE), REASON_NONE);
	assert_true(write_claim_account(b));
	end(b);
	b = begin(site, site->bob, NULL, NULL);
	assert_true(write_claim_account(b));
	end(b);
}

/* ---- the order of things ---- */

struct order {
	struct write write;
	pthread_mutex_t mu;
	pthread_cond_t cond;
	uint64_t head_at_apply;
	uint64_t head_at_done;
	bool done;
};

static uint64_t head_of(struct room *room)
{
	struct room_info info;
	room_get_info(room, &info);
	return info.head_seq;
}

static void on_apply(struct write *write)
{
	GC_CONTAINER_OF(write, struct order, write)->head_at_apply = head_of(write->room);
}

static void on_done(struct write *write)
{
	struct order *order = GC_CONTAINER_OF(write, struct order, write);
	order->head_at_done = head_of(write->room);
	pthread_mutex_lock(&order->mu);
	order->done = true;
	pthread_cond_signal(&order->cond);
	pthread_mutex_unlock(&order->mu);
}

static void a_change_is_true_before_it_is_seen_and_seen_before_it_is_answered(void **state)
{
	struct site *site = *state;
	static struct order order = {
		.mu = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
	struct op_message m = message("hello", 0);
	uint64_t before = head_of(site->den);
	write_init(&order.write, site->directory, &site->audience, on_done);
	order.write.room = room_ref(site->den);
	order.write.actor = account_ref(site->bob);
	order.write.apply = on_apply;
	assert_int_equal(op_send(&order.write, &m), REASON_NONE);
	write_start(&order.write);
	struct timespec deadline;
	int r = 0;
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += SITE_DEADLINE_S;
	pthread_mutex_lock(&order.mu);
	while (!order.done && r == 0)
		r = pthread_cond_timedwait(&order.cond, &order.mu, &deadline);
	pthread_mutex_unlock(&order.mu);
	assert_int_equal(r, 0);
	assert_int_equal(order.head_at_apply, before);
	assert_int_equal(order.head_at_done, before + 1);
	assert_int_equal(order.write.seq, before + 1);
	assert_true(order.write.time_us > 0);
	write_deinit(&order.write);
}

/* ---- many writers ---- */

enum {
	WRITERS = 4,
	MESSAGES = 200, /* of each */
};

struct writer {
	struct site *site;
	struct account *account;
	struct op_message messages[MESSAGES];
	uint64_t seqs[MESSAGES];
	bool failed;
};

static void *run_writer(void *arg)
{
	struct writer *w = arg;
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct write *write = begin(w->site, w->account, w->site->den, NULL);
		start(write, op_send(write, &w->messages[i]));
		w->failed = await(write) != REASON_NONE || w->failed;
		w->seqs[i] = write->seq;
		end(write);
	}
	return NULL;
}

static void many_threads_write_one_log_without_a_gap(void **state)
{
	struct site *site = *state;
	static struct writer writers[WRITERS];
	static bool seen[WRITERS * MESSAGES];
	pthread_t threads[WRITERS];
	uint64_t before = head_of(site->den);
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i].site = site;
		writers[i].account = i % 2 ? site->ada : site->bob;
		for (unsigned k = 0; k < MESSAGES; k++)
			writers[i].messages[k] = message("hello", 0);
		assert_int_equal(pthread_create(&threads[i], NULL, run_writer, &writers[i]), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(head_of(site->den), before + WRITERS * MESSAGES);
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_false(writers[i].failed);
		for (unsigned k = 0; k < MESSAGES; k++) {
			uint64_t at = writers[i].seqs[k] - before - 1;
			assert_true(at < GC_LENGTH(seen) && !seen[at]);
			assert_true(k == 0 || writers[i].seqs[k] > writers[i].seqs[k - 1]);
			seen[at] = true;
		}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_outcome_of_the_store_has_its_reason),
		cmocka_unit_test(a_write_that_was_only_begun_leaves_nothing_behind),
		TEST(records_beyond_the_usual_number_keep_their_keys),
		TEST(numbers_go_up_and_each_kind_has_its_own),
		TEST(one_write_at_a_time_has_the_account),
		TEST(a_change_is_true_before_it_is_seen_and_seen_before_it_is_answered),
		TEST(many_threads_write_one_log_without_a_gap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
