/* What doctor makes of figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/doctor.h"

#define MIB    ((uint64_t)1 << 20)
#define GIB    ((uint64_t)1 << 30)
#define DAY_US (86400ULL * 1000000)

static void a_full_disk_fails_and_a_nearly_full_one_warns(void **state)
{
	(void)state;
	assert_int_equal(doctor_judge_disk(50 * GIB, 100 * GIB), FINDING_OK);
	assert_int_equal(doctor_judge_disk(9 * GIB, 100 * GIB), FINDING_WARN);
	assert_int_equal(doctor_judge_disk(GIB, 100 * GIB), FINDING_FAIL);
	assert_int_equal(doctor_judge_disk(500 * MIB, GIB), FINDING_WARN);
	assert_int_equal(doctor_judge_disk(99 * MIB, GIB), FINDING_FAIL);
}

static void a_certificate_fails_when_it_is_as_good_as_over(void **state)
{
	const uint64_t now = 1000 * DAY_US;

	(void)state;
	assert_int_equal(doctor_judge_expiry(0, now + 90 * DAY_US, now), FINDING_OK);
	assert_int_equal(doctor_judge_expiry(0, now + 20 * DAY_US, now), FINDING_WARN);
	assert_int_equal(doctor_judge_expiry(0, now + 2 * DAY_US, now), FINDING_FAIL);
	assert_int_equal(doctor_judge_expiry(0, now - DAY_US, now), FINDING_FAIL);
	assert_int_equal(doctor_judge_expiry(now + DAY_US, now + 90 * DAY_US, now), FINDING_FAIL);
}

static void a_share_of_a_limit_warns_before_it_fails(void **state)
{
	(void)state;
	assert_int_equal(doctor_judge_share(500, 1000), FINDING_OK);
	assert_int_equal(doctor_judge_share(850, 1000), FINDING_WARN);
	assert_int_equal(doctor_judge_share(960, 1000), FINDING_FAIL);
}

static void the_first_listener_is_reached_from_this_machine(void **state)
{
	char address[64];

	(void)state;
	assert_true(doctor_find_address("[::]:7443, 0.0.0.0:7443", address, sizeof(address)));
	assert_string_equal(address, "[::1]:7443");
	assert_true(doctor_find_address("0.0.0.0:1", address, sizeof(address)));
	assert_string_equal(address, "127.0.0.1:1");
	assert_true(doctor_find_address("192.0.2.1:7443", address, sizeof(address)));
	assert_string_equal(address, "192.0.2.1:7443");
	assert_false(doctor_find_address("", address, sizeof(address)));
	assert_false(doctor_find_address("nonsense", address, sizeof(address)));
}

static void count(
	void *arg, const char *check, enum finding finding, const char *detail, const char *advice)
{
	(void)arg;
	(void)check;
	assert_true(strlen(detail) > 0);
	/* Whoever is told of trouble is told what to do. */
	assert_true(finding == FINDING_OK || finding == FINDING_SKIPPED || strlen(advice) > 0);
}

static void a_sick_server_fails_with_advice(void **state)
{
	char version[] = "0.0.0-other";
	char draining[] = "DRAINING";
	char health[] = "READ_ONLY";
	char reason[] = "the disk is full";
	Gchat__V1__GetStatusResponse status;
	struct doctor d = {.status = &status, .tell = count};

	(void)state;
	gchat__v1__get_status_response__init(&status);
	status.version = version;
	status.state = draining;
	status.store_health = health;
	status.store_reason = reason;
	status.disk_full_refusals = 3;
	doctor_check_server(&d);
	assert_true(d.counts[FINDING_FAIL] >= 2);
	assert_true(d.counts[FINDING_WARN] >= 1);
	assert_true(d.counts[FINDING_SKIPPED] >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_fails_and_a_nearly_full_one_warns),
		cmocka_unit_test(a_certificate_fails_when_it_is_as_good_as_over),
		cmocka_unit_test(a_share_of_a_limit_warns_before_it_fails),
		cmocka_unit_test(the_first_listener_is_reached_from_this_machine),
		cmocka_unit_test(a_sick_server_fails_with_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
