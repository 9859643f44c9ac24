/*
 * Where Argon2id's memory comes from. libsodium maps it anew for each hash, fills it with pages in
 * one system call, and unmaps it: for tens of milliseconds all other threads wait who ask the kernel
 * for memory, or give some back, for the process has one lock for that. So this program defines mmap
 * and munmap, and the linker exports them, since libsodium asks for them by name; between `begin` and
 * `end` a thread gets its own region again, whose pages come one by one and go in small pieces. All
 * other calls pass through.
 */
#pragma once

#include <stdint.h>

/* The thread sanitizer maps memory before any code of ours may run: under it libsodium maps its own. */
#if defined(__SANITIZE_THREAD__)
#define PASSWORD_MEMORY_IS_LENT 0
#else
#define PASSWORD_MEMORY_IS_LENT 1
#endif

/* What libsodium maps on this thread from now on is lent. Worker thread, as the next. */
void password_memory_begin(void);
void password_memory_end(void);
/* Times that memory was lent, by any thread: 0 after a hash means that libsodium maps its own. */
uint64_t password_memory_loans(void);
