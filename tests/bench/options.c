/* The command line: one table of numbers, and the rest. */
#include "bench.h"

#include "support/children.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const workload_names[_BENCH_WORKLOAD_MAX] = {
	[BENCH_W1] = "W1",
	[BENCH_W2] = "W2",
	[BENCH_W3] = "W3",
	[BENCH_W4] = "W4",
	[BENCH_W5] = "W5",
	[BENCH_W6] = "W6",
	[BENCH_W7] = "W7",
	[BENCH_W8] = "W8",
};

const char *bench_workload_name(enum bench_workload workload)
{
	return workload_names[workload];
}

_Noreturn static void usage(void)
{
	(void)fprintf(stderr,
		"usage: gchat-bench --port PORT --wl W1|...|W8 [--pid PID,PID] [--n 100]\n"
		"  [--rooms 200] [--members 100; W3, W5: 10] [--secs 5] [--warm 1] [--idle 3]\n"
		"  [--window 64] [--payload 100] [--inflight 32; W8: 64] [--rate 100] [--reps 1]\n"
		"  [--behind 100] [--password] [--host 127.0.0.1] [--token-file FILE]\n"
		"  [--peer gchatd]\n");
	exit(2);
}

static enum bench_workload workload_of(const char *name)
{
	for (int i = 0; i < _BENCH_WORKLOAD_MAX; i++)
		if (strcmp(workload_names[i], name) == 0)
			return (enum bench_workload)i;
	usage();
}

static void add_pids(struct measure_server *server, char *list)
{
	char *save = NULL;
	for (char *p = strtok_r(list, ",", &save); p; p = strtok_r(NULL, ",", &save))
		if (server->count < MEASURE_PIDS_MAX)
			server->pids[server->count++] = (pid_t)strtol(p, NULL, 10);
	size_t named = server->count;
	for (size_t i = 0; i < named; i++)
		server->count += children_of(server->pids[i], server->pids + server->count,
			MEASURE_PIDS_MAX - server->count);
}

static unsigned number(const char *text, unsigned min, unsigned max)
{
	char *end = NULL;
	unsigned long v = strtoul(text, &end, 10);
	if (*end || end == text || v < min || v > max)
		usage();
	return (unsigned)v;
}

static const struct option known[] = {
	{"port", required_argument, NULL, 'p'},
	{"wl", required_argument, NULL, 'w'},
	{"pid", required_argument, NULL, 'i'},
	{"n", required_argument, NULL, 'n'},
	{"rooms", required_argument, NULL, 'r'},
	{"members", required_argument, NULL, 'm'},
	{"secs", required_argument, NULL, 's'},
	{"warm", required_argument, NULL, 'W'},
	{"idle", required_argument, NULL, 'I'},
	{"window", required_argument, NULL, 'x'},
	{"payload", required_argument, NULL, 'l'},
	{"inflight", required_argument, NULL, 'f'},
	{"rate", required_argument, NULL, 'a'},
	{"reps", required_argument, NULL, 'R'},
	{"behind", required_argument, NULL, 'b'},
	{"password", no_argument, NULL, 'P'},
	{"host", required_argument, NULL, 'h'},
	{"token-file", required_argument, NULL, 't'},
	{"peer", required_argument, NULL, 'N'},
	{0},
};

static void apply_number(struct bench_options *o, int option, const char *text)
{
	if (option == 'p')
		o->port = (uint16_t)number(text, 1, 65535);
	else if (option == 'n')
		o->n = number(text, 1, 1000000);
	else if (option == 'r')
		o->rooms = number(text, 1, 100000);
	else if (option == 'm')
		o->members = number(text, 1, 1000000);
	else if (option == 'x')
		o->window = number(text, 1, BENCH_WINDOW_MAX);
	else if (option == 'l')
		o->payload = number(text, BENCH_TEXT_MIN, BENCH_TEXT_MAX);
	else if (option == 'f')
		o->inflight = number(text, 1, 10000);
	else if (option == 'a')
		o->rate = number(text, 1, 1000000);
	else if (option == 'b')
		o->behind = number(text, 1, 1000000);
	else if (option == 'R')
		o->reps = number(text, 1, 1000);
	else
		usage();
}

static void apply(struct bench_options *o, int option, char *text)
{
	switch (option) {
	case 'w':
		o->workload = workload_of(text);
		break;
	case 'i':
		add_pids(&o->server, text);
		break;
	case 's':
		o->secs = strtod(text, NULL);
		break;
	case 'W':
		o->warm_s = strtod(text, NULL);
		break;
	case 'I':
		o->idle_s = strtod(text, NULL);
		break;
	case 'h':
		o->host = text;
		break;
	case 't':
		o->token_file = text;
		break;
	case 'N':
		o->peer = text;
		break;
	case 'P':
		o->sign_in = BENCH_PASSWORD;
		break;
	default:
		apply_number(o, option, text);
	}
}

void bench_options_parse(struct bench *b, int argc, char **argv)
{
	struct bench_options o = {.workload = _BENCH_WORKLOAD_MAX,
		.peer = "gchatd",
		.host = "127.0.0.1",
		.n = 100,
		.rooms = 200,
		.window = 64,
		.payload = 100,
		.rate = 100,
		.behind = 100,
		.reps = 1,
		.secs = 5,
		.warm_s = 1,
		.idle_s = 3};
	int option;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		apply(&o, option, optarg);
	if (!o.port || o.workload == _BENCH_WORKLOAD_MAX || optind != argc)
		usage();
	if (o.token_file && o.sign_in == BENCH_PASSWORD)
		usage(); /* whose tokens they are isn't kept */
	if (!o.members)
		o.members = o.workload == BENCH_W3 || o.workload == BENCH_W5 ? 10 : 100;
	if (!o.inflight)
		o.inflight = o.workload == BENCH_W8 ? 64 : 32;
	b->options = o;
}
