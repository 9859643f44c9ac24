/*
 * What the daemon tells systemd (sd_notify(3)). Without systemd (no NOTIFY_SOCKET) all of it does
 * nothing; a failure to tell is no failure of the daemon and is not reported. Nor is a manager that
 * doesn't read waited for: a status is dropped at once, the rest after a moment. Any thread.
 */
#pragma once

#include "base/macros.h"
#include <stdint.h>

enum {
	NOTIFY_PATIENCE_MS = 1000, /* for a manager whose socket is full */
	NOTIFY_START_MS = 60000, /* what a start that makes progress may take from there on */
	NOTIFY_PAUSE_MS = 2000, /* before a start that failed ends */
};

/* The start makes progress, however long it takes: told once a second. Main thread. */
void notify_starting(void);
/* The start has failed, and the caller is about to exit: waits, where a manager would start it again at
 * once, so that what can't succeed isn't tried all the time. SIGTERM ends the wait, and the process. */
void notify_failing(const char *status);
/* Start-up or a reload is done; `status` is one line for `systemctl status`. */
void notify_ready(const char *status);
void notify_status(const char *fmt, ...) GC_PRINTF(1, 2);
/* Draining has begun; the end may take so long. */
void notify_stopping(const char *status, int64_t end_ms);
/* A reload has begun, with MONOTONIC_USEC as Type=notify-reload wants it; ends by notify_ready. */
void notify_reloading(void);
/* Every thread makes progress. */
void notify_watchdog(void);
/* How often to call notify_watchdog: half of WATCHDOG_USEC, or 0 when there is no watchdog. */
uint32_t notify_watchdog_interval_ms(void);
