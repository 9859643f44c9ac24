/* One unit is enough: who wants more takes the exact time of --output=json. */
#include "ctl/when.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
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

bool when_parse(const char *text, uint64_t *ret_time_us)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"};

	for (size_t i = 0; i < GC_LENGTH(forms); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);
		if (!end || *end != '\0')
			continue;
		time_t seconds = timegm(&tm);
		if (seconds < 0)
			return false;
		*ret_time_us = (uint64_t)seconds * CLOCK_US_PER_S;
		return true;
	}
	return false;
}
