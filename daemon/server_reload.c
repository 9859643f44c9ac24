/* The configuration as the layers want it, and reading it again. */
#include "server_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "config/credential.h"
#include "service/rotate.h"

#include <errno.h>
#include <stdio.h>
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
		.message_bytes_burst = (uint32_t)c->limits.message_bytes_burst,
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
		.handshakes_per_second = (uint64_t)c->limits.handshakes_per_second,
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
	reload_add(arg, key, before, after, live);
	if (live)
		log_notice("configuration changed key=%s before=%s after=%s", key, before, after);
	else
		log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_NEEDS_RESTART,
			"configuration changed, but %s needs a restart before=%s after=%s", key,
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

static void refuse_certificate(const struct err_text *err)
{
	log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_CERT_REFUSED,
		"certificate refused, the one in use stays: %s", err->text);
}

/* Takes the pair. */
static void use_certificate(struct server *s, struct tls_pair *pair, struct err_text *err)
{
	struct rotation rotation;
	if (rotate_is_in_use(&s->service, pair)) {
		if (pair->flaw.text[0])
			log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_CERT_UNTIMELY,
				"certificate unchanged: %s", pair->flaw.text);
		else if (credential_is(pair->certificate_path))
			log_notice("certificate unchanged: a credential of systemd, which hands "
				   "over a new one at the next start");
		(void)tls_pair_free(pair);
	} else if (rotate_to(&s->service, pair, &rotation, err) < 0)
		refuse_certificate(err);
	server_certificate_seen(s);
}

static void take_config(struct server *s, struct config *config, struct reload *ret)
{
	config_diff(s->config, config, on_difference, ret);
	s->former[s->former_count++] = s->config;
	s->config = config;
	apply(s);
	server_apply_metrics(s, s->former[s->former_count - 1]);
}

static void refuse_config(const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++)
		log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_CONFIG_REFUSED, "%s", errors->lines[i]);
	log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_CONFIG_REFUSED,
		"configuration refused, the one in force stays errors=%zu", errors->count);
}

/* NULL: there is none, or it is refused and that was said. */
static struct config *read_config(struct server *s, struct config_errors *errors)
{
	struct config *config = NULL;
	if (s->former_count == SERVER_CONFIGS_MAX) {
		char text[ERR_TEXT_BYTES];
		(void)snprintf(text, sizeof(text), "reloaded %d times: restart to go on reloading",
			SERVER_CONFIGS_MAX);
		errors->lines[errors->count++] = mem_strdup(text);
		refuse_config(errors);
	} else if (s->config_path && config_load(s->config_path, &config, errors) < 0) {
		refuse_config(errors);
	}
	return config;
}

void server_reload(void *server, struct reload *ret)
{
	struct server *s = server;
	struct tls_pair *pair = NULL;
	notify_reloading();
	struct config *config = read_config(s, &ret->errors);
	bool refused = ret->errors.count > 0;
	int r = refused ? -EINVAL
			: rotate_check(&s->service, config ? config : s->config, &pair,
				  &ret->certificate);
	if (r == 0 && config)
		take_config(s, config, ret);
	if (r == 0)
		use_certificate(s, pair, &ret->certificate);
	else if (!refused)
		refuse_certificate(&ret->certificate);
	if (r < 0 && config) {
		log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_CONFIG_REFUSED,
			"configuration refused, the one in force stays: see the certificate");
		(void)config_free(config);
	}
	notify_ready("reloaded");
}
