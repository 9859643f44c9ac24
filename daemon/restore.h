/* gchatd's arguments for copies of the store: checked, or put in its place. Before a daemon runs. */
#pragma once

struct config;

/* Each prints what it found or did, and gives the exit status. */
int restore_check(const char *path);
int restore_run(const struct config *config, const char *path);
