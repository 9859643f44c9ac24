/* OpenSSL's allocator: malloc, but for the size of a record's buffer. */
#include "net/tls_lean.h"

#include "base/macros.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

enum {
	/* A buffer for one record: 16 KB and what is around them, 16,716 bytes at most (ssl3_buffer.c of
	 * OpenSSL 3.0). All are made equally large, so that any fits any connection. */
	RECORD_BYTES_MIN = 16 * 1024 + 1,
	RECORD_BYTES = 17000,
	RECORD_SLACK_BYTES = 24, /* what malloc may give beyond that */
	PAIR_BYTES = 17 * 1024, /* one half of the pair between OpenSSL and core */
	KEPT_MAX = 64, /* buffers: as many connections as read or write at the same moment */
	/* A process may have 65,530 mappings (vm.max_map_count); the rest comes from the heap. */
	MAPPINGS_MAX = 60000,
};

static struct {
	pthread_mutex_t mu;
	bool used; /* written once, before there are threads */
	size_t count; /* under mu */
	void *kept[KEPT_MAX]; /* owned, under mu */
} pool = {.mu = PTHREAD_MUTEX_INITIALIZER};

static bool is_record(size_t size)
{
	return size >= RECORD_BYTES_MIN && size <= RECORD_BYTES;
}

static void *take_record(void)
{
	void *buffer = NULL;
	pthread_mutex_lock(&pool.mu);
	if (pool.count > 0)
		buffer = pool.kept[--pool.count];
	pthread_mutex_unlock(&pool.mu);
	return buffer ? buffer : malloc(RECORD_BYTES);
}

static bool keep_record(void *buffer)
{
	pthread_mutex_lock(&pool.mu);
	bool kept = pool.count < KEPT_MAX;
	if (kept)
		pool.kept[pool.count++] = buffer;
	pthread_mutex_unlock(&pool.mu);
	return kept;
}

/* Hot path, like the next two: once for each record. */
static void *on_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return is_record(size) ? take_record() : malloc(size);
}

static void *on_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(p, size);
}

static void on_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!p) /* most calls: clearing the error queue frees 16 nothings for each record */
		return;
	size_t size = malloc_usable_size(p);
	if (size < RECORD_BYTES || size > RECORD_BYTES + RECORD_SLACK_BYTES || !keep_record(p))
		free(p);
}

bool tls_lean_start(void)
{
	pool.used = mallopt(M_MMAP_THRESHOLD, PAIR_BYTES) == 1 &&
		    mallopt(M_MMAP_MAX, MAPPINGS_MAX) == 1 &&
		    CRYPTO_set_mem_functions(on_malloc, on_realloc, on_free) == 1;
	return pool.used;
}

void tls_lean_context(SSL_CTX *context)
{
	if (pool.used)
		(void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	/* Two tickets cost 6 % of a handshake, and gRPC's clients don't come back with them. */
	(void)SSL_CTX_set_num_tickets(context, 0);
}

size_t tls_lean_kept(void)
{
	pthread_mutex_lock(&pool.mu);
	size_t count = pool.count;
	pthread_mutex_unlock(&pool.mu);
	return count;
}
