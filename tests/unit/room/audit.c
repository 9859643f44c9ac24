/* The audit log over both engines: entries come back as they went in, by filter, newest first. */
#include "room/audit.h"

#include "base/mem.h"
#include "room/directory.h"
#include "room/verify.h"
#include "site.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct addition {
	struct store_op op;
	pthread_mutex_t mu;
	pthread_cond_t cond;
	bool done;
	enum store_status status;
};

static void on_done(struct store_op *op, enum store_status status)
{
	struct addition *a = GC_CONTAINER_OF(op, struct addition, op);
	pthread_mutex_lock(&a->mu);
	a->status = status;
	a->done = true;
	pthread_cond_signal(&a->cond);
	pthread_mutex_unlock(&a->mu);
}

static uint64_t add_bytes(struct site *site, const void *body, size_t len)
{
	struct addition a = {.mu = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
	struct store_append append = {.log = AUDIT_LOG, .body = body, .body_len = len};
	a.op = (struct store_op){.appends = &append, .append_count = 1, .on_done = on_done};
	store_submit(site->store, &a.op);
	pthread_mutex_lock(&a.mu);
	while (!a.done)
		pthread_cond_wait(&a.cond, &a.mu);
	pthread_mutex_unlock(&a.mu);
	assert_int_equal(a.status, STORE_OK);
	return append.time_us;
}

/* Returns its time. */
static uint64_t add(struct site *site, uint32_t uid, const char *action, const char *object)
{
	struct audit_entry entry = {.uid = uid, .pid = 7};
	(void)snprintf(entry.user, sizeof(entry.user), "user-%u", uid);
	(void)snprintf(entry.action, sizeof(entry.action), "%s", action);
	(void)snprintf(entry.object, sizeof(entry.object), "%s", object);
	(void)snprintf(entry.outcome, sizeof(entry.outcome), "OK");
	struct record_value value = audit_encode(&entry);
	uint64_t time_us = add_bytes(site, value.data, value.len);
	free(value.data);
	return time_us;
}

struct reading {
	struct store_job job;
	struct audit_filter filter;
	uint64_t before;
	size_t max;
	enum store_status status;
	struct audit_page page;
};

static void run_reading(struct store_job *job, struct store_reader *reader)
{
	struct reading *r = GC_CONTAINER_OF(job, struct reading, job);
	r->status = audit_read(reader, &r->filter, r->before, r->max, &r->page);
}

static void read_page(struct site *site, struct reading *r)
{
	r->job.run = run_reading;
	if (r->max == 0)
		r->max = 100;
	store_run_now(site->store, &r->job);
	assert_int_equal(r->status, STORE_OK);
}

/* The objects of the page, with blanks between. */
static const char *objects(struct site *site, struct reading *r)
{
	static char text[4096];
	read_page(site, r);
	text[0] = '\0';
	for (size_t i = 0; i < r->page.count; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			i ? " " : "", r->page.entries[i].object);
	audit_page_deinit(&r->page);
	return text;
}

static void an_entry_comes_back_as_it_went_in(void **state)
{
	struct site *site = *state;
	uint64_t time_us = add(site, 1000, "kick", "user=bob");
	struct reading r = {0};
	read_page(site, &r);
	assert_int_equal(r.page.count, 1);
	const struct audit_entry *entry = &r.page.entries[0];
	assert_int_equal(entry->seq, 1);
	assert_int_equal(entry->time_us, time_us);
	assert_int_equal(entry->uid, 1000);
	assert_int_equal(entry->pid, 7);
	assert_string_equal(entry->user, "user-1000");
	assert_string_equal(entry->action, "kick");
	assert_string_equal(entry->object, "user=bob");
	assert_string_equal(entry->outcome, "OK");
	assert_int_equal(r.page.next, 0);
	audit_page_deinit(&r.page);
}

static void an_empty_log_is_an_empty_page(void **state)
{
	struct reading r = {.filter.since_us = 1, .filter.until_us = 2};
	read_page(*state, &r);
	assert_int_equal(r.page.count, 0);
	assert_int_equal(r.page.next, 0);
	audit_page_deinit(&r.page);
}

static void each_filter_leaves_out_what_does_not_fit(void **state)
{
	struct site *site = *state;
	(void)add(site, 1, "kick", "a");
	uint64_t second_us = add(site, 2, "kick", "b");
	(void)add(site, 1, "ban", "c");
	uint64_t last_us = add(site, 2, "ban", "abc");
	assert_string_equal(objects(site, &(struct reading){0}), "abc c b a");
	assert_string_equal(objects(site, &(struct reading){.filter.action = "kick"}), "b a");
	assert_string_equal(objects(site, &(struct reading){.filter.user = "user-2"}), "abc b");
	assert_string_equal(objects(site, &(struct reading){.filter.object = "b"}), "abc b");
	assert_string_equal(
		objects(site, &(struct reading){.filter = {.by_uid = true, .uid = 1}}), "c a");
	assert_string_equal(objects(site, &(struct reading){.filter = {.by_uid = true}}), "");
	assert_string_equal(
		objects(site, &(struct reading){.filter.until_us = last_us + 1}), "abc c b a");
	assert_string_equal(objects(site, &(struct reading){.filter.since_us = last_us + 1}), "");
	const char *before = objects(site, &(struct reading){.filter.until_us = second_us});
	assert_null(strchr(before, 'b'));
}

static void pages_go_on_where_the_last_one_ended(void **state)
{
	enum {
		ENTRIES = 1234,
		PAGE = 100
	};
	struct site *site = *state;
	for (unsigned i = 0; i < ENTRIES; i++)
		(void)add(site, i % 2, i % 2 ? "odd" : "even", "x");
	uint64_t expected = ENTRIES;
	struct reading r = {.max = PAGE, .filter.action = "odd"};
	do {
		read_page(site, &r);
		for (size_t i = 0; i < r.page.count; i++, expected -= 2)
			assert_int_equal(r.page.entries[i].seq, expected);
		r.before = r.page.next;
		audit_page_deinit(&r.page);
	} while (r.before > 0);
	assert_int_equal(expected, 0);
}

static void one_page_looks_at_so_many_and_no_more(void **state)
{
	struct site *site = *state;
	(void)add(site, 1, "rare", "first");
	for (unsigned i = 0; i < AUDIT_SCAN_MAX; i++)
		(void)add(site, 1, "often", "x");
	struct reading r = {.filter.action = "rare"};
	read_page(site, &r);
	assert_int_equal(r.page.count, 0);
	assert_int_equal(r.page.next, 2);
	audit_page_deinit(&r.page);
	r.before = 2;
	assert_string_equal(objects(site, &r), "first");
}

static bool only_the_last_is_left(struct site *site)
{
	return strcmp(objects(site, &(struct reading){0}), "c") == 0;
}

static void entries_past_their_age_go_and_the_others_stay(void **state)
{
	struct site *site = *state;
	const struct timespec pause = {.tv_nsec = 1000000};
	(void)add(site, 1, "kick", "a");
	uint64_t second_us = add(site, 1, "kick", "b");
	uint64_t third_us = second_us;
	while (third_us == second_us) { /* times may be equal */
		(void)nanosleep(&pause, NULL);
		third_us = add(site, 1, "kick", "c");
	}
	audit_sweep(site->store, third_us);
	time_t deadline = time(NULL) + SITE_DEADLINE_S;
	while (!only_the_last_is_left(site) && time(NULL) < deadline)
		(void)nanosleep(&pause, NULL);
	assert_true(only_the_last_is_left(site));
	struct reading r = {0};
	read_page(site, &r);
	assert_true(r.page.entries[0].seq >= 3); /* numbers go on */
	audit_page_deinit(&r.page);
}

static void what_is_no_entry_is_left_out(void **state)
{
	struct site *site = *state;
	(void)add(site, 1, "kick", "a");
	(void)add_bytes(site, "\xff\xff", 2);
	(void)add(site, 1, "kick", "b");
	assert_string_equal(objects(site, &(struct reading){0}), "b a");
}

static void a_restart_neither_deletes_it_nor_makes_it_a_room(void **state)
{
	struct site *site = *state;
	unsigned rooms = site->directory->room_count;
	(void)add(site, 1, "kick", "a");
	site_reload(site);
	site_reload(site); /* what the first one had deleted behind the scenes */
	assert_int_equal(site->directory->room_count, rooms);
	assert_null(directory_find_room(site->directory, AUDIT_LOG));
	assert_string_equal(objects(site, &(struct reading){0}), "a");
}

struct verifying {
	struct store_job job;
	struct verify *verify;
	bool more;
};

static void run_step(struct store_job *job, struct store_reader *reader)
{
	struct verifying *v = GC_CONTAINER_OF(job, struct verifying, job);
	v->more = verify_step(v->verify, reader);
}

static bool run_verify(struct site *site, struct verify *verify)
{
	struct verifying v = {.job.run = run_step, .verify = verify};
	verify_init(verify, site->directory);
	do
		store_run_now(site->store, &v.job);
	while (v.more);
	return verify->problem_total == 0;
}

static void verifying_reads_it_and_counts_no_room(void **state)
{
	struct site *site = *state;
	struct verify before;
	struct verify after;
	struct verify wrong;
	assert_true(run_verify(site, &before));
	(void)add(site, 1, "kick", "a");
	assert_true(run_verify(site, &after));
	assert_int_equal(after.rooms, before.rooms);
	assert_int_equal(after.events, before.events + 1);
	(void)add_bytes(site, "\xff\xff", 2);
	assert_false(run_verify(site, &wrong));
	assert_int_equal(wrong.problems[0].room_id, 0);
	assert_int_equal(wrong.problems[0].first_seq, 2);
	assert_string_equal(wrong.problems[0].text, "audit log: an event can't be decoded");
	verify_deinit(&before);
	verify_deinit(&after);
	verify_deinit(&wrong);
}

int main(void)
{
#define TEST(name, engine)                                                                         \
	{                                                                                          \
#name " (" #engine ")", name, site_setup, site_teardown, engine                    \
	}
#define BOTH(name) TEST(name, mem), TEST(name, sqlite)
	static char mem[] = "mem";
	static char sqlite[] = "sqlite";
	const struct CMUnitTest tests[] = {
		BOTH(an_entry_comes_back_as_it_went_in),
		BOTH(an_empty_log_is_an_empty_page),
		BOTH(each_filter_leaves_out_what_does_not_fit),
		TEST(pages_go_on_where_the_last_one_ended, mem),
		TEST(one_page_looks_at_so_many_and_no_more, mem),
		BOTH(entries_past_their_age_go_and_the_others_stay),
		BOTH(what_is_no_entry_is_left_out),
		TEST(a_restart_neither_deletes_it_nor_makes_it_a_room, sqlite),
		BOTH(verifying_reads_it_and_counts_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
