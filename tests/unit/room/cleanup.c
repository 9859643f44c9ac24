/* What was deleted leaves nothing behind in the store, now or after the next start. */
#include "room/cleanup.h"

#include "gchat/v1/record.pb-c.h"
#include "room/ops.h"
#include "site.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct count {
	struct store_job job;
	enum record_kind kind;
	uint64_t log;
	unsigned records;
	bool has_log;
};

static bool on_record(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)key;
	(void)key_len;
	(void)value;
	(void)value_len;
	((struct count *)arg)->records++;
	return true;
}

static bool on_head(void *arg, const struct store_head *head)
{
	struct count *count = arg;
	count->has_log = count->has_log || head->log == count->log;
	return true;
}

static void run_count(struct store_job *job, struct store_reader *reader)
{
	struct count *count = GC_CONTAINER_OF(job, struct count, job);
	assert_int_equal(store_scan(reader, count->kind, NULL, 0, on_record, count), STORE_OK);
	assert_int_equal(store_heads(reader, on_head, count), STORE_OK);
}

static unsigned records(struct site *site, enum record_kind kind)
{
	struct count count = {.job.run = run_count, .kind = kind};
	store_run_now(site->store, &count.job);
	return count.records;
}

static bool has_log(struct site *site, uint64_t log)
{
	struct count count = {.job.run = run_count, .kind = RECORD_META, .log = log};
	store_run_now(site->store, &count.job);
	return count.has_log;
}

/* Waits until so many are left; each look is behind a commit of its own. */
static void expect_records(struct site *site, enum record_kind kind, unsigned expected)
{
	int64_t end_us = clock_mono().us + SITE_DEADLINE_S * (int64_t)CLOCK_US_PER_S;
	while (records(site, kind) != expected && clock_mono().us < end_us) {
		struct write *write = begin(site, NULL, NULL, NULL);
		(void)write_take_id(write, ID_TOKEN);
		assert_int_equal(run(write, REASON_NONE), REASON_NONE);
	}
	assert_int_equal(records(site, kind), expected);
}

static void drop_den(struct site *site)
{
	struct write *write = begin(site, site->ada, site->den, NULL);
	assert_int_equal(run(write, op_delete_room(write)), REASON_NONE);
}

static void a_deleted_room_leaves_no_member_marker_or_invite(void **state)
{
	struct site *site = *state;
	struct room *attic =
		add_room(site, site->bob, "attic", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	struct write *write = begin(site, site->ada, site->den, site->eve);
	assert_int_equal(run(write, op_invite(write)), REASON_NONE);
	assert_int_equal(records(site, RECORD_MEMBER), 3);
	assert_int_equal(records(site, RECORD_MARKER), 1); /* bob's, who joined */
	drop_den(site);
	expect_records(site, RECORD_MEMBER, 1);
	expect_records(site, RECORD_MARKER, 0);
	expect_records(site, RECORD_INVITE, 0);
	assert_int_equal(room_role_of(attic, site->bob->id), GCHAT__V1__ROLE__ROLE_OWNER);
	room_unref(attic);
}

static void who_leaves_takes_the_marker_along(void **state)
{
	struct site *site = *state;
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	assert_int_equal(records(site, RECORD_MARKER), 0);
	assert_int_equal(records(site, RECORD_MEMBER), 1);
}

static void a_join_that_comes_too_late_leaves_nothing(void **state)
{
	struct site *site = *state;
	uint64_t den = site->den->id;
	struct write *late = begin(site, site->eve, site->den, NULL);
	struct write *write = begin(site, site->ada, site->den, NULL);
	enum reason joining = op_join(late);
	start(write, op_delete_room(write));
	start(late, joining);
	assert_int_equal(await(late), REASON_UNKNOWN_ROOM);
	end(late);
	assert_int_equal(await(write), REASON_NONE);
	end(write);
	expect_records(site, RECORD_MEMBER, 0);
	expect_records(site, RECORD_MARKER, 0);
	assert_false(has_log(site, den)); /* noted before the records, which go first */
}

static void a_sign_in_that_is_void_leaves_nothing(void **state)
{
	struct site *site = *state;
	uint8_t hash[LIMIT_SHA256_BYTES] = {9};
	unsigned before = records(site, RECORD_TOKEN);
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_sign_in(write, hash, "late", 7)), REASON_WRONG_CREDENTIALS);
	expect_records(site, RECORD_TOKEN, before);
}

