/*
 * The daemon's configuration, typed. Read once by config_load, then immutable; a reload makes a new
 * one. Every key, its range, default, unit and help stands in one table (schema.c), which drives
 * parsing, --check-config, --print-config, the manual page's test and the messages. Any thread, as
 * long as one configuration is not read and freed at the same time.
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	CONFIG_LIST_MAX = 16, /* items in a list of strings */
	CONFIG_ERRORS_MAX = 100, /* messages kept; then one line says how many more */
	CONFIG_READERS_MAX = 16, /* what the store takes: STORE_READERS_MAX */
	CONFIG_EXIT_STATUS = 78, /* EX_CONFIG of sysexits(3) */
};

enum config_registration {
	CONFIG_REGISTRATION_OPEN,
	CONFIG_REGISTRATION_INVITE,
	CONFIG_REGISTRATION_CLOSED,
};

enum config_client_auth { /* numbers of enum tls_client_auth, which this layer cannot see */
	CONFIG_CLIENT_AUTH_OFF,
	CONFIG_CLIENT_AUTH_OPTIONAL,
	CONFIG_CLIENT_AUTH_REQUIRED,
};

enum config_client_name { /* the same: enum tls_client_name */
	CONFIG_CLIENT_NAME_EMAIL,
	CONFIG_CLIENT_NAME_DNS,
	CONFIG_CLIENT_NAME_URI,
	CONFIG_CLIENT_NAME_CN,
};

enum config_log_level { /* syslog(3) numbers */
	CONFIG_LOG_ERROR = 3,
	CONFIG_LOG_WARNING = 4,
	CONFIG_LOG_NOTICE = 5,
	CONFIG_LOG_INFO = 6,
	CONFIG_LOG_DEBUG = 7,
};

struct config_list {
	char *items[CONFIG_LIST_MAX]; /* owned */
	size_t count;
};

/* Field names follow the keys: server.name is server.name. Strings: owned, never NULL. */
struct config {
	struct {
		char *name; /* "gchat" */
		char *message_of_the_day; /* "" */
		struct config_list suggested_rooms;
		int64_t shards; /* 0: one per core */
		int64_t drain_ms; /* how long SIGTERM waits for sessions, 3000 */
		int64_t reconnect_spread_ms; /* going-away delays are spread over this at the most, 30000 */
	} server;
	struct {
		struct config_list addresses; /* "[::]:7443"; used without socket activation */
		char *admin_socket; /* "/run/gchatd/admin.sock" */
		char *admin_group; /* "gchat" */
		int64_t backlog; /* 4096 */
	} listen;
	struct {
		char *certificate; /* PEM file; "": made at the first start in store.folder */
		char *key;
		struct config_list names; /* what the certificate must be for */
		bool watch; /* true: read the files again when they change */
		int64_t client_auth; /* enum config_client_auth: "off" */
		char *client_ca; /* PEM file; "" */
		char *client_crl; /* PEM file; "" */
		int64_t client_name; /* enum config_client_name: "email" */
	} tls;
	struct {
		char *engine; /* "sqlite" or "mem" */
		char *folder; /* "/var/lib/gchatd" */
		int64_t durability; /* enum store_durability: "always" or "process" */
		int64_t readers; /* 2 */
		int64_t reserve_mb; /* 64 */
		int64_t cache_mb; /* 64 */
	} store;
	struct {
		int64_t registration; /* enum config_registration */
		bool guests;
		int64_t password_memory_kb; /* Argon2id, 65536 */
		int64_t password_passes; /* Argon2id, 2 */
		int64_t workers; /* hashing processes, 1 */
		int64_t token_days; /* a token's life, 365 */
	} accounts;
	struct {
		int64_t max_age_days; /* 0: for ever */
		int64_t max_events; /* per room; 0: no limit */
		int64_t interval_s; /* between sweeps, 300 */
	} retention;
	struct {
		int64_t max_age_days; /* of an entry of the audit log, 0: kept for ever */
	} audit;
	struct {
		int64_t batch_bytes; /* events in one frame, bytes, 65536 (and no less than one) */
		int64_t batch_events; /* events in one frame, 4096; 1: one message per event */
		int64_t tail_events; /* newest events kept in memory per room, 1024 */
		int64_t tail_bytes; /* and their bytes, 1 MiB */
		int64_t snapshot_members; /* rooms up to this get member snapshots and presence, 500 */
		int64_t presence_grace_ms; /* a shorter absence makes no noise, 10000 */
		int64_t presence_interval_ms; /* presence changes are gathered for this long, 250 */
		int64_t keepalive_s; /* server's ping interval, 20 */
		int64_t keepalive_timeout_s; /* 10 */
		int64_t send_buffer_bytes; /* SO_SNDBUF per connection, 262144 */
	} delivery;
	struct {
		int64_t connections; /* 50000 */
		int64_t connections_per_address; /* 1000 */
		int64_t connections_per_minute; /* new ones per address, above the burst, 1200 */
		int64_t sessions_per_account; /* 16 */
		int64_t calls_per_connection; /* concurrent streams, 100 */
		int64_t sign_in_timeout_s; /* a connection without log-in, 30 */
		int64_t handshake_timeout_s; /* TLS, 10 */
		int64_t handshakes_per_second; /* begun per shard while many are strangers, 500 */
		int64_t bytes_before_sign_in; /* guard: total, 65536 */
		int64_t bytes_per_second; /* guard: signed in, sustained, 262144 */
		int64_t bytes_burst; /* guard: signed in, at once, 524288 */
		int64_t streams_per_second; /* guard: per connection, 500; 0: no limit */
		int64_t control_frames_per_second; /* guard: per connection, 2000; 0: no limit */
		int64_t header_bytes; /* guard: one call's headers, compressed, 16384 */
		int64_t log_ins_per_minute; /* per address and per account, 20 */
		int64_t registrations_per_hour; /* per address, 20 */
		int64_t log_in_queue; /* hashes waiting, 256 */
		int64_t messages_per_minute; /* per account, 600 */
		int64_t messages_burst; /* 60 */
		int64_t message_bytes_per_minute; /* per account, 1048576 */
		int64_t message_bytes_burst; /* 262144 */
		int64_t text_bytes; /* of a message, <= LIMIT_TEXT_BYTES, 16384 */
		int64_t rooms; /* on the server, 100000 */
		int64_t rooms_per_account; /* memberships, 500 */
		int64_t members_per_room; /* 50000 */
		int64_t requests_in_flight; /* per session, 128 */
		int64_t refusals_per_minute; /* per session, 600; 0: no limit */
		int64_t unsent_bytes; /* answers to one account, 8 MiB */
	} limits;
	struct {
		int64_t level; /* enum config_log_level */
	} log;
	struct {
		char *listen; /* "127.0.0.1:9464"; "": metrics are not served */
	} metrics;
	char **sources; /* owned, by the key's place: "file:line" or "credential", NULL: the default. Or NULL. */
};

