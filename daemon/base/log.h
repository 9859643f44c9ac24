/*
 * The daemon's log: one line per fact, lower case, key=value after the sentence. Goes to the
 * journal with fields when stderr is the journal's own stream (JOURNAL_STREAM), else to stderr:
 * with "<level>" prefixes (sd-daemon(3)) into a pipe or file, plain on a terminal. Control
 * characters become '?', so that no peer can forge a line. Bodies and tokens are never logged.
 * All functions: any thread, once log_open has returned.
 */
#pragma once

#include "base/clock.h"
#include "base/log_ids.h"
#include "base/macros.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { /* syslog(3) numbers */
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

enum {
	LOG_LINE_BYTES = 2048, /* a longer line is cut */
	LOG_LIMIT_LINES = 10, /* per call site ... */
	LOG_LIMIT_WINDOW_S = 10, /* ... in so many seconds */
};

/* What a line is about. All borrowed for the call; NULL or 0: not said. */
struct log_fields {
	const char *room; /* GCHAT_ROOM, room= */
	uint64_t session; /* GCHAT_SESSION, session= */
	const char *peer; /* GCHAT_PEER, peer=, an address */
	const char *user; /* GCHAT_USER, user= */
	const char *reason; /* GCHAT_REASON, cause=: a reason, a limit, a counter's name */
	const uint32_t *uid; /* GCHAT_UID, uid=: an administrator, on this machine */
};

/* Finds the sink and sets the level. Main thread, before any other; may be called again. */
void log_open(int level);
/* Lines above `level` (less urgent) are dropped. */
void log_set_level(int level);
int log_get_level(void);
bool log_enabled(int level);
/* "error" to "debug"; static storage. */
const char *log_level_name(int level);
/* False: there is no such level. */
bool log_level_find(const char *name, int *ret_level);

/* One line with its fields; `fields` and `message_id` (of log_ids.h) may be NULL. */
void log_with(int level, const struct log_fields *fields, const char *message_id, const char *fmt,
	...) GC_PRINTF(4, 5);

#define log_error(...)   log_with(LOG_LEVEL_ERROR, NULL, NULL, __VA_ARGS__)
#define log_warning(...) log_with(LOG_LEVEL_WARNING, NULL, NULL, __VA_ARGS__)
#define log_notice(...)  log_with(LOG_LEVEL_NOTICE, NULL, NULL, __VA_ARGS__)
#define log_info(...)    log_with(LOG_LEVEL_INFO, NULL, NULL, __VA_ARGS__)
/* The arguments are not evaluated when debug is off. */
#define log_debug(...)                                                                             \
	(log_enabled(LOG_LEVEL_DEBUG) ? log_with(LOG_LEVEL_DEBUG, NULL, NULL, __VA_ARGS__)         \
				      : (void)0)

/* Static at each call site whose rate a peer decides: LOG_LIMIT_LINES per LOG_LIMIT_WINDOW_S. */
struct log_limit {
	pthread_mutex_t mu;
	struct mono since; /* the window's start; under mu, as the rest */
	uint32_t used;
	uint32_t dropped;
};
#define LOG_LIMIT_INIT                                                                             \
	{                                                                                          \
		.mu = PTHREAD_MUTEX_INITIALIZER                                                    \
	}

/* Whether a line may be written now. With true, *ret_dropped is how many were dropped since the
 * last allowed one: the caller says so when it is not 0. */
bool log_limit_allows(struct log_limit *limit, uint32_t *ret_dropped);
/* As above at the time `now`; for tests and for callers that have the time at hand. */
bool log_limit_allows_at(struct log_limit *limit, struct mono now, uint32_t *ret_dropped);

/* log_with behind a limiter of this call site, with dropped=N after a pause: the usual way. */
#define log_limited(level, fields, message_id, ...)                                                \
	do {                                                                                       \
		static struct log_limit log_limit_ = LOG_LIMIT_INIT;                               \
		uint32_t log_dropped_ = 0;                                                         \
		if (!log_limit_allows(&log_limit_, &log_dropped_))                                 \
			break;                                                                     \
		log_with((level), (fields), (message_id), __VA_ARGS__);                            \
		if (log_dropped_)                                                                  \
			log_with((level), NULL, NULL, "lines like this one were dropped count=%u", \
				(unsigned)log_dropped_);                                           \
	} while (0)
