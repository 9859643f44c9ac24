/*
 * Calls without a network: grpc_call_start_batch and its like, defined here in front of gRPC core's
 * own, so that the daemon's service, shards and sessions run as they are while a fuzz target is the
 * peer. What the daemon sends is kept; what it waits for completes when line_run is called. One
 * thread, but for completions that carry no operations: those wake a queue, and come from any.
 */
#pragma once

#include <grpc/grpc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;

/* What a peer gets to see. */
struct line_eyes {
	void (*on_message)(void *arg, const uint8_t *data, size_t len);
	void (*on_status)(void *arg, grpc_status_code code);
	void *arg;
};

/* A call that has just come in. Owned: line_free, once line_is_over. */
struct line *line_new(const struct line_eyes *eyes);
void line_free(struct line *line);
/* As the daemon sees it. */
grpc_call *line_call(struct line *line);

/* The peer sends a message, which is copied. */
void line_say(struct line *line, const uint8_t *data, size_t len);
/* The peer has said all. */
void line_finish(struct line *line);
/* The peer is gone. */
void line_cut(struct line *line);
/* The peer doesn't read (any more), or reads again. */
void line_hold(struct line *line, bool hold);

/* The daemon has ended it, or the peer is gone. */
bool line_has_ended(const struct line *line);
/* The daemon has let go of it. */
bool line_is_over(const struct line *line);

/* Completes what can be completed; false: there was nothing. */
bool line_run(void);
