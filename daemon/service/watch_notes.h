/*
 * What the parts of the daemon do, as entries for those who watch (watch.h). Each is called where it
 * happens, on that thread.
 */
#pragma once

#include "proto/reason.h"
#include <stdbool.h>

struct call;
struct event;
struct hub;
struct session;
struct write;

/* hub_options.on_event: an event was committed to a room. Writer thread. */
void watch_notes_event(void *hub, const struct write *write, const struct event *event);
/* hub_options.on_session: past its hello, or at its end. Shard thread. */
void watch_notes_session(void *service, const struct session *session, bool opened);
/* hub_options.on_refusal: a request on a stream was refused. Shard thread. */
void watch_notes_refusal(void *service, const struct session *session, enum reason reason);

/* The call has signed `user` in. */
void watch_notes_sign_in(struct call *call, const char *user);
/* The call was refused. */
void watch_notes_refused_call(struct call *call, enum reason reason);
/* The call has deleted that room. */
void watch_notes_room_deleted(struct call *call, const char *room);
/* An administrator's change came to an end. */
void watch_notes_admin(struct call *call, const char *who, const char *action, const char *object,
	const char *outcome);
