/* The two text formats, byte by byte. */
#include "base/exposition.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Owned. */
static char *text_of(enum exposition_format format)
{
	struct exposition text = {.format = format};
	struct metric_sink sink = exposition_sink(&text);
	size_t len = 0;
	metric_sink_counter(&sink, "gchat_sent_bytes", "bytes", "bytes sent", 3);
	metric_sink_gauge(&sink, "gchat_rooms", "", "rooms", 0.25);
	sink.family(
		sink.arg, &(struct metric_family){"gchat_cuts", METRIC_TYPE_COUNTER, "", "cuts"});
	sink.sample(sink.arg, &(struct metric_sample){"_total", "cause", "a\\b\"c\nd", 1});
	char *whole = exposition_take(&text, &len);
	assert_int_equal(len, strlen(whole));
	return whole;
}

static void openmetrics_has_units_plain_family_names_and_an_end(void **state)
{
	(void)state;
	char *text = text_of(EXPOSITION_OPENMETRICS);
	assert_string_equal(text, "# HELP gchat_sent_bytes bytes sent.\n"
				  "# TYPE gchat_sent_bytes counter\n"
				  "# UNIT gchat_sent_bytes bytes\n"
				  "gchat_sent_bytes_total 3\n"
				  "# HELP gchat_rooms rooms.\n"
				  "# TYPE gchat_rooms gauge\n"
				  "gchat_rooms 0.25\n"
				  "# HELP gchat_cuts cuts.\n"
				  "# TYPE gchat_cuts counter\n"
				  "gchat_cuts_total{cause=\"a\\\\b\\\"c\\nd\"} 1\n"
				  "# EOF\n");
	free(text);
}

static void the_older_format_names_a_counter_with_its_suffix_and_has_no_end(void **state)
{
	(void)state;
	char *text = text_of(EXPOSITION_PROMETHEUS);
	assert_non_null(strstr(text, "# TYPE gchat_sent_bytes_total counter\n"));
	assert_non_null(strstr(text, "# HELP gchat_sent_bytes_total bytes sent.\n"));
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
	free(text);
}

static void expect_number(double value, bool canonical, const char *wanted)
{
	char buf[EXPOSITION_NUMBER_BYTES];
	exposition_print_number(buf, value, canonical);
	assert_string_equal(buf, wanted);
}

static void numbers_are_as_short_as_they_can_be_read_back(void **state)
{
	(void)state;
	expect_number(0, false, "0");
	expect_number(0.1, false, "0.1");
	expect_number(1795871737.489543, false, "1795871737.489543");
	expect_number(9007199254740993.0, false, "9007199254740992");
	expect_number((double)INFINITY, true, "+Inf");
	expect_number(1, true, "1.0");
	expect_number(0.00025, true, "0.00025");
}

static void a_long_text_is_whole(void **state)
{
	(void)state;
	struct exposition text = {.format = EXPOSITION_OPENMETRICS};
	struct metric_sink sink = exposition_sink(&text);
	size_t len = 0;
	enum {
		FAMILIES = 5000
	};
	for (int i = 0; i < FAMILIES; i++)
		metric_sink_gauge(&sink, "gchat_rooms", "", "rooms", i);
	char *whole = exposition_take(&text, &len);
	assert_non_null(strstr(whole, "gchat_rooms 4999\n# EOF\n"));
	free(whole);
}

static void the_format_is_the_one_that_was_asked_for(void **state)
{
	(void)state;
	assert_int_equal(exposition_negotiate(NULL), EXPOSITION_PROMETHEUS);
	assert_int_equal(exposition_negotiate("text/html, */*"), EXPOSITION_PROMETHEUS);
	assert_int_equal(exposition_negotiate("application/openmetrics-text;version=1.0.0;q=0.5,"
					      "text/plain;version=0.0.4;q=0.2"),
		EXPOSITION_OPENMETRICS);
	assert_non_null(strstr(exposition_content_type(EXPOSITION_OPENMETRICS), "version=1.0.0"));
	assert_non_null(strstr(exposition_content_type(EXPOSITION_PROMETHEUS), "version=0.0.4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openmetrics_has_units_plain_family_names_and_an_end),
		cmocka_unit_test(the_older_format_names_a_counter_with_its_suffix_and_has_no_end),
		cmocka_unit_test(numbers_are_as_short_as_they_can_be_read_back),
		cmocka_unit_test(a_long_text_is_whole),
		cmocka_unit_test(the_format_is_the_one_that_was_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
