/* links: gchat_lib */
/*
 * What the client reads of its own files and options: the known-servers file and the cursors' file
 * (the input, as a file), a server's name and a fingerprint (its first line).
 */
#include "base/mem.h"
#include "lib/cursor.h"
#include "lib/known.h"
#include "lib/state.h"
#include "support/files.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fingerprint(const char *text)
{
	GC_ASSERT(strlen(text) == GCHAT_FINGERPRINT_SIZE - 1);
	GC_ASSERT(strspn(text, "0123456789abcdef") == GCHAT_FINGERPRINT_SIZE - 1);
}

/* A server's name that was understood is understood as itself. */
static void check_server(const char *text)
{
	char host[256];
	char server[KNOWN_SERVER_SIZE];
	char again_host[256];
	char again[KNOWN_SERVER_SIZE];
	if (!state_parse_server(text, host, server))
		return;
	GC_ASSERT(state_parse_server(server, again_host, again));
	GC_ASSERT(strcmp(server, again) == 0 && strcmp(host, again_host) == 0);
	char *path = state_path_new("/x", "outbox", server, text);
	GC_ASSERT(strchr(path + 3, '/') == NULL);
	free(path);
}

static void check_cursors(const char *path)
{
	struct cursors cursors = {0};
	GC_ASSERT(cursors_load(&cursors, path) == 0);
	for (size_t i = 0; i < cursors.count; i++) {
		GC_ASSERT(i == 0 || cursors.items[i - 1].at.room_id < cursors.items[i].at.room_id);
		(void)cursors_admit(
			&cursors, cursors.items[i].at.room_id, cursors.items[i].at.seq + 1);
	}
	cursors_deinit(&cursors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FILES_PATH_BYTES];
	char fingerprint[GCHAT_FINGERPRINT_SIZE];
	char *line = mem_new(size + 1, 1);
	if (size > 0)
		memcpy(line, data, size);
	line[strcspn(line, "\n")] = '\0';
	check_server(line);
	if (known_parse_fingerprint(line, fingerprint))
		check_fingerprint(fingerprint);
	free(line);
	int fd = files_open(data, size, path);
	if (known_find(path, "den.example:7443", fingerprint) == 1)
		check_fingerprint(fingerprint);
	check_cursors(path);
	(void)close(fd);
	return 0;
}
