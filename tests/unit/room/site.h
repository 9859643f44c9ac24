/*
 * What the tests of the room layer share: a store, the directory over it, an audience that counts
 * what it is told, and changes that are waited for with a deadline. Failures end the test (cmocka).
 */
#pragma once

#include "room/ops.h"

enum {
	SITE_DEADLINE_S = 60
};

/* What the audience was told; read it only while nothing is under way. */
struct heard {
	unsigned joined;
	unsigned parted;
	unsigned profiles;
	unsigned markers;
	unsigned signed_out;
	unsigned ended;
	enum reason reason; /* of the last end */
	char text[400]; /* the sentence to that */
	uint64_t account_id; /* of the last one told */
	uint64_t seq; /* the same */
	uint64_t token_id;
	uint64_t but;
};

struct site {
	char folder[64]; /* of the sqlite store */
	struct store *store; /* owned */
	struct directory *directory; /* owned */
	struct directory_limits limits;
	struct roomlog_limits tail;
	struct audience audience;
	struct heard heard;
	struct account *ada; /* refs: three accounts */
	struct account *bob;
	struct account *eve;
	struct room *den; /* ref: a public room of ada's, with bob in it */
};

/* cmocka's setup and teardown; *state is the engine's name before, the site after. */
int site_setup(void **state);
int site_teardown(void **state);
/* Closes the directory and loads it again from the store, which a sqlite site opens anew. The
 * references held by the site are found again. */
void site_reload(struct site *site);

/* ---- changes: begin, an op_*, run, end ---- */

/* A write with references of its own to what is given; NULL: none. Owned: end. */
struct write *begin(
	struct site *site, struct account *actor, struct room *room, struct account *subject);
/* Starts it where `reason` is NONE and there is something to do. */
void start(struct write *write, enum reason reason);
/* Waits until a started one is done; returns the reason it came to. */
enum reason await(struct write *write);
/* All three, and the memory goes. */
enum reason run(struct write *write, enum reason reason);
void end(struct write *write);

/* ---- the common ones, run ---- */

/* A new account; borrowed from the directory, which keeps it. */
struct account *add_account(struct site *site, const char *name, bool guest);
/* A new room of the owner; with a reference of the caller's own. */
struct room *add_room(struct site *site, struct account *owner, const char *name,
	Gchat__V1__Visibility visibility);
enum reason join(struct site *site, struct account *actor, struct room *room);
enum reason leave(struct site *site, struct account *actor, struct room *room);
enum reason set_role(struct site *site, struct account *actor, struct room *room,
	struct account *subject, Gchat__V1__Role role);
enum reason mark_read(struct site *site, struct account *actor, struct room *room, uint64_t seq);
/* Says the text; returns its seq. */
uint64_t say(struct site *site, struct account *actor, struct room *room, const char *text);

/* A message of the op with that text and target, and a client id of its own each time. */
struct op_message message(const char *text, uint64_t target);

/* The event of the room's tail, decoded. Owned: codec_free. NULL: not in the tail. */
Gchat__V1__Event *event_at(struct room *room, uint64_t seq);
