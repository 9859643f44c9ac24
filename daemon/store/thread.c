/* pthread_create with the signal mask around it. */
#include "store/thread.h"

#include "base/err.h"

#include <signal.h>

int thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *arg), void *arg)
{
	sigset_t all;
	sigset_t old;
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old); /* fails only for a wrong `how` */
	int r = pthread_create(ret_thread, NULL, run, arg);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r != 0)
		return err_raise(-r);
	(void)pthread_setname_np(*ret_thread, name); /* for people who look; no harm without */
	return 0;
}
