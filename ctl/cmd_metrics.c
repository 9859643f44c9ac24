/* metrics: as text for a collector, as JSON, or as a table for people. */
#include "ctl/command.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

enum {
	NUMBER_BYTES = 32,
	NAME_BYTES = 192,
	WHOLE_MAX = 1 << 30, /* a whole number up to this is shown without a fraction */
	JSON_INDENTATION = 2,
};

static const struct field metric_fields[] = {
	{"metric", "METRIC", FIELD_TEXT},
	{"value", "VALUE", FIELD_TEXT},
	{"unit", "UNIT", FIELD_TEXT},
	{"help", "WHAT IT IS", FIELD_TEXT},
};

/* ---- JSON ---- */

static json_t *json_of_sample(const Gchat__V1__MetricSample *sample)
{
	json_t *labels = json_object();

	if (sample->label[0])
		(void)json_object_set_new(labels, sample->label, json_string(sample->label_value));
	/* What is whole is written so: 7 rather than 7.0. */
	json_t *value = sample->value == floor(sample->value)
				? json_integer((json_int_t)sample->value)
				: json_real(sample->value);
	return json_pack(
		"{s:s, s:o, s:o}", "suffix", sample->suffix, "labels", labels, "value", value);
}

static json_t *json_of_family(const Gchat__V1__MetricFamily *family)
{
	json_t *samples = json_array();

	for (size_t i = 0; i < family->n_samples; i++)
		(void)json_array_append_new(samples, json_of_sample(family->samples[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", family->name, "type", family->type,
		"unit", family->unit, "help", family->help, "samples", samples);
}

static int dump(FILE *out, json_t *json, size_t flags)
{
	int r = json ? json_dumpf(json, out, flags | JSON_ENSURE_ASCII) : -1;

	json_decref(json);
	return r < 0 || fputc('\n', out) == EOF ? EXIT_FAILED : EXIT_DONE;
}

static int print_json(const struct output *output, const Gchat__V1__GetMetricsResponse *response)
{
	json_t *all = json_array();
	int r = EXIT_DONE;

	for (size_t i = 0; r == EXIT_DONE && i < response->n_families; i++) {
		json_t *family = json_of_family(response->families[i]);
		if (output->format == OUTPUT_JSONL)
			r = dump(output->out, family, JSON_COMPACT);
		else
			(void)json_array_append_new(all, family);
	}
	if (output->format == OUTPUT_JSON)
		return dump(output->out, all, JSON_INDENT(JSON_INDENTATION));
	json_decref(all);
	return r;
}

/* ---- the table ---- */

static void add_row(struct rows *rows, const Gchat__V1__MetricFamily *family,
	const Gchat__V1__MetricSample *sample)
{
	char name[NAME_BYTES];
	char number[NUMBER_BYTES];

	(void)snprintf(name, sizeof(name), "%s%s", family->name, sample->suffix);
	if (sample->label[0])
		(void)snprintf(name, sizeof(name), "%s%s{%s=\"%s\"}", family->name, sample->suffix,
			sample->label, sample->label_value);
	bool whole = fabs(sample->value) > WHOLE_MAX || sample->value == floor(sample->value);
	(void)snprintf(number, sizeof(number), whole ? "%.0f" : "%.6g", sample->value);
	rows_text(rows, name);
	rows_text(rows, number);
	rows_text(rows, family->unit);
	rows_text(rows, family->help);
}

/* Buckets are for programs, and what has never happened says little where there are many like it. */
static bool is_worth_a_row(const Gchat__V1__MetricSample *sample)
{
	return strcmp(sample->suffix, "_bucket") != 0 && (!sample->label[0] || sample->value != 0);
}

static int print_table(const struct output *output, const Gchat__V1__GetMetricsResponse *response)
{
	struct rows rows;

	rows_init(&rows, metric_fields, GC_LENGTH(metric_fields));
	for (size_t i = 0; i < response->n_families; i++) {
		const Gchat__V1__MetricFamily *family = response->families[i];
		for (size_t k = 0; k < family->n_samples; k++)
			if (is_worth_a_row(family->samples[k]))
				add_row(&rows, family, family->samples[k]);
	}
	int r = output_list(output, &rows, "metric");
	rows_deinit(&rows);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int print(const struct output *output, const Gchat__V1__GetMetricsResponse *response)
{
	switch (output->format) {
	case OUTPUT_PLAIN:
		return fputs(response->text, output->out) == EOF ? EXIT_FAILED : EXIT_DONE;
	case OUTPUT_JSON:
	case OUTPUT_JSONL:
		return print_json(output, response);
	case OUTPUT_TABLE:
	case _OUTPUT_FORMAT_MAX:
		break;
	}
	return print_table(output, response);
}

static int metrics(const struct command_call *call)
{
	Gchat__V1__GetMetricsRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__get_metrics_request__init(&request);
	request.as_text = call->output->format == OUTPUT_PLAIN;
	int r = admin_call(call->admin, "GetMetrics", &request.base,
		&gchat__v1__get_metrics_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	r = print(call->output, (const void *)answer);
	codec_free(answer);
	return fflush(call->output->out) == 0 ? r : EXIT_FAILED;
}

const struct command metrics_commands[] = {
	{.name = "metrics",
		.arguments = "",
		.summary = "Shows what the server measures",
		.help = "Shows counters, histograms and what there is now, as the metrics endpoint "
			"has them.\nWith --output=plain in the OpenMetrics text format, complete; the "
			"table leaves out\nbuckets, and causes and reasons that never occurred.",
		.run = metrics},
	{.name = NULL},
};
