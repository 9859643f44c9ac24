/* Bytes changed behind the store's back: what is damaged is said, what is not still works. */
#include "fixture.h"

#include "base/fd.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	FILE_MAX = 64 << 20,
	PAGE = 2048, /* CONN_PAGE_BYTES */
};

struct file {
	char *data; /* owned */
	size_t len;
};

static struct file load(const char *path)
{
	struct file file = {0};
	assert_int_equal(fd_read_file(path, FILE_MAX, &file.data, &file.len), 0);
	return file;
}

static void save_free(const char *path, struct file *file)
{
	assert_int_equal(fd_write_file(path, file->data, file->len, 0600), 0);
	free(file->data);
}

static char *find(const struct file *file, const char *text)
{
	char *at = memmem(file->data, file->len, text, strlen(text));
	assert_non_null(at);
	return at;
}

/* Turns the first byte of `text` in the closed store's file into another. */
static void flip_byte_of(struct fixture *f, const char *text)
{
	struct file file = load(f->path);
	*find(&file, text) ^= 1;
	save_free(f->path, &file);
}

static void a_damaged_body_is_told_and_spares_the_others(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "the first");
	write_run(f, write_text(&w, 1, 1, 7, "the second"));
	write_ok(f, 1, 1, "the third");
	fixture_close(f);
	flip_byte_of(f, "the second");
	fixture_open(f);
	const struct seen *seen = read_events(f, 1, 1, 9, 9);
	assert_int_equal(seen->status, STORE_DAMAGED);
	assert_int_equal(seen->count, 1);
	assert_string_equal(seen->events[0].text, "the first");
	assert_int_equal(read_events(f, 1, 2, 2, 1)->status, STORE_DAMAGED);
	seen = read_events(f, 1, 3, 9, 9);
	assert_int_equal(seen->status, STORE_OK);
	assert_string_equal(seen->events[0].text, "the third");
	assert_int_equal(write_ok(f, 1, 1, "the fourth"), 4);
}

static void a_damaged_events_id_still_answers(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_run(f, write_text(&w, 1, 1, 7, "the only one"));
	fixture_close(f);
	flip_byte_of(f, "the only one");
	fixture_open(f);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "the only one")), STORE_DUPLICATE);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "uhe only one")), STORE_MISMATCH);
}

static void a_damaged_record_is_told_and_left_out_of_scans(void **state)
{
	struct fixture *f = *state;
	put_text(f, STORE_ANY, "a", "value of a");
	put_text(f, STORE_ANY, "b", "value of b");
	put_text(f, STORE_ANY, "c", "value of c");
	fixture_close(f);
	flip_byte_of(f, "value of b");
	fixture_open(f);
	assert_null(read_record(f, "b"));
	assert_int_equal(read_status(), STORE_DAMAGED);
	assert_string_equal(read_scan(f, ""), "a=value of a c=value of c");
	assert_int_equal(read_status(), STORE_DAMAGED);
	assert_int_equal(put_text(f, STORE_ANY, "b", "mended"), STORE_OK);
	assert_string_equal(read_record(f, "b"), "mended");
}

enum {
	LOGS = 50,
	EVENTS = 20, /* of BODY bytes: several pages for each log */
	BODY = 500,
	VICTIM = 25,
};

static void fill_logs(struct fixture *f)
{
	struct write *writes = mem_new((size_t)LOGS * EVENTS, sizeof(*writes));
	char(*bodies)[BODY + 1] = mem_new((size_t)LOGS * EVENTS, sizeof(*bodies));
	for (size_t i = 0; i < (size_t)LOGS * EVENTS; i++) {
		uint64_t log = 1 + i / EVENTS;
		memset(bodies[i], 'x', BODY);
		int n = snprintf(bodies[i], 32, "log %llu event %zu.", (unsigned long long)log,
			1 + i % EVENTS);
		bodies[i][n] = 'x';
		write_start(f, write_text(&writes[i], log, 1, 0, bodies[i]));
	}
	for (size_t i = 0; i < (size_t)LOGS * EVENTS; i++)
		assert_int_equal(write_wait(&writes[i]), STORE_OK);
	free(bodies);
	free(writes);
}

