/* What there is, as families; the rest of the module is what integration.metrics looks at. */
#include "service/gauges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *text_of(const struct gauges *gauges)
{
	struct exposition text = {.format = EXPOSITION_PROMETHEUS};
	struct metric_sink sink = exposition_sink(&text);
	size_t len;
	gauges_emit(gauges, &sink);
	return exposition_take(&text, &len);
}

static void every_value_is_shown_in_its_base_unit(void **state)
{
	(void)state;
	struct gauges gauges = {.uptime_s = 1.5,
		.serving = true,
		.sessions = 7,
		.certificate_ends_us = UINT64_C(2000000000500000),
		.free_bytes = 4096,
		.sums = {.lag = 12, .lag_max = 9},
		.store = {.bytes = 100, .health = STORE_HEALTH_READ_ONLY}};
	static const char version[] = "\ngchat_build_info{version=\"" GCHAT_VERSION "\"} 1\n";
	static const char *const lines[] = {"\ngchat_uptime_seconds 1.5\n", "\ngchat_serving 1\n",
		"\ngchat_sessions 7\n",
		"\ngchat_certificate_expiry_timestamp_seconds 2000000000.5\n",
		"\ngchat_store_free_bytes 4096\n", "\ngchat_cursor_lag_events 12\n",
		"\ngchat_cursor_lag_max_events 9\n", "\ngchat_store_size_bytes 100\n",
		"\ngchat_store_writable 0\n", version};
	char *text = text_of(&gauges);
	for (size_t i = 0; i < GC_LENGTH(lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("%s is not there", lines[i]);
	free(text);
}

static void a_store_without_a_disk_has_no_free_space(void **state)
{
	(void)state;
	struct gauges gauges = {.free_bytes = -1};
	char *text = text_of(&gauges);
	assert_null(strstr(text, "gchat_store_free_bytes"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_is_shown_in_its_base_unit),
		cmocka_unit_test(a_store_without_a_disk_has_no_free_space),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
