/* Parsing the server's name; the folder of state and the names of its files. */
#include "lib/state.h"

#include "base/err.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	HOST_BYTES_MAX = 253, /* RFC 1035, as text: what is taken is taken again with its port */
};

static bool parse_port(const char *text, unsigned *ret)
{
	char *end;
	if (!isdigit((unsigned char)*text))
		return false;
	unsigned long port = strtoul(text, &end, 10);
	if (*end || port < 1 || port > 65535)
		return false;
	*ret = (unsigned)port;
	return true;
}

static bool is_v6(const char *text)
{
	struct in6_addr address;
	return inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_host(const char *text)
{
	return *text && strlen(text) <= HOST_BYTES_MAX &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789.-_")] == '\0';
}

/* Splits text in place; *ret_port points at the digits or is NULL. */
static bool split(char *text, char **ret_host, char **ret_port)
{
	*ret_host = text;
	*ret_port = NULL;
	if (is_v6(text))
		return true;
	char *colon = strrchr(text, ':');
	if (*text == '[') {
		char *end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		*ret_host = text + 1;
		*ret_port = end[1] ? end + 2 : NULL;
		*end = '\0';
		return is_v6(*ret_host);
	}
	if (colon) {
		*colon = '\0';
		*ret_port = colon + 1;
	}
	return is_host(text);
}

bool state_parse_server(const char *text, char ret_host[256], char ret_server[KNOWN_SERVER_SIZE])
{
	char copy[KNOWN_SERVER_SIZE];
	char *host;
	char *port_text;
	unsigned port = GCHAT_PORT_DEFAULT;
	if (strlen(text) >= sizeof(copy))
		return false;
	(void)snprintf(copy, sizeof(copy), "%s", text);
	if (!split(copy, &host, &port_text) || (port_text && !parse_port(port_text, &port)))
		return false;
	for (char *c = host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	/* Cuts nothing, an address being shorter still; the compiler sees that it fits. */
	(void)snprintf(ret_host, 256, "%.*s", HOST_BYTES_MAX, host);
	(void)snprintf(
		ret_server, KNOWN_SERVER_SIZE, is_v6(host) ? "[%s]:%u" : "%s:%u", host, port);
	return true;
}

static int make_one(const char *path)
{
	return mkdir(path, 0700) < 0 && errno != EEXIST ? err_raise(-errno) : 0;
}

int state_make_folder(const char *path)
{
	char copy[PATH_MAX];
	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return err_raise(-ENAMETOOLONG);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int r = make_one(copy);
		if (r < 0)
			return err_pass(r);
		*slash = '/';
	}
	int r = make_one(copy);
	if (r < 0)
		return err_pass(r);
	return access(copy, R_OK | W_OK | X_OK) < 0 ? err_raise(-errno) : 0;
}

char *state_path_new(const char *dir, const char *kind, const char *server, const char *user)
{
	char *path = NULL;
	GC_ASSERT(asprintf(&path, "%s/%s-%s-%s", dir, kind, server, user) > 0);
	for (char *c = path + strlen(dir) + 1; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-')
			*c = '_';
	return path;
}

char *state_cursor_path_new(const char *dir, const char *server, const char *user, unsigned slot)
{
	char *stem GC_CLEANUP(mem_freep) = state_path_new(dir, "cursors", server, user);
	char *path = NULL;
	GC_ASSERT(asprintf(&path, "%s.%u", stem, slot) > 0);
	return path;
}

void state_wipe(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}
