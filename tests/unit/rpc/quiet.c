/* The switch is found where this build of abseil has one, and turning it is harmless. */
#include "rpc/quiet.h"

#include <dlfcn.h>
#include <grpc/grpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void debians_switch_is_found(void **state)
{
	(void)state;
	/* Of the same library, and under a name that only Debian 12's abseil has. */
	if (!dlsym(RTLD_DEFAULT, "_ZN4absl7debian35Mutex4LockEv"))
		skip();
	assert_true(rpc_quiet_mutexes());
}

static void core_starts_and_ends_after_it(void **state)
{
	(void)state;
	(void)rpc_quiet_mutexes(); /* absent elsewhere, which is fine */
	grpc_init();
	assert_true(grpc_is_initialized());
	grpc_shutdown_blocking();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debians_switch_is_found),
		cmocka_unit_test(core_starts_and_ends_after_it),
	};
	return cmocka_run_group_tests_name("rpc.quiet", tests, NULL, NULL);
}
