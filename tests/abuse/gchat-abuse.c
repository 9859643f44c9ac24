/*
 * gchat-abuse [--full] [--only NAMES] [--elsewhere]: attacks on a real daemon with its shipped limits,
 * beside 200 honest sessions. One row for each attack: their p99 as usual, during and after, the
 * daemon's processor time and memory, what stopped the attack and after how long. What doesn't depend
 * on the machine's speed fails the test: an attack that nothing stops or bounds, a counter that
 * doesn't rise, a line missing from the log or repeated without limit, an honest session that misses a
 * message or is cut, memory. The ratio of latencies is shown, and fails only far beyond all noise.
 * With --elsewhere another daemon is attacked, on the same machine: what the honest feel then is the
 * machine's share, which no daemon can take from them.
 */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "honest.h"
#include "proto/limits.h"
#include "support/td_client.h"
#include "watch.h"

/* What td raises for other tests is as shipped again, but for two timeouts, which are awaited here,
 * and registrations, since all accounts are made from one address. */
static const char config[] =
	"accounts: { password_memory_kb = 65536; password_passes = 2; };\n"
	"limits: { connections_per_address = 1000; log_ins_per_minute = 20;\n"
	"  registrations_per_hour = 1000; messages_per_minute = 600; messages_burst = 60;\n"
	"  message_bytes_per_minute = 1048576; message_bytes_burst = 262144; handshake_timeout_s = 3; sign_in_timeout_s = 6;\n"
	"  streams_per_second = 500; };\n"
	"log: { level = \"info\"; };\n";

enum {
	PEAK_MB_MAX = 400, /* without a guard a flood takes gigabytes */
	RATIO_MAX = 10, /* of p99 to the usual and to that afterwards, and ... */
	P99_MS_MAX = 5000, /* ... this at the same time: what noise alone doesn't do */
	LINES_PER_WINDOW = 10, /* of one kind, in so many seconds: log.h */
	WINDOW_S = 10,
	FLOODS_AT_ONCE = 2,
	ROUNDS_MAX = 10, /* of one attack, until it is stopped */
	HEAP_TEXTS = 16, /* of each attacker's account */
};

static struct {
	bool full;
	bool elsewhere;
	const char *only;
} options;

static struct honest *honest;
static pid_t attacker;
static unsigned failures;

static int teardown(void **state)
{
	if (attacker > 0) {
		(void)kill(attacker, SIGKILL);
		(void)waitpid(attacker, NULL, 0);
	}
	attacker = 0;
	honest = honest_free(honest);
	return td_teardown(state);
}

/* ---- the attacker's process ---- */

