/* status. */
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
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
	{"lockdown", "Lockdown", FIELD_FLAG},
	{"erasures", "Being erased", FIELD_COUNT},
	{"rooms", "Rooms", FIELD_COUNT},
	{"events_in", "Events in", FIELD_COUNT},
	{"events_out", "Events out", FIELD_COUNT},
	{"frames_out", "Frames out", FIELD_COUNT},
	{"log_level", "Log level", FIELD_TEXT},
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
	{"certificate.warning", "Certificate warning", FIELD_TEXT},
	{"counters", "Counters", FIELD_LIST},
};

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
	rows_list(rows, items, count);
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
	rows_list(rows, status->listeners, status->n_listeners);
	rows_number(rows, status->connections);
	rows_number(rows, status->sessions);
	rows_number(rows, status->accounts);
	rows_flag(rows, status->lockdown);
	rows_number(rows, status->erasures);
	rows_number(rows, status->rooms);
	rows_number(rows, status->events_in);
	rows_number(rows, status->events_out);
	rows_number(rows, status->frames_out);
	rows_text(rows, status->log_level);
	add_store(rows, status);
	rows_text(rows, certificate ? certificate->fingerprint : NULL);
	rows_number(rows, certificate ? certificate->not_after_us : 0);
	rows_text(rows, certificate ? certificate->warning : NULL);
	add_counters(rows, status);
}

static int show_status(const struct command_call *call)
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
	return command_print_record(call, &rows);
}

const struct command server_commands[] = {
	{.name = "status",
		.arguments = "",
		.summary = "Shows how the server is doing",
		.help = "Shows version, state, sessions, rooms, the store and its health, the "
			"addresses and the\ncertificate in service.",
		.run = show_status},
	{.name = NULL},
};
