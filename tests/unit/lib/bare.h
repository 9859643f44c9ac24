/*
 * A client without its thread and its connection, in the middle of an attempt: what decoding frames
 * works on.
 */
#pragma once

#include "lib/priv.h"

enum {
	BARE_ACCOUNT = 11,
	BARE_ROOM = 5,
};

struct gchat *bare_new(void);
void bare_free(struct gchat *g);

/* The next event of that kind; others before it are thrown away. Owned: gchat_free. */
struct gchat_event *bare_expect(struct gchat *g, enum gchat_event_kind kind);
/* No event waits. */
void bare_expect_none(struct gchat *g);

/* Takes a welcome with one room, whose head is `head_seq`, and throws its events away. */
void bare_welcome(struct gchat *g, uint64_t head_seq);
/* Takes a frame with one message as an event of BARE_ROOM. */
void bare_message(struct gchat *g, uint64_t seq);
