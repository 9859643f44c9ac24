/* gchat-client: arguments, then one of the ways of use. */
#include "client/chat.h"
#include "client/json_mode.h"
#include "client/options.h"
#include "client/signin.h"
#include "client/term.h"
#include "client/verbs.h"
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

static int run(const struct options *options)
{
	switch (options->verb) {
	case VERB_CHAT:
		return options->json ? json_main(options) : chat_main(options);
	case VERB_SEND:
		return send_main(options);
	case VERB_TAIL:
		return tail_main(options);
	case VERB_LOGIN:
	case VERB_REGISTER:
		return signin_login(options);
	case VERB_LOGOUT:
		return signin_logout(options);
	case VERB_TRUST:
		return trust_main(options);
	case _VERB_MAX:
		break;
	}
	return EX_SOFTWARE;
}

int main(int argc, char **argv)
{
	struct options options;
	struct err_text why = {0};
	(void)signal(SIGPIPE, SIG_IGN); /* writes tell it */
	if (options_parse(&options, argc, argv, &why) < 0) {
		term_say("%s", why.text);
		return EX_USAGE;
	}
	if (options.help) {
		options_print_help(stdout);
		return EX_OK;
	}
	if (options.version) {
		puts("gchat-client " GCHAT_VERSION);
		return EX_OK;
	}
	return run(&options);
}
