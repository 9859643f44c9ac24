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
#define REFUSALS "limits.refusals_per_minute"

/* Lines of the log: what the guard's reasons say. */
#define TOO_MANY_STREAMS "too many streams per second"
#define UNASKED          "streams before the settings"
#define TOO_LONG         "header block"
#define TOO_MANY_FRAMES  "too many control frames"
#define TOO_MANY_BYTES   "too many bytes per second"
#define BYTES_EARLY      "too many bytes before signing in"
#define LATE             "no TLS handshake in time"

/* Those that are stopped for the same reason are far from each other: the log says one reason ten times
 * in ten seconds, and each attack has to show its line. */
/* clang-format off */
const struct attack attacks[] = {
	{"half-open", SHAKE, "cut_handshake", LATE, .brief = true, .secs_min = 5, .run = abuse_half_open},
	{"connections", "limits.connections_per_address", "refused_address", "too many connections from this address", .brief = true, .run = abuse_crowding},
	{"reconnect-storm", "limits.connections_per_minute", "refused_rate", "too many new connections", .brief = true, .secs_min = 8, .run = abuse_reconnect},
	{"guessing", "limits.log_ins_per_minute", "limited_log_ins", "limit=limits.log_ins_per_minute", .brief = true, .secs_min = 8, .run = abuse_guessing},
	{"byte-a-second", SHAKE, "cut_handshake", LATE, .secs_min = 5, .run = abuse_drip},

	{"slow-reset", OPEN, "cut_streams_open", UNASKED, .brief = true, .flood = "slow-reset"},
	{"rapid-reset", STREAMS, "cut_streams", TOO_MANY_STREAMS, true, .brief = true, .flood = "rapid-reset"},
	{"continuation", HEADERS, "cut_headers", TOO_LONG, .brief = true, .flood = "continuation"},
	{"settings", CONTROL, "cut_control", TOO_MANY_FRAMES, .brief = true, .flood = "settings"},
	{"hpack-bomb", "none: core refuses it", NULL, NULL, .brief = true, .flood = "hpack-bomb"},

	{"rapid-reset", OPEN, "cut_streams_open", UNASKED, .brief = true, .flood = "rapid-reset"},
	{"huge-hpack", HEADERS, "cut_headers", TOO_LONG, .brief = true, .flood = "huge-hpack"},
	{"settings", CONTROL, "cut_control", TOO_MANY_FRAMES, true, .brief = true, .flood = "settings"},

	{"big-frames", BYTES, "cut_bytes", TOO_MANY_BYTES, true, .brief = true, .run = abuse_big_frames},
	{"unread-answers", "limits.unsent_bytes", "limited_answers", "limit=limits.unsent_bytes", true, .brief = true, .run = abuse_unread_answers},
	{"typing-storm", REFUSALS, "limited_refusals", "limit=" REFUSALS, true, .brief = true, .run = abuse_typing},
	{"ping", CONTROL, "cut_control", TOO_MANY_FRAMES, .brief = true, .flood = "ping"},
	{"streams", STREAMS, "cut_streams", TOO_MANY_STREAMS, true, .brief = true, .flood = "streams"},
	{"continuation", HEADERS, "cut_headers", TOO_LONG, true, .brief = true, .flood = "continuation"},
	{"sessions", "limits.sessions_per_account", "limited_sessions", "limit=limits.sessions_per_account", true, .brief = true, .run = abuse_sessions},
	{"avatars", BYTES, "cut_bytes", TOO_MANY_BYTES, true, .brief = true, .run = abuse_avatars},
	{"streams", OPEN, "cut_streams_open", UNASKED, .brief = true, .flood = "streams"},
	{"never-reading", "limits.requests_in_flight", NULL, NULL, true, .brief = true, .run = abuse_never_reading},
	{"join-leave", REFUSALS, "limited_refusals", "limit=" REFUSALS, true, .brief = true, .run = abuse_join_leave},

	{"window-update", EARLY, "cut_bytes_early", BYTES_EARLY, .flood = "window-update"},
	{"priority", CONTROL, "cut_control", TOO_MANY_FRAMES, .flood = "priority"},
	{"slow-reset", STREAMS, "cut_streams", TOO_MANY_STREAMS, true, .flood = "slow-reset"},
	{"huge-hpack", HEADERS, "cut_headers", TOO_LONG, true, .flood = "huge-hpack"},
	{"empty-data", CONTROL, "cut_control", TOO_MANY_FRAMES, .flood = "empty-data"},
	{"hpack-bomb", "none: core refuses it", NULL, NULL, true, .flood = "hpack-bomb"},
	{"ping", CONTROL, "cut_control", TOO_MANY_FRAMES, true, .flood = "ping"},
	{"window-update", CONTROL, "cut_control", TOO_MANY_FRAMES, true, .flood = "window-update"},
	{"one-byte-data", "limits.sessions_per_account", NULL, NULL, true, .flood = "slow-data"},
	{"priority", CONTROL, "cut_control", TOO_MANY_FRAMES, true, .flood = "priority"},
	{"empty-data", CONTROL, "cut_control", TOO_MANY_FRAMES, true, .flood = "empty-data"},
};
/* clang-format on */
const size_t attacks_count = GC_LENGTH(attacks);
