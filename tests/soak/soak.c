/*
 * A real gchatd under load that changes: few people who are silent, many who talk, bursts, people
 * who come and go while rooms are made and deleted, many who are silent; then again from the start.
 * Every interval a line; at the end the medians of the daemon's memory in equal phases of early and
 * late rounds, which must not have grown. The first round warms up and isn't compared.
 *
 * With --churn one kind of load alone, without a pause and without a verdict: what grows under it can
 * be looked at within a minute (its lines name the daemon's pid).
 *
 * Usage: soak [--minutes N | --seconds N] [--churn KIND]; 30 minutes unless told. TD_GCHATD names
 * another gchatd.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Wants setjmp.h, stdarg.h, stddef.h and stdint.h before it. */
#include <cmocka.h>

#include "base/clock.h"
#include "base/macros.h"
#include "people.h"
#include "support/td_client.h"

enum {
	SECONDS_DEFAULT = 1800,
	SECONDS_MIN = 20,
	SECONDS_MAX = 864000,
	SECONDS_SHORT = 300, /* below: fewer rounds and people, and a looser verdict */
	ROUNDS = 10,
	ROUNDS_SHORT = 3,
	FEW = 20,
	MANY = 200,
	SHORT_SHARE = 4, /* one of so many comes */
	SAMPLES_MAX = 64, /* of one phase */
	TURN_MS = 5,
	SETTLE_MS = 120000,
	ROOM_MESSAGES = 5, /* said in a room before it is deleted */
	KB = 1024,
	SLACK_KB = 4096, /* growth that says nothing: a page cache, an arena of malloc */
	GROWTH_PERCENT = 10,
	GROWTH_PERCENT_SHORT = 50,
	TURN_MAX = 8, /* rooms, messages, changes in one turn: between them the others are heard */
};

struct load {
	const char *name;
	unsigned people;
	unsigned messages_per_s;
	unsigned burst; /* messages at once, every second */
	unsigned changes_per_s; /* sessions cut and replaced */
	unsigned rooms_per_s; /* rooms made, talked in and deleted */
};

static const struct load loads[] = {
	{.name = "few, silent", .people = FEW},
	{.name = "many talk", .people = MANY, .messages_per_s = 20},
	{.name = "bursts", .people = MANY, .burst = 50},
	{.name = "come and go",
		.people = MANY / 2,
		.messages_per_s = 10,
		.changes_per_s = 10,
		.rooms_per_s = 1},
	{.name = "many, silent", .people = MANY},
};

enum {
	PHASES = GC_LENGTH(loads),
};

/* More than the machine can do is asked for: it does what it can. */
static const struct load churns[] = {
	{.name = "rooms", .people = FEW, .rooms_per_s = 200},
	{.name = "sessions", .people = MANY / 2, .changes_per_s = 200},
	{.name = "messages", .people = FEW, .messages_per_s = 1000},
};

struct phase {
	uint64_t rss_kb[SAMPLES_MAX];
	size_t count;
};

struct soak {
	struct td *td;
	struct people *people;
	struct td_client *maker; /* of rooms */
	struct td_client *guest; /* in them */
	unsigned rooms_made;
	uint64_t start_us;
	uint64_t next_line_us;
	uint64_t line_us; /* between two lines */
	struct phase phases[ROUNDS][PHASES];
};

static unsigned seconds = SECONDS_DEFAULT;
static const struct load *churn; /* NULL: the rounds of all loads */
static struct soak soak;

static uint64_t now_us(void)
{
	return (uint64_t)clock_mono().us;
}

static bool is_short(void)
{
	return seconds < SECONDS_SHORT;
}

static unsigned rounds(void)
{
	return is_short() ? ROUNDS_SHORT : ROUNDS;
}

/* ---- the load ---- */

/* Made, joined, talked in, deleted: by the real library, while the others wait a moment. */
static void make_and_delete_room(void)
{
	char name[32];
	struct gchat_error error = {0};

	(void)snprintf(name, sizeof(name), "passing-%u", soak.rooms_made++);
	uint64_t room_id = td_create_room(soak.maker, name);
	(void)td_join(soak.guest, name);
	for (unsigned i = 0; i < ROOM_MESSAGES; i++)
		(void)td_send_acked(soak.guest, room_id, "here for a moment");
	td_check(soak.maker, gchat_delete_room(td_gchat(soak.maker), room_id, &error), &error,
		"gchat_delete_room");
	td_forget(soak.maker);
	td_forget(soak.guest);
}

