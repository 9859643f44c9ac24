/*
 * Who is there. Each open session counts for its account as online or away; the account shows the
 * best of them. A change is told to others only after it has held: an account that goes waits for
 * the grace (a reconnect makes no noise), and changes are gathered for an interval. Nothing of this
 * is stored: after a restart everyone is offline until they come back.
 */
#pragma once

#include "base/clock.h"
#include "room/directory.h"

struct presence;

struct presence_options {
	int64_t grace_ms;
	int64_t interval_ms;
};

/* Receives the changes of one room, as encoded ServerFrame.presence elements; borrowed. */
typedef void (*presence_fn)(void *arg, uint64_t room_id, const uint8_t *wire, size_t len);

struct presence *presence_new(struct directory *directory, const struct presence_options *options);
struct presence *presence_free(struct presence *presence);
void presence_set_options(struct presence *presence, const struct presence_options *options);

/* A session opened (online), changed (from, to: PRESENCE_ONLINE or AWAY) or closed. Any thread. */
void presence_opened(struct presence *presence, struct account *account);
void presence_changed(struct presence *presence, struct account *account,
	Gchat__V1__PresenceState from, Gchat__V1__PresenceState to);
void presence_closed(
	struct presence *presence, struct account *account, Gchat__V1__PresenceState from);

/* What others are told now. Any thread. */
Gchat__V1__PresenceState presence_of(struct presence *presence, struct account *account);

/* How many of the room's members are there now, online or away. Any thread. */
unsigned presence_count(struct presence *presence, struct room *room);

/* Tells changes that are due, room by room (rooms of up to snapshot_members members). Returns how
 * long until the next look, in ms; -1: nothing waits. Main thread. */
int64_t presence_tick(struct presence *presence, struct mono now, presence_fn fn, void *arg);
