/* list-sessions and kick. */
#include "ctl/command.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"
#include "proto/limits.h"

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

static const struct field kick_fields[] = {
	{"user", "Kicked", FIELD_TEXT},
	{"room", "Room", FIELD_TEXT},
	{"reason", "Reason", FIELD_TEXT},
	{"sessions", "Sessions", FIELD_COUNT},
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

static int add_sessions(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListSessionsRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_sessions_request__init(&request);
	if (call->arg_count > 0)
		request.user = call->args[0];
	request.page_size = LIMIT_PAGE_MAX;
	if (*page_token)
		request.page_token = *page_token;
	int r = admin_call(call->admin, "ListSessions", &request.base,
		&gchat__v1__list_sessions_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListSessionsResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_sessions; i++)
		add_session(rows, page->sessions[i]);
	r = admin_next_page(call->admin, page->next_page_token, page_token);
	codec_free(answer);
	return r;
}

int command_list_sessions(const struct command_call *call)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;
	struct rows rows;
	int r = EXIT_DONE;

	rows_init(&rows, session_fields, GC_LENGTH(session_fields));
	do {
		r = add_sessions(call, &rows, &page_token);
	} while (r == EXIT_DONE && page_token);
	if (r == EXIT_DONE && output_list(call->output, &rows, "session") < 0)
		r = EXIT_FAILED;
	rows_deinit(&rows);
	return r;
}

static int print_kicked(const struct command_call *call, uint32_t sessions)
{
	struct rows rows;

	rows_init(&rows, kick_fields, GC_LENGTH(kick_fields));
	rows_text(&rows, call->args[0]);
	rows_text(&rows, call->options->room);
	rows_text(&rows, call->options->reason);
	rows_number(&rows, sessions);
	int r = output_record(call->output, &rows);
	rows_deinit(&rows);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* argv is ours to read; protobuf-c's strings are char * by tradition and not written to. */
static char *unconst(const char *text)
{
	union {
		const char *in;
		char *out;
	} u = {.in = text};

	return u.out;
}

int command_kick(const struct command_call *call)
{
	Gchat__V1__KickRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__kick_request__init(&request);
	request.user = call->args[0];
	if (call->options->room)
		request.room = unconst(call->options->room);
	if (call->options->reason)
		request.reason = unconst(call->options->reason);
	int r = admin_call(
		call->admin, "Kick", &request.base, &gchat__v1__kick_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	r = print_kicked(call, ((const Gchat__V1__KickResponse *)(const void *)answer)->sessions);
	codec_free(answer);
	return r;
}
