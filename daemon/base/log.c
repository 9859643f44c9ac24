/* One line is put together on the stack and leaves in one write or one journal datagram. */
#include "base/log.h"

/* The place would be this file for every line. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum log_sink {
	SINK_PREFIXED, /* stderr, with <level>: what systemd or a supervisor parses */
	SINK_PLAIN, /* stderr is a terminal */
	SINK_JOURNAL,
};

enum {
	FIELD_BYTES = 256,
	JOURNAL_FIELDS_MAX = 8, /* PRIORITY, MESSAGE_ID and six GCHAT_ */
	SESSION_DIGITS = 24,
};

static atomic_int log_level = LOG_LEVEL_INFO;
static atomic_int log_sink = SINK_PREFIXED;

struct line {
	char text[LOG_LINE_BYTES];
	size_t len;
};

static void line_add(struct line *line, const char *fmt, ...) GC_PRINTF(2, 3);

static void line_vadd(struct line *line, const char *fmt, va_list args) GC_PRINTF(2, 0);

static void line_vadd(struct line *line, const char *fmt, va_list args)
{
	size_t room = sizeof(line->text) - line->len;
	int n = vsnprintf(line->text + line->len, room, fmt, args);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void line_add(struct line *line, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	line_vadd(line, fmt, args);
	va_end(args);
}

/* C0, DEL and, as UTF-8, C1: nothing that moves a terminal or begins another line. */
static void neutralise(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c == 0x7f)
			text[i] = '?';
		else if (c == 0xc2 && i + 1 < len && ((unsigned char)text[i + 1] & 0xe0) == 0x80)
			text[i] = text[i + 1] = '?';
	}
}

static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	char here[64];
	(void)snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, here) == 0;
}

void log_open(int level)
{
	enum log_sink sink = SINK_PREFIXED;
	if (stderr_is_journal())
		sink = SINK_JOURNAL;
	else if (isatty(STDERR_FILENO))
		sink = SINK_PLAIN;
	atomic_store(&log_sink, (int)sink);
	log_set_level(level);
}

void log_set_level(int level)
{
	atomic_store(&log_level, level);
}

int log_get_level(void)
{
	return atomic_load_explicit(&log_level, memory_order_relaxed);
}

static const char *const level_names[] = {[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug"};

const char *log_level_name(int level)
{
	GC_ASSERT(level >= LOG_LEVEL_ERROR && level <= LOG_LEVEL_DEBUG);
	return level_names[level];
}

bool log_level_find(const char *name, int *ret_level)
{
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		if (strcmp(level_names[level], name) == 0) {
			*ret_level = level;
			return true;
		}
	return false;
}

bool log_enabled(int level)
{
	return level <= log_get_level();
}

static void write_stderr(int level, const struct log_fields *f, struct line *line)
{
	if (f->room)
		line_add(line, " room=%s", f->room);
	if (f->session)
		line_add(line, " session=%ju", (uintmax_t)f->session);
	if (f->peer)
		line_add(line, " peer=%s", f->peer);
	if (f->user)
		line_add(line, " user=%s", f->user);
	if (f->reason)
		line_add(line, " cause=%s", f->reason);
	if (f->uid)
		line_add(line, " uid=%u", (unsigned)*f->uid);
	neutralise(line->text, line->len);
	char prefix[8] = "";
	if (atomic_load(&log_sink) != SINK_PLAIN)
		(void)snprintf(prefix, sizeof(prefix), "<%d>", level);
	char end[] = "\n";
	struct iovec iov[] = {
		{.iov_base = prefix, .iov_len = strlen(prefix)},
		{.iov_base = line->text, .iov_len = line->len},
		{.iov_base = end, .iov_len = 1},
	};
	/* A log that cannot be written has no one to complain to. */
	ssize_t ignored = writev(STDERR_FILENO, iov, (int)GC_LENGTH(iov));
	(void)ignored;
}

struct journal {
	char fields[JOURNAL_FIELDS_MAX][FIELD_BYTES];
	struct iovec iov[JOURNAL_FIELDS_MAX + 1];
	int count;
};

static void journal_add(struct journal *j, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	char *field = j->fields[j->count];
	int n = snprintf(field, FIELD_BYTES, "%s=%s", key, value);
	size_t len = n < FIELD_BYTES ? (size_t)n : FIELD_BYTES - 1;
	neutralise(field, len);
	j->iov[j->count++] = (struct iovec){.iov_base = field, .iov_len = len};
}

static bool write_journal(
	int level, const struct log_fields *f, const char *message_id, struct line *line)
{
	static const char key[] = "MESSAGE=";
	char message[sizeof(key) + LOG_LINE_BYTES];
	struct journal j = {.count = 0};
	char number[SESSION_DIGITS];
	(void)snprintf(number, sizeof(number), "%d", level);
	journal_add(&j, "PRIORITY", number);
	journal_add(&j, "MESSAGE_ID", message_id);
	journal_add(&j, "GCHAT_ROOM", f->room);
	(void)snprintf(number, sizeof(number), "%ju", (uintmax_t)f->session);
	journal_add(&j, "GCHAT_SESSION", f->session ? number : NULL);
	journal_add(&j, "GCHAT_PEER", f->peer);
	journal_add(&j, "GCHAT_USER", f->user);
	journal_add(&j, "GCHAT_REASON", f->reason);
	(void)snprintf(number, sizeof(number), "%u", f->uid ? (unsigned)*f->uid : 0);
	journal_add(&j, "GCHAT_UID", f->uid ? number : NULL);
	neutralise(line->text, line->len);
	int n = snprintf(message, sizeof(message), "%s%s", key, line->text);
	j.iov[j.count++] = (struct iovec){.iov_base = message, .iov_len = (size_t)n};
	return sd_journal_sendv(j.iov, j.count) == 0;
}

void log_with(
	int level, const struct log_fields *fields, const char *message_id, const char *fmt, ...)
{
	static const struct log_fields none;
	if (!log_enabled(level))
		return;
	if (!fields)
		fields = &none;
	struct line line = {.len = 0};
	va_list args;
	va_start(args, fmt);
	line_vadd(&line, fmt, args);
	va_end(args);
	if (atomic_load(&log_sink) != SINK_JOURNAL ||
		!write_journal(level, fields, message_id, &line))
		write_stderr(level, fields, &line);
}

bool log_limit_allows_at(struct log_limit *limit, struct mono now, uint32_t *ret_dropped)
{
	(void)pthread_mutex_lock(&limit->mu); /* cannot fail on a default mutex */
	if (!limit->used || clock_mono_ms_since(now, limit->since) >=
				    INT64_C(1) * LOG_LIMIT_WINDOW_S * CLOCK_MS_PER_S) {
		limit->since = now;
		limit->used = 0;
	}
	bool allowed = limit->used < LOG_LIMIT_LINES;
	if (allowed) {
		limit->used++;
		*ret_dropped = limit->dropped;
		limit->dropped = 0;
	} else if (limit->dropped < UINT32_MAX) {
		limit->dropped++;
	}
	(void)pthread_mutex_unlock(&limit->mu);
	return allowed;
}

bool log_limit_allows(struct log_limit *limit, uint32_t *ret_dropped)
{
	return log_limit_allows_at(limit, clock_mono(), ret_dropped);
}
