/* 48 bits of milliseconds, 12 bits that count within one (RFC 9562, 6.2, method 1), 62 random. */
#include "lib/uuid.h"

#include "base/clock.h"
#include "base/macros.h"

#include <pthread.h>
#include <sys/random.h>

enum {
	COUNTER_MAX = 0xfff,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uint64_t ms;
	unsigned counter;
} last; /* under lock */

/* The place in time, at the next millisecond where this one's counter is used up. */
static void take_place(uint64_t *ret_ms, unsigned *ret_counter)
{
	uint64_t now = clock_wall_us() / CLOCK_US_PER_MS;
	(void)pthread_mutex_lock(&lock); /* cannot fail: a plain mutex, never held twice */
	if (now > last.ms) {
		last.ms = now;
		last.counter = 0;
	} else if (++last.counter > COUNTER_MAX) {
		last.ms++; /* also where the clock went back: ids still grow */
		last.counter = 0;
	}
	*ret_ms = last.ms;
	*ret_counter = last.counter;
	(void)pthread_mutex_unlock(&lock);
}

void uuid_make(uint8_t ret[UUID_BYTES])
{
	uint64_t ms;
	unsigned counter;
	take_place(&ms, &counter);
	for (unsigned i = 0; i < 6; i++)
		ret[i] = (uint8_t)(ms >> (40 - 8 * i));
	ret[6] = (uint8_t)(0x70 | counter >> 8);
	ret[7] = (uint8_t)counter;
	GC_ASSERT(getrandom(ret + 8, 8, 0) == 8); /* never short below 256 bytes */
	ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
}
