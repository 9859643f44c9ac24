/* What the harness tells the library that it loads into the daemon: a file that both map. */
#pragma once

#include <stdint.h>

struct shift {
	int64_t ahead_s; /* of the wall clock; negative: behind */
	int64_t late_ms; /* how long a thread waits before it begins */
};
