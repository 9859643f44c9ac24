/* Runs the conformance suite against every engine. */
#include "conformance.h"

#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static char MEM[] = "mem";
static char SQLITE[] = "sqlite";
static char FAULT[] = "fault:mem"; /* with an empty plan */

#define MEM_TEST(name)                                                                             \
	cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, MEM),
#define SQLITE_TEST(name)                                                                          \
	cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, SQLITE),
#define FAULT_TEST(name)                                                                           \
	cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, FAULT),

int main(void)
{
	const struct CMUnitTest mem[] = {CONFORMANCE(MEM_TEST)};
	const struct CMUnitTest sqlite[] = {CONFORMANCE(SQLITE_TEST)};
	const struct CMUnitTest fault[] = {CONFORMANCE(FAULT_TEST)};
	int failed = cmocka_run_group_tests_name("mem", mem, NULL, NULL);
	failed += cmocka_run_group_tests_name("sqlite", sqlite, NULL, NULL);
	failed += cmocka_run_group_tests_name("fault", fault, NULL, NULL);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
