/* Tokens of an account: who is signed in where. */
#include "ctl/command.h"

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

#include <errno.h>
#include <stdlib.h>

static const struct field token_fields[] = {
	{"token", "TOKEN", FIELD_ID},
	{"device", "DEVICE", FIELD_TEXT},
	{"created", "CREATED", FIELD_TIME},
	{"last_used", "LAST-USED", FIELD_TIME},
};

static int fetch_tokens(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListUserTokensRequest request;
	ProtobufCMessage *answer = NULL;

	*page_token = NULL; /* an account has few: they come at once */
	gchat__v1__list_user_tokens_request__init(&request);
	request.user = call->args[0];
	int r = admin_call(call->admin, "ListUserTokens", &request.base,
		&gchat__v1__list_user_tokens_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListUserTokensResponse *response = (const void *)answer;
	for (size_t i = 0; i < response->n_tokens; i++) {
		const Gchat__V1__Token *token = response->tokens[i];
		rows_number(rows, token->token_id);
		rows_text(rows, token->device);
		rows_number(rows, token->created_us);
		rows_number(rows, token->last_used_us);
	}
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec token_list = {
	.noun = "token",
	.fields = token_fields,
	.field_count = GC_LENGTH(token_fields),
	.details = "created",
	.fetch = fetch_tokens,
};

static const struct field revoke_fields[] = {
	{"user", "User", FIELD_TEXT},
	{"tokens_voided", "Tokens voided", FIELD_COUNT},
};

static int parse_id(const char *text, uint64_t *ret_id)
{
	char *end = NULL;

	errno = 0;
	unsigned long long id = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || id == 0) {
		(void)fprintf(stderr,
			"gchatctl: %s is not the number of a token; see gchatctl "
			"token list\n",
			text);
		return EXIT_USAGE;
	}
	*ret_id = id;
	return EXIT_DONE;
}

static int revoke(const struct command_call *call)
{
	Gchat__V1__RevokeUserTokenRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;
	int r = EXIT_DONE;

	gchat__v1__revoke_user_token_request__init(&request);
	request.user = call->args[0];
	request.all = options_has(call->options, "all");
	if (request.all == (call->arg_count > 1)) {
		(void)fprintf(stderr, "gchatctl: name one token, or give --all\n");
		return EXIT_USAGE;
	}
	if (!request.all)
		r = parse_id(call->args[1], &request.token_id);
	if (r == EXIT_DONE)
		r = admin_call(call->admin, "RevokeUserToken", &request.base,
			&gchat__v1__revoke_user_token_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, revoke_fields, GC_LENGTH(revoke_fields));
	rows_text(&rows, call->args[0]);
	rows_number(
		&rows, ((const Gchat__V1__RevokeUserTokenResponse *)(const void *)answer)->tokens);
	codec_free(answer);
	return command_print_record(call, &rows);
}

static const struct option_row revoke_options[] = {
	{.name = "all", .help = "All tokens of the account", .kind = OPTION_FLAG},
	{.name = NULL},
};

const struct command token_commands[] = {
	{.name = "token list",
		.arguments = "USER",
		.summary = "Lists the tokens of an account",
		.help = "Lists where an account is signed in, the newest first: device, since when, "
			"and when the\ntoken was used last, as far as known since the daemon started.",
		.args_min = 1,
		.args_max = 1,
		.list = &token_list},
	{.name = "token revoke",
		.arguments = "USER [TOKEN]",
		.summary = "Voids a token of an account, or all",
		.help = "Sessions that were opened with it end.",
		.args_min = 1,
		.args_max = 2,
		.options = revoke_options,
		.run = revoke},
	{.name = NULL},
};