static void on_stored(struct store_op *op, enum store_status status)
{
	(void)op;
	assert_int_equal(status, STORE_OK);
}

/* A log of a room that there is no record of. */
static void leave_log(struct site *site, uint64_t log)
{
	static const uint8_t some = 1;
	struct store_append append = {.log = log, .body = &some, .body_len = 1};
	struct store_op op = {.appends = &append, .append_count = 1, .on_done = on_stored};
	store_submit(site->store, &op);
	struct write *write = begin(site, NULL, NULL, NULL);
	(void)write_take_id(write, ID_TOKEN);
	assert_int_equal(run(write, REASON_NONE), REASON_NONE); /* they complete in their order */
	assert_true(has_log(site, log));
}

static void what_a_crash_left_behind_goes_at_the_next_start(void **state)
{
	enum {
		MANY = 2 * CLEANUP_SLICE + 1,
		GONE = 4711, /* a room that is no more */
	};
	struct site *site = *state;
	Gchat__V1__MemberRecord member;
	gchat__v1__member_record__init(&member);
	member.role = GCHAT__V1__ROLE__ROLE_MEMBER;
	struct write *write = begin(site, NULL, NULL, NULL);
	for (uint64_t i = 1; i <= MANY; i++) {
		write_put(write, RECORD_MEMBER, record_key_pair(GONE, i),
			record_encode(&member.base), STORE_ANY);
		write_put(write, RECORD_INVITE, record_key_pair(site->den->id, 1000 + i),
			record_number(i), STORE_ANY); /* of no account */
	}
	assert_int_equal(run(write, REASON_NONE), REASON_NONE);
	leave_log(site, GONE);
	site_reload(site);
	expect_records(site, RECORD_INVITE, 0);
	expect_records(site, RECORD_MEMBER, 2); /* ada and bob stay */
	assert_int_equal(site->den->shared.member_count, 2);
	expect_records(site, RECORD_MARKER, 1);
	int64_t end_us = clock_mono().us + SITE_DEADLINE_S * (int64_t)CLOCK_US_PER_S;
	while (has_log(site, GONE) && clock_mono().us < end_us)
		(void)say(site, site->ada, site->den, "tick");
	assert_false(has_log(site, GONE));
	assert_true(has_log(site, site->den->id));
}

static void a_stop_waits_for_the_slice_and_begins_no_other(void **state)
{
	struct site *site = *state;
	struct cleanup *cleanup = cleanup_new(site->store);
	for (uint64_t i = 1; i <= 10 * CLEANUP_SLICE; i++)
		cleanup_add(cleanup, RECORD_MARKER, record_key_pair(i, i));
	cleanup_start(cleanup);
	cleanup_stop(cleanup);
	cleanup_start(cleanup); /* does nothing any more */
	cleanup_free(cleanup); /* with nothing under way: the sanitizers watch */
	assert_int_equal(records(site, RECORD_MARKER), 1);
}

int main(void)
{
#define TEST_ON(name, engine)                                                                      \
	cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, engine)
#define TEST(name) TEST_ON(name, mem), TEST_ON(name, sqlite)
	static char mem[] = "mem";
	static char sqlite[] = "sqlite";
	const struct CMUnitTest tests[] = {
		TEST(a_deleted_room_leaves_no_member_marker_or_invite),
		TEST(who_leaves_takes_the_marker_along),
		TEST(a_join_that_comes_too_late_leaves_nothing),
		TEST(a_sign_in_that_is_void_leaves_nothing),
		TEST(what_a_crash_left_behind_goes_at_the_next_start),
		TEST(a_stop_waits_for_the_slice_and_begins_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
