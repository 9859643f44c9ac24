/* Conformance: records and their conditions. */
#include "conformance.h"
#include "fixture.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct store_put put_of(const char *key, const char *value, enum store_condition condition)
{
	return (struct store_put){
		.kind = FIXTURE_KIND,
		.key = (const uint8_t *)key,
		.key_len = strlen(key),
		.value = (const uint8_t *)value,
		.value_len = value ? strlen(value) : 0,
		.condition = condition,
	};
}

void a_record_is_written_replaced_and_deleted(void **state)
{
	struct fixture *f = *state;
	assert_null(read_record(f, "k"));
	assert_int_equal(put_text(f, STORE_ANY, "k", "one"), STORE_OK);
	assert_string_equal(read_record(f, "k"), "one");
	assert_int_equal(put_text(f, STORE_ANY, "k", "two"), STORE_OK);
	assert_string_equal(read_record(f, "k"), "two");
	assert_int_equal(put_text(f, STORE_ANY, "k", NULL), STORE_OK);
	assert_null(read_record(f, "k"));
	assert_int_equal(put_text(f, STORE_ANY, "k", NULL), STORE_OK);
}

void an_empty_value_is_not_a_deletion(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(put_text(f, STORE_ANY, "k", ""), STORE_OK);
	assert_string_equal(read_record(f, "k"), "");
	assert_int_equal(read_status(), STORE_OK);
}

void a_record_that_must_be_absent_conflicts_when_present(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(put_text(f, STORE_ABSENT, "k", "one"), STORE_OK);
	assert_int_equal(put_text(f, STORE_ABSENT, "k", "two"), STORE_CONFLICT);
	assert_string_equal(read_record(f, "k"), "one");
}

void a_record_that_must_be_present_conflicts_when_absent(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(put_text(f, STORE_PRESENT, "k", "one"), STORE_CONFLICT);
	assert_int_equal(put_text(f, STORE_PRESENT, "k", NULL), STORE_CONFLICT);
	assert_int_equal(put_text(f, STORE_ANY, "k", "one"), STORE_OK);
	assert_int_equal(put_text(f, STORE_PRESENT, "k", "two"), STORE_OK);
	assert_int_equal(put_text(f, STORE_PRESENT, "k", NULL), STORE_OK);
	assert_null(read_record(f, "k"));
}

void a_conflict_names_the_put_and_stores_nothing(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(put_text(f, STORE_ANY, "b", "old"), STORE_OK);
	const struct store_put puts[] = {
		put_of("a", "new", STORE_ANY),
		put_of("c", "new", STORE_ABSENT),
		put_of("b", "new", STORE_ABSENT),
	};
	struct write w;
	write_text(&w, 1, 1, 1, "with it");
	w.op.puts = puts;
	w.op.put_count = GC_LENGTH(puts);
	assert_int_equal(write_run(f, &w), STORE_CONFLICT);
	assert_int_equal(w.op.conflict, 2);
	assert_string_equal(read_scan(f, ""), "b=old");
	assert_int_equal(read_head(f, 1).head, 0);
}

void records_and_events_are_stored_together(void **state)
{
	struct fixture *f = *state;
	const struct store_put puts[] = {
		put_of("member", "yes", STORE_ABSENT),
		put_of("count", "1", STORE_ANY),
	};
	struct write w;
	write_text(&w, 1, 1, 1, "joined");
	w.op.puts = puts;
	w.op.put_count = GC_LENGTH(puts);
	assert_int_equal(write_run(f, &w), STORE_OK);
	assert_string_equal(read_scan(f, ""), "count=1 member=yes");
	assert_int_equal(check_gapless(f, 1), 1);
}

void a_repeated_op_is_a_duplicate_before_it_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	const struct store_put put = put_of("member", "yes", STORE_ABSENT);
	struct write w;
	for (int i = 0; i < 2; i++) {
		write_text(&w, 1, 1, 1, "joined");
		w.op.puts = &put;
		w.op.put_count = 1;
		assert_int_equal(write_run(f, &w), i == 0 ? STORE_OK : STORE_DUPLICATE);
	}
	assert_int_equal(w.append.seq, 1);
}

void a_scan_gives_the_prefix_in_order(void **state)
{
	struct fixture *f = *state;
	static const char *const KEYS[] = {"room/2", "room/10", "room", "rooms/1", "room/1", "a"};
	for (size_t i = 0; i < GC_LENGTH(KEYS); i++)
		assert_int_equal(put_text(f, STORE_ANY, KEYS[i], "v"), STORE_OK);
	assert_string_equal(read_scan(f, "room/"), "room/1=v room/10=v room/2=v");
	assert_string_equal(read_scan(f, ""), "a=v room=v room/1=v room/10=v room/2=v rooms/1=v");
	assert_string_equal(read_scan(f, "s"), "");
	assert_string_equal(read_record(f, "room"), "v"); /* exactly, not by prefix */
	assert_null(read_record(f, "roo"));
}

void a_scan_ends_with_the_prefix_even_at_the_last_byte(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(put_text(f, STORE_ANY, "\xff\xff", "1"), STORE_OK);
	assert_int_equal(put_text(f, STORE_ANY, "\xff\xff\x01", "2"), STORE_OK);
	assert_int_equal(put_text(f, STORE_ANY, "\xfe", "3"), STORE_OK);
	assert_string_equal(read_scan(f, "\xff\xff"), "\xff\xff=1 \xff\xff\x01=2");
}

void kinds_of_records_are_apart(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of("k", "other", STORE_ABSENT);
	put.kind = FIXTURE_KIND + 1;
	struct write w = {.op = {.puts = &put, .put_count = 1}};
	assert_int_equal(write_run(f, &w), STORE_OK);
	assert_null(read_record(f, "k"));
	assert_int_equal(put_text(f, STORE_ABSENT, "k", "mine"), STORE_OK);
	assert_string_equal(read_scan(f, ""), "k=mine");
}

struct value_job {
	struct store_job job;
	const struct store_put *put;
	bool found;
};

static bool compare_value(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct value_job *v = arg;
	assert_int_equal(key_len, v->put->key_len);
	assert_memory_equal(key, v->put->key, key_len);
	assert_int_equal(value_len, v->put->value_len);
	assert_memory_equal(value, v->put->value, value_len);
	v->found = true;
	return true;
}

static void get_value(struct store_job *job, struct store_reader *reader)
{
	struct value_job *v = GC_CONTAINER_OF(job, struct value_job, job);
	assert_int_equal(
		store_get(reader, v->put->kind, v->put->key, v->put->key_len, compare_value, v),
		STORE_OK);
}

void a_large_value_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	enum {
		BYTES = 256 * 1024,
	};
	uint8_t *image = mem_new(1, BYTES);
	for (size_t i = 0; i < BYTES; i++)
		image[i] = (uint8_t)(i * 31 + i / 509);
	struct store_put put = put_of("avatar", NULL, STORE_ANY);
	put.value = image;
	put.value_len = BYTES;
	struct write w = {.op = {.puts = &put, .put_count = 1}};
	assert_int_equal(write_run(f, &w), STORE_OK);
	struct value_job v = {.job.run = get_value, .put = &put};
	store_run_now(f->store, &v.job);
	assert_true(v.found);
	free(image);
}
