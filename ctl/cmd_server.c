/* status, cert status and cert rotate. */
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

static const struct field status_fields[] = {
	{"name", "Server", FIELD_TEXT},
	{"version", "Version", FIELD_TEXT},
	{"state", "State", FIELD_TEXT},
	{"started", "Started", FIELD_TIME},
	{"pid", "PID", FIELD_COUNT},
	{"memory_bytes", "Memory", FIELD_BYTES},
	{"shards", "Shards", FIELD_COUNT},
	{"listeners", "Listening on", FIELD_LIST},
	{"connections", "Connections", FIELD_COUNT},
	{"sessions", "Sessions", FIELD_COUNT},
	{"accounts", "Accounts", FIELD_COUNT},
	{"rooms", "Rooms", FIELD_COUNT},
	{"events_in", "Events in", FIELD_COUNT},
	{"events_out", "Events out", FIELD_COUNT},
	{"frames_out", "Frames out", FIELD_COUNT},
	{"store.engine", "Store", FIELD_TEXT},
	{"store.path", "Store path", FIELD_TEXT},
	{"store.health", "Store health", FIELD_TEXT},
	{"store.reason", "Store reason", FIELD_TEXT},
	{"store.bytes", "Store size", FIELD_BYTES},
	{"store.durability", "Durability", FIELD_TEXT},
	{"store.disk_full_refusals", "Refused, disk full", FIELD_COUNT},
	{"store.damaged_rooms", "Damaged rooms", FIELD_COUNT},
	{"certificate.fingerprint", "Certificate", FIELD_TEXT},
	{"certificate.not_after", "Valid until", FIELD_TIME},
	{"counters", "Counters", FIELD_LIST},
};

static const struct field cert_fields[] = {
	{"subject", "Subject", FIELD_TEXT},
	{"issuer", "Issuer", FIELD_TEXT},
	{"names", "Names", FIELD_LIST},
	{"fingerprint", "Fingerprint", FIELD_TEXT},
	{"not_before", "Valid from", FIELD_TIME},
	{"not_after", "Valid until", FIELD_TIME},
	{"cert_file", "Certificate", FIELD_TEXT},
	{"key_file", "Key", FIELD_TEXT},
};

static const struct field rotate_fields[] = {
	{"before.fingerprint", "Before", FIELD_TEXT},
	{"before.not_after", "Valid until", FIELD_TIME},
	{"after.fingerprint", "Now", FIELD_TEXT},
	{"after.not_after", "Valid until", FIELD_TIME},
	{"after.cert_file", "Certificate", FIELD_TEXT},
	{"after.key_file", "Key", FIELD_TEXT},
};

/* Strings joined by newlines, as FIELD_LIST wants them. Owned. */
static char *join(char *const *items, size_t count)
{
	size_t size = 1;

	for (size_t i = 0; i < count; i++)
		size += strlen(items[i]) + 1;
	char *all = mem_new(size, 1);
	char *end = all;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*end++ = '\n';
		end = stpcpy(end, items[i]);
	}
	return all;
}

static void add_list(struct rows *rows, char *const *items, size_t count)
{
	char *all = join(items, count);

	rows_text(rows, all);
	free(all);
}

