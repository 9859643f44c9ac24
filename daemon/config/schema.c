/* The table itself. Ranges end where a value would be a mistake rather than a choice. */
#include "config/schema.h"

#include "config/check.h"
#include "proto/limits.h"
#include <inttypes.h>
#include <string.h>

static const struct config_word engines[] = {{"sqlite", 0}, {"mem", 1}, {NULL, 0}};
/* enum store_durability, which this layer cannot see */
static const struct config_word durabilities[] = {{"always", 0}, {"process", 1}, {NULL, 0}};
static const struct config_word registrations[] = {
	{"open", CONFIG_REGISTRATION_OPEN},
	{"invite", CONFIG_REGISTRATION_INVITE},
	{"closed", CONFIG_REGISTRATION_CLOSED},
	{NULL, 0},
};
static const struct config_word client_auths[] = {
	{"off", CONFIG_CLIENT_AUTH_OFF},
	{"optional", CONFIG_CLIENT_AUTH_OPTIONAL},
	{"required", CONFIG_CLIENT_AUTH_REQUIRED},
	{NULL, 0},
};
static const struct config_word client_names[] = {
	{"email", CONFIG_CLIENT_NAME_EMAIL},
	{"dns", CONFIG_CLIENT_NAME_DNS},
	{"uri", CONFIG_CLIENT_NAME_URI},
	{"cn", CONFIG_CLIENT_NAME_CN},
	{NULL, 0},
};
static const struct config_word levels[] = {
	{"error", CONFIG_LOG_ERROR},
	{"warning", CONFIG_LOG_WARNING},
	{"notice", CONFIG_LOG_NOTICE},
	{"info", CONFIG_LOG_INFO},
	{"debug", CONFIG_LOG_DEBUG},
	{NULL, 0},
};

#define KIB INT64_C(1024)
#define MIB (KIB * KIB)
#define GIB (KIB * MIB)

#define AT(field) offsetof(struct config, field)
/* path, field, min, max, default, unit, reload, help */
#define INT(key, lo, hi, value, what, reload, text)                                                \
	{                                                                                          \
		.path = #key, .type = CONFIG_KEY_INT, .offset = AT(key), .min = (lo), .max = (hi), \
		.fallback = (value), .unit = (what), .live = (reload), .help = (text)              \
	}
#define BOOL(key, value, reload, text)                                                             \
	{                                                                                          \
		.path = #key, .type = CONFIG_KEY_BOOL, .offset = AT(key), .max = 1,                \
		.fallback = (value), .unit = "", .live = (reload), .help = (text)                  \
	}
#define WORD(key, list, value, reload, text)                                                       \
	{                                                                                          \
		.path = #key, .type = CONFIG_KEY_WORD, .offset = AT(key), .fallback = (value),     \
		.words = (list), .unit = "", .live = (reload), .help = (text)                      \
	}
#define STRING(key, lo, hi, value, reload, text, ...)                                              \
	{                                                                                          \
		.path = #key, .type = CONFIG_KEY_STRING, .offset = AT(key), .min = (lo),           \
		.max = (hi), .fallback_text = (value), .unit = "bytes", .live = (reload),          \
		.help = (text), __VA_ARGS__                                                        \
	}
#define LIST(key, lo, value, reload, text, ...)                                                    \
	{                                                                                          \
		.path = #key, .type = CONFIG_KEY_LIST, .offset = AT(key), .min = (lo),             \
		.max = CONFIG_LIST_MAX, .fallback_text = (value), .unit = "strings",               \
		.live = (reload), .help = (text), __VA_ARGS__                                      \
	}

#define TEXT    .check = check_text, .allowed = "UTF-8"
#define LINE    .check = check_line, .allowed = "one line of UTF-8"
#define ROOM    .check = check_room, .allowed = "a-z, 0-9, '.', '_', '-', the first a letter or digit"
#define ADDRESS .check = check_address, .allowed = "\"[::]:7443\" or \"127.0.0.1:7443\""
#define LOOPBACK                                                                                   \
	.check = check_loopback_or_none, .allowed = "\"127.0.0.1:9464\", \"[::1]:9464\" or \"\""
