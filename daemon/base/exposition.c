/* The text formats; https://prometheus.io/docs/instrumenting/exposition_formats and OpenMetrics 1.0. */
#include "base/exposition.h"

#include "base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_BYTES = 16384, /* most of the text fits */
	LINE_BYTES = 512,
};

void metric_sink_gauge(const struct metric_sink *sink, const char *name, const char *unit,
	const char *help, double value)
{
	sink->family(sink->arg, &(struct metric_family){name, METRIC_TYPE_GAUGE, unit, help});
	sink->sample(sink->arg, &(struct metric_sample){.suffix = "", .value = value});
}

void metric_sink_counter(const struct metric_sink *sink, const char *name, const char *unit,
	const char *help, double value)
{
	sink->family(sink->arg, &(struct metric_family){name, METRIC_TYPE_COUNTER, unit, help});
	sink->sample(sink->arg, &(struct metric_sample){.suffix = "_total", .value = value});
}

const char *metric_type_text(enum metric_type type)
{
	switch (type) {
	case METRIC_TYPE_COUNTER:
		return "counter";
	case METRIC_TYPE_GAUGE:
		return "gauge";
	case METRIC_TYPE_HISTOGRAM:
		break;
	}
	return "histogram";
}

static void add(struct exposition *e, const char *fmt, ...) GC_PRINTF(2, 3);

static void add(struct exposition *e, const char *fmt, ...)
{
	va_list args;
	if (e->size - e->len < LINE_BYTES) {
		e->size = e->size ? 2 * e->size : FIRST_BYTES;
		e->text = mem_grow(e->text, e->size, 1);
	}
	va_start(args, fmt);
	int n = vsnprintf(e->text + e->len, LINE_BYTES, fmt, args);
	va_end(args);
	GC_ASSERT(n >= 0 && n < LINE_BYTES); /* names and sentences of our own */
	e->len += (size_t)n;
}

void exposition_print_number(char buf[static EXPOSITION_NUMBER_BYTES], double value, bool canonical)
{
	if (isinf(value)) {
		(void)snprintf(buf, EXPOSITION_NUMBER_BYTES, "%s", value > 0 ? "+Inf" : "-Inf");
		return;
	}
	/* As many digits as it takes to be read back the same. */
	for (int digits = 6; digits <= 17; digits++) {
		(void)snprintf(buf, EXPOSITION_NUMBER_BYTES, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	if (canonical && strspn(buf, "-0123456789") == strlen(buf))
		(void)strcat(buf, ".0"); /* 17 digits at most stand before it */
}

/* Backslash, quote and newline: a version or a reason has none, but a label may hold anything. */
static void escape(char buf[static LINE_BYTES / 2], const char *text)
{
	size_t len = 0;
	for (; *text && len < LINE_BYTES / 2 - 3; text++) {
		if (*text == '\\' || *text == '"' || *text == '\n')
			buf[len++] = '\\';
		buf[len++] = *text == '\n' ? 'n' : *text;
	}
	buf[len] = '\0';
}

static void on_family(void *arg, const struct metric_family *family)
{
	struct exposition *e = arg;
	bool open = e->format == EXPOSITION_OPENMETRICS;
	/* The older format takes a counter's name with its suffix. */
	const char *suffix = !open && family->type == METRIC_TYPE_COUNTER ? "_total" : "";
	(void)snprintf(e->family, sizeof(e->family), "%s", family->name);
	add(e, "# HELP %s%s %s.\n", family->name, suffix, family->help);
	add(e, "# TYPE %s%s %s\n", family->name, suffix, metric_type_text(family->type));
	if (open && family->unit[0])
		add(e, "# UNIT %s %s\n", family->name, family->unit);
}

static void on_sample(void *arg, const struct metric_sample *sample)
{
	struct exposition *e = arg;
	char value[EXPOSITION_NUMBER_BYTES];
	char label[LINE_BYTES / 2];
	exposition_print_number(value, sample->value, false);
	if (!sample->label) {
		add(e, "%s%s %s\n", e->family, sample->suffix, value);
		return;
	}
	escape(label, sample->label_value);
	add(e, "%s%s{%s=\"%s\"} %s\n", e->family, sample->suffix, sample->label, label, value);
}

struct metric_sink exposition_sink(struct exposition *exposition)
{
	return (struct metric_sink){.family = on_family, .sample = on_sample, .arg = exposition};
}

char *exposition_take(struct exposition *e, size_t *ret_len)
{
	add(e, "%s", e->format == EXPOSITION_OPENMETRICS ? "# EOF\n" : "");
	*ret_len = e->len;
	char *text = e->text;
	*e = (struct exposition){.format = e->format};
	return text;
}

const char *exposition_content_type(enum exposition_format format)
{
	return format == EXPOSITION_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

enum exposition_format exposition_negotiate(const char *accept)
{
	return accept && strstr(accept, "application/openmetrics-text") ? EXPOSITION_OPENMETRICS
									: EXPOSITION_PROMETHEUS;
}
