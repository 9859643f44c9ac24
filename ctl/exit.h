/* The exit statuses of gchatctl, documented in gchatctl(1). */
#pragma once

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_RUNNING = 3,
	EXIT_NOT_FOUND = 4,
	EXIT_NOT_PERMITTED = 5,
	EXIT_CONFLICT = 6,
	EXIT_TIMED_OUT = 7,
};
