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
};

/* Start-up or a reload is done; `status` is one line for `systemctl status`. */
void notify_ready(const char *status);
void notify_status(const char *fmt, ...) GC_PRINTF(1, 2);
/* Draining has begun. */
void notify_stopping(const char *status);
/* A reload has begun, with MONOTONIC_USEC as Type=notify-reload wants it; ends by notify_ready. */
void notify_reloading(void);
/* Every thread makes progress. */
void notify_watchdog(void);
/* How often to call notify_watchdog: half of WATCHDOG_USEC, or 0 when there is no watchdog. */
uint32_t notify_watchdog_interval_ms(void);
