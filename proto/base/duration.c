/* No months: nobody can say how long they are. */
#include "base/duration.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"

enum {
	DURATION_DECIMAL = 10,
};

struct unit {
	char letter;
	uint64_t seconds;
	const char *one;
	const char *many;
};

static const struct unit units[] = {
	{'y', 365ULL * 86400, "year", "years"},
	{'w', 7ULL * 86400, NULL, NULL}, /* written, not printed: 8 days is easier than 1 w 1 d */
	{'d', 86400, "day", "days"},
	{'h', 3600, "h", "h"},
	{'m', 60, "min", "min"},
	{'s', 1, "s", "s"},
};

static const struct unit *unit_of(char letter)
{
	for (size_t i = 0; i < GC_LENGTH(units); i++) {
		if (units[i].letter == letter)
			return &units[i];
	}
	return NULL;
}

/* "30m" of "30m15s"; where the next part begins, or NULL: wrong. */
static const char *parse_part(const char *text, uint64_t *total)
{
	char *end = NULL;

	if (!isdigit((unsigned char)*text))
		return NULL;
	errno = 0;
	uint64_t number = strtoull(text, &end, DURATION_DECIMAL);
	const struct unit *unit = *end ? unit_of(*end) : unit_of('s');
	if (errno != 0 || !unit || number > DURATION_MAX_S / unit->seconds)
		return NULL;
	*total += number * unit->seconds;
	return *end ? end + 1 : end;
}

bool duration_parse(const char *text, uint64_t *ret_seconds)
{
	uint64_t total = 0;

	if (*text == '\0')
		return false;
	while (*text) {
		text = parse_part(text, &total);
		if (!text || total > DURATION_MAX_S)
			return false;
	}
	*ret_seconds = total;
	return true;
}

const char *duration_print(uint64_t seconds, char buf[DURATION_BYTES])
{
	size_t used = 0;
	int parts = 0;

	for (size_t i = 0; i < GC_LENGTH(units) && parts < 2; i++) {
		uint64_t n = seconds / units[i].seconds;
		if (!units[i].one || (n == 0 && !(parts == 0 && i + 1 == GC_LENGTH(units))))
			continue;
		seconds -= n * units[i].seconds;
		used += (size_t)snprintf(buf + used, DURATION_BYTES - used, "%s%" PRIu64 " %s",
			parts ? " " : "", n, n == 1 ? units[i].one : units[i].many);
		parts++;
	}
	return buf;
}
