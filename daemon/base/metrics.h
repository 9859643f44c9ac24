/*
 * The daemon's counters, each named once in one table (metrics.c). They start at 0, only grow, and
 * order nothing: a reader sees each value as of about now. Any thread. What has another kind is beside
 * them: base/histogram.h, and gauges, which are looked at when somebody asks (service/gauges.h).
 */
#pragma once

#include <stdint.h>

struct metric_sink;

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
	METRIC_REFUSED_BANNED,
	METRIC_REFUSED_FULL,
	METRIC_REFUSED_ADDRESS,
	METRIC_REFUSED_RATE,
	METRIC_REFUSED_DESCRIPTORS,
	METRIC_REFUSED_ADMIN,
	METRIC_GUARD_CUTS,
	METRIC_CUT_PENDING,
	METRIC_CUT_HANDSHAKE,
	METRIC_CUT_SIGN_IN,
	METRIC_CUT_BYTES_EARLY,
	METRIC_CUT_BYTES,
	METRIC_CUT_STREAMS,
	METRIC_CUT_STREAMS_OPEN,
	METRIC_CUT_CONTROL,
	METRIC_CUT_HEADERS,
	METRIC_CUT_FRAME,
	METRIC_LIMITED_LOG_INS,
	METRIC_LIMITED_LOG_IN_QUEUE,
	METRIC_LIMITED_REGISTRATIONS,
	METRIC_LIMITED_RATE,
	METRIC_LIMITED_SESSIONS,
	METRIC_LIMITED_ANSWERS,
	METRIC_LIMITED_REFUSALS,
	METRIC_LIMITED_HANDSHAKES,
	METRIC_LOG_INS,
	METRIC_LOG_IN_FAILURES,
	METRIC_PASSWORD_PROCESSES_LOST,
	METRIC_SHED_UPDATES,
	METRIC_CATCHUP_READS,
	METRIC_DISK_FULL,
	METRIC_DAMAGED_ROOMS,
	METRIC_MENDED_ROOMS,
	_METRIC_MAX,
};

void metric_add(enum metric metric, uint64_t n);
uint64_t metric_get(enum metric metric);
/* "events_in"; a string literal. */
const char *metric_name(enum metric metric);
/* One sentence on what is counted; a string literal. */
const char *metric_help(enum metric metric);
/* Every counter as families of base/exposition.h, but for those that are sums of others. */
void metrics_emit(const struct metric_sink *sink);
