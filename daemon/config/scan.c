/* Follows libconfig's scanner as far as strings, comments, names, numbers and @include go. */
#include "config/scan.h"

#include "base/fd.h"
#include "base/mem.h"
#include "config/config_priv.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_BYTES = 64,
	TOKEN_BYTES = 64,
	ALLOWED_BYTES = 256,
	ERROR_BYTES = 128, /* strerror_r's text, if it needs room at all */
};

static const char digits[] = "0123456789";
static const char name_first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ*";
static const char name_rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*";
static const char number_rest[] = "0123456789abcdefABCDEFxXLl.";

struct scan {
	const char *name; /* borrowed, as the rest: stands for the file in messages */
	const char *folder; /* NULL: nothing may be included */
	const char *at;
	const char *begin; /* of the text */
	unsigned line;
	unsigned depth;
	char group[NAME_BYTES]; /* the group we are in, or "" */
	char key[NAME_BYTES]; /* the last name seen */
	bool unreadable; /* a file here or below cannot be read */
	bool *refused; /* by index in the table */
	struct config_errors *errors;
};

static bool scan_named(const char *path, const char *name, const struct scan *from);

/* Moves to `end`, counting lines. */
static void skip_to(struct scan *s, const char *end)
{
	for (; s->at < end; s->at++)
		s->line += *s->at == '\n';
}

static void skip_past(struct scan *s, const char *mark)
{
	const char *end = strstr(s->at, mark);
	skip_to(s, end ? end + strlen(mark) : s->at + strlen(s->at));
}

/* At the opening quote: the place of the closing one, or of the text's end. */
static const char *string_end(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return at;
}

static void copy_cut(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

/* At the quote after @include. */
static void scan_include(struct scan *s)
{
	char written[PATH_MAX], path[2 * PATH_MAX];
	const char *end = string_end(s->at);
	copy_cut(written, sizeof(written), s->at + 1, (size_t)(end - s->at - 1));
	if (written[0] == '/')
		(void)snprintf(path, sizeof(path), "%s", written);
	else
		(void)snprintf(path, sizeof(path), "%s/%s", s->folder ? s->folder : "", written);
	if (s->folder && s->depth < SCAN_INCLUDE_DEPTH)
		s->unreadable |= !scan_named(path, written, s);
	skip_to(s, *end ? end + 1 : end);
}

/* The quote after "@include" when this line has it, else NULL. */
static const char *include_here(const struct scan *s)
{
	static const char word[] = "@include";
	if (s->at != s->begin && s->at[-1] != '\n')
		return NULL;
	const char *at = s->at + strspn(s->at, " \t");
	if (strncmp(at, word, sizeof(word) - 1) != 0)
		return NULL;
	at += sizeof(word) - 1;
	at += strspn(at, " \t");
	return *at == '"' ? at : NULL;
}

static bool number_fits(const char *token, bool negative)
{
	bool hex = token[0] == '0' && (token[1] == 'x' || token[1] == 'X');
	if (!hex && strpbrk(token, ".eE"))
		return true; /* not a whole number: a wrong type, said later */
	char *end;
	errno = 0;
	unsigned long long value = strtoull(token, &end, hex ? 16 : 10);
	unsigned long long max = *end == 'L' ? LLONG_MAX : INT_MAX;
	return errno == 0 && value <= max + (negative && !hex);
}

/* `token` is the number with its sign. Unknown keys are the walk's to name. */
static void refuse_number(struct scan *s, const char *token)
{
	char path[2 * NAME_BYTES + 1], allowed[ALLOWED_BYTES];
	(void)snprintf(path, sizeof(path), "%s.%s", s->group, s->key);
	const struct config_key *key = config_key_find(path);
	if (!key)
		return;
	config_key_allowed(key, allowed, sizeof(allowed));
	s->refused[config_key_index(key)] = true;
	struct config_fault fault = {.file = s->name,
		.line = s->line,
		.key = path,
		.value = token,
		.why = "the number is too large",
		.allowed = allowed};
	config_errors_add(s->errors, &fault);
}

/* At the first digit. */
static void scan_number(struct scan *s)
{
	char token[TOKEN_BYTES];
	size_t sign = s->at != s->begin && s->at[-1] == '-';
	size_t len = strspn(s->at, number_rest);
	copy_cut(token, sizeof(token), s->at - sign, len + sign);
	if (len + sign >= sizeof(token) || !number_fits(token + sign, sign))
		refuse_number(s, token);
	s->at += len;
}

static void scan_name(struct scan *s)
{
	size_t len = strspn(s->at, name_rest);
	copy_cut(s->key, sizeof(s->key), s->at, len);
	s->at += len;
}

static void scan_brace(struct scan *s)
{
	if (*s->at == '{')
		memcpy(s->group, s->key, sizeof(s->group));
	else
		s->group[0] = '\0';
	s->at++;
}

/* One token, or one character of no interest. */
static void scan_token(struct scan *s)
{
	const char *quote = include_here(s);
	if (quote) {
		s->at = quote;
		scan_include(s);
	} else if (*s->at == '#' || strncmp(s->at, "//", 2) == 0) {
		skip_to(s, s->at + strcspn(s->at, "\n"));
	} else if (strncmp(s->at, "/*", 2) == 0) {
		skip_past(s, "*/");
	} else if (*s->at == '"') {
		const char *end = string_end(s->at);
		skip_to(s, *end ? end + 1 : end);
	} else if (strchr(name_first, *s->at)) {
		scan_name(s);
	} else if (strchr(digits, *s->at)) {
		scan_number(s);
	} else if (*s->at == '{' || *s->at == '}') {
		scan_brace(s);
	} else {
		skip_to(s, s->at + 1);
	}
}

static void scan_all(struct scan *s, const char *text)
{
	s->at = s->begin = text;
	s->line = 1;
	while (*s->at)
		scan_token(s);
}

/* Scans the file at `path` that `from` includes, or the first one with `from` at line 0. */
static bool scan_named(const char *path, const char *name, const struct scan *from)
{
	GC_CLEANUP(mem_freep) char *text = NULL;
	size_t len;
	int r = fd_read_file(path, SCAN_FILE_BYTES_MAX, &text, &len);
	if (r < 0) {
		char buf[ERROR_BYTES];
		struct config_fault fault = {.file = from->name,
			.line = from->line,
			.key = from->line ? "@include" : NULL,
			.value = from->line ? name : NULL,
			.why = r == -EFBIG ? "the file is larger than 1 MiB"
					   : strerror_r(-r, buf, sizeof(buf))};
		config_errors_add(from->errors, &fault);
		return false;
	}
	struct scan s = {.name = name,
		.folder = from->folder,
		.refused = from->refused,
		.depth = from->depth + 1,
		.errors = from->errors};
	scan_all(&s, text);
	return !s.unreadable;
}

bool scan_file(const char *path, const char *folder, bool refused[CONFIG_KEYS_MAX],
	struct config_errors *errors)
{
	struct scan outside = {
		.name = path, .folder = folder, .refused = refused, .errors = errors};
	return scan_named(path, path, &outside);
}

void scan_text(const char *text, const char *name, bool refused[CONFIG_KEYS_MAX],
	struct config_errors *errors)
{
	struct scan s = {.name = name, .refused = refused, .errors = errors};
	scan_all(&s, text);
}
