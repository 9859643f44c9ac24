/*
 * Requests on the stream that don't go through the outbox: they wait to be written, then for their
 * reply, and fail together when the connection breaks. All under the client's mutex.
 */
#pragma once

#include "base/clock.h"
#include "lib/gchat.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct request {
	TAILQ_ENTRY(request) next;
	uint64_t tag;
	enum gchat_request kind;
	bool is_quiet; /* no one wants to hear of the reply */
	bool is_sent;
	struct mono sent_at;
	uint8_t *frame; /* owned: an encoded ClientFrame */
	size_t len;
};

TAILQ_HEAD(requests, request);

struct gchat;

/* The first that isn't on the wire yet, or NULL. Borrowed. With the mutex held. */
struct request *request_first_unsent(struct gchat *g);
/* Takes the request with that tag out, or NULL. Owned: request_free. Stream's thread. */
struct request *request_take(struct gchat *g, uint64_t tag);
void request_free(struct request *request);
/* Ends all with an error, from here on refuses new ones. Stream's thread. */
void request_fail_all(struct gchat *g, const struct gchat_error *error);
