/*
 * Runs a command beside a fresh daemon, for tests that aren't written in C:
 *
 *	td_run [-c CONFIG] COMMAND [ARGUMENT...]
 *
 * CONFIG is libconfig text laid over the harness's own. The command finds TD_ADDRESS, TD_PORT,
 * TD_ADMIN (a path), TD_FOLDER, TD_STATE, TD_CONFIG, TD_LOG and TD_PID in its environment; td_run
 * exits with its status, after printing the daemon's log where that isn't 0.
 */
#include "support/td.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RUN_EXIT_USAGE = 2,
	RUN_EXIT_SIGNAL = 128,
	RUN_EXIT_NOT_FOUND = 127,
};

static void export_number(const char *name, long value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld", value);
	(void)setenv(name, text, 1);
}

static void export_places(const struct td *td)
{
	export_number("TD_PORT", td_port(td));
	export_number("TD_PID", td_pid(td));
	(void)setenv("TD_ADDRESS", td_address(td), 1);
	(void)setenv("TD_ADMIN", td_admin_target(td) + strlen("unix:"), 1);
	(void)setenv("TD_FOLDER", td_folder(td), 1);
	(void)setenv("TD_STATE", td_state_folder(td), 1);
	(void)setenv("TD_CONFIG", td_config_path(td), 1);
	(void)setenv("TD_LOG", td_log_path(td), 1);
}

static int run(char **argv)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execvp(argv[0], argv);
		(void)fprintf(stderr, "td_run: %s: %s\n", argv[0], strerror(errno));
		_exit(RUN_EXIT_NOT_FOUND);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : RUN_EXIT_SIGNAL + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct td_options options = {0};
	int option = 0;

	while ((option = getopt(argc, argv, "+c:")) != -1) {
		if (option != 'c')
			return RUN_EXIT_USAGE;
		options.config = optarg;
	}
	if (optind == argc)
		return RUN_EXIT_USAGE;
	struct td *td = td_start(&options);
	export_places(td);
	int status = run(argv + optind);
	if (status == 0)
		td_stop(td);
	else
		(void)td_teardown(NULL);
	return status;
}
