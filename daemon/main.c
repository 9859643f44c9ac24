/* gchatd's arguments and exit status. */
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "config/config.h"
#include "restore.h"
#include "server.h"
#include "service/rotate.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	EXIT_USAGE = 64, /* EX_USAGE of sysexits(3) */
	OPTION_CHECK_STORE = 256, /* without a letter */
	OPTION_RESTORE,
};

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},
	{"check-config", no_argument, NULL, 't'},
	{"print-config", no_argument, NULL, 'p'},
	{"check-store", required_argument, NULL, OPTION_CHECK_STORE},
	{"restore", required_argument, NULL, OPTION_RESTORE},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"Usage: gchatd [--config FILE]\n"
	"       gchatd [--config FILE] --check-config | --print-config\n"
	"       gchatd [--config FILE] --check-store BACKUP | --restore BACKUP\n"
	"\n"
	"The chat daemon. Normally started by systemd; in the foreground it logs to the terminal.\n"
	"\n"
	"  -c, --config FILE   settings (default: " GCHAT_CONFIG_FILE ", where it exists)\n"
	"  -t, --check-config  check settings and certificate, say what is wrong, and exit\n"
	"  -p, --print-config  print all settings in force, with their help, and exit\n"
	"      --check-store BACKUP  read a backup, say whether it is sound, and exit\n"
	"      --restore BACKUP      check a backup, make it the store, and exit\n"
	"  -V, --version       print the version and exit\n"
	"  -h, --help          print this and exit\n"
	"\n"
	"Signals: SIGTERM drains and stops, SIGHUP reads settings and certificate again.\n"
	"Exit status: 0 stopped, 1 failed to start, 64 wrong usage, 78 wrong settings.\n"
	"See gchatd(8), gchatd.conf(5), gchatctl(1).\n";

struct args {
	const char *config;
	bool check;
	bool print;
	const char *check_store; /* NULL: not given, as the next */
	const char *restore;
};

/* The exit status, or -1 to go on. */
static int parse(int argc, char **argv, struct args *ret)
{
	int c;
	while ((c = getopt_long(argc, argv, "c:tpVh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			ret->config = optarg;
			break;
		case 't':
			ret->check = true;
			break;
		case 'p':
			ret->print = true;
			break;
		case OPTION_CHECK_STORE:
			ret->check_store = optarg;
			break;
		case OPTION_RESTORE:
			ret->restore = optarg;
			break;
		case 'V':
			puts("gchatd " GCHAT_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS;
		default:
			fputs("Try 'gchatd --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "gchatd: %s: unexpected argument\nTry 'gchatd --help'.\n", argv[optind]);
	return EXIT_USAGE;
}

/* A reload runs this first, as the daemon's user: a pair that it would refuse fails "systemctl reload",
 * which hears of nothing that goes wrong later. One to be made is none to check. */
static bool certificate_is_good(const struct config *config)
{
	struct rotate_files *found GC_CLEANUP(mem_freep) = mem_new(1, sizeof(*found));
	struct tls_pair *pair GC_CLEANUP(tls_pair_freep) = NULL;
	struct err_text err = {0};
	if (!config->tls.certificate[0])
		return true;
	rotate_find_files(config, (enum tls_client_auth)config->tls.client_auth, found);
	if (tls_pair_load_flawed(&found->files, &pair, &err) < 0) {
		fprintf(stderr, "the certificate can't be used: %s\n", err.text);
		return false;
	}
	if (pair->flaw.text[0])
		fprintf(stderr, "warning: %s\n", pair->flaw.text);
	return true;
}

static int check_or_print(const struct config *config, bool print)
{
	if (print)
		config_print(config, stdout);
	else if (!certificate_is_good(config))
		return CONFIG_EXIT_STATUS;
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct args args = {0};
	struct config *config = NULL;
	struct config_errors errors = {0};
	struct err_text err = {0};
	int status = parse(argc, argv, &args);
	if (status >= 0)
		return status;
	if (args.check_store)
		return restore_check(args.check_store);
	const char *path = args.config ? args.config : GCHAT_CONFIG_FILE;
	if (config_load(path, &config, &errors) < 0) {
		config_errors_print(&errors, stderr);
		config_errors_deinit(&errors);
		if (!args.check && !args.print && !args.restore)
			notify_failing("wrong settings, see the log");
		return CONFIG_EXIT_STATUS;
	}
	if (args.check || args.print) {
		status = check_or_print(config, args.print);
		(void)config_free(config);
		return status;
	}
	if (args.restore) {
		status = restore_run(config, args.restore);
		(void)config_free(config);
		return status;
	}
	log_open((int)config->log.level);
	if (server_run(config, path, &err) < 0) {
		char trace[ERR_TEXT_BYTES];
		err_trace(trace, sizeof(trace));
		log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_START_FAILED, "gchatd can't start: %s (%s)",
			err.text[0] ? err.text : "see the trace", trace);
		notify_failing(err.text[0] ? err.text : "can't start, see the log");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
