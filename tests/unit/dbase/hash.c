/* The keyed hash: the same for the same bytes, spread for all others, another in each process. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	KEYS = 20000,
	BUCKETS = 64,
};

struct entry {
	uint64_t id;
	UT_hash_handle hh;
};

static void equal_bytes_hash_alike(void **state)
{
	(void)state;
	assert_int_equal(hash_bytes("lobby", 5), hash_bytes("lobby!", 5));
	assert_int_equal(hash_bytes("", 0), hash_bytes("x", 0));
}

static void numbers_in_a_row_fill_all_buckets_alike(void **state)
{
	unsigned counts[BUCKETS] = {0};

	(void)state;
	for (uint64_t key = 0; key < KEYS; key++)
		counts[hash_bytes(&key, sizeof(key)) % BUCKETS]++;
	for (size_t i = 0; i < BUCKETS; i++) {
		assert_true(counts[i] > KEYS / BUCKETS / 2);
		assert_true(counts[i] < KEYS / BUCKETS * 2);
	}
}

/* The hash of one word in a process of its own, which draws its key before the parent has. */
static unsigned hash_elsewhere(void)
{
	int ends[2];
	unsigned value = 0;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		value = hash_bytes("lobby", 5);
		_exit(write(ends[1], &value, sizeof(value)) != sizeof(value));
	}
	assert_true(pid > 0);
	assert_int_equal(read(ends[0], &value, sizeof(value)), sizeof(value));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return value;
}

/* First in the list of tests: no key is drawn yet that a child would inherit. */
static void another_process_hashes_otherwise(void **state)
{
	unsigned one = hash_elsewhere();
	unsigned two = hash_elsewhere();
	unsigned three = hash_elsewhere();

	(void)state;
	assert_true(one != two || two != three); /* two alike by chance: 1 in 2^32 */
}

static void a_map_finds_what_was_put_in(void **state)
{
	struct entry entries[BUCKETS];
	struct entry *map = NULL;
	struct entry *found = NULL;

	(void)state;
	memset(entries, 0, sizeof(entries));
	for (size_t i = 0; i < BUCKETS; i++) {
		entries[i].id = i;
		HASH_ADD(hh, map, id, sizeof(entries[i].id), &entries[i]);
	}
	for (uint64_t id = 0; id < BUCKETS; id++) {
		HASH_FIND(hh, map, &id, sizeof(id), found);
		assert_ptr_equal(found, &entries[id]);
	}
	HASH_CLEAR(hh, map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_process_hashes_otherwise),
		cmocka_unit_test(equal_bytes_hash_alike),
		cmocka_unit_test(numbers_in_a_row_fill_all_buckets_alike),
		cmocka_unit_test(a_map_finds_what_was_put_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
