/*
 * What the tests of shards share: a hub whose shards' threads are never started, so that the test's
 * thread is theirs, over a site of the room layer; and sessions without a stream, which hold all
 * that a session is told and write nothing.
 */
#pragma once

#include "shard/hub.h"
#include "shard/session.h"
#include "site.h"

enum {
	HALL_SHARDS = 2
};

struct hall {
	struct site *site;
	struct presence *presence;
	struct hub *hub;
};

/* cmocka's setup and teardown; *state is the hall. */
int hall_setup(void **state);
int hall_teardown(void **state);

/* A live session of the account on that shard. Owned: hall_leave. */
struct session *hall_enter(
	struct hall *hall, unsigned shard, struct account *account, unsigned wants);
void hall_leave(struct session *s);

/* Delivers what was posted to all shards; true: there was something. */
bool hall_deliver(struct hall *hall);

/* Publishes `count` events in the den, as the writer does. */
void hall_publish(struct hall *hall, unsigned count);

/* What the session would write of its control piece, decoded. Owned: codec_free. */
Gchat__V1__ServerFrame *hall_control(struct session *s);
