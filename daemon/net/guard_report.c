/* One table by reason. */
#include "net/guard_report.h"

#include "base/log.h"
#include "base/metrics.h"
#include "net/accept.h"

struct cause {
	enum metric metric;
	const char *setting; /* that a line names; NULL: there is none */
};

/* clang-format off */
static const struct cause causes[_GUARD_REASON_MAX] = {
	[GUARD_BANNED]               = {METRIC_REFUSED_BANNED, NULL},
	[GUARD_FULL]                 = {METRIC_REFUSED_FULL, "limits.connections"},
	[GUARD_ADDRESS_FULL]         = {METRIC_REFUSED_ADDRESS, "limits.connections_per_address"},
	[GUARD_ADDRESS_RATE]         = {METRIC_REFUSED_RATE, "limits.connections_per_minute"},
	[GUARD_NO_DESCRIPTORS]       = {METRIC_REFUSED_DESCRIPTORS, NULL},
	[GUARD_ADMIN_FULL]           = {METRIC_REFUSED_ADMIN, NULL},
	[GUARD_NOT_ADMIN]            = {METRIC_REFUSED_ADMIN, "listen.admin_group"},
	[GUARD_PENDING_FULL]         = {METRIC_CUT_PENDING, "limits.connections"},
	[GUARD_HANDSHAKE_TIMEOUT]    = {METRIC_CUT_HANDSHAKE, "limits.handshake_timeout_s"},
	[GUARD_SIGN_IN_TIMEOUT]      = {METRIC_CUT_SIGN_IN, "limits.sign_in_timeout_s"},
	[GUARD_BYTES_BEFORE_SIGN_IN] = {METRIC_CUT_BYTES_EARLY, "limits.bytes_before_sign_in"},
	[GUARD_BYTES_PER_SECOND]     = {METRIC_CUT_BYTES, "limits.bytes_per_second"},
	[GUARD_STREAMS]              = {METRIC_CUT_STREAMS, "limits.streams_per_second"},
	[GUARD_STREAMS_UNASKED]      = {METRIC_CUT_STREAMS_OPEN, "limits.calls_per_connection"},
	[GUARD_CONTROL_FRAMES]       = {METRIC_CUT_CONTROL, "limits.control_frames_per_second"},
	[GUARD_HEADER_BYTES]         = {METRIC_CUT_HEADERS, "limits.header_bytes"},
	[GUARD_FRAME_BYTES]          = {METRIC_CUT_FRAME, NULL},
};
/* clang-format on */

/* Static storage: zeroed, which is what LOG_LIMIT_INIT says. */
static struct log_limit limits[_GUARD_REASON_MAX];

static void report(enum guard_reason reason, const char *what, const char *address)
{
	struct log_fields fields = {.peer = address, .reason = metric_name(causes[reason].metric)};
	const char *setting = causes[reason].setting;
	uint32_t dropped = 0;
	metric_add(causes[reason].metric, 1);
	if (!log_limit_allows(&limits[reason], &dropped))
		return;
	log_with(LOG_LEVEL_WARNING, &fields, LOG_ID_GUARD_CUT,
		"connection %s reason=\"%s\" limit=%s dropped=%u", what, guard_reason_text(reason),
		setting ? setting : "-", (unsigned)dropped);
}

void guard_report_refused(enum guard_reason reason, const char *address)
{
	metric_add(METRIC_CONNECTIONS_REFUSED, 1);
	report(reason, "refused", address);
}

void guard_report_cut(enum guard_reason reason, const char *peer)
{
	char address[ACCEPTOR_ADDRESS_BYTES];
	acceptor_address(peer, address);
	metric_add(METRIC_GUARD_CUTS, 1);
	report(reason, "cut", address);
}