/* One h2-flood to its end; false: it could not begin, or was not cut. */
static bool flood_once(
	const struct attack *a, const struct abuse_ground *ground, unsigned source, double secs)
{
	char command[512];
	(void)snprintf(command, sizeof(command),
		"exec %s --secs %.1f --source %s %s%s %s %u >&- 2>&-", H2_FLOOD, secs,
		abuse_address(source), a->signed_in ? "--ack --token " : "",
		a->signed_in ? ground->tokens[source % ABUSE_TOKENS] : "", a->flood, ground->port);
	int status = system(command); /* NOLINT(cert-env33-c): a command of our own making */
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void flood(const struct attack *a, const struct abuse_ground *ground, unsigned source,
	struct abuse_outcome *out)
{
	double start = abuse_now_s();
	double left;
	while ((left = start + ground->secs - abuse_now_s()) > 0.05) {
		out->tries++;
		if (flood_once(a, ground, source, left))
			abuse_stopped(out, start);
	}
}

static void attack_and_tell(
	const struct attack *a, const struct abuse_ground *ground, unsigned source, int out_fd)
{
	struct abuse_outcome out = {.first_stop_s = -1};
	/* Attackers are on other machines: here they get the time that nobody else wants. */
	const struct sched_param idle = {0};
	(void)sched_setscheduler(0, SCHED_IDLE, &idle); /* as well without */
	if (a->flood)
		flood(a, ground, source, &out);
	else
		a->run(ground, &out);
	ssize_t n = write(out_fd, &out, sizeof(out));
	_exit(n == (ssize_t)sizeof(out) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* The process has several children in the case of floods: it gathers what they say. */
static pid_t start_attack(
	const struct attack *a, const struct abuse_ground *ground, unsigned number, int *ret_fd)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		unsigned children = a->flood ? FLOODS_AT_ONCE : 1;
		for (unsigned i = 1; i < children; i++)
			if (fork() == 0)
				attack_and_tell(a, ground, number * children + i, ends[1]);
		attack_and_tell(a, ground, number * children, ends[1]);
	}
	(void)close(ends[1]);
	*ret_fd = ends[0];
	return pid;
}

/* Reads until all writers are gone, while the honest go on. */
static void end_attack(int fd, struct abuse_outcome *ret)
{
	struct abuse_outcome one;
	*ret = (struct abuse_outcome){.first_stop_s = -1};
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	for (;;) {
		ssize_t n = read(fd, &one, sizeof(one));
		if (n == 0)
			break;
		if (n != (ssize_t)sizeof(one)) {
			honest_talk(honest, 0.02);
			continue;
		}
		ret->tries += one.tries;
		ret->stopped += one.stopped;
		if (one.first_stop_s >= 0 &&
			(ret->first_stop_s < 0 || one.first_stop_s < ret->first_stop_s))
			ret->first_stop_s = one.first_stop_s;
	}
	(void)close(fd);
	(void)waitpid(attacker, NULL, 0);
	attacker = 0;
}

/* ---- one attack ---- */

struct row {
	struct honest_figures before;
	struct honest_figures during;
	struct honest_figures after;
	struct honest_figures sign_ins;
	struct abuse_outcome outcome;
	uint64_t counted;
	unsigned lines; /* during the attack */
	double cpu_pct;
	double secs;
	uint64_t peak_mb;
};

static double ratio(const struct row *row)
{
	return row->before.p99 > 0 ? row->during.p99 / row->before.p99 : 0;
}

static void GC_PRINTF(2, 3) fail_row(const struct attack *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	printf("not ok - %s%s: ", a->name, a->signed_in ? " (in)" : "");
	(void)vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	failures++;
}

static void judge(const struct attack *a, const struct row *row)
{
	unsigned windows = (unsigned)(row->secs / WINDOW_S) + 2;
	if (a->metric && row->counted == 0)
		fail_row(a, "%s did not rise", a->metric);
	if (a->metric && row->outcome.stopped == 0)
		fail_row(a, "nothing stopped it");
	if (a->line && row->lines == 0)
		fail_row(a, "the log doesn't say \"%s\"", a->line);
	if (row->lines > LINES_PER_WINDOW * windows)
		fail_row(a, "the log says it %u times", row->lines);
	if (!TD_SANITIZED && row->peak_mb > PEAK_MB_MAX)
		fail_row(a, "the daemon took %" PRIu64 " MB", row->peak_mb);
	if (!TD_SANITIZED && ratio(row) > RATIO_MAX && row->during.p99 > P99_MS_MAX &&
		row->during.p99 > RATIO_MAX * row->after.p99)
		fail_row(a, "p99 of the honest %.0f ms, %.0f times the usual", row->during.p99,
			ratio(row));
}

static void print_head(void)
{
	printf("| attack | p50/p99 usual | during | after | p99 ratio | daemon CPU %% | peak MB | limit | "
	       "stopped/tried | first after s | counter | log lines |\n"
	       "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
}

static void print_row(const struct attack *a, const struct row *row)
{
	printf("| %s%s | %.1f/%.1f | %.1f/%.1f | %.1f/%.1f | %.1f | %.0f | %" PRIu64
	       " | %s | %" PRIu64 "/%" PRIu64 " | ",
		a->name, a->signed_in ? " (in)" : "", row->before.p50, row->before.p99,
		row->during.p50, row->during.p99, row->after.p50, row->after.p99, ratio(row),
		row->cpu_pct, row->peak_mb, a->limit, row->outcome.stopped, row->outcome.tries);
	if (row->outcome.first_stop_s >= 0)
		printf("%.3f", row->outcome.first_stop_s);
	else
		printf("-");
	printf(" | %s +%" PRIu64 " | %u |\n", a->metric ? a->metric : "-", row->counted,
		row->lines);
	if (row->sign_ins.count > 0)
		printf("|   sign-ins meanwhile: %zu, p50 %.0f ms, p99 %.0f ms, all let in |\n",
			row->sign_ins.count, row->sign_ins.p50, row->sign_ins.p99);
	(void)fflush(stdout);
}

static void measure(double secs, struct honest_figures *ret)
{
	honest_measure(honest);
	honest_talk(honest, secs);
	honest_settle(honest);
	honest_deliveries(honest, ret);
}

/* When an attack with this line ended last; 0: none has. */
static double *last_said(const char *line)
{
	static struct {
		const char *line;
		double end;
	} said[32];
	size_t i = 0;
	while (said[i].line && strcmp(said[i].line, line) != 0)
		i++;
	assert_true(i + 1 < GC_LENGTH(said));
	said[i].line = line;
	return &said[i].end;
}

/* One that was stopped for the same reason may have used up what the log takes of its line. */
static void await_window(const struct attack *a)
{
	double left = a->line ? *last_said(a->line) + WINDOW_S - abuse_now_s() : 0;
	if (left > 0)
		honest_talk(honest, left);
}

static double secs_of(const struct attack *a)
{
	double secs = options.full ? 6 : 1.5;
	return secs < a->secs_min ? a->secs_min : secs;
}

/* Attacks once, the honest talking on; adds to the row. */
static void attack_once(
	const struct attack *a, const struct abuse_ground *ground, unsigned number, struct row *row)
{
	double start = abuse_now_s();
	struct abuse_outcome outcome;
	int fd;
	attacker = start_attack(a, ground, number, &fd);
	assert_true(attacker > 0);
	honest_talk(honest, ground->secs);
	end_attack(fd, &outcome);
	if (row->outcome.first_stop_s < 0 && outcome.first_stop_s >= 0)
		row->outcome.first_stop_s = row->secs + outcome.first_stop_s;
	row->outcome.tries += outcome.tries;
	row->outcome.stopped += outcome.stopped;
	row->secs += abuse_now_s() - start;
}

/* What the daemon says of it. True: all it has to. */
static bool look(struct td *td, const struct attack *a, const struct watch *before, struct row *row)
{
	struct watch after;
	honest_settle(honest);
	watch_take(&after, td);
	row->cpu_pct = (double)(after.cpu_us - before->cpu_us) / 1e4 / row->secs;
	row->peak_mb = td_rss_peak_bytes(td) >> 20;
	if (a->metric)
		row->counted = watch_counter(&after, a->metric) - watch_counter(before, a->metric);
	if (a->line) {
		row->lines = watch_lines(before, td, a->line);
		*last_said(a->line) = abuse_now_s();
	}
	return (!a->metric || (row->counted > 0 && row->outcome.stopped > 0)) &&
	       (!a->line || row->lines > 0);
}

static void run_attack(struct td *td, const struct attack *a, unsigned number,
	const struct abuse_ground *base, const struct honest_figures *usual)
{
	struct abuse_ground ground = *base;
	struct row row = {.before = *usual, .outcome.first_stop_s = -1};
	struct watch before;
	bool guessing = a->run == abuse_guessing;
	await_window(a);
	if (options.full)
		measure(3, &row.before);
	ground.secs = secs_of(a);
	td_reset_peak(td);
	watch_take(&before, td);
	honest_measure(honest);
	if (guessing)
		honest_sign_in(honest, true);
	/* on a busy machine an attacker may not get far enough in the first round to be stopped */
	bool done = false;
	for (int i = 0; i < ROUNDS_MAX && !done; i++) {
		attack_once(a, &ground, number, &row);
		done = look(td, a, &before, &row);
	}
	honest_deliveries(honest, &row.during);
	if (guessing) {
		honest_sign_in(honest, false);
		honest_sign_ins(honest, &row.sign_ins);
	}
	measure(options.full ? 2 : 0.7, &row.after);
	print_row(a, &row);
	judge(a, &row);
}

/* ---- all ---- */

/* Each says its part of a page of history that is as large as one can be. */
static void heap_up(struct td_client *client, struct abuse_ground *ground)
{
	char text[LIMIT_TEXT_BYTES + 1];
	memset(text, 'x', LIMIT_TEXT_BYTES);
	text[LIMIT_TEXT_BYTES] = '\0';
	ground->heap_id = td_enter_room(client, "heap");
	for (unsigned i = 0; i < HEAP_TEXTS; i++)
		(void)td_expect_committed(client, td_send(client, ground->heap_id, text));
}

static void prepare(struct td *td, struct abuse_ground *ground)
{
	ground->port = td_port(td);
	for (unsigned i = 0; i < ABUSE_TOKENS; i++) {
		struct td_client *client = td_open(td, NULL);
		char *user = ground->users[i];
		struct gchat_credentials who = {
			.user = user, .password = td_password(), .device = "abuse"};
		struct gchat_session_options session = {0};
		struct gchat_account *account = NULL;
		struct gchat_error error = {0};
		(void)snprintf(user, ABUSE_TOKEN_BYTES, "attacker-%u", i);
		td_check(client, gchat_create_account(td_gchat(client), &who, &account, &error),
			&error, "create account");
		(void)snprintf(ground->tokens[i], ABUSE_TOKEN_BYTES, "%s", account->token);
		td_check(client, gchat_connect(td_gchat(client), &session), NULL, "gchat_connect");
		(void)td_expect_welcome(client);
		ground->room_id = td_enter_room(client, "room-0");
		heap_up(client, ground);
		gchat_free(account);
		td_disconnect(client);
	}
}

static bool is_wanted(const struct attack *a)
{
	if (options.only)
		return strstr(options.only, a->name) != NULL;
	return options.full || a->brief;
}

/* Who measures must not be measured: the honest are on other machines, too. */
static void be_prompt(void)
{
	(void)setpriority(PRIO_PROCESS, 0, -10); /* as well without */
}

static void attacks_are_bounded_and_the_honest_talk_on(void **state)
{
	const struct td_options td_options = {.config = config};
	struct abuse_ground ground = {0};
	struct honest_figures usual;
	struct td *td = td_start(&td_options);
	struct td *target = options.elsewhere ? td_start(&td_options) : td;
	(void)state;
	honest = honest_new(td);
	be_prompt(); /* not the daemons, which would inherit it */
	prepare(target, &ground);
	honest_talk(honest, 1);
	measure(options.full ? 5 : 3, &usual);
	printf("%d honest sessions in %d rooms, %d messages a second: %zu deliveries, p50 %.1f ms, "
	       "p99 %.1f ms, max %.1f ms\n\n",
		HONEST_SESSIONS, HONEST_ROOMS, HONEST_RATE, usual.count, usual.p50, usual.p99,
		usual.max);
	print_head();
	for (size_t i = 0; i < attacks_count; i++)
		if (is_wanted(&attacks[i]))
			run_attack(target, &attacks[i], (unsigned)i, &ground, &usual);
	honest_settle(honest);
	honest = honest_free(honest);
	if (target != td)
		td_stop(target);
	td_stop(td);
	assert_int_equal(failures, 0);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"full", no_argument, NULL, 'f'},
		{"only", required_argument, NULL, 'o'}, {"elsewhere", no_argument, NULL, 'e'}, {0}};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(attacks_are_bounded_and_the_honest_talk_on, teardown),
	};
	int o;
	while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (o == 'f')
			options.full = true;
		else if (o == 'o')
			options.only = optarg;
		else if (o == 'e')
			options.elsewhere = true;
		else
			return EXIT_FAILURE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
