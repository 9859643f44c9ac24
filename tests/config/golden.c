/*
 * Reads NAME.conf in the current folder and compares with what stands beside it: NAME.ok, the
 * canonical form, which must also parse to itself; or NAME.err, the exact messages. `gchatd
 * --print-config` and `--check-config` write both.
 */
#include "base/fd.h"
#include "base/mem.h"
#include "config/config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NAME_BYTES = 256,
	FILE_BYTES = 1024 * 1024,
};

/* Prints both when they differ; whether they are the same. */
static bool compare(const char *what, const char *wanted, const char *got)
{
	if (strcmp(wanted, got) == 0)
		return true;
	(void)printf("%s: wanted:\n%s\ngot:\n%s\n", what, wanted, got);
	return false;
}

/* Owned by the caller. */
static char *printed(const struct config *config, const struct config_errors *errors)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	GC_ASSERT(out);
	if (config)
		config_print(config, out);
	else
		config_errors_print(errors, out);
	(void)fclose(out);
	return text;
}

static bool parses_to_itself(const char *text, const char *name)
{
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	int r = config_parse(text, name, &config, &errors);
	GC_ASSERT((r == 0) == (config != NULL));
	GC_CLEANUP(mem_freep) char *again = printed(config, &errors);
	config_free(config);
	config_errors_deinit(&errors);
	return compare("the canonical form, parsed and printed", text, again);
}

/* The file NAME.ending, owned by the caller, or NULL. */
static char *read_beside(const char *name, const char *ending)
{
	char path[NAME_BYTES];
	char *text = NULL;
	size_t len;
	(void)snprintf(path, sizeof(path), "%s.%s", name, ending);
	return fd_read_file(path, FILE_BYTES, &text, &len) == 0 ? text : NULL;
}

static bool check(const char *name)
{
	char path[NAME_BYTES];
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	(void)snprintf(path, sizeof(path), "%s.conf", name);
	int r = config_load(path, &config, &errors);
	GC_ASSERT((r == 0) == (config != NULL) && (r == 0) == (errors.count == 0));
	GC_CLEANUP(mem_freep) char *wanted = read_beside(name, config ? "ok" : "err");
	GC_CLEANUP(mem_freep) char *unwanted = read_beside(name, config ? "err" : "ok");
	GC_CLEANUP(mem_freep) char *got = printed(config, &errors);
	bool right = compare(path, wanted ? wanted : "(no such file)", got) && !unwanted;
	if (right && config)
		right = parses_to_itself(got, path);
	config_free(config);
	config_errors_deinit(&errors);
	return right;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: config_golden NAME\n");
		return 2;
	}
	return check(argv[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
}