/* How often something of this rate was due by now, less what was done. */
static unsigned due(uint64_t since_us, unsigned per_s, uint64_t *done)
{
	uint64_t wanted = (now_us() - since_us) * per_s / CLOCK_US_PER_S;
	unsigned left = wanted > *done ? (unsigned)(wanted - *done) : 0;

	if (left > TURN_MAX)
		left = TURN_MAX;
	*done += left;
	return left;
}

struct progress {
	uint64_t messages;
	uint64_t bursts;
	uint64_t changes;
	uint64_t rooms;
};

static void do_what_is_due(const struct load *load, uint64_t since_us, struct progress *done)
{
	for (unsigned n = due(since_us, load->messages_per_s, &done->messages); n > 0; n--)
		people_say(soak.people);
	for (unsigned n = due(since_us, 1, &done->bursts) * load->burst; n > 0; n--)
		people_say(soak.people);
	for (unsigned n = due(since_us, load->changes_per_s, &done->changes); n > 0; n--)
		people_replace_one(soak.people);
	for (unsigned n = due(since_us, load->rooms_per_s, &done->rooms); n > 0; n--)
		make_and_delete_room();
}

/* ---- the curve ---- */

static void print_line(const struct load *load)
{
	uint64_t now = now_us();

	if (now < soak.next_line_us)
		return;
	soak.next_line_us += soak.line_us;
	td_hear(soak.td);
	printf("%6.0f s  %-13s %5u %9" PRIu64 " %10" PRIu64 " %7.1f MB %5u %3u %8.1f ms\n",
		(double)(now - soak.start_us) / 1e6, load->name, people_here(soak.people),
		people_acked(soak.people), people_deliveries(soak.people),
		(double)td_rss_bytes(soak.td) / KB / KB, td_fd_count(soak.td),
		td_thread_count(soak.td), (double)people_take_p99_us(soak.people) / 1e3);
	(void)fflush(stdout);
}

/* The second half of a phase counts: the first is the way there. */
static void run_phase(const struct load *load, struct phase *phase, uint64_t length_us)
{
	uint64_t start = now_us();
	uint64_t half = length_us / 2;
	struct progress done = {0};

	people_want(soak.people, is_short() ? load->people / SHORT_SHARE : load->people);
	while (now_us() - start < length_us) {
		people_turn(soak.people, TURN_MS);
		do_what_is_due(load, start, &done);
		print_line(load);
		uint64_t passed = now_us() - start;
		if (phase->count < SAMPLES_MAX &&
			passed >= half + phase->count * half / SAMPLES_MAX)
			phase->rss_kb[phase->count++] = td_rss_bytes(soak.td) / KB;
	}
}

static bool is_level(void *arg)
{
	(void)arg;
	people_turn(soak.people, TURN_MS);
	return people_acked(soak.people) >= people_said(soak.people);
}

/* ---- the verdict ---- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The median of this phase over rounds `from` to before `to`. */
static uint64_t median_kb(unsigned phase, unsigned from, unsigned to)
{
	uint64_t all[ROUNDS * SAMPLES_MAX];
	size_t count = 0;

	for (unsigned r = from; r < to; r++) {
		const struct phase *p = &soak.phases[r][phase];
		memcpy(all + count, p->rss_kb, p->count * sizeof(all[0]));
		count += p->count;
	}
	qsort(all, count, sizeof(all[0]), by_value);
	return count ? all[count / 2] : 0;
}

