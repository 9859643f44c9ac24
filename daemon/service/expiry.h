/* What is to be said of a certificate's end, and from when on. Any thread. */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EXPIRY_SOON_DAYS = 30, /* mentioned from here on */
	EXPIRY_URGENT_DAYS = 7, /* a renewal that runs by itself should have come */
	EXPIRY_LIST_HOURS = 24, /* a list of revoked certificates is replaced often */
};

enum expiry {
	EXPIRY_FAR,
	EXPIRY_SOON,
	EXPIRY_URGENT,
	EXPIRY_OVER,
};

/* How near the end is. */
enum expiry expiry_of(uint64_t end_us, uint64_t now_us);
/* The same of a list of revoked certificates: URGENT in its last EXPIRY_LIST_HOURS; 0: it has no end. */
enum expiry expiry_of_list(uint64_t end_us, uint64_t now_us);
/* "expires in 6 days", "expires in 3 hours", "expired 2 days ago". */
void expiry_print(uint64_t end_us, uint64_t now_us, char *buf, size_t size);
