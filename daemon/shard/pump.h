/*
 * Reading and writing of a session: frames in, and everything that waits out as one message. One
 * read and one write are under way at most; when a write completes, the session looks again. Shard
 * thread only.
 */
#pragma once

#include <stdint.h>

struct session;
struct subscription;

/* Sends the headers and starts reading. */
void pump_init(struct session *s);
/* Reads on where reading had paused and there is room again. */
void pump_read_on(struct session *s);
/* Ends the stream by its status (session.c). */
void session_send_status(struct session *s);

/* Starts a read from the store for the cursor, up to `to`; one at a time (catch_up.c). */
void catch_up_start(struct subscription *sub, uint64_t to);
