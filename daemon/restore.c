/* What the administrator is told of it. */
#include "restore.h"

#include "base/err.h"
#include "config/config.h"
#include "server.h"
#include "store/backup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print_refusal(const struct err_text *err)
{
	fprintf(stderr, "gchatd: %s\n", err->text);
	return EXIT_FAILURE;
}

static void print_contents(const char *path, const struct backup_contents *contents)
{
	printf("%s: sound: %llu bytes, %llu logs, %llu events, %llu records\n", path,
		(unsigned long long)contents->bytes, (unsigned long long)contents->logs,
		(unsigned long long)contents->events, (unsigned long long)contents->records);
}

int restore_check(const char *path)
{
	struct backup_contents contents = {0};
	struct err_text err = {0};
	if (backup_check(path, &contents, &err) < 0)
		return print_refusal(&err);
	print_contents(path, &contents);
	return EXIT_SUCCESS;
}

int restore_run(const struct config *config, const char *path)
{
	struct backup_contents contents = {0};
	struct err_text err = {0};
	char store[PATH_MAX];
	char former[PATH_MAX] = "";
	if (strcmp(config->store.engine, "sqlite") != 0) {
		fprintf(stderr, "gchatd: store.engine is %s: there is nothing to restore into\n",
			config->store.engine);
		return EXIT_FAILURE;
	}
	(void)snprintf(store, sizeof(store), "%s/" SERVER_STORE_FILE, config->store.folder);
	int r = server_make_folder(config->store.folder, &err);
	if (r == 0)
		r = backup_restore(path, store, former, sizeof(former), &contents, &err);
	if (r < 0)
		return print_refusal(&err);
	print_contents(path, &contents);
	printf("restored to %s\n", store);
	if (former[0])
		printf("the former store is kept: %s\n", former);
	return EXIT_SUCCESS;
}
