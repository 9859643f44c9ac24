/* DIR/last-server, DIR/servers/HOST:PORT/{user,room,token-USER}. */
#include "client/state.h"

#include "base/fd.h"
#include "base/mem.h"
#include "lib/gchat.h"
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	STATE_VALUE_BYTES_MAX = 4096,
	STATE_PATH_BYTES = 1024,
};

#define STATE_FOLDER "gchat"

static const char *home(void)
{
	const char *path = getenv("HOME");
	if (path && *path)
		return path;
	const struct passwd *entry = getpwuid(getuid());
	return entry ? entry->pw_dir : "/";
}

static char *default_dir(void)
{
	char path[STATE_PATH_BYTES];
	const char *base = getenv("XDG_STATE_HOME");
	if (base && *base == '/')
		snprintf(path, sizeof(path), "%s/" STATE_FOLDER, base);
	else
		snprintf(path, sizeof(path), "%s/.local/state/" STATE_FOLDER, home());
	return mem_strdup(path);
}

static int make_folders(const char *path)
{
	char part[STATE_PATH_BYTES];
	if (strlen(path) >= sizeof(part))
		return err_raise(-ENAMETOOLONG);
	strcpy(part, path);
	for (char *at = part + 1;; at++) {
		if (*at && *at != '/')
			continue;
		char kept = *at;
		*at = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return err_raise(-errno);
		*at = kept;
		if (!kept)
			return 0;
	}
}

int state_open(struct state *s, const char *dir, struct err_text *why)
{
	s->dir = dir ? mem_strdup(dir) : default_dir();
	int r = make_folders(s->dir);
	if (r == 0 && access(s->dir, W_OK | X_OK) < 0)
		r = err_raise(-errno);
	if (r < 0)
		err_say(why, "cannot use the folder %s: %s", s->dir, strerror(-r));
	return r;
}

void state_deinit(struct state *s)
{
	free(s->dir);
	s->dir = NULL;
}

char *state_server_key(const char *server)
{
	size_t size = strlen(server) + 16;
	char *key = mem_new(size, 1);
	const char *colon = strrchr(server, ':');
	const char *bracket = strrchr(server, ']');
	bool has_port = colon && (bracket ? colon > bracket : colon == strchr(server, ':'));
	if (has_port)
		snprintf(key, size, "%s", server);
	else
		snprintf(key, size, "%s:%d", server, GCHAT_PORT_DEFAULT);
	for (char *at = key; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return key;
}

/* Only what is harmless in a file name; names that differ in other characters share a file. */
static void append_safe(char *path, size_t size, const char *word)
{
	size_t len = strlen(path);
	for (; *word && len + 1 < size; word++) {
		bool safe = isalnum((unsigned char)*word) || strchr("._:-", *word);
		path[len++] = safe ? *word : '_';
	}
	path[len] = '\0';
}

static void append(char *path, size_t size, const char *text)
{
	size_t len = strlen(path);
	snprintf(path + len, size - len, "%s", text);
}

static void value_path(
	const struct state *s, char path[STATE_PATH_BYTES], const char *server, const char *name)
{
	snprintf(path, STATE_PATH_BYTES, "%s/", s->dir);
	if (server) {
		append(path, STATE_PATH_BYTES, "servers/");
		append_safe(path, STATE_PATH_BYTES, server);
		append(path, STATE_PATH_BYTES, "/");
	}
	append_safe(path, STATE_PATH_BYTES, name);
}

char *state_get(const struct state *s, const char *server, const char *name)
{
	char path[STATE_PATH_BYTES], *value;
	size_t len;
	value_path(s, path, server, name);
	if (fd_read_file(path, STATE_VALUE_BYTES_MAX, &value, &len) < 0)
		return NULL;
	value[strcspn(value, "\r\n")] = '\0';
	if (!*value) {
		free(value);
		return NULL;
	}
	return value;
}

int state_set(const struct state *s, const char *server, const char *name, const char *value)
{
	char path[STATE_PATH_BYTES];
	value_path(s, path, server, name);
	char *slash = strrchr(path, '/');
	*slash = '\0';
	int r = make_folders(path);
	*slash = '/';
	if (r < 0)
		return err_pass(r);
	size_t len = strlen(value);
	char *line = mem_new(len + 2, 1);
	memcpy(line, value, len + 1);
	line[len] = '\n';
	r = fd_write_file(path, line, len + 1, 0600);
	explicit_bzero(line, len);
	free(line);
	return r < 0 ? err_pass(r) : 0;
}

void state_forget(const struct state *s, const char *server, const char *name)
{
	char path[STATE_PATH_BYTES];
	value_path(s, path, server, name);
	(void)unlink(path); /* nothing there is as good as gone */
}

static void token_name(char *name, size_t size, const char *user)
{
	snprintf(name, size, "token-%s", user);
}

char *state_get_token(const struct state *s, const char *server, const char *user)
{
	char name[STATE_PATH_BYTES / 2];
	token_name(name, sizeof(name), user);
	return state_get(s, server, name);
}

int state_set_token(const struct state *s, const char *server, const char *user, const char *token)
{
	char name[STATE_PATH_BYTES / 2];
	token_name(name, sizeof(name), user);
	return state_set(s, server, name, token);
}

void state_forget_token(const struct state *s, const char *server, const char *user)
{
	char name[STATE_PATH_BYTES / 2];
	token_name(name, sizeof(name), user);
	state_forget(s, server, name);
}
