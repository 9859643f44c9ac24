/* verify. */
#include "ctl/command.h"

#include "base/clock.h"
#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

static const struct field problem_fields[] = {
	{"room", "ROOM", FIELD_TEXT},
	{"room_id", "ID", FIELD_ID},
	{"first_seq", "FIRST", FIELD_COUNT},
	{"last_seq", "LAST", FIELD_COUNT},
	{"problem", "PROBLEM", FIELD_TEXT},
};

static const struct list_spec problem_list = {
	.noun = "problem",
	.fields = problem_fields,
	.field_count = GC_LENGTH(problem_fields),
	.details = "room_id",
};

static void add_problem(struct rows *rows, const Gchat__V1__VerifyProblem *problem)
{
	rows_text(rows, problem->room);
	rows_number(rows, problem->room_id);
	rows_number(rows, problem->first_seq);
	rows_number(rows, problem->last_seq);
	rows_text(rows, problem->text);
}

/* Beside the list, not in it: stdout stays what a program expects. */
static void say_extent(const Gchat__V1__VerifyResponse *response)
{
	(void)fprintf(stderr,
		"gchatctl: read %llu events of %llu rooms and %llu records: %llu problems\n",
		(unsigned long long)response->events, (unsigned long long)response->rooms,
		(unsigned long long)response->records, (unsigned long long)response->problem_count);
	if (response->mended_rooms > 0)
		(void)fprintf(stderr,
			"gchatctl: %llu damaged rooms were found sound, and are open again\n",
			(unsigned long long)response->mended_rooms);
	if (response->problem_count > response->n_problems)
		(void)fprintf(
			stderr, "gchatctl: only the first %zu are shown\n", response->n_problems);
	if (!response->structure_checked)
		(void)fprintf(stderr,
			"gchatctl: the structure was not checked to the end, it takes too long "
			"beside a running daemon; stop it and use: sqlite3 gchat.db 'PRAGMA "
			"quick_check'\n");
}

static int verify(const struct command_call *call)
{
	Gchat__V1__VerifyRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__verify_request__init(&request);
	int r = admin_call(call->admin, "Verify", &request.base,
		&gchat__v1__verify_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__VerifyResponse *response = (const void *)answer;
	rows_init(&rows, problem_fields, GC_LENGTH(problem_fields));
	for (size_t i = 0; i < response->n_problems; i++)
		add_problem(&rows, response->problems[i]);
	r = list_print(call, &problem_list, &rows);
	if (r == EXIT_DONE && response->problem_count > 0)
		r = EXIT_FAILED;
	if (call->output->legend)
		say_extent(response);
	rows_deinit(&rows);
	codec_free(answer);
	return r;
}

const struct command store_commands[] = {
	{.name = "verify",
		.arguments = "",
		.summary = "Reads the whole store and checks it",
		.help = "Checks each event's checksum and sequence number, each record, and the "
			"store's\nstructure, while the server goes on. Lists what is wrong, by room, "
			"and exits with 1\nwhere anything is; rooms with damage are closed to writing "
			"from then on. Waits up to\nan hour unless --timeout is given.",
		.timeout_ms = (int64_t)OPTIONS_TIMEOUT_MAX_S * CLOCK_MS_PER_S,
		.list = &problem_list,
		.run = verify},
	{.name = NULL},
};
