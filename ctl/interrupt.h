/*
 * Ctrl-C and the like as a question that loops ask, so that they end with everything put right:
 * terminals, rooms made for a while. For the process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* From now on SIGINT, SIGTERM and SIGHUP are remembered instead of ending the process. */
void interrupt_catch(void);
/* Whether one came. */
bool interrupt_came(void);
/* Sleeps for so long, or until one comes. */
void interrupt_sleep_ms(int64_t ms);
