/* Starting a thread of the store: named, and with all signals blocked, since main handles those. */
#pragma once

#include "base/macros.h"
#include <pthread.h>

/* 0 or the negative errno of pthread_create. `name`: at most 15 bytes. */
int thread_start(
	pthread_t *ret_thread, const char *name, void *(*run)(void *arg), void *arg) GC_MUST_CHECK;
