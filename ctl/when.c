/* One unit is enough: who wants more takes the exact time of --output=json. */
#include "ctl/when.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/macros.h"

struct unit {
	uint64_t seconds;
	const char *one;
	const char *many;
};

static const struct unit units[] = {
	{31557600, "year", "years"},
	{86400, "day", "days"},
	{3600, "h", "h"},
	{60, "min", "min"},
	{1, "s", "s"},
};

const char *when_rfc3339(uint64_t time_us, char buf[WHEN_BYTES])
{
	time_t seconds = (time_t)(time_us / CLOCK_US_PER_S);
	struct tm tm = {0};

	if (!gmtime_r(&seconds, &tm) || strftime(buf, WHEN_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(buf, WHEN_BYTES, "%" PRIu64 " us", time_us);
	return buf;
}

const char *when_clock(uint64_t time_us, char buf[WHEN_BYTES])
{
	time_t seconds = (time_t)(time_us / CLOCK_US_PER_S);
	struct tm tm = {0};

	if (!localtime_r(&seconds, &tm) || strftime(buf, WHEN_BYTES, "%H:%M:%S", &tm) == 0)
		(void)snprintf(buf, WHEN_BYTES, "%" PRIu64 " us", time_us);
	return buf;
}

const char *when_relative(uint64_t time_us, uint64_t now_us, char buf[WHEN_BYTES])
{
	bool past = time_us <= now_us;
	uint64_t seconds = (past ? now_us - time_us : time_us - now_us) / CLOCK_US_PER_S;

	for (size_t i = 0; i < GC_LENGTH(units); i++) {
		uint64_t n = seconds / units[i].seconds;
		if (n == 0)
			continue;
		(void)snprintf(buf, WHEN_BYTES, "%s%" PRIu64 " %s%s", past ? "" : "in ", n,
			n == 1 ? units[i].one : units[i].many, past ? " ago" : "");
		return buf;
	}
	(void)snprintf(buf, WHEN_BYTES, "now");
	return buf;
}

/* The time with what it leaves out, as when_rfc3339 writes it. */
static void complete(const char *text, char full[WHEN_BYTES])
{
	static const char rest[] = "T00:00:00Z";
	const size_t date = sizeof("2026-01-31") - 1;
	size_t len = strnlen(text, WHEN_BYTES - sizeof(rest));

	(void)snprintf(full, WHEN_BYTES, "%.*s", (int)len, text);
	if (len > date && full[len - 1] == 'Z')
		len--;
	if (len == date || len == date + sizeof("T09:08") - 1 ||
		len == date + sizeof("T09:08:07") - 1)
		(void)snprintf(full + len, WHEN_BYTES - len, "%s", rest + (len - date));
}

/* strptime takes more than is meant, like February 30: it must come out as it went in. */
bool when_parse(const char *text, uint64_t *ret_us)
{
	char full[WHEN_BYTES];
	char again[WHEN_BYTES];
	struct tm tm = {0};

	complete(text, full);
	if (!strptime(full, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return false;
	time_t seconds = timegm(&tm);
	uint64_t time_us = seconds < 0 ? 0 : (uint64_t)seconds * CLOCK_US_PER_S;
	if (strcmp(when_rfc3339(time_us, again), full) != 0)
		return false;
	*ret_us = time_us;
	return true;
}

bool when_parse_past(const char *text, uint64_t now_us, uint64_t *ret_us)
{
	uint64_t ago_s = 0;

	if (when_parse(text, ret_us))
		return true;
	if (!duration_parse(text, &ago_s))
		return false;
	uint64_t ago_us = ago_s * CLOCK_US_PER_S;
	*ret_us = ago_us < now_us ? now_us - ago_us : 1;
	return true;
}
