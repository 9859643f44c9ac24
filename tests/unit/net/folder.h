/* A throwaway folder, and waiting for a condition with a deadline. */
#pragma once

#include "base/clock.h"
#include <poll.h>
#include <stdbool.h>

enum {
	FOLDER_PATH_BYTES = 64,
	WAIT_DEADLINE_MS = 10000, /* what does not happen by then will not */
	WAIT_STEP_MS = 2,
};

struct folder {
	char path[FOLDER_PATH_BYTES];
};

void folder_make(struct folder *folder);
/* Removes the folder and the files in it. */
void folder_remove(const struct folder *folder);
/* The path of `name` in the folder; valid until the next call but three. */
const char *folder_file(const struct folder *folder, const char *name);

/* Looks again until `cond` holds or the deadline passes; yields whether it held. */
#define wait_until(cond)                                                                           \
	(__extension__({                                                                           \
		struct mono end_ = clock_mono_add_ms(clock_mono(), WAIT_DEADLINE_MS);              \
		bool held_ = false;                                                                \
		while (!(held_ = (cond)) && clock_mono().us < end_.us)                             \
			(void)poll(NULL, 0, WAIT_STEP_MS);                                         \
		held_;                                                                             \
	}))
