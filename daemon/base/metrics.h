/*
 * The daemon's counters, each named once in one table (metrics.c). They start at 0, only grow, and
 * order nothing: a reader sees each value as of about now. Any thread.
 */
#pragma once

#include <stdint.h>

enum metric {
	METRIC_EVENTS_IN,
	METRIC_EVENTS_OUT,
	METRIC_FRAMES_OUT,
	METRIC_BYTES_OUT,
	METRIC_BATCHES,
	METRIC_DUPLICATES,
	METRIC_REJECTIONS,
	METRIC_SESSIONS_OPENED,
	METRIC_SESSIONS_CLOSED,
	METRIC_CONNECTIONS_ACCEPTED,
	METRIC_CONNECTIONS_REFUSED,
	METRIC_GUARD_CUTS,
	METRIC_LOG_INS,
	METRIC_LOG_IN_FAILURES,
	METRIC_SHED_UPDATES,
	METRIC_CATCHUP_READS,
	METRIC_DISK_FULL,
	METRIC_DAMAGED_ROOMS,
	_METRIC_MAX,
};

void metric_add(enum metric metric, uint64_t n);
uint64_t metric_get(enum metric metric);
/* "events_in"; a string literal. */
const char *metric_name(enum metric metric);
/* One sentence on what is counted; a string literal. */
const char *metric_help(enum metric metric);
