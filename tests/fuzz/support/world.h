/*
 * A small daemon without sockets: the store "mem" with its threads, the directory over it, two
 * shards whose thread is the fuzz target's, and the service. Peers are lines (line.h). In it are the
 * accounts of enum world_person and the rooms of enum world_room, with a little said in them.
 */
#pragma once

#include "line.h"
#include "service/service.h"
#include "service/token.h"
#include "shard/session.h"

enum {
	WORLD_SHARDS = 2,
	WORLD_STREAMS_MAX = 8,
};

enum world_person {
	WORLD_ADA, /* owns both rooms */
	WORLD_BOB, /* member of the den */
	WORLD_EVE, /* member of none */
	WORLD_GUY, /* a guest, in the den */
	_WORLD_PERSON_MAX,
};

enum world_room {
	WORLD_DEN, /* public; id 1 */
	WORLD_ATTIC, /* private; id 2 */
	_WORLD_ROOM_MAX,
};

/* What of the configuration an input decides. */
struct world_options {
	bool tight; /* every limit low: tails, batches, rates, members */
	bool closed; /* no registration, no guests */
	/* Puts records and events into the empty store before it is loaded, in place of the people and
	 * rooms below; the first accounts become the people. NULL: those below. */
	void (*fill)(void *arg, struct store *store);
	void *arg;
};

/* One Chat stream and what its client knows. */
struct world_stream {
	struct world *world;
	struct line *line; /* owned */
	enum world_person person;
	bool greeted; /* got its welcome */
	struct world_place {
		uint64_t room_id; /* 0: none */
		uint64_t next; /* seq */
	} places[16];
	size_t place_count;
};

struct world {
	struct config config; /* borrows its strings from the defaults */
	bool filled; /* by world_options.fill */
	struct store *store;
	struct directory *directory;
	struct presence *presence;
	struct hub *hub;
	struct service *service; /* borrowed: one for all worlds */
	struct account *people[_WORLD_PERSON_MAX]; /* refs */
	struct token tokens[_WORLD_PERSON_MAX];
	struct world_stream streams[WORLD_STREAMS_MAX];
	size_t stream_count;
	void *blocker; /* the writer waits in it; NULL: it runs */
};

/* NULL: the daemon refused to start on what `fill` made. */
struct world *world_new(const struct world_options *options);
/* Ends everything as a shutdown does. Asserts that what was stored loads as what was in memory. */
void world_free(struct world *world);

/* Everything under way comes to its end, but for what the held writer has; then checks what always
 * holds. */
void world_settle(struct world *world);
/* Keeps the store's writer from taking what is submitted, so that changes meet each other. */
void world_hold(struct world *world, bool hold);

/* A call comes in. `authorization`: the header's value, or NULL. Not settled. */
void world_call(struct world *world, struct line *line, const char *method,
	const char *authorization, bool admin);
/* The person's Chat stream, opened with a hello that wants everything where `hello`. NULL: there
 * are enough. */
struct world_stream *world_stream(struct world *world, enum world_person person, bool hello);
/* The header's value for that person: static storage. */
const char *world_authorization(struct world *world, enum world_person person);
/* A unary call made and settled; asserts that it was answered once. */
void world_unary(struct world *world, const char *method, const char *authorization, bool admin,
	const uint8_t *request, size_t len);

/* ---- mirror.c ---- */

/* Loads the store again and compares. */
void mirror_check(struct world *world);
/* What holds for rooms and members with nothing under way. */
void mirror_check_rooms(struct world *world);

/* ---- viewer.c: what a client checks of what it gets ---- */

void viewer_on_message(void *stream, const uint8_t *data, size_t len);
