/* Only what begins with a y is a yes; the end of the input is a no. */
#include "ctl/confirm.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/clean.h"
#include "ctl/command.h"
#include "ctl/exit.h"

enum {
	QUESTION_BYTES = 512,
	ANSWER_BYTES = 16,
};

static bool is_yes(const char *answer)
{
	return answer[0] == 'y' || answer[0] == 'Y';
}

int confirm_read(FILE *in, FILE *err, const char *question)
{
	char answer[ANSWER_BYTES] = "";

	if (!in) {
		(void)fprintf(err,
			"gchatctl: there is nobody to ask: %s Say --yes to do it, or --dry-run to "
			"see more\n",
			question);
		return EXIT_USAGE;
	}
	(void)fprintf(err, "%s [y/N] ", question);
	(void)fflush(err);
	bool answered = fgets(answer, sizeof(answer), in) != NULL;
	if (!answered)
		(void)fputc('\n', err);
	if (answered && is_yes(answer))
		return EXIT_DONE;
	(void)fprintf(err, "gchatctl: nothing was changed\n");
	return EXIT_FAILED;
}

int confirm_ask(const struct command_call *call, const char *format, ...)
{
	char question[QUESTION_BYTES];
	va_list args;

	if (options_has(call->options, "yes"))
		return EXIT_DONE;
	va_start(args, format);
	(void)vsnprintf(question, sizeof(question), format, args);
	va_end(args);
	/* Names come from the command line or from others. */
	char *clean = clean_text(question);
	bool somebody = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
	int r = confirm_read(somebody ? stdin : NULL, stderr, clean);
	free(clean);
	return r;
}

bool confirm_is_dry_run(const struct command_call *call)
{
	return options_has(call->options, "dry-run");
}
