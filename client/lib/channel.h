/*
 * The connection that calls and the stream share. When it fails it is dropped and the next one who
 * needs it makes a new one, so that each attempt is a fresh one with an outcome of its own; those
 * who still use the old one keep it until they are done. Any thread.
 */
#pragma once

#include <grpc/grpc.h>
#include <stdatomic.h>

enum {
	CHANNEL_KEEPALIVE_MS = 20 * 1000,
	CHANNEL_KEEPALIVE_TIMEOUT_MS = 10 * 1000,
	CHANNEL_RECEIVE_BYTES_MAX = 8 * 1024 * 1024,
};

struct gchat;

struct link {
	atomic_uint refs;
	grpc_channel *channel; /* owned */
};

/* The current link, made where there is none. A reference: link_unref. */
struct link *link_take(struct gchat *g);
void link_unref(struct link *link);
/* Makes sure that the next link_take gives another one. NULL is allowed. */
void link_drop(struct gchat *g, struct link *link);
/* The same for whatever link is the current one. */
void link_forget(struct gchat *g);
