/* Lines of "server sha256:fingerprint"; lines that are something else are kept as they are. */
#include "lib/known.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char prefix[] = "sha256:";

bool known_parse_fingerprint(const char *text, char ret[GCHAT_FINGERPRINT_SIZE])
{
	char digits[GCHAT_FINGERPRINT_SIZE];
	size_t count = 0;
	if (strncasecmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	for (; *text; text++) {
		if (*text == ':' || *text == ' ')
			continue;
		if (!isxdigit((unsigned char)*text) || count >= GCHAT_FINGERPRINT_SIZE - 1)
			return false;
		digits[count++] = (char)tolower((unsigned char)*text);
	}
	if (count != GCHAT_FINGERPRINT_SIZE - 1)
		return false;
	digits[count] = '\0';
	memcpy(ret, digits, sizeof(digits));
	return true;
}

/* The rest of the line after "server ", or NULL where it is about something else. */
static const char *value_of(const char *line, const char *server)
{
	size_t len = strlen(server);
	return strncmp(line, server, len) == 0 && line[len] == ' ' ? line + len + 1 : NULL;
}

static int read_file(const char *path, char **ret_text)
{
	int r = fd_read_file(path, KNOWN_FILE_BYTES_MAX, ret_text, NULL);
	if (r == -ENOENT) {
		*ret_text = mem_strdup("");
		return 0;
	}
	return r < 0 ? err_pass(r) : 0;
}

int known_find(const char *path, const char *server, char ret[GCHAT_FINGERPRINT_SIZE])
{
	char *text GC_CLEANUP(mem_freep) = NULL;
	int r = read_file(path, &text);
	if (r < 0)
		return err_pass(r);
	char *save = NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *value = value_of(line, server);
		if (value && known_parse_fingerprint(value, ret))
			return 1;
	}
	return 0;
}

/* All lines but those of `server`, then the new one. */
static int replace_line(const char *path, const char *server, const char *fingerprint)
{
	char *text GC_CLEANUP(mem_freep) = NULL;
	int r = read_file(path, &text);
	if (r < 0)
		return err_pass(r);
	size_t size = strlen(text) + KNOWN_SERVER_SIZE + GCHAT_FINGERPRINT_SIZE + 16;
	char *out GC_CLEANUP(mem_freep) = mem_new(size, 1);
	size_t len = 0;
	char *save = NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!value_of(line, server))
			len += (size_t)snprintf(out + len, size - len, "%s\n", line);
	len += (size_t)snprintf(out + len, size - len, "%s %s%s\n", server, prefix, fingerprint);
	GC_ASSERT(len < size);
	r = fd_write_file(path, out, len, 0600);
	return r < 0 ? err_pass(r) : 0;
}

int known_pin(const char *path, const char *server, const char *fingerprint)
{
	if (strlen(server) >= KNOWN_SERVER_SIZE)
		return err_raise(-EINVAL);
	char lock_path[PATH_MAX];
	if (snprintf(lock_path, sizeof(lock_path), "%s.lock", path) >= (int)sizeof(lock_path))
		return err_raise(-ENAMETOOLONG);
	int lock GC_FD = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_raise(-errno);
	int r = replace_line(path, server, fingerprint);
	return r < 0 ? err_pass(r) : 0;
}
