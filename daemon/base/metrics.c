/* One relaxed atomic per counter, each on a cache line of its own: shards count side by side. */
#include "base/metrics.h"

#include "base/exposition.h"
#include "base/macros.h"
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

enum {
	CACHE_LINE_BYTES = 64,
};

struct metric_info {
	const char *name;
	const char *help;
};

/* clang-format off */
static const struct metric_info infos[] = {
	[METRIC_EVENTS_IN]            = {"events_in", "events appended to room logs"},
	[METRIC_EVENTS_OUT]           = {"events_out", "events delivered to sessions"},
	[METRIC_FRAMES_OUT]           = {"frames_out", "frames written to sessions"},
	[METRIC_BYTES_OUT]            = {"bytes_out", "bytes of the frames written to sessions, before TLS"},
	[METRIC_BATCHES]              = {"batches", "batches of events put together for sessions"},
	[METRIC_DUPLICATES]           = {"duplicates", "sends answered with an earlier event"},
	[METRIC_REJECTIONS]           = {"rejections", "requests answered with an error"},
	[METRIC_SESSIONS_OPENED]      = {"sessions_opened", "streams that said hello"},
	[METRIC_SESSIONS_CLOSED]      = {"sessions_closed", "streams that said hello and have ended"},
	[METRIC_CONNECTIONS_ACCEPTED] = {"connections_accepted", "connections handed to gRPC"},
	[METRIC_CONNECTIONS_REFUSED]  = {"connections_refused", "connections over a limit"},
	[METRIC_REFUSED_BANNED]       = {"refused_banned", "of those, and of guard_cuts, by a ban"},
	[METRIC_REFUSED_FULL]         = {"refused_full", "by limits.connections"},
	[METRIC_REFUSED_ADDRESS]      = {"refused_address", "by connections_per_address"},
	[METRIC_REFUSED_RATE]         = {"refused_rate", "by connections_per_minute"},
	[METRIC_REFUSED_DESCRIPTORS]  = {"refused_descriptors", "for want of file descriptors"},
	[METRIC_REFUSED_ADMIN]        = {"refused_admin", "on the admin socket"},
	[METRIC_GUARD_CUTS]           = {"guard_cuts", "connections ended by the guard"},
	[METRIC_CUT_PENDING]          = {"cut_pending", "of those, the oldest of too many strangers"},
	[METRIC_CUT_HANDSHAKE]        = {"cut_handshake", "by handshake_timeout_s"},
	[METRIC_CUT_SIGN_IN]          = {"cut_sign_in", "by sign_in_timeout_s"},
	[METRIC_CUT_BYTES_EARLY]      = {"cut_bytes_early", "by bytes_before_sign_in"},
	[METRIC_CUT_BYTES]            = {"cut_bytes", "by bytes_per_second"},
	[METRIC_CUT_STREAMS]          = {"cut_streams", "by streams_per_second"},
	[METRIC_CUT_STREAMS_OPEN]     = {"cut_streams_open", "by calls_per_connection"},
	[METRIC_CUT_CONTROL]          = {"cut_control", "by control_frames_per_second"},
	[METRIC_CUT_HEADERS]          = {"cut_headers", "by header_bytes"},
	[METRIC_CUT_FRAME]            = {"cut_frame", "for a frame that is too large"},
	[METRIC_LIMITED_LOG_INS]      = {"limited_log_ins", "log-ins refused by log_ins_per_minute"},
	[METRIC_LIMITED_LOG_IN_QUEUE] = {"limited_log_in_queue", "log-ins refused by log_in_queue"},
	[METRIC_LIMITED_REGISTRATIONS] = {"limited_registrations", "by registrations_per_hour"},
	[METRIC_LIMITED_RATE]         = {"limited_rate", "requests refused by messages_per_minute"},
	[METRIC_LIMITED_SESSIONS]     = {"limited_sessions", "streams over sessions_per_account"},
	[METRIC_LIMITED_ANSWERS]      = {"limited_answers", "calls refused by unsent_bytes"},
	[METRIC_LIMITED_REFUSALS]     = {"limited_refusals", "pauses by refusals_per_minute"},
	[METRIC_LIMITED_HANDSHAKES]   = {"limited_handshakes", "pauses by handshakes_per_second"},
	[METRIC_LOG_INS]              = {"log_ins", "successful log-ins"},
	[METRIC_LOG_IN_FAILURES]      = {"log_in_failures", "log-ins with a wrong name or secret"},
	[METRIC_PASSWORD_PROCESSES_LOST] = {"password_processes_lost", "processes that hash passwords which ended by themselves and were started again"},
	[METRIC_SHED_UPDATES]         = {"shed_updates", "presence and typing not sent to the slow"},
	[METRIC_CATCHUP_READS]        = {"catchup_reads", "reads from the store for late cursors"},
	[METRIC_DISK_FULL]            = {"disk_full", "changes refused for lack of disk space"},
	[METRIC_DAMAGED_ROOMS]        = {"damaged_rooms", "rooms that were closed to writing: their log was damaged"},
	[METRIC_MENDED_ROOMS]         = {"mended_rooms", "of those, the ones verified to be sound again"},
};
/* clang-format on */
_Static_assert(GC_LENGTH(infos) == _METRIC_MAX, "every metric has its line in the table");

