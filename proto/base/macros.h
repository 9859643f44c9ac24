/* The few macros that every file may use: ownership, checks, container-of. */
#pragma once

#include <stddef.h>

#define GC_CLEANUP(fn)       __attribute__((cleanup(fn)))
#define GC_MUST_CHECK        __attribute__((warn_unused_result))
#define GC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define GC_NOT_NULL          __attribute__((returns_nonnull))
#define GC_EXPORT            __attribute__((visibility("default")))
#define GC_LENGTH(array)     (sizeof(array) / sizeof((array)[0]))

/* Hands an owned pointer over: yields its value and leaves NULL behind. */
#define GC_TAKE(p)                                                                                 \
	(__extension__({                                                                           \
		__typeof__(p) gc_taken_ = (p);                                                     \
		(p) = NULL;                                                                        \
		gc_taken_;                                                                         \
	}))

/* The struct that embeds `member` at `ptr`; by way of void * so that -Wcast-align stays quiet. */
#define GC_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* A programming error, checked in release builds too; never has side effects. */
#define GC_ASSERT(cond) ((cond) ? (void)0 : gc_assert_failed(#cond, __FILE__, __LINE__))

/* Prints the condition and aborts. Any thread. */
_Noreturn void gc_assert_failed(const char *cond, const char *file, int line);
