/*
 * One page of the open sessions: the first ones above a number, of all shards. The sessions of a shard
 * stand in the order of their numbers, so each shard looks at those before the page and at no more
 * than a page of its own; what is kept of all of them is one page. Memory does not grow with the
 * number of sessions.
 */
#pragma once

#include "net/accept.h"
#include "service/selection.h"
#include "shard/session.h"
#include <pthread.h>

/* A session as it was when its shard was visited. */
struct session_row {
	uint64_t id;
	uint64_t account_id;
	char user[LIMIT_USER_NAME_BYTES + 1];
	char address[ACCEPTOR_ADDRESS_BYTES];
	char client[LIMIT_CLIENT_NAME_BYTES + 1];
	char device[LIMIT_CLIENT_NAME_BYTES + 1];
	enum session_state state;
	uint64_t since_us;
	unsigned rooms;
	uint64_t lag;
	size_t queued_bytes;
	uint64_t events_out;
	uint32_t round_trip_us;
	char certificate[TLS_FINGERPRINT_BYTES]; /* that it is served with; empty: not known */
	unsigned shard;
};

/* Which sessions. */
struct session_filter {
	uint64_t after; /* with a higher number */
	uint64_t account_id; /* of this account; 0: of all */
	uint64_t session_id; /* this one alone; 0: all */
};

struct session_page {
	struct directory *directory; /* borrowed */
	struct acceptor *acceptor; /* borrowed, or NULL: no round trips */
	struct session_filter filter;
	size_t size;
	pthread_mutex_t mu; /* guards first */
	struct selection first; /* rows, owned: one more than the page */
};

/* `directory` and `acceptor` are set by the caller. */
void session_page_init(struct session_page *page, const struct session_filter *filter, size_t size);
void session_page_deinit(struct session_page *page);
/* Adds what the shard has for the page. Shard thread. */
void session_page_visit(struct session_page *page, struct shard *shard);
/* After the last shard: the rows in order, borrowed, how many there are, and whether others follow. */
struct session_row **session_page_rows(
	struct session_page *page, size_t *ret_count, bool *ret_more);
