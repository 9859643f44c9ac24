/* links: gchat_client_core gchat_lib */
/*
 * Any lines at the client's script mode, but for requests that would go to a server and wait. Each
 * line that isn't empty is answered or remembered, once.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "client/json_mode.h"
#include "client/json_out.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One for all inputs: nothing of a line stays in it. */
static struct gchat *client(void)
{
	static struct gchat *g;
	const struct gchat_options options = {.server = "127.0.0.1:1", .client_name = "fuzz"};
	struct gchat_error error;
	if (!g)
		GC_ASSERT(gchat_open(&options, &g, &error) == 0);
	return g;
}

/* Requests of the stream are refused at once where there is none; a room that is known by name
 * needn't be looked up. */
static bool stays_here(const char *line)
{
	static const char *const ops[] = {"send", "edit", "delete", "react", "join", "leave",
		"invite", "topic", "mark_read", "typing", "presence", "ping"};
	json_error_t why;
	json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, &why);
	const char *op = json_string_value(json_object_get(request, "op"));
	const char *room = json_string_value(json_object_get(request, "room"));
	bool known = !op;
	for (size_t i = 0; op && i < GC_LENGTH(ops); i++)
		known = known || strcmp(op, ops[i]) == 0;
	for (const struct json_op *each = JSON_OPS; op && !known && each->name; each++)
		if (strcmp(op, each->name) == 0)
			room = "elsewhere";
	bool here = !room || strcmp(room, "den") == 0 || strcmp(room, "#den") == 0;
	json_decref(request);
	return here;
}

static void take_lines(struct json_mode *mode, char *text)
{
	char *save = NULL;
	size_t number = 0;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (stays_here(line))
			json_take_line(mode, line, ++number);
	for (struct json_waiting *w; (w = TAILQ_FIRST(&mode->waiting));) {
		TAILQ_REMOVE(&mode->waiting, w, link);
		json_decref(w->id);
		free(w);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options options;
	struct json_mode mode = {.session = {.options = &options, .g = client()}};
	const struct gchat_room den = {.room_id = 1, .name = "den", .title = "", .topic = ""};
	TAILQ_INIT(&mode.waiting);
	GC_ASSERT(rooms_put(&mode.rooms, &den));
	char *text = mem_new(size + 1, 1);
	if (size > 0)
		memcpy(text, data, size);
	/* what is answered goes to standard output, which others may need */
	int out = dup(STDOUT_FILENO);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	GC_ASSERT(out >= 0 && null >= 0 && dup2(null, STDOUT_FILENO) >= 0);
	take_lines(&mode, text);
	(void)fflush(stdout);
	GC_ASSERT(dup2(out, STDOUT_FILENO) >= 0);
	(void)close(out);
	(void)close(null);
	free(text);
	rooms_deinit(&mode.rooms);
	return 0;
}
