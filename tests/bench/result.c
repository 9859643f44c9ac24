/* The RESULT line; its keys are explained in README.md beside this file. */
#include "bench.h"

#include <stdio.h>

static double per(double seconds, uint64_t count)
{
	return count ? seconds * 1e6 / (double)count : -1;
}

static void print_cpu(const struct bench_window *w)
{
	struct measure_cpu d = measure_cpu_diff(&w->start, &w->end);
	double server = d.server_user + d.server_sys;
	double percent = d.at > 0 ? 100 / d.at : 0;
	printf(" srv_us=%.3f srv_user_s=%.2f srv_sys_s=%.2f srv_cpu_pct=%.1f",
		per(server, w->units), d.server_user, d.server_sys, server * percent);
	printf(" srv_busiest_pct=%.1f srv_cores=%u srv_idle_pct=%.1f", w->busiest_s * percent,
		d.server_cores, d.server_idle * percent);
	printf(" cli_us=%.3f cli_cpu_pct=%.1f other_cpu_pct=%.1f steal_pct=%.1f",
		per(d.client, w->units), d.client * percent,
		(d.machine_busy - server - d.client) * percent, d.machine_steal * percent);
}

static void print_latency(const char *prefix, const struct histogram *h)
{
	printf(" %sp50_us=%.0f %sp99_us=%.0f %sp999_us=%.0f %smax_us=%.0f", prefix,
		histogram_us(h, .5), prefix, histogram_us(h, .99), prefix, histogram_us(h, .999),
		prefix, h->count ? (double)h->max / 1e3 : -1);
}

static void print_counts(const struct bench *b, const struct bench_window *w)
{
	double secs = w->end.at - w->start.at;
	printf(" secs=%.3f sent=%llu deliv=%llu deliv_s=%.0f acked=%llu acks_s=%.0f", secs,
		(unsigned long long)w->sent, (unsigned long long)w->delivered,
		secs > 0 ? (double)w->units / secs : 0, (unsigned long long)w->acked,
		secs > 0 ? (double)w->acked / secs : 0);
	printf(" frames=%llu events_frame=%.1f", (unsigned long long)w->frames,
		w->frames ? (double)w->delivered / (double)w->frames : 0);
	printf(" lost=%llu gaps=%llu dup=%llu disc=%llu refused=%llu", (unsigned long long)w->lost,
		(unsigned long long)b->gaps, (unsigned long long)b->repeats,
		(unsigned long long)b->cut, (unsigned long long)b->refused);
}

void bench_print_result(const struct bench *b, const struct bench_window *w, const char *more)
{
	const struct bench_options *o = &b->options;
	struct measure_cpu setup = measure_cpu_diff(&b->setup_start, &b->setup_end);
	printf("RESULT v=1 peer=%s proto=grpc wl=%s n=%u rooms=%u rep=%u status=%s", o->peer,
		bench_workload_name(o->workload), o->n, b->rooms_shown, w->rep, b->status);
	print_counts(b, w);
	print_cpu(w);
	print_latency("", &b->latency);
	print_latency("ack_", &b->ack);
	printf(" setup_s=%.3f setup_srv_cpu_s=%.2f srv_rss_kb=%ld tls=%s %s\n", setup.at,
		setup.server_user + setup.server_sys, measure_rss_kb(&o->server), b->tls, more);
	(void)fflush(stdout); /* a lost line shows in the table */
}
