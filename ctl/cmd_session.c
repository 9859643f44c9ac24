/* list-sessions. */
#include "ctl/command.h"

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

static const struct field session_fields[] = {
	{"session", "SESSION", FIELD_ID},
	{"user", "USER", FIELD_TEXT},
	{"account_id", "ACCOUNT", FIELD_ID},
	{"address", "ADDRESS", FIELD_TEXT},
	{"since", "SINCE", FIELD_TIME},
	{"rooms", "ROOMS", FIELD_COUNT},
	{"lag", "LAG", FIELD_COUNT},
	{"queued_bytes", "QUEUED", FIELD_BYTES},
	{"events_out", "SENT", FIELD_COUNT},
	{"shard", "SHARD", FIELD_COUNT},
	{"device", "DEVICE", FIELD_TEXT},
	{"client", "CLIENT", FIELD_TEXT},
};

static void add_session(struct rows *rows, const Gchat__V1__Session *session)
{
	rows_number(rows, session->session_id);
	rows_text(rows, session->user);
	rows_number(rows, session->account_id);
	rows_text(rows, session->address);
	rows_number(rows, session->since_us);
	rows_number(rows, session->rooms);
	rows_number(rows, session->lag);
	rows_number(rows, session->queued_bytes);
	rows_number(rows, session->events_out);
	rows_number(rows, session->shard);
	rows_text(rows, session->device);
	rows_text(rows, session->client);
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
	.details = "account_id,shard,device,rooms,session,client,events_out,queued_bytes",
	.fetch = fetch_sessions,
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
	{.name = NULL},
};
