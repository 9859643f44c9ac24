/* getopt_long over the one table. */
#include "client/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPTIONS_MAX = 40,
	OPTION_CODE_FIRST = 1000, /* what getopt gives for the options without a letter, and on */
	HELP_COLUMN = 26,
};

static const char *const COLORS[] = {"auto", "always", "never", NULL};

#define AT(member) offsetof(struct options, member)

/* clang-format off */
const struct option_spec OPTION_SPECS[] = {
	{"server", 's', OPTION_TEXT, AT(server), "HOST[:PORT]", "the server; otherwise the last one", 0, 0, NULL},
	{"user", 'u', OPTION_TEXT, AT(user), "NAME", "sign in with this name", 0, 0, NULL},
	{"room", 'r', OPTION_TEXT, AT(room), "ROOM", "start in this room, joining it if need be", 0, 0, NULL},
	{"password-file", 0, OPTION_TEXT, AT(password_file), "FILE", "the password is the first line of FILE", 0, 0, NULL},
	{"password-fd", 0, OPTION_NUMBER, AT(password_fd), "N", "the password is the first line read from descriptor N", 0, 1023, NULL},
	{"token-file", 0, OPTION_TEXT, AT(token_file), "FILE", "use the token in FILE; with --user", 0, 0, NULL},
	{"register", 0, OPTION_FLAG, AT(create), NULL, "make a new account", 0, 0, NULL},
	{"invite", 0, OPTION_TEXT, AT(invite), "CODE", "the invitation for a new account", 0, 0, NULL},
	{"invite-file", 0, OPTION_TEXT, AT(invite_file), "FILE", "the invitation is the first line of FILE", 0, 0, NULL},
	{"guest", 0, OPTION_FLAG, AT(guest), NULL, "come in as a guest, where the server lets one", 0, 0, NULL},
	{"fingerprint", 0, OPTION_TEXT, AT(fingerprint), "SHA256", "trust only the certificate with this fingerprint", 0, 0, NULL},
	{"ca-file", 0, OPTION_TEXT, AT(ca_file), "FILE", "trust only certificates signed by those in FILE", 0, 0, NULL},
	{"client-cert", 0, OPTION_TEXT, AT(client_cert), "FILE", "show the server this certificate, which may sign in", 0, 0, NULL},
	{"client-key", 0, OPTION_TEXT, AT(client_key), "FILE", "its key; otherwise in the same file", 0, 0, NULL},
	{"replace", 0, OPTION_FLAG, AT(replace), NULL, "trust: accept another certificate than the known one", 0, 0, NULL},
	{"state", 0, OPTION_TEXT, AT(state_dir), "DIR", "keep tokens and known servers in DIR", 0, 0, NULL},
	{"no-save", 0, OPTION_FLAG, AT(no_save), NULL, "do not keep the token", 0, 0, NULL},
	{"resume", 0, OPTION_FLAG, AT(resume), NULL, "start where the last run with --resume stopped", 0, 0, NULL},
	{"line", 0, OPTION_FLAG, AT(line), NULL, "plain lines, and tell a pipe what a terminal is told", 0, 0, NULL},
	{"screen-reader", 0, OPTION_FLAG, AT(screen_reader), NULL, "hold what comes in while a line is being typed", 0, 0, NULL},
	{"color", 0, OPTION_TEXT, AT(color), "WHEN", "auto, always or never", 0, 0, COLORS},
	{"lines", 'n', OPTION_NUMBER, AT(lines), "N", "so many earlier messages at the start (10)", 0, 10000, NULL},
	{"since", 0, OPTION_NUMBER, AT(since), "SEQ", "tail: all that came after number SEQ", 0, UINT64_MAX - 1, NULL},
	{"follow", 'f', OPTION_FLAG, AT(follow), NULL, "stay, and show what comes", 0, 0, NULL},
	{"join", 0, OPTION_FLAG, AT(join), NULL, "send, tail: join the room first", 0, 0, NULL},
	{"json", 'j', OPTION_FLAG, AT(json), NULL, "one JSON object a line, in and out", 0, 0, NULL},
	{"strict", 0, OPTION_FLAG, AT(strict), NULL, "with --json: a bad line ends the program", 0, 0, NULL},
	{"timeout", 't', OPTION_NUMBER, AT(timeout_s), "SECONDS", "give up after this time without an answer (30)", 1, 86400, NULL},
	{"help", 'h', OPTION_FLAG, AT(help), NULL, "show this and exit", 0, 0, NULL},
	{"version", 'V', OPTION_FLAG, AT(version), NULL, "show the version and exit", 0, 0, NULL},
	{NULL, 0, OPTION_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

const struct verb_spec VERB_SPECS[_VERB_MAX + 1] = {
	[VERB_CHAT]     = {"", "[SERVER]", "chat, one line at a time", 0, 1},
	[VERB_SEND]     = {"send", "ROOM [TEXT...]", "send TEXT, or each line of standard input", 1, 4096},
	[VERB_TAIL]     = {"tail", "ROOM", "show the last messages of a room", 1, 1},
	[VERB_LOGIN]    = {"login", "[SERVER]", "sign in and keep the token", 0, 1},
	[VERB_REGISTER] = {"register", "[SERVER]", "make an account, sign in and keep the token", 0, 1},
	[VERB_LOGOUT]   = {"logout", "[SERVER]", "make the token void and forget it", 0, 1},
	[VERB_TRUST]    = {"trust", "[SERVER]", "look at the server's certificate and accept it", 0, 1},
	[_VERB_MAX]     = {NULL, NULL, NULL, 0, 0},
};
/* clang-format on */

static size_t build_getopt(struct option *longs, char *letters)
{
	size_t count = 0;
	*letters++ = ':';
	for (const struct option_spec *spec = OPTION_SPECS; spec->name; spec++, count++) {
		GC_ASSERT(count < OPTIONS_MAX);
		int has_value = spec->kind == OPTION_FLAG ? no_argument : required_argument;
		longs[count] = (struct option){
			spec->name, has_value, NULL, OPTION_CODE_FIRST + (int)count};
		if (!spec->letter)
			continue;
		*letters++ = spec->letter;
		if (has_value == required_argument)
			*letters++ = ':';
	}
	*letters = '\0';
	longs[count] = (struct option){NULL, 0, NULL, 0};
	return count;
}

static const struct option_spec *find_spec(int code)
{
	if (code >= OPTION_CODE_FIRST)
		return &OPTION_SPECS[code - OPTION_CODE_FIRST];
	for (const struct option_spec *spec = OPTION_SPECS; spec->name; spec++) {
		if (spec->letter && spec->letter == code)
			return spec;
	}
	return NULL;
}

static int set_number(
	const struct option_spec *spec, uint64_t *at, const char *value, struct err_text *why)
{
	char *end;
	errno = 0;
	unsigned long long number = strtoull(value, &end, 10);
	bool digits = value[0] >= '0' && value[0] <= '9' && !*end && !errno;
	if (!digits || number < spec->min || number > spec->max) {
		err_say(why, "--%s: not a number from %llu to %llu: %s", spec->name,
			(unsigned long long)spec->min, (unsigned long long)spec->max, value);
		return -EINVAL;
	}
	*at = number;
	return 0;
}

static int check_choice(const struct option_spec *spec, const char *value, struct err_text *why)
{
	if (!spec->choices)
		return 0;
	for (const char *const *choice = spec->choices; *choice; choice++) {
		if (!strcmp(*choice, value))
			return 0;
	}
	err_say(why, "--%s: not one of %s: %s", spec->name, spec->help, value);
	return -EINVAL;
}

static int set_option(
	struct options *o, const struct option_spec *spec, const char *value, struct err_text *why)
{
	void *at = (char *)o + spec->offset;
	switch (spec->kind) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)at = value;
		return check_choice(spec, value, why);
	case OPTION_NUMBER:
		return set_number(spec, at, value, why);
	}
	return -EINVAL;
}

