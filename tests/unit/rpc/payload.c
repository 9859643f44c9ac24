/* Bytes in and out of byte buffers, and who owns them. */
#include "rpc/payload.h"

#include <grpc/grpc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

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

/* Longer than what gRPC keeps inside a slice itself. */
static const char text[] = "a slice long enough to be counted by reference";

static void count_free(void *arg)
{
	(*(int *)arg)++;
}

/* A slice of a buffer of ours that tells when its last reference is gone. */
static grpc_slice counted_slice(char *bytes, size_t len, int *freed)
{
	return grpc_slice_new_with_user_data(bytes, len, count_free, freed);
}

static void one_slice_is_shared_and_not_copied(void **state)
{
	(void)state;
	int freed = 0;
	char bytes[] = "these very bytes go out";
	grpc_byte_buffer *buffer = payload_take_slice(counted_slice(bytes, sizeof(bytes), &freed));
	grpc_slice flat = payload_flatten(buffer);
	assert_ptr_equal(GRPC_SLICE_START_PTR(flat), bytes);
	payload_freep(&buffer);
	assert_int_equal(freed, 0);
	grpc_slice_unref(flat);
	assert_int_equal(freed, 1);
}

static void several_slices_are_put_together_in_order(void **state)
{
	(void)state;
	grpc_byte_buffer *buffer = payload_new();
	payload_append(buffer, grpc_slice_from_static_string(text));
	payload_append(buffer, grpc_slice_from_static_string(" - "));
	payload_append(buffer, grpc_slice_from_static_string(text));
	grpc_slice flat = payload_flatten(buffer);
	assert_int_equal(GRPC_SLICE_LENGTH(flat), 2 * strlen(text) + 3);
	assert_memory_equal(GRPC_SLICE_START_PTR(flat), text, strlen(text));
	assert_memory_equal(GRPC_SLICE_END_PTR(flat) - strlen(text), text, strlen(text));
	grpc_slice_unref(flat);
	payload_freep(&buffer);
}

static void an_empty_buffer_is_an_empty_slice(void **state)
{
	(void)state;
	grpc_byte_buffer *buffer = payload_new();
	grpc_slice flat = payload_flatten(buffer);
	assert_int_equal(GRPC_SLICE_LENGTH(flat), 0);
	grpc_slice_unref(flat);
	payload_freep(&buffer);
}

static void slices_are_let_go_with_their_buffer(void **state)
{
	(void)state;
	int freed = 0;
	char bytes[] = "these very bytes go out";
	grpc_byte_buffer *buffer = payload_new();
	payload_append(buffer, counted_slice(bytes, sizeof(bytes), &freed));
	payload_append(buffer, counted_slice(bytes, sizeof(bytes), &freed));
	assert_int_equal(grpc_byte_buffer_length(buffer), 2 * sizeof(bytes));
	payload_freep(&buffer);
	assert_null(buffer);
	assert_int_equal(freed, 2);
}

static void freeing_nothing_is_allowed(void **state)
{
	(void)state;
	grpc_byte_buffer *buffer = NULL;
	payload_freep(&buffer);
	assert_null(buffer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_slice_is_shared_and_not_copied),
		cmocka_unit_test(several_slices_are_put_together_in_order),
		cmocka_unit_test(an_empty_buffer_is_an_empty_slice),
		cmocka_unit_test(slices_are_let_go_with_their_buffer),
		cmocka_unit_test(freeing_nothing_is_allowed),
	};
	return cmocka_run_group_tests_name("rpc.payload", tests, set_up, tear_down);
}
