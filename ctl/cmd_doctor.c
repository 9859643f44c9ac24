/* doctor: a list whose rows come one by one, and a verdict. */
#include "ctl/command.h"

#include <stdio.h>

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/doctor.h"
#include "ctl/exit.h"
#include "ctl/interrupt.h"
#include "proto/codec.h"

enum {
	MESSAGES = 25, /* and again: within the burst that the server allows by default */
	ADVICE_INDENT = 25, /* below the detail */
	MESSAGES_MAX = 400, /* twice as many wait in the client's queue */
	ADDRESS_BYTES = 256,
};

static const struct field check_fields[] = {
	{"check", "CHECK", FIELD_TEXT},
	{"result", "RESULT", FIELD_TEXT},
	{"detail", "DETAIL", FIELD_TEXT},
	{"advice", "WHAT TO DO", FIELD_TEXT},
};

static const size_t usual_widths[] = {14, 7};

static const struct list_spec check_list = {
	.noun = "check",
	.fields = check_fields,
	.field_count = GC_LENGTH(check_fields),
};

struct examination {
	struct list list;
	struct rows rows;
	int exit_status; /* of printing */
	char address[ADDRESS_BYTES]; /* where the daemon listens */
	bool beside; /* advice stands below its check, not in a column: it is a sentence */
};

static void tell(
	void *arg, const char *check, enum finding finding, const char *detail, const char *advice)
{
	struct examination *e = arg;

	rows_text(&e->rows, check);
	rows_text(&e->rows, finding_name(finding));
	rows_text(&e->rows, detail);
	rows_text(&e->rows, advice);
	if (e->exit_status == EXIT_DONE)
		e->exit_status = list_add(&e->list, &e->rows);
	else
		rows_clear(&e->rows);
	if (e->beside && advice[0])
		(void)fprintf(e->list.listing.output->out, "%*s-> %s\n", ADVICE_INDENT, "", advice);
}

static enum finding worst(const struct doctor *d)
{
	if (d->counts[FINDING_FAIL] > 0)
		return FINDING_FAIL;
	return d->counts[FINDING_WARN] > 0 ? FINDING_WARN : FINDING_OK;
}

static void tell_verdict(struct doctor *d)
{
	enum finding finding = worst(d);
	char detail[DOCTOR_TEXT_BYTES];

	if (finding == FINDING_OK)
		(void)snprintf(detail, sizeof(detail), "the server is well");
	else
		(void)snprintf(detail, sizeof(detail), "failed: %u, to be looked at: %u",
			d->counts[FINDING_FAIL], d->counts[FINDING_WARN]);
	d->tell(d->arg, "verdict", finding, detail,
		finding == FINDING_OK ? "" : "do what stands beside the checks");
}

static void examine(struct doctor *d)
{
	struct examination *e = d->arg;
	char seen[65] = "";
	const Gchat__V1__GetStatusResponse *status = d->status;

	doctor_check_server(d);
	if (!d->server && status->n_listeners > 0 &&
		doctor_find_address(status->listeners[0], e->address, sizeof(e->address)))
		d->server = e->address;
	if (d->server && !interrupt_came())
		doctor_check_talk(d, seen);
	else if (!d->server)
		doctor_find(d, "listener", FINDING_FAIL, "set listen.addresses in gchatd.conf",
			"the daemon listens nowhere");
	if (status->certificate)
		doctor_check_certificate(d, status->certificate, seen);
	tell_verdict(d);
}

static int doctor(const struct command_call *call)
{
	Gchat__V1__GetStatusRequest request;
	ProtobufCMessage *answer = NULL;
	struct examination e = {.exit_status = EXIT_DONE};
	struct doctor d = {.admin = call->admin,
		.server = options_text(call->options, "server"),
		.messages = (unsigned)options_number(call->options, "messages", MESSAGES),
		.tell = tell,
		.arg = &e};
	int r = list_start(call, &check_list, &e.list);

	if (r != EXIT_DONE)
		return r;
	for (size_t i = 0; i < GC_LENGTH(usual_widths); i++)
		e.list.listing.widths[i] = usual_widths[i];
	e.list.listing.whole = true;
	e.beside = call->output->format == OUTPUT_TABLE && !options_has(call->options, "columns") &&
		   !options_has(call->options, "sort");
	if (e.beside)
		e.list.listing.column_count--; /* the last one */
	gchat__v1__get_status_request__init(&request);
	r = admin_call(call->admin, "GetStatus", &request.base,
		&gchat__v1__get_status_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	interrupt_catch();
	rows_init(&e.rows, check_fields, GC_LENGTH(check_fields));
	d.status = (const void *)answer;
	examine(&d);
	rows_deinit(&e.rows);
	codec_free(answer);
	r = list_end(&e.list, e.exit_status);
	return r == EXIT_DONE && worst(&d) == FINDING_FAIL ? EXIT_FAILED : r;
}

static const struct option_row doctor_options[] = {
	{.name = "messages",
		.argument = "N",
		.help = "Sent before the cut, and again after it, 25",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = MESSAGES_MAX},
	{.name = "server",
		.argument = "HOST:PORT",
		.help = "Talks to this address instead of where the daemon listens",
		.kind = OPTION_TEXT},
	{.name = NULL},
};

const struct command doctor_commands[] = {
	{.name = "doctor",
		.arguments = "",
		.summary = "Examines the running server, by talking on it",
		.help = "Makes an account and a private room for a moment, talks there over the TLS "
			"port, cuts the\nconnection, resumes, and checks that each message came once, in "
			"order and in time. Looks at\nthe store, disk, memory, descriptors, clock and "
			"certificate. Each check is ok, warn or fail,\nwith what to do. Exits with 1 "
			"where one failed. What was made is deleted at the end.",
		.options = doctor_options,
		.list = &check_list,
		.run = doctor},
	{.name = NULL},
};
