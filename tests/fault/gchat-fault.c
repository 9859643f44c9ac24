/*
 * gchat-fault: rounds of faults against a real gchatd with real clients, and a checker that knows
 * every message ever acknowledged. See README.md beside it, and --list.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fault.h"
#include "found.h"
#include "world.h"

enum {
	KINDS_MAX = 64,
	TALK_MIN_MS = 20, /* before the first fault of a round */
	TALK_MAX_MS = 150,
	BETWEEN_MAX_MS = 80, /* between two faults of a round */
	CLIENTS_DEFAULT = 5,
	ROUNDS_DEFAULT = 50,
	EXIT_USAGE = 2,
};

struct run {
	uint64_t seed;
	unsigned rounds;
	unsigned seconds; /* 0: as long as the rounds take */
	unsigned clients;
	const char *names; /* of the faults, with commas; NULL: all */
	const struct fault *kinds[KINDS_MAX];
	size_t kind_count;
	unsigned round;
	struct world world;
	bool under_way;
};

static struct run the_run;

/* At a failure the harness ends the process from wherever it is: what repeats it is said here. */
static void say_how_to_repeat(void)
{
	struct run *run = &the_run;

	if (!run->under_way)
		return;
	(void)fflush(stdout);
	(void)fprintf(stderr,
		"gchat-fault: FAILED with seed %" PRIu64 " in round %u; to repeat it:\n"
		"  gchat-fault --seed %" PRIu64 " --rounds %u --clients %u%s%s\n",
		run->seed, run->round, run->seed, run->round, run->clients,
		run->names ? " --faults " : "", run->names ? run->names : "");
}

/* ---- one round ---- */

static bool excludes(const struct fault *const *chosen, size_t count, const struct fault *fault)
{
	size_t i = 0;

	while (i < count && chosen[i]->group != fault->group)
		i++;
	return i < count;
}

/* The first rounds have each kind alone, the others as it comes. */
static size_t choose(struct run *run, const struct fault *chosen[WORLD_FAULTS_MAX])
{
	struct chance *chance = &run->world.chance;
	size_t count = 0;

	if (run->round <= run->kind_count) {
		chosen[0] = run->kinds[run->round - 1];
		return 1;
	}
	unsigned tries = chance_between(chance, 1, WORLD_FAULTS_MAX);
	for (unsigned i = 0; i < tries; i++) {
		const struct fault *fault =
			run->kinds[chance_below(chance, (unsigned)run->kind_count)];
		if (!excludes(chosen, count, fault))
			chosen[count++] = fault;
	}
	return count;
}

/* In any order. */
static void shuffle(struct chance *chance, const struct fault **chosen, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = chance_below(chance, (unsigned)i);
		const struct fault *fault = chosen[i - 1];
		chosen[i - 1] = chosen[j];
		chosen[j] = fault;
	}
}

static void inject_and_heal(struct world *w, const struct fault **chosen, size_t count)
{
	unsigned last_ms = 0;

	for (size_t i = 0; i < count; i++) {
		world_run(w, chance_below(&w->chance, BETWEEN_MAX_MS));
		chosen[i]->inject(w);
		if (chosen[i]->last_ms > last_ms)
			last_ms = chosen[i]->last_ms;
	}
	world_run(w, chance_below(&w->chance, last_ms + 1));
	shuffle(&w->chance, chosen, count);
	for (size_t i = 0; i < count; i++) {
		if (chosen[i]->heal)
			chosen[i]->heal(w);
		world_run(w, chance_below(&w->chance, BETWEEN_MAX_MS));
	}
}

static void one_round(struct run *run)
{
	const struct fault *chosen[WORLD_FAULTS_MAX];
	struct world *w = &run->world;
	struct mono begin = clock_mono();
	char names[128] = "";

	size_t count = choose(run, chosen);
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(names);
		(void)snprintf(names + used, sizeof(names) - used, "%s%s", used ? "+" : "",
			chosen[i]->name);
	}
	(void)printf("seed %" PRIu64 " round %u %s:", run->seed, run->round, names);
	world_run(w, chance_between(&w->chance, TALK_MIN_MS, TALK_MAX_MS));
	inject_and_heal(w, chosen, count);
	world_settle(w);
	struct ledger_counts n = ledger_counts_now(w->ledger);
	(void)printf(" asked %" PRIu64 " acknowledged %" PRIu64 " refused %" PRIu64
		     " lost with a client %" PRIu64 " logs %" PRIu64 " read %" PRIu64
		     " after exit %" PRIu64 ", %" PRId64 " ms\n",
		n.asked, n.committed, n.refused, n.lost, n.heads, n.entries, n.after_exit,
		clock_mono_ms_since(clock_mono(), begin));
}

/* ---- a run ---- */

static void add_kind(struct run *run, const struct fault *fault)
{
	const char *why = fault->why_not ? fault->why_not(&run->world) : NULL;

	if (why)
		(void)printf("left out: %s: %s\n", fault->name, why);
	else if (run->kind_count < KINDS_MAX)
		run->kinds[run->kind_count++] = fault;
}

