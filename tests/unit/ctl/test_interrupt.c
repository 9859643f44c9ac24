/* Ctrl-C as a question. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ctl/interrupt.h"

static void a_signal_is_remembered_and_ends_a_sleep(void **state)
{
	struct mono before = clock_mono();

	(void)state;
	interrupt_catch();
	assert_false(interrupt_came());
	interrupt_sleep_ms(1);
	assert_false(interrupt_came());
	assert_int_equal(kill(getpid(), SIGINT), 0); /* blocked: it waits for the sleep */
	interrupt_sleep_ms(60 * 1000);
	assert_true(interrupt_came());
	interrupt_sleep_ms(60 * 1000); /* no sleep after that */
	assert_true(clock_mono().us - before.us < 30LL * CLOCK_US_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_is_remembered_and_ends_a_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
