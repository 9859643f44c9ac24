/*
 * How a membership ends, for the ops that end one: leaving (members.c), removing and banning
 * (moderation.c). Any thread.
 */
#pragma once

#include "room/ops.h"

/* An event of the actor, or of the server; its texts are borrowed from the account. */
Gchat__V1__Event members_event_by(struct account *actor);

/* Where the account owns the room, it won't once the write is done. Looked at and noted in one, so
 * that of two owners who go at the same moment one is told that it is the last (LAST_OWNER). */
enum reason members_yield(struct write *write, uint64_t account_id);

/* The member goes with this event: its records, its counts, and what is done after the commit. */
void members_part(struct write *write, Gchat__V1__Event *event, const struct account *who);
/* Writer thread: write->apply of that, for those who have more to do. */
void members_apply_part(struct write *write);
