/* The configuration as the layers want it, and reading it again. */
#include "server_priv.h"

#include "base/log.h"
#include "base/notify.h"
#include "service/rotate.h"

#include <string.h>

void server_directory_limits(const struct config *c, struct directory_limits *ret)
{
	enum {
		US_PER_DAY_S = 86400
	};
	*ret = (struct directory_limits){.rooms_max = (unsigned)c->limits.rooms,
		.rooms_per_account = (unsigned)c->limits.rooms_per_account,
		.members_per_room = (unsigned)c->limits.members_per_room,
		.text_bytes = (unsigned)c->limits.text_bytes,
		.snapshot_members = (unsigned)c->delivery.snapshot_members,
		.messages_per_minute = (uint32_t)c->limits.messages_per_minute,
		.messages_burst = (uint32_t)c->limits.messages_burst,
		.message_bytes_per_minute = (uint32_t)c->limits.message_bytes_per_minute,
		.unsent_bytes = (uint64_t)c->limits.unsent_bytes,
		.token_life_us = (uint64_t)c->accounts.token_days * US_PER_DAY_S * CLOCK_US_PER_S};
}

void server_shard_limits(const struct config *c, struct shard_limits *ret)
{
	*ret = (struct shard_limits){.batch_bytes = (size_t)c->delivery.batch_bytes,
		.batch_events = (size_t)c->delivery.batch_events,
		.snapshot_members = (unsigned)c->delivery.snapshot_members,
		.sessions_per_account = (unsigned)c->limits.sessions_per_account,
		.requests_in_flight = (unsigned)c->limits.requests_in_flight,
		.refusals_per_minute = (unsigned)c->limits.refusals_per_minute,
		.reconnect_spread_ms = (unsigned)c->server.reconnect_spread_ms};
}

void server_presence_options(const struct config *c, struct presence_options *ret)
{
	*ret = (struct presence_options){.grace_ms = c->delivery.presence_grace_ms,
		.interval_ms = c->delivery.presence_interval_ms};
}

void server_acceptor_limits(const struct config *c, struct acceptor_limits *ret)
{
	*ret = (struct acceptor_limits){.connections = (uint64_t)c->limits.connections,
		.connections_per_address = (uint64_t)c->limits.connections_per_address,
		.connections_per_minute = (uint64_t)c->limits.connections_per_minute,
		.bytes_before_sign_in = (uint64_t)c->limits.bytes_before_sign_in,
		.handshake_timeout_ms = c->limits.handshake_timeout_s * CLOCK_MS_PER_S,
		.sign_in_timeout_ms = c->limits.sign_in_timeout_s * CLOCK_MS_PER_S,
		.bytes_per_second = (uint64_t)c->limits.bytes_per_second,
		.bytes_burst = (uint64_t)c->limits.bytes_burst,
		.frames = {.streams_per_second = (uint64_t)c->limits.streams_per_second,
			.control_frames_per_second = (uint64_t)c->limits.control_frames_per_second,
			.header_bytes = (uint64_t)c->limits.header_bytes,
			.streams_unasked = (uint64_t)c->limits.calls_per_connection}};
}

static void on_difference(
	void *arg, const char *key, const char *before, const char *after, bool live)
{
	(void)arg;
	if (live)
		log_notice("configuration changed key=%s before=%s after=%s", key, before, after);
	else
		log_warning("configuration changed, but %s needs a restart before=%s after=%s", key,
			before, after);
}

static void apply(struct server *s)
{
	struct directory_limits directory;
	struct shard_limits shards;
	struct presence_options presence;
	struct acceptor_limits acceptor;
	server_directory_limits(s->config, &directory);
	server_shard_limits(s->config, &shards);
	server_presence_options(s->config, &presence);
	server_acceptor_limits(s->config, &acceptor);
	log_set_level((int)s->config->log.level);
	service_set_config(&s->service, s->config);
	directory_set_limits(s->directory, &directory);
	hub_set_limits(s->hub, &shards);
	presence_set_options(s->presence, &presence);
	acceptor_set_limits(s->service.acceptor, &acceptor);
}

static void read_certificate_again(struct server *s)
{
	struct tls_info before;
	struct tls_info after;
	struct err_text err = {0};
	if (rotate_certificate(&s->service, s->service.certificate_path, s->service.key_path,
		    &before, &after, &err) < 0)
		log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_CERT_REFUSED,
			"certificate refused, the one in use stays: %s", err.text);
}

void server_reload(struct server *s)
{
	struct config *config = NULL;
	struct config_errors errors = {0};
	notify_reloading();
	if (s->former_count == SERVER_CONFIGS_MAX) {
		log_error("reloaded %d times: restart to go on reloading", SERVER_CONFIGS_MAX);
	} else if (s->config_path && config_load(s->config_path, &config, &errors) < 0) {
		for (size_t i = 0; i < errors.count && i < CONFIG_ERRORS_MAX; i++)
			log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_CONFIG_REFUSED, "%s",
				errors.lines[i]);
		log_error("configuration refused, the one in force stays errors=%zu", errors.count);
	} else if (config) {
		config_diff(s->config, config, on_difference, NULL);
		s->former[s->former_count++] = s->config;
		s->config = config;
		apply(s);
		server_apply_metrics(s, s->former[s->former_count - 1]);
	}
	config_errors_deinit(&errors);
	read_certificate_again(s);
	notify_ready("reloaded");
}
