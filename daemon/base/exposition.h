/*
 * What is measured, on its way out: families of samples are told to a sink, which writes them down.
 * The text sink writes what Prometheus and its like scrape, in one of two formats that differ in
 * details. One thread at a time for each sink.
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum metric_type {
	METRIC_TYPE_COUNTER, /* only grows; its sample has the suffix "_total" */
	METRIC_TYPE_GAUGE,
	METRIC_TYPE_HISTOGRAM, /* "_bucket" with the label "le", "_sum", "_count" */
};

/* All strings borrowed for the call. */
struct metric_family {
	const char *name; /* "gchat_events_appended": without "_total", and ending in its unit */
	enum metric_type type;
	const char *unit; /* a base unit: "seconds", "bytes", or "" */
	const char *help; /* one sentence without a full stop */
};

struct metric_sample {
	const char *suffix; /* "", "_total", "_bucket", "_sum", "_count" */
	const char *label; /* NULL: none */
	const char *label_value;
	double value;
};

/* Hears of each family, then of its samples. */
struct metric_sink {
	void (*family)(void *arg, const struct metric_family *family);
	void (*sample)(void *arg, const struct metric_sample *sample);
	void *arg;
};

/* A family with one sample. */
void metric_sink_gauge(const struct metric_sink *sink, const char *name, const char *unit,
	const char *help, double value);
void metric_sink_counter(const struct metric_sink *sink, const char *name, const char *unit,
	const char *help, double value);

/* "counter", "gauge", "histogram"; static storage. */
const char *metric_type_text(enum metric_type type);

enum exposition_format {
	EXPOSITION_PROMETHEUS, /* text format 0.0.4 */
	EXPOSITION_OPENMETRICS, /* 1.0.0: units, and "# EOF" at the end */
};

enum {
	EXPOSITION_NUMBER_BYTES = 32
};

/* The text sink. Zeroed but for `format` by the caller. */
struct exposition {
	enum exposition_format format;
	char *text; /* owned: exposition_take or free */
	size_t len;
	size_t size;
	char family[128]; /* the name that samples get */
};

struct metric_sink exposition_sink(struct exposition *exposition);
/* Ends the text; owned by the caller, with its NUL. */
char *exposition_take(struct exposition *exposition, size_t *ret_len);
/* What a client gets as the type of such a text; static storage. */
const char *exposition_content_type(enum exposition_format format);
/* The format that an Accept header asks for; NULL: none was sent. */
enum exposition_format exposition_negotiate(const char *accept);
/* A number as both formats write it: "3", "0.25"; with `canonical`, as OpenMetrics wants the bound of
 * a bucket: "3.0". */
void exposition_print_number(
	char buf[static EXPOSITION_NUMBER_BYTES], double value, bool canonical);
