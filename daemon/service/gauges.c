/* What is looked at when somebody asks: sums that their owners keep, and two calls to the kernel. */
#include "service/gauges.h"

#include "base/clock.h"
#include "base/histogram.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/procstat.h"
#include "net/accept.h"
#include "net/tls.h"
#include "service/service.h"
#include "shard/rejection.h"

#include <stdlib.h>
#include <sys/statvfs.h>

struct row {
	const char *name;
	const char *unit;
	const char *help;
	double value;
};

static void emit_rows(const struct metric_sink *sink, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		metric_sink_gauge(sink, rows[i].name, rows[i].unit, rows[i].help, rows[i].value);
}

static void emit_build(const struct metric_sink *sink)
{
	sink->family(sink->arg, &(struct metric_family){"gchat_build_info", METRIC_TYPE_GAUGE, "",
					"the version that runs; the value is always 1"});
	sink->sample(sink->arg, &(struct metric_sample){"", "version", GCHAT_VERSION, 1});
}

static void emit_server(const struct gauges *g, const struct metric_sink *sink)
{
	const struct row rows[] = {
		{"gchat_uptime_seconds", "seconds", "time since the start", g->uptime_s},
		{"gchat_serving", "", "1 while sessions are taken, 0 while draining", g->serving},
		{"gchat_connections", "", "TLS connections open", (double)g->connections},
		{"gchat_sessions", "", "sessions open", g->sessions},
		{"gchat_accounts", "", "accounts", g->accounts},
		{"gchat_rooms", "", "rooms", g->rooms},
		{"gchat_damaged_rooms", "", "rooms closed to writing because their log is damaged",
			(double)g->damaged_rooms},
		{"gchat_certificate_expiry_timestamp_seconds", "seconds",
			"when the certificate in service ends, since 1970",
			(double)g->certificate_ends_us / CLOCK_US_PER_S},
	};
	emit_rows(sink, rows, GC_LENGTH(rows));
}

static void emit_sessions(const struct sample_sums *sums, const struct metric_sink *sink)
{
	const struct row rows[] = {
		{"gchat_cursor_lag_events", "", "events behind the heads, over all sessions",
			(double)sums->lag},
		{"gchat_cursor_lag_max_events", "", "events that the slowest session is behind",
			(double)sums->lag_max},
		{"gchat_lagging_sessions", "", "sessions that are behind", (double)sums->lagging},
		{"gchat_queued_bytes", "bytes", "bytes in writes to sessions that are under way",
			(double)sums->queued_bytes},
	};
	emit_rows(sink, rows, GC_LENGTH(rows));
}

static void emit_store(const struct gauges *g, const struct metric_sink *sink)
{
	const struct row rows[] = {
		{"gchat_store_size_bytes", "bytes", "size of the store on disk",
			(double)g->store.bytes},
		{"gchat_store_queued_changes", "", "changes that wait for the store",
			(double)g->store.queue_len},
		{"gchat_store_writable", "", "1 while the store takes all changes",
			g->store.health == STORE_HEALTH_OK},
		{"gchat_store_free_bytes", "bytes", "space that is left on the store's disk",
			g->free_bytes},
	};
	/* A store in memory has no disk. */
	emit_rows(sink, rows, g->free_bytes < 0 ? GC_LENGTH(rows) - 1 : GC_LENGTH(rows));
}

void gauges_emit(const struct gauges *gauges, const struct metric_sink *sink)
{
	emit_build(sink);
	emit_server(gauges, sink);
	emit_sessions(&gauges->sums, sink);
	emit_store(gauges, sink);
}

static double free_bytes(const char *folder)
{
	struct statvfs disk;
	return statvfs(folder, &disk) == 0 ? (double)disk.f_bavail * (double)disk.f_frsize : -1;
}

static uint64_t certificate_end(struct tls_holder *tls)
{
	struct tls_info *info = mem_new(1, sizeof(*info)); /* larger than a stack likes */
	tls_holder_info(tls, info);
	uint64_t end = info->not_after_us;
	free(info);
	return end;
}

void gauges_read(struct service *s, struct gauges *ret)
{
	*ret = (struct gauges){
		.uptime_s = (double)(clock_wall_us() - s->started_us) / CLOCK_US_PER_S,
		.serving = health_is_serving(&s->health),
		.connections = acceptor_count(s->acceptor),
		.sessions = atomic_load(&s->hub->session_count),
		.damaged_rooms = metric_get(METRIC_DAMAGED_ROOMS) - metric_get(METRIC_MENDED_ROOMS),
		.certificate_ends_us = certificate_end(s->tls),
		.free_bytes = free_bytes(service_config(s)->store.folder)};
	directory_count(s->directory, &ret->accounts, &ret->rooms);
	sample_read(s->hub, &ret->sums);
	store_get_stats(s->store, &ret->store);
}

void service_emit_metrics(struct service *service, const struct metric_sink *sink)
{
	struct gauges gauges;
	gauges_read(service, &gauges);
	gauges_emit(&gauges, sink);
	metrics_emit(sink);
	rejections_emit(sink);
	histograms_emit(sink);
	procstat_emit(sink, service->started_us);
}
