/*
 * Runs a fuzz target over every file of the folders (or the files) named on the command line, where
 * there is no libFuzzer. Each input sits in memory of exactly its size, so that a sanitizer sees a
 * read past its end. A target that finds something wrong aborts; the name printed last is the input.
 */
#include "base/fd.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	INPUT_BYTES_MAX = 1024 * 1024,
	PATH_BYTES = 4096,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	char *data;
	size_t len;
	int e = fd_read_file(path, INPUT_BYTES_MAX, &data, &len);
	if (e < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(-e));
		return -1;
	}
	printf("%s\n", path);
	(void)fflush(stdout); /* the name must be out before the target aborts */
	uint8_t *exact = mem_dup(data, len);
	(void)LLVMFuzzerTestOneInput(exact, len); /* always 0 */
	free(exact);
	free(data);
	return 1;
}

/* How many files were run, or -1. */
static int run_folder(const char *folder)
{
	struct dirent **entries;
	int count = 0, n = scandir(folder, &entries, NULL, alphasort);
	if (n < 0) {
		fprintf(stderr, "%s: %s\n", folder, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char path[PATH_BYTES];
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (count >= 0 && entries[i]->d_name[0] != '.')
			count = run_file(path) < 0 ? -1 : count + 1;
		free(entries[i]);
	}
	free(entries);
	return count;
}

static bool is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int count = is_folder(argv[i]) ? run_folder(argv[i]) : run_file(argv[i]);
		if (count < 0)
			return 1;
		total += count;
	}
	printf("%d inputs\n", total);
	return total > 0 ? 0 : 1; /* an empty corpus proves nothing */
}
