/*
 * How many appends a second the sqlite engine acknowledges, by what is under way at once, into one
 * log and into 10,000 at random. Usage: store-bench FOLDER [APPENDS [always|process [OUTSTANDING
 * [LOGS]]]]. Not a test: prints a table.
 */
#include "base/macros.h"
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const DURABILITIES[] = {"always", "process"};

static void run(
	const char *folder, int durability, uint64_t logs, size_t outstanding, uint64_t total)
{
	char path[4096];
	(void)snprintf(path, sizeof(path), "%s/store-bench.db", folder);
	(void)unlink(path); /* an old one may be there */
	struct store *store = load_open(path, (enum store_durability)durability, outstanding);
	const struct load load = {.logs = logs, .outstanding = outstanding, .total = total};
	struct load_result r = load_run(store, &load);
	struct store_stats stats;
	store_get_stats(store, &stats);
	printf("%-8s %6lu logs %5zu under way: %7.0f appends/s, p50 %6.2f p99 %7.2f ms, %5.1f per commit,"
	       " %3.0f bytes each, %lu failed\n",
		DURABILITIES[durability], (unsigned long)logs, outstanding,
		(double)total * 1e6 / (double)r.us, r.p50_us / 1e3, r.p99_us / 1e3,
		(double)total / r.commits, (double)stats.bytes / (double)total,
		(unsigned long)r.failed);
	(void)fflush(stdout);
	(void)store_close(store);
}

int main(int argc, char **argv)
{
	static const size_t OUTSTANDING[] = {1, 64, 2000};
	static const uint64_t LOGS[] = {1, 10000};
	if (argc < 2) {
		fprintf(stderr, "usage: store-bench FOLDER [APPENDS [always|process [OUTSTANDING"
				" [LOGS]]]]\n");
		return 2;
	}
	uint64_t total = argc > 2 ? strtoull(argv[2], NULL, 10) : 200000;
	size_t only = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
	uint64_t only_logs = argc > 5 ? strtoull(argv[5], NULL, 10) : 0;
	for (int d = 0; d < (int)GC_LENGTH(DURABILITIES); d++) {
		if (argc > 3 && strcmp(argv[3], DURABILITIES[d]) != 0)
			continue;
		for (size_t i = 0; i < GC_LENGTH(LOGS); i++)
			for (size_t j = 0; j < GC_LENGTH(OUTSTANDING); j++)
				if ((!only || only == OUTSTANDING[j]) &&
					(!only_logs || only_logs == LOGS[i]))
					run(argv[1], d, LOGS[i], OUTSTANDING[j],
						OUTSTANDING[j] == 1 ? total / 10 + 1 : total);
	}
	return EXIT_SUCCESS;
}
