/*
 * The signals are blocked, in this thread and those that are started later (gRPC's), and let through
 * while it is asked or slept: none comes between the look and the sleep.
 */
#include "ctl/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "base/macros.h"

enum {
	NS_PER_MS = 1000 * 1000,
};

static const int caught[] = {SIGHUP, SIGINT, SIGTERM};

static volatile sig_atomic_t came;

static void on_signal(int signal_number)
{
	(void)signal_number;
	came = 1;
}

void interrupt_catch(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t set;

	came = 0;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < GC_LENGTH(caught); i++) {
		(void)sigaddset(&set, caught[i]);
		(void)sigaction(caught[i], &action, NULL);
	}
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void interrupt_sleep_ms(int64_t ms)
{
	struct timespec wait = {.tv_sec = (time_t)(ms / CLOCK_MS_PER_S),
		.tv_nsec = (long)(ms % CLOCK_MS_PER_S) * NS_PER_MS};
	sigset_t mask;

	if (came)
		return;
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	for (size_t i = 0; i < GC_LENGTH(caught); i++)
		(void)sigdelset(&mask, caught[i]);
	(void)ppoll(NULL, 0, &wait, &mask);
}

bool interrupt_came(void)
{
	interrupt_sleep_ms(0); /* lets through what waits */
	return came != 0;
}
