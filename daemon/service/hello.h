/*
 * The beginning of a session: the hello's cursors become subscriptions, unread messages are counted,
 * the welcome is written. Replay and live delivery are one from there on: a cursor that moves.
 */
#pragma once

#include "shard/session.h"

/* The first frame of a stream. Anything but a proper hello ends it. Shard thread. */
void hello_take(struct session *s, const Gchat__V1__ClientFrame *frame);

/* Counts unread messages from the tail alone; false: the tail doesn't reach back far enough. Any
 * thread. */
bool unread_from_tail(struct room *room, uint64_t after, uint64_t but_author, uint32_t *ret_count);
