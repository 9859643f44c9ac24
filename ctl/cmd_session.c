/* list-sessions; session show, terminate. */
#include "ctl/command.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

enum {
	SESSION_DECIMAL = 10,
};

static const struct field session_fields[] = {
	{"session", "SESSION", FIELD_ID},
	{"user", "USER", FIELD_TEXT},
	{"account_id", "ACCOUNT", FIELD_ID},
	{"address", "ADDRESS", FIELD_TEXT},
	{"state", "STATE", FIELD_TEXT},
	{"since", "SINCE", FIELD_TIME},
	{"rooms", "ROOMS", FIELD_COUNT},
	{"round_trip_us", "ROUND-TRIP", FIELD_MICROS},
	{"lag", "LAG", FIELD_COUNT},
	{"queued_bytes", "QUEUED", FIELD_BYTES},
	{"events_out", "SENT", FIELD_COUNT},
	{"shard", "SHARD", FIELD_COUNT},
	{"device", "DEVICE", FIELD_TEXT},
	{"client", "CLIENT", FIELD_TEXT},
	{"certificate", "CERTIFICATE", FIELD_TEXT},
};

/* The same of one, before the value. */
static const struct field record_fields[] = {
	{"session", "Session", FIELD_ID},
	{"user", "User", FIELD_TEXT},
	{"account_id", "Account", FIELD_ID},
	{"address", "Address", FIELD_TEXT},
	{"state", "State", FIELD_TEXT},
	{"since", "Since", FIELD_TIME},
	{"rooms", "Rooms", FIELD_COUNT},
	{"round_trip_us", "Round trip", FIELD_MICROS},
	{"lag", "Behind", FIELD_COUNT},
	{"queued_bytes", "Queued", FIELD_BYTES},
	{"events_out", "Events sent", FIELD_COUNT},
	{"shard", "Shard", FIELD_COUNT},
	{"device", "Device", FIELD_TEXT},
	{"client", "Client", FIELD_TEXT},
	{"certificate", "Certificate", FIELD_TEXT},
};

static const struct field ended_fields[] = {
	{"session", "Ended", FIELD_ID},
	{"user", "User", FIELD_TEXT},
	{"address", "Address", FIELD_TEXT},
	{"reason", "Reason", FIELD_TEXT},
};

static void add_session(struct rows *rows, const Gchat__V1__Session *session)
{
	rows_number(rows, session->session_id);
	rows_text(rows, session->user);
	rows_number(rows, session->account_id);
	rows_text(rows, session->address);
	rows_text(rows, session->state);
	rows_number(rows, session->since_us);
	rows_number(rows, session->rooms);
	rows_number(rows, session->round_trip_us);
	rows_number(rows, session->lag);
	rows_number(rows, session->queued_bytes);
	rows_number(rows, session->events_out);
	rows_number(rows, session->shard);
	rows_text(rows, session->device);
	rows_text(rows, session->client);
	rows_text(rows, session->certificate);
}

static int fetch_sessions(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListSessionsRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_sessions_request__init(&request);
	if (call->arg_count > 0)
		request.user = call->args[0];
	int r = admin_call_page(call->admin, "ListSessions", &request.base,
		&gchat__v1__list_sessions_response__descriptor, page_token, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListSessionsResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_sessions; i++)
		add_session(rows, page->sessions[i]);
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec session_list = {
	.noun = "session",
	.fields = session_fields,
	.field_count = GC_LENGTH(session_fields),
	.details =
		"certificate,account_id,shard,state,rooms,session,device,events_out,queued_bytes,client",
	.fetch = fetch_sessions,
};

/* ---- one of them ---- */

/* A session's number from the command line; EXIT_USAGE after saying what is wrong. */
static int read_session(const char *word, uint64_t *ret)
{
	char *end = NULL;

	errno = 0;
	*ret = strtoull(word, &end, SESSION_DECIMAL);
	if (errno == 0 && word[0] >= '0' && word[0] <= '9' && *end == '\0' && *ret > 0)
		return EXIT_DONE;
	(void)fprintf(stderr,
		"gchatctl: %s is not the number of a session; see gchatctl list-sessions\n", word);
	return EXIT_USAGE;
}

static int session_show(const struct command_call *call)
{
	Gchat__V1__ListSessionsRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__list_sessions_request__init(&request);
	int r = read_session(call->args[0], &request.session_id);
	if (r == EXIT_DONE)
		r = admin_call(call->admin, "ListSessions", &request.base,
			&gchat__v1__list_sessions_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListSessionsResponse *page = (const void *)answer;
	if (page->n_sessions == 0) {
		(void)fprintf(stderr, "gchatctl: there is no session %s\n", call->args[0]);
		codec_free(answer);
		return EXIT_NOT_FOUND;
	}
	rows_init(&rows, record_fields, GC_LENGTH(record_fields));
	add_session(&rows, page->sessions[0]);
	codec_free(answer);
	return command_print_record(call, &rows);
}

static int session_terminate(const struct command_call *call)
{
	Gchat__V1__EndSessionRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__end_session_request__init(&request);
	admin_set_text(&request.reason, options_text(call->options, "reason"));
	int r = read_session(call->args[0], &request.session_id);
	if (r == EXIT_DONE)
		r = admin_call(call->admin, "EndSession", &request.base,
			&gchat__v1__end_session_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__EndSessionResponse *ended = (const void *)answer;
	rows_init(&rows, ended_fields, GC_LENGTH(ended_fields));
	rows_number(&rows, request.session_id);
	rows_text(&rows, ended->user);
	rows_text(&rows, ended->address);
	rows_text(&rows, request.reason);
	codec_free(answer);
	return command_print_record(call, &rows);
}

static const struct option_row terminate_options[] = {
	{.name = "reason",
		.argument = "TEXT",
		.help = "Why; the person sees it",
		.kind = OPTION_TEXT},
	{.name = NULL},
};

const struct command session_commands[] = {
	{.name = "list-sessions",
		.aliases = {"session list"},
		.arguments = "[USER]",
		.summary = "Lists the open sessions",
		.help = "Lists the open sessions, of one account or of all, with address, client "
			"and how many\nevents each is behind. A session that stays behind reads too "
			"slowly.",
		.args_max = 1,
		.list = &session_list},
	{.name = "session show",
		.aliases = {"show-session"},
		.arguments = "SESSION",
		.summary = "Shows one session",
		.help = "Shows one session by its number, with its client, device, round trip and "
			"how many events\nit is behind.",
		.args_min = 1,
		.args_max = 1,
		.run = session_show},
	{.name = "session terminate",
		.aliases = {"terminate-session"},
		.arguments = "SESSION",
		.summary = "Ends one session",
		.help = "Ends one session; the person sees the reason. Its token stays valid, and "
			"the client may\ncome back; to keep it out: gchatctl kick or ban.",
		.args_min = 1,
		.args_max = 1,
		.options = terminate_options,
		.run = session_terminate},
	{.name = NULL},
};