#define HOST    .check = check_host, .allowed = "\"chat.example.org\" or \"192.0.2.1\""
#define GROUP   .check = check_group, .allowed = "a-z, A-Z, 0-9, '_', '-'"
#define PATH    .check = check_path, .allowed = "an absolute path"
#define NO_PATH .check = check_path_or_none, .allowed = "an absolute path or \"\""

/* clang-format off */
static const struct config_key keys[] = {
	STRING(server.name, 1, 64, "gchat", true,
		"Name of this server, as clients show it", LINE),
	STRING(server.message_of_the_day, 0, 1024, "", true,
		"Shown to everyone who signs in; empty for none", TEXT),
	LIST(server.suggested_rooms, 0, NULL, true,
		"Rooms that a new account is offered to join", ROOM),
	INT(server.shards, 0, 256, 0, "threads", false,
		"Threads that serve sessions; 0 for one per core"),
	INT(server.drain_ms, 0, 600000, 3000, "ms", true,
		"How long a stop waits for sessions at most; half a second when none leaves"),
	INT(server.reconnect_spread_ms, 0, 600000, 30000, "ms", true,
		"Clients sent away come back spread over 1 ms for each, at most this long"),

	LIST(listen.addresses, 1, "[::]:7443", false,
		"Where TLS is served, unless systemd hands over a socket", ADDRESS),
	STRING(listen.admin_socket, 2, 107, "/run/gchatd/admin.sock", false,
		"Unix socket for gchatctl, unless systemd hands one over", PATH),
	STRING(listen.admin_group, 1, 32, "gchat", false,
		"Group whose members may use gchatctl", GROUP),
	INT(listen.backlog, 1, 65535, 4096, "connections", false,
		"Connections that may wait to be accepted"),

	STRING(tls.certificate, 0, CONFIG_STRING_BYTES_MAX, "", true,
		"PEM file with the certificate chain; empty: one is made in store.folder", NO_PATH),
	STRING(tls.key, 0, CONFIG_STRING_BYTES_MAX, "", true,
		"PEM file with the certificate's private key", NO_PATH),
	LIST(tls.names, 0, NULL, true,
		"Host names and addresses that a new certificate must be for", HOST),
	BOOL(tls.watch, false, true,
		"Whether a change of these files is taken without being told"),
	WORD(tls.client_auth, client_auths, CONFIG_CLIENT_AUTH_OFF, false,
		"Whether clients are asked for a certificate, which can sign them in"),
	STRING(tls.client_ca, 0, CONFIG_STRING_BYTES_MAX, "", true,
		"PEM file with the authorities that may vouch for clients", NO_PATH),
	STRING(tls.client_crl, 0, CONFIG_STRING_BYTES_MAX, "", true,
		"PEM file with the lists of what they have revoked; empty: nothing", NO_PATH),
	WORD(tls.client_name, client_names, CONFIG_CLIENT_NAME_EMAIL, true,
		"Where in a client's certificate the name of its user is"),

	STRING(store.engine, 1, 16, "sqlite", false,
		"Where events are kept; mem forgets everything at the end", .words = engines),
	STRING(store.folder, 1, CONFIG_STRING_BYTES_MAX, "/var/lib/gchatd", false,
		"Folder of the database and of a certificate made here", PATH),
	WORD(store.durability, durabilities, 0, false,
		"What an acknowledged message survives: loss of power, or of the daemon alone"),
	INT(store.readers, 1, CONFIG_READERS_MAX, 2, "threads", false,
		"Threads that read history"),
	INT(store.reserve_mb, 0, 1048576, 64, "MiB", false,
		"Free disk space below which sends are refused; half is held for log-ins"),
	INT(store.cache_mb, 1, 65536, 64, "MiB", false,
		"Memory for pages of the database; each reading thread has an eighth more"),

	WORD(accounts.registration, registrations, CONFIG_REGISTRATION_INVITE, true,
		"Who may make an account: anyone, holders of an invitation, no one"),
	BOOL(accounts.guests, false, true,
		"Whether people may look in without an account"),
	INT(accounts.password_memory_kb, 8192, 4194304, 65536, "KiB", true,
		"Memory that hashing one password takes (Argon2id)"),
	INT(accounts.password_passes, 1, 64, 2, "passes", true,
		"Passes over that memory"),
	INT(accounts.workers, 1, 64, 1, "processes", false,
		"Processes that hash passwords"),
	INT(accounts.token_days, 1, 3650, 365, "days", true,
		"How long a log-in lasts"),

	INT(retention.max_age_days, 0, 36500, 0, "days", true,
		"Older events are dropped; 0 to keep them for ever"),
	INT(retention.max_events, 0, 1000000000, 0, "events", true,
		"Events kept per room; 0 for no limit"),
	INT(retention.interval_s, 1, 86400, 300, "s", true,
		"Time between two sweeps"),

	INT(audit.max_age_days, 0, 36500, 0, "days", true,
		"Older entries of the audit log are dropped; 0 to keep them for ever"),

	INT(delivery.batch_bytes, 1024, MIB, 64 * KIB, "bytes", true,
		"Events gathered into one frame; a larger event still goes alone"),
	INT(delivery.batch_events, 1, 65536, 4096, "events", true,
		"Events gathered into one frame; 1 sends each by itself"),
	INT(delivery.tail_events, 1, MIB, 1024, "events", true,
		"Newest events of a room kept in memory"),
	INT(delivery.tail_bytes, 64 * KIB, GIB, MIB, "bytes", true,
		"Memory that those events of one room may take"),
	INT(delivery.snapshot_members, 0, 50000, 500, "members", true,
		"Rooms up to this size show their members and who is online"),
	INT(delivery.presence_grace_ms, 0, 600000, 10000, "ms", true,
		"A shorter absence is not shown"),
	INT(delivery.presence_interval_ms, 10, 60000, 250, "ms", true,
		"Changes of presence are gathered for this long"),
	INT(delivery.keepalive_s, 5, 3600, 20, "s", false,
		"Time between two pings to a silent client"),
	INT(delivery.keepalive_timeout_s, 1, 600, 10, "s", false,
		"Time for the answer to a ping before the connection counts as lost"),
	INT(delivery.send_buffer_bytes, 16 * KIB, 64 * MIB, 256 * KIB, "bytes", true,
		"The kernel's send buffer for one connection"),

	INT(limits.connections, 1, 1000000, 50000, "connections", true,
		"Connections in all"),
	INT(limits.connections_per_address, 1, 1000000, 1000, "connections", true,
		"Connections from one IPv4 address or IPv6 /64"),
	INT(limits.connections_per_minute, 0, 10000000, 1200, "connections/min", true,
		"New ones per address, above connections_per_address; one cut counts as 50; 0: no limit"),
	INT(limits.sessions_per_account, 1, 10000, 16, "sessions", true,
		"Sessions of one account"),
	INT(limits.calls_per_connection, 2, 10000, 100, "calls", false,
		"Calls at a time on one connection"),
	INT(limits.sign_in_timeout_s, 1, 3600, 30, "s", true,
		"Time for a connection to sign in"),
	INT(limits.handshake_timeout_s, 1, 600, 10, "s", true,
		"Time for a TLS handshake"),
	INT(limits.handshakes_per_second, 0, 100000, 500, "handshakes/s", true,
		"TLS handshakes begun for each shard while many have not signed in; 0: no limit"),
	INT(limits.bytes_before_sign_in, 16 * KIB, 64 * MIB, 64 * KIB, "bytes", true,
		"What a connection may send before it signed in"),
	INT(limits.bytes_per_second, 4 * KIB, GIB, 256 * KIB, "bytes/s", true,
		"What a signed-in connection may send, sustained"),
	INT(limits.bytes_burst, INT64_C(2) * LIMIT_MESSAGE_BYTES, GIB, MIB / 2, "bytes", true,
		"What a signed-in connection may send at once"),
	INT(limits.streams_per_second, 0, 1000000, 500, "calls/s", true,
		"Calls that a connection may begin, sustained; 0 for no limit"),
	INT(limits.control_frames_per_second, 0, 10000000, 2000, "frames/s", true,
		"HTTP/2 frames without content that a connection may send; 0 for no limit"),
	INT(limits.header_bytes, 8 * KIB, 64 * MIB, 16 * KIB, "bytes", true,
		"Headers of one call, as they are sent"),
	INT(limits.log_ins_per_minute, 1, 100000, 20, "attempts/min", true,
		"Log-ins per address, and per account"),
	INT(limits.registrations_per_hour, 1, 100000, 20, "accounts/h", true,
		"Accounts made per address"),
	INT(limits.log_in_queue, 1, 65536, 256, "requests", false,
		"Passwords that may wait to be hashed"),
	INT(limits.messages_per_minute, 1, 10000000, 600, "messages/min", true,
		"Messages of one account, sustained"),
	INT(limits.messages_burst, 1, 1000000, 60, "messages", true,
		"Messages of one account at once"),
	INT(limits.message_bytes_per_minute, 1024, GIB, MIB, "bytes/min", true,
		"Bytes in the messages of one account, sustained"),
	INT(limits.message_bytes_burst, 1024, GIB, 256 * KIB, "bytes", true,
		"Bytes in the messages of one account at once"),
	INT(limits.text_bytes, 1, LIMIT_TEXT_BYTES, LIMIT_TEXT_BYTES, "bytes", true,
		"Text of one message, in UTF-8"),
	INT(limits.rooms, 1, 8000000, 100000, "rooms", true,
		"Rooms on this server"),
	INT(limits.rooms_per_account, 1, 10000, 500, "rooms", true,
		"Rooms that one account may be a member of"),
	INT(limits.members_per_room, 2, 1000000, 50000, "members", true,
		"Members of one room"),
	INT(limits.requests_in_flight, 1, 65536, 128, "requests", true,
		"Requests of one session that wait for their reply"),
	INT(limits.refusals_per_minute, 0, 10000000, 600, "refusals/min", true,
		"Refused requests of one session, after which it is read slowly; 0 for no limit"),
	INT(limits.unsent_bytes, INT64_C(4) * MIB, GIB, INT64_C(8) * MIB, "bytes", true,
		"Answers to calls of one account that wait to be written"),

	WORD(log.level, levels, CONFIG_LOG_INFO, true,
		"How much is logged; each word includes those before it"),

	STRING(metrics.listen, 0, 64, "", true,
		"Where metrics are served over HTTP, unless systemd hands over a socket; empty: nowhere", LOOPBACK),
};
/* clang-format on */
_Static_assert(GC_LENGTH(keys) <= CONFIG_KEYS_MAX, "arrays by key are large enough");

