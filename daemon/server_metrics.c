/* Metrics over HTTP: on systemd's socket, or where metrics.listen says. */
#include "server_priv.h"

#include "base/log.h"
#include "net/scrape.h"
#include "service/gauges.h"

#include <string.h>

/* The server's own thread; the service is complete before it starts, and there until it has ended. */
static void emit(void *arg, const struct metric_sink *sink)
{
	service_emit_metrics(arg, sink);
}

static int start(struct server *s, struct scrape **ret, struct err_text *err)
{
	struct scrape_options options = {.address = s->config->metrics.listen,
		.fd = s->listeners->metrics_fd,
		.emit = emit,
		.arg = &s->service};
	*ret = NULL;
	if (options.fd < 0 && !options.address[0])
		return 0;
	int r = scrape_start(&options, ret, err);
	if (r < 0)
		return err_pass(r);
	log_notice("metrics are served at http://%s%s", scrape_address(*ret), SCRAPE_PATH);
	return 0;
}

int server_open_metrics(struct server *s, struct err_text *err)
{
	struct err_text why = {0};
	int r = start(s, &s->scrape, &why);
	if (r < 0)
		err_say(err, "metrics.listen: %s", why.text);
	return r < 0 ? err_pass(r) : 0;
}

void server_apply_metrics(struct server *s, const struct config *former)
{
	struct scrape *scrape;
	struct err_text err = {0};
	if (s->listeners->metrics_fd >= 0 ||
		strcmp(former->metrics.listen, s->config->metrics.listen) == 0)
		return;
	if (start(s, &scrape, &err) < 0) {
		log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_METRICS_REFUSED,
			"metrics.listen can't be applied, what was goes on: %s", err.text);
		return;
	}
	if (!scrape)
		log_notice("metrics are not served any more");
	s->scrape = scrape_stop(s->scrape);
	s->scrape = scrape;
}

void server_close_metrics(struct server *s)
{
	s->scrape = scrape_stop(s->scrape);
}
