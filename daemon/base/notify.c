/*
 * The words of the protocol in one place, and its sending. Not by libsystemd's sd_notify: that one
 * waits for as long as nobody reads the socket, and the caller is the thread that takes SIGTERM.
 */
#include "base/notify.h"

#include "base/clock.h"
#include "base/fd.h"
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum {
	STATUS_BYTES = 256, /* a longer line is cut */
	TEXT_BYTES = STATUS_BYTES + 64,
};

/* A path, or with a leading @ an abstract name (sd_notify(3)). 0: neither, or too long. */
static socklen_t read_address(const char *name, struct sockaddr_un *ret_address)
{
	size_t len = name ? strlen(name) : 0;
	if (len < 2 || len > sizeof(ret_address->sun_path) || (*name != '/' && *name != '@'))
		return 0;
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, name, len);
	if (*name == '@')
		ret_address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

/* One datagram. Where the manager has too many unread, it is waited for, but no longer than so. */
static void tell(unsigned patience_ms, const char *fmt, ...) GC_PRINTF(2, 3);
static void tell(unsigned patience_ms, const char *fmt, ...)
{
	struct sockaddr_un address;
	socklen_t len = read_address(getenv("NOTIFY_SOCKET"), &address);
	if (len == 0)
		return;
	char text[TEXT_BYTES];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	GC_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct timeval patience = {.tv_sec = patience_ms / CLOCK_MS_PER_S,
		.tv_usec = (suseconds_t)(patience_ms % CLOCK_MS_PER_S) * CLOCK_US_PER_MS};
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | (patience_ms ? 0 : MSG_DONTWAIT),
		(struct sockaddr *)&address, len); /* not told is no failure */
}

void notify_starting(void)
{
	static struct mono next;
	struct mono now = clock_mono();
	if (now.us < next.us)
		return;
	next = clock_mono_add_ms(now, CLOCK_MS_PER_S);
	tell(0, "EXTEND_TIMEOUT_USEC=%" PRId64, (int64_t)NOTIFY_START_MS * CLOCK_US_PER_MS);
}

void notify_failing(const char *status)
{
	const struct timespec pause = {.tv_sec = NOTIFY_PAUSE_MS / CLOCK_MS_PER_S};
	sigset_t terminate;
	if (!getenv("NOTIFY_SOCKET"))
		return;
	tell(NOTIFY_PATIENCE_MS, "STATUS=%.*s", STATUS_BYTES - 1, status);
	sigemptyset(&terminate);
	sigaddset(&terminate, SIGTERM);
	(void)pthread_sigmask(SIG_UNBLOCK, &terminate, NULL); /* fails only for a wrong `how` */
	(void)nanosleep(&pause, NULL); /* cut short: as good */
}

void notify_ready(const char *status)
{
	tell(NOTIFY_PATIENCE_MS, "READY=1\nSTATUS=%.*s", STATUS_BYTES - 1, status);
}

void notify_status(const char *fmt, ...)
{
	char status[STATUS_BYTES];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(status, sizeof(status), fmt, args);
	va_end(args);
	tell(0, "STATUS=%s", status);
}

void notify_stopping(const char *status, int64_t end_ms)
{
	tell(NOTIFY_PATIENCE_MS, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64 "\nSTATUS=%.*s",
		end_ms * CLOCK_US_PER_MS, STATUS_BYTES - 1, status);
}

void notify_reloading(void)
{
	tell(NOTIFY_PATIENCE_MS, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono().us);
}

void notify_watchdog(void)
{
	tell(NOTIFY_PATIENCE_MS, "WATCHDOG=1");
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