/* Everything wrong with a configuration, as "file:line: key: value: why (allowed: ...)". */
struct config_errors { /* zeroed by the caller, ended by config_errors_deinit */
	char *lines[CONFIG_ERRORS_MAX]; /* owned */
	size_t count; /* all errors, also those above the maximum */
};

/* Reads `path` (NULL, or GCHAT_CONFIG_FILE where it is missing: defaults alone); an @include in it is relative to its folder. What is empty may
 * come from systemd's credentials (config/credential.h). 0 with *ret_config owned by the caller, or -EINVAL with
 * every error in `errors`. */
int config_load(
	const char *path, struct config **ret_config, struct config_errors *errors) GC_MUST_CHECK;

/* As config_load, from text, for tests and fuzzing; `name` stands for the file in messages. Text
 * that says @include is refused: it must not be able to read files. */
int config_parse(const char *text, const char *name, struct config **ret_config,
	struct config_errors *errors) GC_MUST_CHECK;

struct config *config_free(struct config *config);
void config_errors_deinit(struct config_errors *errors);
/* One error a line, then how many more there are than were kept. */
void config_errors_print(const struct config_errors *errors, FILE *out);

/* The canonical form: every key with its help, value and default; parses to itself. */
void config_print(const struct config *config, FILE *out);

/* One key of a configuration. Texts as config_print writes them, borrowed for the call. */
struct config_item {
	const char *key;
	const char *value;
	const char *fallback; /* the default */
	const char *source; /* "default", "credential", or "file:line" */
	const char *help;
	bool live; /* a reload applies a change of it */
};

/* Calls fn for each key, in the order of the table. */
void config_each(const struct config *config, void (*fn)(void *arg, const struct config_item *item),
	void *arg);

/* Calls fn for each key whose value differs, with both as config_print writes them (borrowed for the
 * call); `live` tells whether a reload applies it. */
void config_diff(const struct config *before, const struct config *after,
	void (*fn)(void *arg, const char *key, const char *before, const char *after, bool live),
	void *arg);
