/* A buffer that holds one line at most, and what came with it. */
#include "client/reader.h"

#include "base/err.h"
#include "base/mem.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	READER_CHUNK_BYTES = 16 * 1024,
};

void reader_init(struct reader *r, int fd, size_t line_bytes_max)
{
	*r = (struct reader){.fd = fd, .line_bytes_max = line_bytes_max};
	r->size = line_bytes_max + READER_CHUNK_BYTES;
	r->bytes = mem_new(r->size, 1);
}

void reader_deinit(struct reader *r)
{
	free(r->bytes);
	r->bytes = NULL;
}

int reader_fill(struct reader *r)
{
	if (r->size - r->len < READER_CHUNK_BYTES || r->ended)
		return 0;
	ssize_t n = read(r->fd, r->bytes + r->len, READER_CHUNK_BYTES);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return err_raise(-errno);
	if (n == 0)
		r->ended = true;
	if (n > 0)
		r->len += (size_t)n;
	return 0;
}

static void drop(struct reader *r, size_t count)
{
	memmove(r->bytes, r->bytes + count, r->len - count);
	r->len -= count;
	r->scanned = 0;
}

static char *find_end(struct reader *r)
{
	char *end = r->len > r->scanned ? memchr(r->bytes + r->scanned, '\n', r->len - r->scanned)
					: NULL;
	if (!end)
		r->scanned = r->len;
	return end;
}

static enum reader_result take(struct reader *r, size_t len, size_t used, char **ret_line)
{
	r->line_number++;
	bool left_out = r->skipping || len > r->line_bytes_max;
	r->skipping = false;
	if (!left_out) {
		size_t kept = len && r->bytes[len - 1] == '\r' ? len - 1 : len;
		*ret_line = mem_new(kept + 1, 1);
		memcpy(*ret_line, r->bytes, kept);
	}
	drop(r, used);
	return left_out ? READER_TOO_LONG : READER_LINE;
}

enum reader_result reader_next(struct reader *r, char **ret_line)
{
	const char *end = find_end(r);
	if (end) {
		size_t len = (size_t)(end - r->bytes);
		return take(r, len, len + 1, ret_line);
	}
	if (r->len > r->line_bytes_max) {
		r->skipping = true;
		drop(r, r->len);
	}
	if (!r->ended)
		return READER_MORE;
	if (!r->len && !r->skipping)
		return READER_END;
	return take(r, r->len, r->len, ret_line);
}

bool reader_has_line(struct reader *r)
{
	return find_end(r) || r->ended;
}