static int print_record(const struct command_call *call, struct rows *rows)
{
	int r = output_record(call->output, rows);

	rows_deinit(rows);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

static void add_store(struct rows *rows, const Gchat__V1__GetStatusResponse *status)
{
	rows_text(rows, status->store);
	rows_text(rows, status->store_path);
	rows_text(rows, status->store_health);
	rows_text(rows, status->store_reason);
	rows_number(rows, status->store_bytes);
	rows_text(rows, status->durability);
	rows_number(rows, status->disk_full_refusals);
	rows_number(rows, status->damaged_rooms);
}

/* Those that have counted something, as "name value". */
static void add_counters(struct rows *rows, const Gchat__V1__GetStatusResponse *status)
{
	enum {
		COUNTER_BYTES = 96
	};
	char(*lines)[COUNTER_BYTES] = mem_new(status->n_counters + 1, COUNTER_BYTES);
	char **items = mem_new(status->n_counters + 1, sizeof(*items));
	size_t count = 0;

	for (size_t i = 0; i < status->n_counters; i++) {
		const Gchat__V1__Counter *counter = status->counters[i];
		if (counter->value == 0)
			continue;
		(void)snprintf(lines[count], COUNTER_BYTES, "%s %llu", counter->name,
			(unsigned long long)counter->value);
		items[count] = lines[count];
		count++;
	}
	add_list(rows, items, count);
	free(items);
	free(lines);
}

static void add_status(struct rows *rows, const Gchat__V1__GetStatusResponse *status)
{
	const Gchat__V1__Certificate *certificate = status->certificate;

	rows_text(rows, status->name);
	rows_text(rows, status->version);
	rows_text(rows, status->state);
	rows_number(rows, status->started_us);
	rows_number(rows, status->pid);
	rows_number(rows, status->rss_bytes);
	rows_number(rows, status->shards);
	add_list(rows, status->listeners, status->n_listeners);
	rows_number(rows, status->connections);
	rows_number(rows, status->sessions);
	rows_number(rows, status->accounts);
	rows_number(rows, status->rooms);
	rows_number(rows, status->events_in);
	rows_number(rows, status->events_out);
	rows_number(rows, status->frames_out);
	add_store(rows, status);
	rows_text(rows, certificate ? certificate->fingerprint : NULL);
	rows_number(rows, certificate ? certificate->not_after_us : 0);
	add_counters(rows, status);
}

int command_status(const struct command_call *call)
{
	Gchat__V1__GetStatusRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__get_status_request__init(&request);
	int r = admin_call(call->admin, "GetStatus", &request.base,
		&gchat__v1__get_status_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, status_fields, GC_LENGTH(status_fields));
	add_status(&rows, (const void *)answer);
	codec_free(answer);
	return print_record(call, &rows);
}

static void add_certificate(struct rows *rows, const Gchat__V1__Certificate *certificate)
{
	rows_text(rows, certificate->subject);
	rows_text(rows, certificate->issuer);
	add_list(rows, certificate->names, certificate->n_names);
	rows_text(rows, certificate->fingerprint);
	rows_number(rows, certificate->not_before_us);
	rows_number(rows, certificate->not_after_us);
	rows_text(rows, certificate->cert_file);
	rows_text(rows, certificate->key_file);
}

int command_cert_status(const struct command_call *call)
{
	Gchat__V1__GetCertificateRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__get_certificate_request__init(&request);
	int r = admin_call(call->admin, "GetCertificate", &request.base,
		&gchat__v1__get_certificate_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__GetCertificateResponse *response = (const void *)answer;
	Gchat__V1__Certificate none;
	gchat__v1__certificate__init(&none);
	rows_init(&rows, cert_fields, GC_LENGTH(cert_fields));
	add_certificate(&rows, response->certificate ? response->certificate : &none);
	codec_free(answer);
	return print_record(call, &rows);
}

static void add_rotated(struct rows *rows, const Gchat__V1__RotateCertificateResponse *response)
{
	const Gchat__V1__Certificate *before = response->before;
	const Gchat__V1__Certificate *after = response->after;

	rows_text(rows, before ? before->fingerprint : NULL);
	rows_number(rows, before ? before->not_after_us : 0);
	rows_text(rows, after ? after->fingerprint : NULL);
	rows_number(rows, after ? after->not_after_us : 0);
	rows_text(rows, after ? after->cert_file : NULL);
	rows_text(rows, after ? after->key_file : NULL);
}

/* The daemon opens the files with its own working directory: give it absolute paths. Owned. */
static char *absolute(const char *path)
{
	char *real = path ? realpath(path, NULL) : NULL;

	return real ? real : mem_strdup(path ? path : "");
}

int command_cert_rotate(const struct command_call *call)
{
	const unsigned both = OPTION_CERT | OPTION_KEY;
	Gchat__V1__RotateCertificateRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__rotate_certificate_request__init(&request);
	if ((call->options->given & both) != 0 && (call->options->given & both) != both) {
		(void)fprintf(stderr, "gchatctl: --cert and --key go together\n");
		return EXIT_USAGE;
	}
	request.cert_file = absolute(call->options->cert);
	request.key_file = absolute(call->options->key);
	int r = admin_call(call->admin, "RotateCertificate", &request.base,
		&gchat__v1__rotate_certificate_response__descriptor, &answer);
	free(request.cert_file);
	free(request.key_file);
	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, rotate_fields, GC_LENGTH(rotate_fields));
	add_rotated(&rows, (const void *)answer);
	codec_free(answer);
	return print_record(call, &rows);
}