static int refuse(int code, char **argv, struct err_text *why)
{
	const char *word = argv[optind - 1];
	if (code == ':')
		err_say(why, "%s needs a value", word);
	else if (optopt > 0 && optopt < OPTION_CODE_FIRST)
		err_say(why, "unknown option -%c", optopt);
	else
		err_say(why, "unknown option %s", word);
	return -EINVAL;
}

static int take_verb(struct options *o, struct err_text *why)
{
	o->verb = VERB_CHAT;
	for (int v = VERB_CHAT + 1; o->arg_count && v < _VERB_MAX; v++) {
		if (!strcmp(o->args[0], VERB_SPECS[v].name)) {
			o->verb = (enum verb)v;
			o->args++;
			o->arg_count--;
			break;
		}
	}
	const struct verb_spec *spec = &VERB_SPECS[o->verb];
	bool asked = o->help || o->version;
	if (!asked && (o->arg_count < spec->args_min || o->arg_count > spec->args_max)) {
		err_say(why, "usage: gchat-client [OPTIONS] %s%s%s", spec->name,
			*spec->name ? " " : "", spec->usage);
		return -EINVAL;
	}
	if (spec->args_min == 0 && o->arg_count && !asked)
		o->server = o->args[0];
	return 0;
}

static int check_together(const struct options *o, struct err_text *why)
{
	if (o->fingerprint && o->ca_file)
		err_say(why, "--fingerprint and --ca-file exclude each other");
	else if (o->client_key && !o->client_cert)
		err_say(why, "--client-key needs --client-cert");
	else if (o->guest && (o->create || o->user))
		err_say(why, "--guest goes with neither --register nor --user");
	else if (o->token_file && !o->user)
		err_say(why, "--token-file needs --user, the name the token belongs to");
	else if (o->invite && o->invite_file)
		err_say(why, "--invite and --invite-file exclude each other");
	else if (o->password_file && o->password_fd != UINT64_MAX)
		err_say(why, "--password-file and --password-fd exclude each other");
	else
		return 0;
	return -EINVAL;
}

