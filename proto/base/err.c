/* The per-thread trace of where a fault was raised and passed. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

struct site {
	const char *file; /* borrowed: a string literal */
	int line;
};

static _Thread_local struct {
	struct site sites[ERR_TRACE_MAX];
	unsigned count;
} trace;

void err_note(int fresh, const char *file, int line)
{
	if (fresh)
		trace.count = 0;
	if (trace.count < ERR_TRACE_MAX)
		trace.sites[trace.count++] = (struct site){.file = file, .line = line};
}

void err_trace(char *buf, size_t size)
{
	size_t used = 0;
	if (size)
		buf[0] = '\0';
	for (unsigned i = 0; i < trace.count && used < size; i++) {
		int n = snprintf(buf + used, size - used, "%s%s:%d", i ? " < " : "",
			trace.sites[i].file, trace.sites[i].line);
		if (n < 0)
			return;
		used += (size_t)n;
	}
}

void err_say(struct err_text *t, const char *fmt, ...)
{
	if (!t)
		return;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(t->text, sizeof(t->text), fmt, args); /* a cut sentence is still one */
	va_end(args);
}
