/*
 * Where Argon2id's memory comes from in gchatd-hash. libsodium maps it anew for each hash and has the
 * kernel fill it with small pages, which takes a third of the time of a hash. So this program defines
 * mmap and munmap, which libsodium calls by name: a large piece of memory is one region that stays
 * from one hash to the next, of huge pages where there are any. All else passes through. One thread.
 */
#pragma once

#include <stdint.h>

/* Gives the region back to the kernel: nobody has asked for a while. Not while it is in use. */
void arena_release(void);
/* Times that the region was lent: 0 after a hash means that libsodium maps its own. */
uint64_t arena_loans(void);
