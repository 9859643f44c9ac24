/*
 * Hashing in processes of their own (password/process.h): as many as there are workers, so
 * that each worker that has a password finds one free. A process that dies under a request is started
 * again and asked again, once; what can't be had then says nothing of the password, and may be tried
 * again later. An answer is that of the request it names, or none.
 */
#pragma once

#include "password/password.h"
#include <stddef.h>

struct err_text;
struct password_pool;

enum {
	PASSWORD_POOL_MAX = 64,
	PASSWORD_POOL_WAIT_S = 120, /* for an answer: the dearest hash, on a busy machine */
};

/* Starts `count` processes (1 to PASSWORD_POOL_MAX) of gchatd-hash at `program`; they end with this
 * one. 0 with *ret_pool owned by the caller, or negative errno. After password_init. */
int password_pool_start(size_t count, const char *program, struct password_pool **ret_pool,
	struct err_text *err) GC_MUST_CHECK;
/* Whoever waits for an answer gets none, as all who ask from now on. Any thread. */
void password_pool_refuse(struct password_pool *pool);
/* Ends the processes and frees the pool; NULL is allowed. Returns NULL. Nobody may ask any more. */
struct password_pool *password_pool_stop(struct password_pool *pool);

/* As password_hash, or -EAGAIN. Worker thread, as the next; at most `count` at a time. */
int password_pool_hash(struct password_pool *pool, const char *password,
	const struct password_cost *cost, char ret_hash[PASSWORD_HASH_BYTES]) GC_MUST_CHECK;
/* As password_verify; PASSWORD_UNVERIFIED where there is no answer. */
enum password_verdict password_pool_verify(struct password_pool *pool, const char *hash,
	const char *password, const struct password_cost *cost);