int options_parse(struct options *o, int argc, char **argv, struct err_text *why)
{
	struct option longs[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 2];
	build_getopt(longs, letters);
	*o = (struct options){
		.password_fd = UINT64_MAX, .since = UINT64_MAX, .lines = 10, .timeout_s = 30};
	optind = 0; /* GNU: start afresh, for the tests */
	opterr = 0;
	int code;
	while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_spec *spec = find_spec(code);
		if (!spec)
			return refuse(code, argv, why);
		int r = set_option(o, spec, optarg, why);
		if (r < 0)
			return r;
	}
	o->args = argv + optind;
	o->arg_count = argc - optind;
	int r = take_verb(o, why);
	if (r < 0)
		return r;
	if (o->verb == VERB_REGISTER)
		o->create = true;
	return check_together(o, why);
}

void options_print_help(FILE *to)
{
	fputs("Talk on a gchat server.\n\nUsage:\n", to);
	for (const struct verb_spec *verb = VERB_SPECS; verb->name; verb++) {
		fprintf(to, "  gchat-client [OPTIONS] %s%s%s\n", verb->name, *verb->name ? " " : "",
			verb->usage);
		fprintf(to, "      %s\n", verb->help);
	}
	fputs("\nOptions:\n", to);
	for (const struct option_spec *spec = OPTION_SPECS; spec->name; spec++) {
		char head[64];
		snprintf(head, sizeof(head), "%s%c%s --%s%s%s", spec->letter ? "-" : " ",
			spec->letter ? spec->letter : ' ', spec->letter ? "," : " ", spec->name,
			spec->value ? "=" : "", spec->value ? spec->value : "");
		fprintf(to, "  %-*s %s\n", HELP_COLUMN, head, spec->help);
	}
	fputs("\nInside, /help lists the commands. See gchat-client(1).\n", to);
}
