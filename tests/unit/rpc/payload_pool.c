/* Byte buffers that are used again. */
#include "rpc/payload_pool.h"

#include "rpc/payload.h"

#include <grpc/grpc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int set_up(void **state)
{
	(void)state;
	grpc_init();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	grpc_shutdown();
	return 0;
}

static void count_free(void *arg)
{
	(*(int *)arg)++;
}

static void what_was_returned_is_taken_next_and_is_empty(void **state)
{
	(void)state;
	int freed = 0;
	char bytes[] = "held by the buffer until it is returned";
	struct payload_pool pool = {0};
	grpc_byte_buffer *first = payload_pool_take(&pool);
	payload_append(
		first, grpc_slice_new_with_user_data(bytes, sizeof(bytes), count_free, &freed));
	grpc_byte_buffer *returned = first;
	payload_pool_return(&pool, &returned);
	assert_null(returned);
	assert_int_equal(freed, 1);
	assert_int_equal(pool.count, 1);

	grpc_byte_buffer *second = payload_pool_take(&pool);
	assert_ptr_equal(second, first);
	assert_int_equal(grpc_byte_buffer_length(second), 0);
	payload_freep(&second);
	payload_pool_deinit(&pool);
}

static void no_more_are_kept_than_its_limit(void **state)
{
	(void)state;
	static struct payload_pool pool;
	for (unsigned i = 0; i < PAYLOAD_POOL_MAX + 2; i++) {
		grpc_byte_buffer *buffer = payload_new();
		payload_pool_return(&pool, &buffer);
	}
	assert_int_equal(pool.count, PAYLOAD_POOL_MAX);
	payload_pool_deinit(&pool);
	assert_int_equal(pool.count, 0);
}

static void nothing_is_returned_as_nothing(void **state)
{
	(void)state;
	struct payload_pool pool = {0};
	grpc_byte_buffer *none = NULL;
	payload_pool_return(&pool, &none);
	assert_int_equal(pool.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_returned_is_taken_next_and_is_empty),
		cmocka_unit_test(no_more_are_kept_than_its_limit),
		cmocka_unit_test(nothing_is_returned_as_nothing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
