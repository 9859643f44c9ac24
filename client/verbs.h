/* The sub-commands for scripts. Exit statuses as in sysexits.h. Main thread. */
#pragma once

struct options;

/* Sends one message, or each line of standard input, and waits until all are acknowledged. */
int send_main(const struct options *options);
/* Shows the last messages of a room and, with --follow, those that come. */
int tail_main(const struct options *options);