static void add_kinds(struct run *run)
{
	size_t count = 0;
	const struct fault *table = fault_table(&count);
	char *names = run->names ? strdup(run->names) : NULL;
	char *save = NULL;

	for (size_t i = 0; !names && i < count; i++)
		add_kind(run, &table[i]);
	for (char *name = names ? strtok_r(names, ",", &save) : NULL; name;
		name = strtok_r(NULL, ",", &save))
		add_kind(run, fault_find(name)); /* parse has found it */
	free(names);
}

static void do_run(struct run *run)
{
	struct mono begin = clock_mono();

	run->under_way = true;
	run->kind_count = 0;
	run->round = 0;
	world_start(&run->world, run->seed, run->clients);
	add_kinds(run);
	while (run->kind_count > 0 && run->round < run->rounds &&
		(!run->seconds || clock_mono_ms_since(clock_mono(), begin) <
					  (int64_t)run->seconds * CLOCK_MS_PER_S)) {
		run->round++;
		one_round(run);
	}
	world_end(&run->world);
	run->under_way = false;
	(void)printf("seed %" PRIu64 ": %u rounds in %" PRId64
		     " ms, nothing lost, nothing doubled\n",
		run->seed, run->round, clock_mono_ms_since(clock_mono(), begin));
}

/* Seeds that once found a bug. */
static void run_found(struct run *run)
{
	size_t count = 0;
	const struct found *table = found_table(&count);

	for (size_t i = 0; i < count; i++) {
		(void)printf("found before: %s\n", table[i].what);
		run->seed = table[i].seed;
		run->rounds = table[i].rounds;
		run->clients = table[i].clients;
		run->names = table[i].faults;
		do_run(run);
	}
}

static void list_faults(void)
{
	size_t count = 0;
	const struct fault *table = fault_table(&count);

	for (size_t i = 0; i < count; i++)
		(void)printf("%-12s %s\n", table[i].name, table[i].what);
}

_Noreturn static void usage(void)
{
	(void)fprintf(stderr,
		"usage: gchat-fault [--seed N] [--rounds N] [--seconds N] [--faults NAME,NAME...]\n"
		"  [--clients 2 to %d] [--found] [--list]\n"
		"Without a seed one is made and printed; without rounds and seconds: %d rounds.\n",
		ACTORS_MAX, ROUNDS_DEFAULT);
	exit(EXIT_USAGE);
}

static uint64_t number(const char *text, uint64_t min, uint64_t max)
{
	char *end = NULL;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || end == text || value < min || value > max)
		usage();
	return value;
}

static void check_names(const char *names)
{
	char *copy = strdup(names);
	char *save = NULL;

	for (char *name = strtok_r(copy, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (fault_find(name))
			continue;
		(void)fprintf(stderr, "gchat-fault: %s: no such fault, see --list\n", name);
		exit(EXIT_USAGE);
	}
	free(copy);
}

static const struct option options[] = {
	{"seed", required_argument, NULL, 's'},
	{"rounds", required_argument, NULL, 'r'},
	{"seconds", required_argument, NULL, 't'},
	{"faults", required_argument, NULL, 'f'},
	{"clients", required_argument, NULL, 'c'},
	{"found", no_argument, NULL, 'F'},
	{"list", no_argument, NULL, 'l'},
	{"actor", no_argument, NULL, 'A'}, /* what the harness itself starts */
	{NULL, 0, NULL, 0},
};

static int main_option(struct run *run, int option)
{
	switch (option) {
	case 's':
		run->seed = number(optarg, 0, UINT64_MAX);
		break;
	case 'r':
		run->rounds = (unsigned)number(optarg, 1, UINT32_MAX);
		break;
	case 't':
		run->seconds = (unsigned)number(optarg, 1, UINT32_MAX);
		break;
	case 'f':
		run->names = optarg;
		check_names(optarg);
		break;
	case 'c':
		run->clients = (unsigned)number(optarg, 2, ACTORS_MAX);
		break;
	default:
		break;
	}
	return option;
}

int main(int argc, char **argv)
{
	struct run *run = &the_run;
	int option = 0;
	int chosen = 0;

	*run = (struct run){.seed = clock_wall_us(), .clients = CLIENTS_DEFAULT};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			usage();
		chosen = main_option(run, option) == 'F' || strchr("lA", option) ? option : chosen;
	}
	if (optind != argc)
		usage();
	if (!run->rounds)
		run->rounds = run->seconds ? UINT32_MAX : ROUNDS_DEFAULT;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (chosen == 'A')
		return actor_main();
	if (chosen == 'l') {
		list_faults();
		return EXIT_SUCCESS;
	}
	(void)atexit(say_how_to_repeat);
	if (chosen == 'F')
		run_found(run);
	else
		do_run(run);
	return EXIT_SUCCESS;
}
