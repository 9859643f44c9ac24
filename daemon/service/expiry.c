/* Days and hours to an end. */
#include "service/expiry.h"

#include "base/clock.h"

#include <stdio.h>

#define HOUR_US (UINT64_C(3600) * CLOCK_US_PER_S)
#define DAY_US  (UINT64_C(24) * HOUR_US)

enum {
	HOURS_MAX = 48, /* from here on days are told */
	HOURS_PER_DAY = 24,
};

static enum expiry by(uint64_t end_us, uint64_t now_us, uint64_t urgent_us, uint64_t soon_us)
{
	if (end_us <= now_us)
		return EXPIRY_OVER;
	uint64_t left = end_us - now_us;
	return left <= urgent_us ? EXPIRY_URGENT : left <= soon_us ? EXPIRY_SOON : EXPIRY_FAR;
}

enum expiry expiry_of(uint64_t end_us, uint64_t now_us)
{
	return by(end_us, now_us, EXPIRY_URGENT_DAYS * DAY_US, EXPIRY_SOON_DAYS * DAY_US);
}

enum expiry expiry_of_list(uint64_t end_us, uint64_t now_us)
{
	return end_us == 0 ? EXPIRY_FAR
			   : by(end_us, now_us, EXPIRY_LIST_HOURS * HOUR_US,
				     EXPIRY_LIST_HOURS * HOUR_US);
}

void expiry_print(uint64_t end_us, uint64_t now_us, char *buf, size_t size)
{
	bool over = end_us <= now_us;
	uint64_t hours = (over ? now_us - end_us : end_us - now_us) / HOUR_US;
	bool in_hours = hours < HOURS_MAX;
	uint64_t count = in_hours ? hours : hours / HOURS_PER_DAY;
	(void)snprintf(buf, size, "%s%llu %s%s%s", over ? "expired " : "expires in ",
		(unsigned long long)count, in_hours ? "hour" : "day", count == 1 ? "" : "s",
		over ? " ago" : "");
}
