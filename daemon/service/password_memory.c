/* One region a thread, mapped once for its largest hash. Its pages are gone between two hashes. */
#include "service/password_memory.h"

#include "base/macros.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

#define EXPORTED __attribute__((visibility("default")))

enum {
	LOAN_BYTES_MIN = 1 << 18, /* less is mapped as ever */
	PIECE_BYTES = 2 << 20, /* given back at a time, and the size of a huge page */
};

typedef void *(*map_fn)(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
typedef int (*unmap_fn)(void *addr, size_t len);

struct region {
	uint8_t *mapped; /* owned; NULL: none yet */
	size_t mapped_bytes;
	uint8_t *base; /* within it, at the beginning of a piece */
	size_t bytes;
	bool lent;
};

static _Thread_local struct region *mine; /* owned: `drop` frees it when the thread ends */
static _Thread_local bool lends;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static atomic_uint_least64_t loans;

/* ---- what the C library has ---- */

static unmap_fn real_unmap(void)
{
	static _Atomic(unmap_fn) found;
	union {
		unmap_fn function;
		void *object;
	} u = {.function = found};
	if (!u.function) {
		u.object = dlsym(RTLD_NEXT, "munmap");
		GC_ASSERT(u.object); /* the same */
		found = u.function;
	}
	return u.function;
}

/* ---- a thread's region ---- */

static void give_up(struct region *r)
{
	if (r->mapped)
		(void)real_unmap()(r->mapped, r->mapped_bytes); /* it is a whole mapping */
	*r = (struct region){0};
}

/* The thread ends. */
static void drop(void *ptr)
{
	give_up(ptr);
	free(ptr);
}

static void make_key(void)
{
	int r = pthread_key_create(&key, drop);
	GC_ASSERT(r == 0); /* there are a thousand */
}

void password_memory_begin(void)
{
	(void)pthread_once(&once, make_key); /* fails only for a wrong argument */
	if (!mine) {
		mine = calloc(1, sizeof(*mine));
		if (mine && pthread_setspecific(key, mine) != 0) {
			free(mine);
			mine = NULL; /* then it is mapped as ever */
		}
	}
	lends = true;
}

void password_memory_end(void)
{
	lends = false;
}

uint64_t password_memory_loans(void)
{
	return atomic_load_explicit(&loans, memory_order_relaxed);
}

#if PASSWORD_MEMORY_IS_LENT

/* ---- lending ---- */

static map_fn real_map(void)
{
	static _Atomic(map_fn) found;
	union {
		map_fn function;
		void *object;
	} u = {.function = found};
	if (!u.function) {
		u.object = dlsym(RTLD_NEXT, "mmap");
		GC_ASSERT(u.object); /* every C library has it */
		found = u.function;
	}
	return u.function;
}

static bool grow(struct region *r, size_t len)
{
	size_t bytes = (len + PIECE_BYTES - 1) / PIECE_BYTES * PIECE_BYTES;
	give_up(r);
	void *mapped = real_map()(NULL, bytes + PIECE_BYTES, PROT_READ | PROT_WRITE,
		MAP_ANONYMOUS | MAP_PRIVATE | MAP_NORESERVE, -1, 0);
	if (mapped == MAP_FAILED)
		return false;
	size_t past = (uintptr_t)mapped % PIECE_BYTES;
	*r = (struct region){.mapped = mapped,
		.mapped_bytes = bytes + PIECE_BYTES,
		.base = (uint8_t *)mapped + (past ? PIECE_BYTES - past : 0),
		.bytes = bytes};
	(void)madvise(r->base, bytes, MADV_HUGEPAGE); /* as well without, only slower */
	return true;
}

static void *lend(size_t len)
{
	struct region *r = mine;
	if (!r || r->lent || (r->bytes < len && !grow(r, len)))
		return NULL;
	r->lent = true;
	atomic_fetch_add_explicit(&loans, 1, memory_order_relaxed);
	return r->base;
}

/* One piece after the other: who waits for the lock gets it in between. */
static void take_back(struct region *r)
{
	for (size_t at = 0; at < r->bytes; at += PIECE_BYTES)
		(void)madvise(r->base + at, PIECE_BYTES, MADV_DONTNEED); /* the next hash
									  * overwrites */
	r->lent = false;
}

/* ---- for libsodium, and for all others ---- */

EXPORTED void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	int e = errno; /* libsodium tells a wrong password by it */
	void *lent = lends && fd < 0 && !addr && len >= LOAN_BYTES_MIN ? lend(len) : NULL;
	errno = e;
	return lent ? lent : real_map()(addr, len, prot, flags, fd, offset);
}

EXPORTED int munmap(void *addr, size_t len)
{
	if (!lends || !mine || !mine->lent || addr != mine->base)
		return real_unmap()(addr, len);
	int e = errno;
	take_back(mine);
	errno = e;
	return 0;
}

#endif