/* A family of what is exposed: one counter, or the causes of something with a label for each. */
struct exposed {
	struct metric_family family;
	const char *label; /* NULL: `first` alone */
	enum metric first;
	enum metric last;
};

/* clang-format off */
#define ONE(metric, name, unit)   {{name, METRIC_TYPE_COUNTER, unit, NULL}, NULL, METRIC_##metric, METRIC_##metric}
#define MANY(first, last, name, label, help) {{name, METRIC_TYPE_COUNTER, "", help}, label, METRIC_##first, METRIC_##last}
static const struct exposed exposed[] = {
	ONE(EVENTS_IN, "gchat_events_appended", ""),
	ONE(EVENTS_OUT, "gchat_events_delivered", ""),
	ONE(FRAMES_OUT, "gchat_frames_sent", ""),
	ONE(BYTES_OUT, "gchat_frames_sent_bytes", "bytes"),
	ONE(DUPLICATES, "gchat_duplicate_sends", ""),
	ONE(SESSIONS_OPENED, "gchat_sessions_opened", ""),
	ONE(SESSIONS_CLOSED, "gchat_sessions_closed", ""),
	ONE(CONNECTIONS_ACCEPTED, "gchat_connections_accepted", ""),
	MANY(REFUSED_BANNED, REFUSED_ADMIN, "gchat_connections_refused", "cause", "connections over a limit, by cause"),
	MANY(CUT_PENDING, CUT_FRAME, "gchat_guard_cuts", "cause", "connections ended by the guard, by cause"),
	MANY(LIMITED_LOG_INS, LIMITED_HANDSHAKES, "gchat_limited", "limit", "requests refused or slowed, by limit"),
	ONE(LOG_INS, "gchat_log_ins", ""),
	ONE(LOG_IN_FAILURES, "gchat_log_in_failures", ""),
	ONE(PASSWORD_PROCESSES_LOST, "gchat_password_processes_lost", ""),
	ONE(SHED_UPDATES, "gchat_updates_shed", ""),
	ONE(CATCHUP_READS, "gchat_catchup_reads", ""),
	ONE(DISK_FULL, "gchat_disk_full_refusals", ""),
};
/* clang-format on */

static struct {
	alignas(CACHE_LINE_BYTES) atomic_uint_least64_t value;
} counters[_METRIC_MAX];

void metric_add(enum metric metric, uint64_t n)
{
	atomic_fetch_add_explicit(&counters[metric].value, n, memory_order_relaxed);
}

uint64_t metric_get(enum metric metric)
{
	return atomic_load_explicit(&counters[metric].value, memory_order_relaxed);
}

const char *metric_name(enum metric metric)
{
	return infos[metric].name;
}

const char *metric_help(enum metric metric)
{
	return infos[metric].help;
}

/* "cut_sign_in" is "sign_in" of the family "guard_cuts": what follows the first word. */
static const char *label_of(enum metric metric)
{
	return strchr(infos[metric].name, '_') + 1;
}

void metrics_emit(const struct metric_sink *sink)
{
	for (size_t i = 0; i < GC_LENGTH(exposed); i++) {
		struct metric_family family = exposed[i].family;
		if (!family.help)
			family.help = infos[exposed[i].first].help;
		sink->family(sink->arg, &family);
		for (int m = (int)exposed[i].first; m <= (int)exposed[i].last; m++) {
			const char *label = exposed[i].label;
			struct metric_sample sample = {.suffix = "_total",
				.label = label,
				.label_value = label ? label_of((enum metric)m) : NULL,
				.value = (double)metric_get((enum metric)m)};
			sink->sample(sink->arg, &sample);
		}
	}
}
