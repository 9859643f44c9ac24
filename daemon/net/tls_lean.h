/*
 * What a quiet TLS connection costs. OpenSSL keeps four buffers of 17 KB for each. Two of them, for
 * one record each way, are needed only while a record is under way: connections give them back
 * (SSL_MODE_RELEASE_BUFFERS) to a small pool, where the next finds one that is still in the cache.
 * The other two, between OpenSSL and core, get mappings of their own, of which a quiet connection
 * touches the first page alone. Measured with 2,000 idle sessions: 93 KB each before, 73 after (the server alone: 31 MB).
 */
#pragma once

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Main thread, before anything uses OpenSSL. False: OpenSSL has allocated already, or the C library
 * has its own mind; then connections are as large as before. */
bool tls_lean_start(void);
/* For each context that core makes: see tap_ssl.c. Any thread. */
void tls_lean_context(SSL_CTX *context);
/* Buffers that wait in the pool. Any thread. */
size_t tls_lean_kept(void);