static bool print_verdict(void)
{
	unsigned percent = is_short() ? GROWTH_PERCENT_SHORT : GROWTH_PERCENT;
	unsigned first = 1;
	unsigned middle = is_short() ? 2 : rounds() / 2;
	bool flat = true;

	printf("\nmedians of the memory: rounds %u to %u and %u to %u\n", first + 1, middle,
		middle + 1, rounds());
	for (unsigned i = 0; i < PHASES; i++) {
		uint64_t early = median_kb(i, first, middle);
		uint64_t late = median_kb(i, middle, rounds());
		bool good = late <= early + early * percent / 100 + SLACK_KB;
		flat = flat && good;
		printf("  %-13s %8.1f MB %8.1f MB %+6.1f %%%s\n", loads[i].name, (double)early / KB,
			(double)late / KB, 100.0 * ((double)late - (double)early) / (double)early,
			good ? "" : "  GREW");
	}
	printf("%s: at most %u %% and %d MB of growth are allowed\n", flat ? "flat" : "not flat",
		percent, SLACK_KB / KB);
	(void)fflush(stdout); /* before the daemon's end is waited for */
	return flat;
}

static void start(void)
{
	static const char config[] =
		"limits: { sessions_per_account = 100; requests_in_flight = 4096; };\n"
		"store: { cache_mb = 1; };\n" /* full in the first round, which isn't compared */
		"log: { level = \"warning\"; };\n";
	soak.td = td_start(&(struct td_options){.config = config});
	soak.people = people_new(soak.td);
	soak.maker = td_connect(soak.td, "maker");
	soak.guest = td_connect(soak.td, "guest");
	soak.line_us = is_short() || churn ? 2 * CLOCK_US_PER_S : 30 * CLOCK_US_PER_S;
	soak.start_us = now_us();
	soak.next_line_us = soak.start_us + soak.line_us;
	printf("    time  load       sessions  messages deliveries     memory   fds thr      p99\n");
}

static void settle(void)
{
	td_wait_until(soak.td, is_level, NULL, SETTLE_MS, "the last answers");
	assert_int_equal(people_acked(soak.people), people_said(soak.people));
}

static void end(void)
{
	soak.people = people_free(soak.people);
	td_stop(soak.td);
}

static void memory_stays_flat_under_a_changing_load(void **state)
{
	uint64_t phase_us = seconds * CLOCK_US_PER_S / (rounds() * PHASES);

	(void)state;
	start();
	for (unsigned r = 0; r < rounds(); r++) {
		for (unsigned i = 0; i < PHASES; i++)
			run_phase(&loads[i], &soak.phases[r][i], phase_us);
	}
	settle();
	assert_true(print_verdict());
	end();
}

static void one_kind_of_load_goes_on(void **state)
{
	(void)state;
	start();
	printf("gchatd is process %d\n", (int)td_pid(soak.td));
	run_phase(churn, &soak.phases[0][0], seconds * CLOCK_US_PER_S);
	settle();
	end();
}

static int teardown(void **state)
{
	soak.people = people_free(soak.people);
	return td_teardown(state);
}

static bool read_length(const char *text, unsigned long unit)
{
	char *end = NULL;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n > SECONDS_MAX / unit || n * unit < SECONDS_MIN)
		return false;
	seconds = (unsigned)(n * unit);
	return true;
}

static bool read_churn(const char *name)
{
	for (size_t i = 0; i < GC_LENGTH(churns); i++)
		if (strcmp(churns[i].name, name) == 0)
			churn = &churns[i];
	return churn != NULL;
}

static bool read_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"minutes", required_argument, NULL, 'm'},
		{"seconds", required_argument, NULL, 's'},
		{"churn", required_argument, NULL, 'c'},
		{0},
	};
	bool good = true;
	int o = 0;

	while (good && (o = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (o == 'c')
			good = read_churn(optarg);
		else
			good = o != '?' && read_length(optarg, o == 'm' ? 60 : 1);
	}
	return good && optind == argc;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest all_loads[] = {
		cmocka_unit_test_teardown(memory_stays_flat_under_a_changing_load, teardown),
	};
	const struct CMUnitTest one_load[] = {
		cmocka_unit_test_teardown(one_kind_of_load_goes_on, teardown),
	};

	if (!read_options(argc, argv)) {
		(void)fprintf(stderr, "usage: soak [--minutes N | --seconds N] "
				      "[--churn rooms|sessions|messages]\n");
		return 2;
	}
	if (churn)
		return cmocka_run_group_tests(one_load, NULL, NULL);
	return cmocka_run_group_tests(all_loads, NULL, NULL);
}
