/* Status. */
#include "service/admin_calls.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/procstat.h"
#include "gchat/v1/admin.pb-c.h"
#include "net/accept.h"
#include "net/listen.h"
#include "room/erase.h"
#include "service/admin_certificate.h"
#include "service/call.h"
#include "service/server_info.h"
#include "shard/session.h"

#include <stdio.h>
#include <unistd.h>

static const char *health_text(enum store_health health)
{
	switch (health) {
	case STORE_HEALTH_OK:
		return "OK";
	case STORE_HEALTH_READ_ONLY:
		return "READ_ONLY";
	case STORE_HEALTH_UNAVAILABLE:
		break;
	}
	return "UNAVAILABLE";
}

static const char *health_reason(enum store_health health)
{
	switch (health) {
	case STORE_HEALTH_OK:
		return metric_get(METRIC_DAMAGED_ROOMS) > metric_get(METRIC_MENDED_ROOMS)
			       ? "damage was found: see 'gchatctl verify'"
			       : "";
	case STORE_HEALTH_READ_ONLY:
		return "the disk is full: sends are refused";
	case STORE_HEALTH_UNAVAILABLE:
		break;
	}
	return "the store can't write";
}

struct counters {
	Gchat__V1__Counter items[_METRIC_MAX];
	Gchat__V1__Counter *list[_METRIC_MAX];
};

/* The texts are literals, which protobuf-c does not write to. */
static Gchat__V1__Counter **counters_fill(struct counters *c)
{
	for (int m = 0; m < _METRIC_MAX; m++) {
		gchat__v1__counter__init(&c->items[m]);
		c->items[m].name = (char *)(uintptr_t)metric_name((enum metric)m);
		c->items[m].help = (char *)(uintptr_t)metric_help((enum metric)m);
		c->items[m].value = metric_get((enum metric)m);
		c->list[m] = &c->items[m];
	}
	return c->list;
}

void admin_get_status(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	struct service *service = call->service;
	const struct config *config = service_config(service);
	struct store_stats stats;
	struct certificate_message certificate;
	char listeners[LISTENER_TEXT_BYTES * 4];
	char *listener_list[] = {listeners};
	char version[] = GCHAT_VERSION;
	char health[16];
	char reason[64];
	char state[16];
	store_get_stats(service->store, &stats);
	listeners_describe(service->listeners, LISTENER_TLS, listeners, sizeof(listeners));
	certificate_fill(service, &certificate);
	(void)snprintf(health, sizeof(health), "%s", health_text(stats.health));
	(void)snprintf(reason, sizeof(reason), "%s", health_reason(stats.health));
	(void)snprintf(state, sizeof(state), "%s",
		health_is_serving(&service->health) ? "SERVING" : "DRAINING");
	Gchat__V1__GetStatusResponse r;
	gchat__v1__get_status_response__init(&r);
	r.name = config->server.name;
	r.version = version;
	r.state = state;
	r.started_us = service->started_us;
	r.pid = (uint32_t)getpid();
	r.connections = (uint32_t)acceptor_count(service->acceptor);
	r.sessions = atomic_load(&service->hub->session_count);
	directory_count(service->directory, &r.accounts, &r.rooms);
	r.events_in = metric_get(METRIC_EVENTS_IN);
	r.events_out = metric_get(METRIC_EVENTS_OUT);
	r.frames_out = metric_get(METRIC_FRAMES_OUT);
	r.store = config->store.engine;
	r.store_path = config->store.folder;
	r.store_health = health;
	r.store_reason = reason;
	r.store_bytes = stats.bytes;
	r.durability = server_info_durability(service);
	r.shards = service->hub->options.shards;
	r.listeners = listener_list;
	r.n_listeners = GC_LENGTH(listener_list);
	r.certificate = &certificate.message;
	r.rss_bytes = procstat_resident_bytes();
	r.disk_full_refusals = metric_get(METRIC_DISK_FULL);
	r.damaged_rooms =
		(uint32_t)(metric_get(METRIC_DAMAGED_ROOMS) - metric_get(METRIC_MENDED_ROOMS));
	char level[16];
	(void)snprintf(level, sizeof(level), "%s", log_level_name(log_get_level()));
	r.log_level = level;
	r.lockdown = atomic_load(&service->directory->lockdown);
	r.erasures = (uint32_t)erase_count(service->directory->eraser);
	struct counters counters;
	r.counters = counters_fill(&counters);
	r.n_counters = _METRIC_MAX;
	call_reply(call, &r.base);
}
