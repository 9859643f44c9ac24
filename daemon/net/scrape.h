/*
 * A small HTTP server for whoever collects metrics: GET /metrics, and nothing else, on a loopback
 * address. libmicrohttpd serves it on one thread of its own, with few connections at a time and none
 * for long.
 */
#pragma once

#include "base/err.h"
#include "base/exposition.h"
#include "base/macros.h"

struct scrape;

enum {
	SCRAPE_CONNECTIONS_MAX = 16,
	SCRAPE_TIMEOUT_S = 10, /* of a connection that says nothing */
	SCRAPE_CONNECTION_BYTES = 16384, /* what a request may take */
};

#define SCRAPE_PATH "/metrics"

/* All borrowed; `emit` and `arg` as long as the server runs. */
struct scrape_options {
	const char *address; /* "127.0.0.1:9464", "[::1]:0" (0 picks a port) */
	int fd; /* a listening socket to use in place of the address, which stays the caller's; or -1 */
	unsigned timeout_s; /* 0: SCRAPE_TIMEOUT_S */
	void (*emit)(void *arg, const struct metric_sink *sink); /* the server's thread */
	void *arg;
};

/* 0 with *ret owned by the caller (scrape_stop), or negative errno with a sentence. */
int scrape_start(const struct scrape_options *options, struct scrape **ret,
	struct err_text *err) GC_MUST_CHECK;
/* Ends the thread and all connections; returns NULL. NULL is allowed. */
struct scrape *scrape_stop(struct scrape *scrape);
/* "127.0.0.1:9464", with the real port. Borrowed. */
const char *scrape_address(const struct scrape *scrape);
