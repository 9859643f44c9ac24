/* Ids that grow. */
#include "lib/uuid.h"

#include "base/clock.h"

#include <pthread.h>
#include <string.h>

#include "cmocka_std.h"

enum {
	MANY = 20000, /* far more than 4096 in one millisecond */
	THREADS = 4,
};

static void ids_grow_strictly(void **state)
{
	(void)state;
	uint8_t last[UUID_BYTES];
	uuid_make(last);
	for (unsigned i = 0; i < MANY; i++) {
		uint8_t next[UUID_BYTES];
		uuid_make(next);
		assert_true(memcmp(last, next, UUID_BYTES) < 0);
		memcpy(last, next, UUID_BYTES);
	}
}

static void version_and_variant_are_those_of_rfc_9562(void **state)
{
	(void)state;
	uint8_t id[UUID_BYTES];
	uuid_make(id);
	assert_int_equal(id[6] >> 4, 7);
	assert_int_equal(id[8] >> 6, 2);
}

static void an_id_starts_with_the_time(void **state)
{
	(void)state;
	uint8_t id[UUID_BYTES];
	uint64_t before = clock_wall_us() / CLOCK_US_PER_MS;
	uuid_make(id);
	uint64_t ms = 0;
	for (unsigned i = 0; i < 6; i++)
		ms = ms << 8 | id[i];
	/* Ids made in a burst run ahead of the clock by a millisecond for each 4096. */
	assert_in_range(ms, before, before + 1000);
}

static void *make_many(void *last)
{
	for (unsigned i = 0; i < MANY; i++)
		uuid_make(last);
	return NULL;
}

static void threads_get_different_ids(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	uint8_t ids[THREADS][UUID_BYTES];
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_many, ids[i]), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		for (unsigned j = i + 1; j < THREADS; j++)
			assert_memory_not_equal(ids[i], ids[j], 8); /* time and counter alone */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_grow_strictly),
		cmocka_unit_test(version_and_variant_are_those_of_rfc_9562),
		cmocka_unit_test(an_id_starts_with_the_time),
		cmocka_unit_test(threads_get_different_ids),
	};
	return cmocka_run_group_tests_name("lib.uuid", tests, NULL, NULL);
}
