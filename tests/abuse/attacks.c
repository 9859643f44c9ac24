/* The table of attacks. Floods of frames are h2-flood's, begun again as soon as they are cut. */
#include "abuse.h"

#include <stdio.h>
#include <time.h>

double abuse_now_s(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail with a valid clock */
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void abuse_stopped(struct abuse_outcome *out, double start)
{
	if (out->stopped++ == 0)
		out->first_stop_s = abuse_now_s() - start;
}

const char *abuse_address(unsigned i)
{
	static char text[32];
	(void)snprintf(text, sizeof(text), "127.1.0.%u", i % ABUSE_ADDRESSES + 1);
	return text;
}

#define STREAMS  "limits.streams_per_second"
#define CONTROL  "limits.control_frames_per_second"
#define HEADERS  "limits.header_bytes"
#define OPEN     "limits.calls_per_connection"
#define BYTES    "limits.bytes_per_second"
#define EARLY    "limits.bytes_before_sign_in"
#define SHAKE    "limits.handshake_timeout_s"
#define MESSAGES "limits.messages_per_minute"

/* clang-format off */
const struct attack attacks[] = {
	{"half-open", SHAKE, "cut_handshake", "no TLS handshake in time", .brief = true, .secs_min = 5, .run = abuse_half_open},
	{"byte-a-second", SHAKE, "cut_handshake", "no TLS handshake in time", .secs_min = 5, .run = abuse_drip},
	{"connections", "limits.connections_per_address", "refused_address", "too many connections from this address", .brief = true, .run = abuse_crowding},
	{"reconnect-storm", "limits.connections_per_minute", "refused_rate", "too many new connections", .brief = true, .secs_min = 8, .run = abuse_reconnect},
	{"guessing", "limits.log_ins_per_minute", "limited_log_ins", "limit=limits.log_ins_per_minute", .brief = true, .secs_min = 8, .run = abuse_guessing},

	{"rapid-reset", STREAMS, "guard_cuts", "connection cut", .brief = true, .flood = "rapid-reset"},
	{"slow-reset", OPEN, "cut_streams_open", "streams before the settings", .brief = true, .flood = "slow-reset"},
	{"continuation", HEADERS, "cut_headers", "header block", .brief = true, .flood = "continuation"},
	{"huge-hpack", HEADERS, "cut_headers", "header block", .brief = true, .flood = "huge-hpack"},
	{"hpack-bomb", "none: core refuses it", NULL, NULL, .brief = true, .flood = "hpack-bomb"},
	{"streams", OPEN, "cut_streams_open", "streams before the settings", .brief = true, .flood = "streams"},
	{"ping", "none: core's ping strikes", NULL, NULL, .brief = true, .flood = "ping"},
	{"settings", CONTROL, "guard_cuts", "connection cut", .brief = true, .flood = "settings"},
	{"window-update", EARLY, "guard_cuts", "connection cut", .flood = "window-update"},
	{"priority", CONTROL, "guard_cuts", "connection cut", .flood = "priority"},
	{"empty-data", CONTROL, "guard_cuts", "connection cut", .flood = "empty-data"},

	{"rapid-reset", STREAMS, "guard_cuts", "connection cut", true, .brief = true, .flood = "rapid-reset"},
	{"slow-reset", STREAMS, "guard_cuts", "connection cut", true, .flood = "slow-reset"},
	{"continuation", HEADERS, "cut_headers", "header block", true, .brief = true, .flood = "continuation"},
	{"huge-hpack", HEADERS, "cut_headers", "header block", true, .flood = "huge-hpack"},
	{"hpack-bomb", "none: core refuses it", NULL, NULL, true, .flood = "hpack-bomb"},
	{"streams", OPEN, "guard_cuts", "connection cut", true, .brief = true, .flood = "streams"},
	{"ping", "none: core's ping strikes", NULL, NULL, true, .flood = "ping"},
	{"settings", CONTROL, "guard_cuts", "connection cut", true, .brief = true, .flood = "settings"},
	{"window-update", CONTROL, "guard_cuts", "connection cut", true, .flood = "window-update"},
	{"priority", CONTROL, "guard_cuts", "connection cut", true, .flood = "priority"},
	{"empty-data", CONTROL, "guard_cuts", "connection cut", true, .flood = "empty-data"},
	{"one-byte-data", "limits.sessions_per_account", NULL, NULL, true, .flood = "slow-data"},

	{"big-frames", BYTES, "cut_bytes", "too many bytes per second", true, .brief = true, .run = abuse_big_frames},
	{"typing-storm", MESSAGES, "limited_rate", "limit=" MESSAGES, true, .brief = true, .run = abuse_typing},
	{"join-leave", MESSAGES, "limited_rate", "limit=" MESSAGES, true, .brief = true, .run = abuse_join_leave},
	{"avatars", BYTES, "cut_bytes", "too many bytes per second", true, .brief = true, .run = abuse_avatars},
	{"sessions", "limits.sessions_per_account", "limited_sessions", "limit=limits.sessions_per_account", true, .brief = true, .run = abuse_sessions},
	{"never-reading", "limits.requests_in_flight", NULL, NULL, true, .brief = true, .run = abuse_never_reading},
};
/* clang-format on */
const size_t attacks_count = GC_LENGTH(attacks);
