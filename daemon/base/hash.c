/* The keyed hash under uthash. */
#include "base/hash.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

static unsigned char hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void hash_key_make(void)
{
	randombytes_buf(hash_key, sizeof(hash_key));
}

unsigned hash_bytes(const void *data, size_t len)
{
	unsigned char out[crypto_shorthash_BYTES];
	unsigned value;
	(void)pthread_once(&hash_once, hash_key_make); /* cannot fail on a valid once */
	(void)crypto_shorthash(out, data, len, hash_key); /* always 0 */
	memcpy(&value, out, sizeof(value));
	return value;
}
