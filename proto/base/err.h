/*
 * Faults travel as negative errno values: first raised with err_raise, passed on with err_pass;
 * both leave file and line in a small per-thread trace that the one who logs can print.
 * Positive outcomes are declared by each module and never pass through here.
 */
#pragma once

#include "base/macros.h"
#include <stddef.h>

enum {
	ERR_TEXT_BYTES = 512, /* room for one sentence with a path in it */
	ERR_TRACE_MAX = 8, /* sites remembered per thread */
};

/* A sentence for a person, in the caller's buffer. Only where a person reads the reason. */
struct err_text {
	char text[ERR_TEXT_BYTES];
};

#define err_raise(negative_errno) err_through((negative_errno), 1, __FILE__, __LINE__)
#define err_pass(negative_errno)  err_through((negative_errno), 0, __FILE__, __LINE__)

/* Remembers the site (fresh: forgets older ones first). Own thread. */
void err_note(int fresh, const char *file, int line);

/* Inline: a static analyser, who reads one file at a time, sees that a fault stays one. */
static inline int err_through(int e, int fresh, const char *file, int line)
{
#ifdef GC_ANALYSED /* tests/checks/analyse: after a failed call errno isn't 0 */
	if (e >= 0)
		__builtin_unreachable();
#endif
	err_note(fresh, file, line);
	return e;
}

/* Writes "store/sqlite.c:120 < store/store.c:40" for this thread's last fault into `buf`. */
void err_trace(char *buf, size_t size);

/* Formats into `t`; NULL is allowed and does nothing. */
void err_say(struct err_text *t, const char *fmt, ...) GC_PRINTF(2, 3);
