/* The kernel is called without the C library's names for it, since those are the ones defined here. */
#include "password/arena.h"

#include "base/macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	LOAN_BYTES_MIN = 1 << 18, /* less is mapped as ever */
	HUGE_PAGE_BYTES = 2 << 20,
	OFFSET_UNIT_BYTES = 4096, /* of mmap2 */
};

static struct {
	uint8_t *mapped; /* owned; NULL: none */
	size_t mapped_bytes;
	uint8_t *base; /* within it, at a huge page's beginning */
	size_t bytes;
	bool lent;
} arena;
static uint64_t loans;

static void *map(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	/* a system call's result is a long, and its pointers are numbers */
#ifdef SYS_mmap2
	return (void *)syscall(SYS_mmap2, addr, len, prot, flags, fd, offset / OFFSET_UNIT_BYTES);
#else
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
#endif
}

void arena_release(void)
{
	GC_ASSERT(!arena.lent);
	if (arena.mapped)
		(void)syscall(SYS_munmap, arena.mapped, arena.mapped_bytes); /* a whole mapping */
	arena.mapped = NULL;
	arena.bytes = 0;
}

uint64_t arena_loans(void)
{
	return loans;
}

/* False: as much can't be had. */
static bool grow(size_t len)
{
	size_t bytes = (len + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
	arena_release();
	uint8_t *mapped = map(NULL, bytes + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
		MAP_ANONYMOUS | MAP_PRIVATE | MAP_NORESERVE, -1, 0);
	if (mapped == MAP_FAILED)
		return false;
	size_t past = (uintptr_t)mapped % HUGE_PAGE_BYTES;
	arena.mapped = mapped;
	arena.mapped_bytes = bytes + HUGE_PAGE_BYTES;
	arena.base = mapped + (past ? HUGE_PAGE_BYTES - past : 0);
	arena.bytes = bytes;
	(void)madvise(arena.base, bytes, MADV_HUGEPAGE); /* as well without, only slower */
	return true;
}

GC_EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (fd >= 0 || addr || len < LOAN_BYTES_MIN || arena.lent)
		return map(addr, len, prot, flags, fd, offset);
	if (arena.bytes < len && !grow(len))
		return MAP_FAILED; /* errno is the kernel's */
	arena.lent = true;
	loans++;
	return arena.base;
}

GC_EXPORT int munmap(void *addr, size_t len)
{
	if (!arena.lent || addr != arena.base)
		return (int)syscall(SYS_munmap, addr, len);
	arena.lent = false;
	return 0;
}
