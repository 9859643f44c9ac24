/* A thin wrapper: the words of the protocol in one place. */
#include "base/notify.h"

#include "base/clock.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

enum {
	STATUS_BYTES = 256, /* a longer line is cut */
};

void notify_ready(const char *status)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_status(const char *fmt, ...)
{
	char status[STATUS_BYTES];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(status, sizeof(status), fmt, args);
	va_end(args);
	(void)sd_notifyf(0, "STATUS=%s", status);
}

void notify_stopping(const char *status)
{
	(void)sd_notifyf(0, "STOPPING=1\nSTATUS=%s", status);
}

void notify_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono().us);
}

void notify_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

uint32_t notify_watchdog_interval_ms(void)
{
	uint64_t watchdog_us = 0;
	if (sd_watchdog_enabled(0, &watchdog_us) <= 0)
		return 0;
	uint64_t half_ms = watchdog_us / CLOCK_US_PER_MS / 2;
	if (half_ms > UINT32_MAX)
		return UINT32_MAX;
	return half_ms ? (uint32_t)half_ms : 1;
}
