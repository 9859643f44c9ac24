/* What the kernel says of this process, against what the test makes it use. */
#include "base/procstat.h"

#include "base/clock.h"
#include "base/exposition.h"
#include "base/macros.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static double value_of(const char *name)
{
	struct exposition text = {.format = EXPOSITION_PROMETHEUS};
	struct metric_sink sink = exposition_sink(&text);
	size_t len;
	char line[96];
	procstat_emit(&sink, UINT64_C(1500000) * CLOCK_US_PER_S);
	char *whole = exposition_take(&text, &len);
	(void)snprintf(line, sizeof(line), "\n%s ", name);
	const char *at = strstr(whole, line);
	if (!at)
		fail_msg("%s is not there", name);
	double value = strtod(at + strlen(line), NULL);
	free(whole);
	return value;
}

static void descriptors_are_counted(void **state)
{
	(void)state;
	double before = value_of("process_open_fds");
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal((int)(value_of("process_open_fds") - before), 1);
	close(fd);
	assert_int_equal((int)(value_of("process_open_fds") - before), 0);
	assert_true(value_of("process_max_fds") >= before);
}

static void memory_grows_with_what_is_touched(void **state)
{
	(void)state;
	enum {
		BYTES = 64 << 20,
		PAGE = 4096
	};
	uint64_t before = procstat_resident_bytes();
	volatile char *block = malloc(BYTES);
	assert_non_null((const void *)(uintptr_t)block);
	for (size_t i = 0; i < BYTES; i += PAGE)
		block[i] = 1;
	assert_true(procstat_resident_bytes() > before + BYTES / 2);
	assert_true(value_of("process_resident_memory_bytes") > (double)BYTES / 2);
	free((void *)(uintptr_t)block);
}

static void processor_time_never_goes_back_and_the_start_is_as_told(void **state)
{
	(void)state;
	double last = value_of("process_cpu_seconds_total");
	for (int i = 0; i < 50; i++) {
		double now = value_of("process_cpu_seconds_total");
		assert_true(now >= last);
		last = now;
	}
	assert_true(value_of("process_start_time_seconds") == 1500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_are_counted),
		cmocka_unit_test(memory_grows_with_what_is_touched),
		cmocka_unit_test(processor_time_never_goes_back_and_the_start_is_as_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
