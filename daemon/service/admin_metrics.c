/* The same families as over HTTP, as text or one by one. */
#include "service/admin_calls.h"

#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "service/call.h"
#include "service/gauges.h"

#include <stdlib.h>
#include <string.h>

/* The sink that makes messages. All strings but a sample's label value are literals. */
struct collection {
	Gchat__V1__MetricFamily **families; /* owned, and all below them */
	size_t count;
	size_t size;
	size_t sample_size; /* of the last family's list */
};

/* protobuf-c does not write to what it encodes. */
static char *literal(const char *text)
{
	return (char *)(uintptr_t)(text ? text : "");
}

static void on_family(void *arg, const struct metric_family *family)
{
	struct collection *c = arg;
	if (c->count == c->size) {
		c->size = c->size ? 2 * c->size : 64;
		c->families = mem_grow(c->families, c->size, sizeof(*c->families));
	}
	Gchat__V1__MetricFamily *m = mem_new(1, sizeof(*m));
	gchat__v1__metric_family__init(m);
	m->name = literal(family->name);
	m->type = literal(metric_type_text(family->type));
	m->unit = literal(family->unit);
	m->help = literal(family->help);
	c->families[c->count++] = m;
	c->sample_size = 0;
}

static void on_sample(void *arg, const struct metric_sample *sample)
{
	struct collection *c = arg;
	Gchat__V1__MetricFamily *m = c->families[c->count - 1];
	if (m->n_samples == c->sample_size) {
		c->sample_size = c->sample_size ? 2 * c->sample_size : 4;
		m->samples = mem_grow(m->samples, c->sample_size,
			sizeof(Gchat__V1__MetricSample *)); /* NOLINT(bugprone-sizeof-expression) */
	}
	Gchat__V1__MetricSample *s = mem_new(1, sizeof(*s));
	gchat__v1__metric_sample__init(s);
	s->suffix = literal(sample->suffix);
	s->label = literal(sample->label);
	s->label_value = mem_strdup(sample->label_value ? sample->label_value : "");
	s->value = sample->value;
	m->samples[m->n_samples++] = s;
}

static void collection_deinit(struct collection *c)
{
	for (size_t i = 0; i < c->count; i++) {
		for (size_t k = 0; k < c->families[i]->n_samples; k++) {
			free(c->families[i]->samples[k]->label_value);
			free(c->families[i]->samples[k]);
		}
		free(c->families[i]->samples);
		free(c->families[i]);
	}
	free(c->families);
}

static void reply_text(struct call *call)
{
	struct exposition text = {.format = EXPOSITION_OPENMETRICS};
	struct metric_sink sink = exposition_sink(&text);
	size_t len;
	Gchat__V1__GetMetricsResponse response;
	service_emit_metrics(call->service, &sink);
	gchat__v1__get_metrics_response__init(&response);
	response.text = exposition_take(&text, &len);
	call_reply(call, &response.base);
	free(response.text);
}

void admin_get_metrics(struct call *call, const ProtobufCMessage *msg)
{
	struct collection c = {0};
	const struct metric_sink sink = {.family = on_family, .sample = on_sample, .arg = &c};
	Gchat__V1__GetMetricsResponse response;
	if (CALL_REQUEST(Gchat__V1__GetMetricsRequest, msg)->as_text) {
		reply_text(call);
		return;
	}
	service_emit_metrics(call->service, &sink);
	gchat__v1__get_metrics_response__init(&response);
	response.families = c.families;
	response.n_families = c.count;
	call_reply(call, &response.base);
	collection_deinit(&c);
}
