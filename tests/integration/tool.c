/* popen(3) and jansson. */
#include "tool.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum {
	COMMAND_BYTES = 512,
	NAME_BYTES = 64,
};

int tool_run(struct td *td, const char *gchatctl, const char *words, json_t **ret_json)
{
	char command[COMMAND_BYTES];
	(void)snprintf(command, sizeof(command), "%s --socket=%s/admin.sock --output=json %s",
		gchatctl, td_folder(td), words);
	FILE *out = popen(command, "r"); /* words of our own, no one else's */
	if (!out)
		td_fail(td, "%s: can't be run", command);
	json_t *json = json_loadf(out, JSON_DISABLE_EOF_CHECK, NULL);
	int status = WEXITSTATUS(pclose(out));
	if (ret_json)
		*ret_json = json;
	else
		json_decref(json);
	return status;
}

json_t *tool_json(struct td *td, const char *gchatctl, const char *words)
{
	json_t *json = NULL;
	int status = tool_run(td, gchatctl, words, &json);
	if (status != 0 || !json)
		td_fail(td, "gchatctl %s: status %d", words, status);
	return json;
}

json_t *tool_at(struct td *td, json_t *json, const char *path)
{
	for (const char *at = path; json && *at;) {
		char name[NAME_BYTES];
		size_t len = strcspn(at, ".");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, at);
		json = json_object_get(json, name);
		at += at[len] ? len + 1 : len;
	}
	if (!json)
		td_fail(td, "gchatctl said nothing of %s", path);
	return json;
}
