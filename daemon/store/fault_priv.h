/* What fault.c asks of the plan. */
#pragma once

#include "store/fault.h"

extern const struct store_engine store_engine_fault;

/* What happens at the site now: STORE_OK, or the status to fail with. Waits where the plan says so. */
enum store_status fault_strike(enum fault_site site, uint64_t log);
/* The same for a read; *ret_after: events to give before. */
enum store_status fault_strike_read(uint64_t log, unsigned *ret_after);
/* The plan's file, or NULL. */
const char *fault_plan_file(void);
