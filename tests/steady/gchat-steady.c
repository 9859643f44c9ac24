/*
 * gchat-steady: sessions that talk and listen while someone disturbs their daemon, for tests that
 * aren't written in C. Reads orders from stdin, a line each:
 *
 *	begin       a disturbance begins
 *	end NAME    it is over: waits until all are back, prints a line of figures: "silence_ms=145/188/190" are
 *	            the median, the 99th of 100 and the longest of the sessions' longest silences; told,
 *	            waited and connecting are what a broken session's way back is made up of
 *	quit        (or the end of stdin, or SIGTERM) prints what was lost, and ends
 *
 * The exit status is 0 when nothing was lost, doubled, disordered or refused, and all came back.
 */
#include "base/mem.h"
#include "rpc/quiet.h"
#include "steady.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NUMBER_MAX = 100000,
	BACK_MS = 60000,
	EXIT_USAGE = 2,
	LINE_BYTES = 256,
};

_Noreturn static void usage(void)
{
	(void)fprintf(stderr,
		"usage: gchat-steady --server HOST:PORT [--sessions 500] [--rooms 10]\n"
		"  [--rate 5; messages/s in each room] [--calls 10; fresh ones/s]\n"
		"orders on stdin: begin, end NAME, quit\n");
	exit(EXIT_USAGE);
}

static unsigned number(const char *text, unsigned min)
{
	char *end = NULL;
	unsigned long v = strtoul(text, &end, 10);
	if (*end || end == text || v < min || v > NUMBER_MAX)
		usage();
	return (unsigned)v;
}

static struct steady_options parse(int argc, char **argv)
{
	static const struct option known[] = {
		{"server", required_argument, NULL, 's'},
		{"sessions", required_argument, NULL, 'n'},
		{"rooms", required_argument, NULL, 'r'},
		{"rate", required_argument, NULL, 'a'},
		{"calls", required_argument, NULL, 'c'},
		{0},
	};
	struct steady_options o = {.sessions = 500, .rooms = 10, .rate = 5, .calls_per_s = 10};
	int c;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			o.server = optarg;
		else if (c == 'n')
			o.sessions = number(optarg, 1);
		else if (c == 'r')
			o.rooms = number(optarg, 1);
		else if (c == 'a')
			o.rate = number(optarg, 1);
		else if (c == 'c')
			o.calls_per_s = number(optarg, 1);
		else
			usage();
	}
	if (!o.server || optind != argc || o.sessions < o.rooms)
		usage();
	return o;
}

static void print_spread(const char *name, struct steady_spread s)
{
	printf(" %s_ms=%.0f/%.0f/%.0f", name, s.p50, s.p99, s.max);
}

static void print_figures(const char *name, const struct steady_figures *f)
{
	printf("%s: sessions=%u broken=%u attempts=%u missing=%u refused=%u", name, f->sessions,
		f->broken, f->attempts, f->missing, f->refused);
	print_spread("silence", f->silence);
	print_spread("ack", f->ack);
	print_spread("told", f->told);
	print_spread("waited", f->waited);
	print_spread("connecting", f->connecting);
	printf(" calls=%u again=%u", f->calls, f->calls_again);
	print_spread("call", f->call);
	printf("\n");
	(void)fflush(stdout);
}

static void print_totals(const struct steady_totals *t)
{
	printf("total: said=%llu acked=%llu delivered=%llu lost=%llu doubled=%llu disordered=%llu "
	       "refused=%llu %s\n",
		(unsigned long long)t->said, (unsigned long long)t->acked,
		(unsigned long long)t->delivered, (unsigned long long)t->lost,
		(unsigned long long)t->doubled, (unsigned long long)t->disordered,
		(unsigned long long)t->refused, t->trouble);
}

static void on_term(int signal)
{
	(void)signal; /* only so that fgets ends */
}

/* Until the last order; how many sessions were missing after any disturbance. */
static unsigned obey(struct steady *s)
{
	char line[LINE_BYTES];
	char name[LINE_BYTES];
	unsigned missing = 0;
	while (fgets(line, sizeof(line), stdin) && strncmp(line, "quit", 4) != 0) {
		struct steady_figures figures;
		if (strncmp(line, "begin", 5) == 0) {
			steady_begin(s);
			printf("begun\n");
			(void)fflush(stdout);
		} else if (sscanf(line, "end %255[^\n]", name) == 1) {
			steady_end(s, BACK_MS, &figures);
			print_figures(name, &figures);
			missing += figures.missing;
		}
	}
	return missing;
}

int main(int argc, char **argv)
{
	struct steady_options options = parse(argc, argv);
	struct steady *s = NULL;
	struct err_text err = {0};
	struct steady_totals totals;
	(void)rpc_quiet_mutexes(); /* slower without */
	(void)sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_term}, NULL);
	if (steady_open(&options, &s, &err) < 0) {
		(void)fprintf(stderr, "gchat-steady: %s\n", err.text);
		return EXIT_FAILURE;
	}
	printf("ready: %u sessions in %u rooms\n", options.sessions, options.rooms);
	(void)fflush(stdout);
	unsigned missing = obey(s);
	steady_finish(s, BACK_MS, &totals);
	print_totals(&totals);
	(void)steady_close(s);
	return steady_is_sound(&totals) && missing == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
