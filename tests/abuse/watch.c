/* Counters are read as an administrator would. */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_BYTES = 4096,
};

void watch_take(struct watch *watch, struct td *td)
{
	char command[512];
	(void)snprintf(command, sizeof(command), "%s --socket=%s --output=json status", GCHATCTL,
		td_admin_target(td) + strlen("unix:"));
	FILE *in = popen(command, "re");
	if (!in)
		td_fail(td, "%s can't be run", GCHATCTL);
	size_t n = fread(watch->status, 1, sizeof(watch->status) - 1, in);
	watch->status[n] = '\0';
	if (pclose(in) != 0)
		td_fail(td, "%s", command);
	FILE *log = fopen(td_log_path(td), "re");
	if (!log || fseek(log, 0, SEEK_END) < 0)
		td_fail(td, "%s can't be read", td_log_path(td));
	watch->log_offset = ftell(log);
	(void)fclose(log); /* only read */
	watch->cpu_us = td_cpu_us(td);
}

uint64_t watch_counter(const struct watch *watch, const char *name)
{
	char wanted[80];
	int n = snprintf(wanted, sizeof(wanted), "%s ", name);
	const char *at = watch->status;
	while ((at = strstr(at, wanted))) {
		if (at > watch->status && (at[-1] == '"' || at[-1] == 'n'))
			return strtoull(at + n, NULL, 10);
		at += n;
	}
	return 0;
}

unsigned watch_lines(const struct watch *since, struct td *td, const char *text)
{
	char line[LINE_BYTES];
	unsigned count = 0;
	FILE *log = fopen(td_log_path(td), "re");
	if (!log || fseek(log, since->log_offset, SEEK_SET) < 0)
		td_fail(td, "%s can't be read", td_log_path(td));
	while (fgets(line, sizeof(line), log))
		count += strstr(line, text) != NULL;
	(void)fclose(log); /* only read */
	return count;
}