/* Overwrites the page that has `text` with noise. */
static void ruin_page_of(struct fixture *f, const char *text)
{
	struct file file = load(f->path);
	size_t page = (size_t)(find(&file, text) - file.data) / PAGE;
	memset(file.data + page * PAGE, 0xa5, PAGE);
	save_free(f->path, &file);
}

static void a_ruined_page_costs_its_own_log_alone(void **state)
{
	struct fixture *f = *state;
	fill_logs(f);
	fixture_close(f);
	ruin_page_of(f, "log 25 event 10.");
	fixture_open(f);
	for (uint64_t log = 1; log <= LOGS; log++) {
		const struct seen *seen = read_events(f, log, 1, 99, 99);
		assert_int_equal(seen->status, log == VICTIM ? STORE_DAMAGED : STORE_OK);
		assert_true(log == VICTIM || seen->count == EVENTS);
	}
}

static void an_append_to_a_ruined_page_spares_its_batch(void **state)
{
	struct fixture *f = *state;
	fill_logs(f);
	fixture_close(f);
	ruin_page_of(f, "log 25 event 20.");
	fixture_open(f);
	struct write writes[3];
	writer_hold(f);
	write_start(f, write_text(&writes[0], 1, 1, 1, "before"));
	write_start(f, write_text(&writes[1], VICTIM, 1, 2, "into the hole"));
	write_start(f, write_text(&writes[2], 3, 1, 3, "after"));
	writer_release(f);
	assert_int_equal(write_wait(&writes[0]), STORE_OK);
	assert_int_equal(write_wait(&writes[1]), STORE_DAMAGED);
	assert_int_equal(write_wait(&writes[2]), STORE_OK);
	assert_int_equal(writes[0].append.seq, EVENTS + 1);
	assert_int_equal(writes[2].append.seq, EVENTS + 1);
	struct store_stats stats;
	store_get_stats(f->store, &stats);
	assert_int_equal(stats.health, STORE_HEALTH_OK);
}

/* ---- a WAL that ends where the power went ---- */

static void copy_cut(const char *from, const char *to, size_t len)
{
	struct file file = load(from);
	file.len = len < file.len ? len : file.len;
	save_free(to, &file);
}

static void a_torn_wal_is_a_clean_prefix(void **state)
{
	struct fixture *f = *state;
	enum {
		WRITES = 400,
		CUTS = 24,
	};
	char wal[128];
	struct fixture torn = *f;
	char torn_wal[128];
	(void)snprintf(torn.path, sizeof(torn.path), "%s/torn", f->folder);
	(void)snprintf(wal, sizeof(wal), "%s-wal", f->path);
	(void)snprintf(torn_wal, sizeof(torn_wal), "%s-wal", torn.path);
	torn.options.path = torn.path;
	torn.options.arg = &torn;
	for (uint64_t i = 0; i < WRITES; i++)
		write_ok(f, 1 + i % 4, 1, "one commit each");
	struct file whole = load(wal);
	size_t len = whole.len;
	free(whole.data);
	uint64_t last = 0;
	for (size_t cut = 0; cut <= CUTS; cut++) {
		copy_cut(f->path, torn.path, SIZE_MAX);
		copy_cut(wal, torn_wal, cut * len / CUTS);
		fixture_open(&torn);
		uint64_t total = 0;
		for (uint64_t log = 1; log <= 4; log++)
			total += check_gapless(&torn, log);
		assert_true(total >= last);
		last = total;
		assert_int_equal(write_ok(&torn, 1, 1, "goes on"), 1 + (total + 3) / 4);
		fixture_close(&torn);
	}
	assert_int_equal(last, WRITES);
}

static char SQLITE[] = "sqlite";

#define TEST(name)                                                                                 \
	cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, SQLITE)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_damaged_body_is_told_and_spares_the_others),
		TEST(a_damaged_events_id_still_answers),
		TEST(a_damaged_record_is_told_and_left_out_of_scans),
		TEST(a_ruined_page_costs_its_own_log_alone),
		TEST(an_append_to_a_ruined_page_spares_its_batch),
		TEST(a_torn_wal_is_a_clean_prefix),
	};
	return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