const struct config_key *config_keys(size_t *ret_count)
{
	*ret_count = GC_LENGTH(keys);
	return keys;
}

const struct config_key *config_key_find(const char *path)
{
	for (size_t i = 0; i < GC_LENGTH(keys); i++)
		if (strcmp(keys[i].path, path) == 0)
			return &keys[i];
	return NULL;
}

size_t config_key_index(const struct config_key *key)
{
	return (size_t)(key - keys);
}

static void allowed_words(const struct config_word *word, char *buf, size_t size)
{
	size_t used = 0;
	buf[0] = '\0';
	for (const char *gap = ""; word->word && used < size; word++, gap = ", ") {
		int n = snprintf(buf + used, size - used, "%s\"%s\"", gap, word->word);
		used += n > 0 ? (size_t)n : 0;
	}
}

void config_key_allowed(const struct config_key *key, char *buf, size_t size)
{
	if (key->words)
		allowed_words(key->words, buf, size);
	else if (key->type == CONFIG_KEY_BOOL)
		(void)snprintf(buf, size, "true, false");
	else
		(void)snprintf(buf, size, "%s%" PRId64 " to %" PRId64 " %s",
			key->type == CONFIG_KEY_STRING ? "a string of " : "", key->min, key->max,
			key->unit);
}
