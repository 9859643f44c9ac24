/* The trace of where a fault was raised and passed, and sentences in the caller's buffer. */
#include "base/err.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	TRACE_BYTES = 1024,
};

static void a_fault_is_returned_unchanged(void **state)
{
	(void)state;
	assert_int_equal(err_raise(-ENOENT), -ENOENT);
	assert_int_equal(err_pass(-EIO), -EIO);
}

static void the_trace_names_each_site_in_order(void **state)
{
	(void)state;
	char trace[TRACE_BYTES], want[TRACE_BYTES];
	int line = __LINE__ + 1;
	(void)err_raise(-EIO); /* for its trace */
	(void)err_pass(-EIO);
	err_trace(trace, sizeof(trace));
	(void)snprintf(want, sizeof(want), "%s:%d < %s:%d", __FILE__, line, __FILE__, line + 1);
	assert_string_equal(trace, want);
}

static void raising_forgets_what_came_before(void **state)
{
	(void)state;
	char trace[TRACE_BYTES];
	(void)err_raise(-EIO);
	(void)err_pass(-EIO);
	(void)err_raise(-EINVAL);
	err_trace(trace, sizeof(trace));
	assert_null(strstr(trace, " < "));
}

static void a_long_way_keeps_its_first_sites(void **state)
{
	(void)state;
	char trace[ERR_TRACE_MAX * TRACE_BYTES];
	(void)err_raise(-EIO);
	for (int i = 0; i < 2 * ERR_TRACE_MAX; i++)
		(void)err_pass(-EIO);
	err_trace(trace, sizeof(trace));
	int sites = 1;
	for (const char *at = trace; (at = strstr(at, " < ")); at++)
		sites++;
	assert_int_equal(sites, ERR_TRACE_MAX);
}

static void a_small_buffer_gets_what_fits(void **state)
{
	(void)state;
	char trace[8] = "1234567";
	(void)err_raise(-EIO);
	(void)err_pass(-EIO);
	err_trace(trace, sizeof(trace));
	assert_int_equal(strlen(trace), sizeof(trace) - 1);
	err_trace(trace, 0);
}

static void *trace_of_a_thread(void *arg)
{
	err_trace(arg, TRACE_BYTES);
	return NULL;
}

static void each_thread_has_its_own_trace(void **state)
{
	(void)state;
	char trace[TRACE_BYTES] = "untouched";
	pthread_t thread;
	(void)err_raise(-EIO);
	assert_int_equal(pthread_create(&thread, NULL, trace_of_a_thread, trace), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(trace, "");
}

static void a_sentence_is_cut_to_its_buffer(void **state)
{
	(void)state;
	struct err_text text;
	char lengthy[2 * ERR_TEXT_BYTES];
	memset(lengthy, 'x', sizeof(lengthy) - 1);
	lengthy[sizeof(lengthy) - 1] = '\0';
	err_say(&text, "%s: %d", "port", 7);
	assert_string_equal(text.text, "port: 7");
	err_say(&text, "%s", lengthy);
	assert_int_equal(strlen(text.text), ERR_TEXT_BYTES - 1);
	err_say(NULL, "nobody %s", "reads");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_returned_unchanged),
		cmocka_unit_test(the_trace_names_each_site_in_order),
		cmocka_unit_test(raising_forgets_what_came_before),
		cmocka_unit_test(a_long_way_keeps_its_first_sites),
		cmocka_unit_test(a_small_buffer_gets_what_fits),
		cmocka_unit_test(each_thread_has_its_own_trace),
		cmocka_unit_test(a_sentence_is_cut_to_its_buffer),
	};
	return cmocka_run_group_tests_name("proto.err", tests, NULL, NULL);
}
