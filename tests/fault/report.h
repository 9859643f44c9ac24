/*
 * What the harness and an actor's process tell each other: records of fixed size in pipes, small
 * enough (PIPE_BUF) that each is written whole or not at all, so an actor that is killed leaves
 * nothing half said.
 */
#pragma once

#include "lib/gchat.h"
#include "support/td.h"

enum {
	ACTORS_MAX = 12,
	ACTOR_TEXT_BYTES = 64,
	ACTOR_EMOJI_MAX = 4,
	ACTOR_USER_BYTES = 24,
	ACTOR_TOKEN_BYTES = 128,
	ACTOR_REPORTS_FD = 3, /* where an actor writes; orders come on its stdin */
};

enum stage {
	STAGE_TALK, /* where everyone stays for ever */
	STAGE_HALL, /* where people come, go and are removed */
	_STAGE_MAX,
};

/* What an actor is to be: the first thing on its stdin. */
struct actor_plan {
	unsigned index;
	unsigned count; /* of all actors; actor 0 owns the rooms */
	unsigned first_number; /* of its next op */
	uint64_t seed;
	uint64_t rooms[_STAGE_MAX];
	uint64_t places[_STAGE_MAX]; /* cursors; 0: none */
	char address[TD_PATH_BYTES];
	char ca[TD_PATH_BYTES];
	char state[TD_PATH_BYTES]; /* its outbox's folder, the same in each of its lives */
	char token[ACTOR_TOKEN_BYTES];
	char user[ACTOR_USER_BYTES];
};

/* What follows the plan. */
struct actor_order {
	bool quiet; /* nothing new; say REPORT_QUIET with this serial when all is answered */
	unsigned serial;
};

/* An entry of a log, in fixed size. */
struct line {
	uint64_t seq;
	uint64_t time_us;
	uint64_t author_id;
	uint64_t target_seq;
	uint64_t account_id;
	uint64_t text; /* a hash of text, reason and emoji */
	uint32_t kind; /* enum gchat_entry_kind */
	uint32_t role;
	uint8_t emoji; /* which of the actors' */
	bool taken_back;
	bool has_id;
	uint8_t id[GCHAT_ID_BYTES];
};

enum report_kind {
	REPORT_INTENT, /* op `number` is about to be given to the library: request, room, target */
	REPORT_PENDING, /* op `number` of an earlier life waits in the outbox */
	REPORT_COMMITTED, /* acknowledged at seq; number 0: not known which */
	REPORT_REFUSED, /* for good: text is the reason */
	REPORT_ENTRY, /* line, text */
	REPORT_MEMBER, /* a welcome says that it is in the room */
	REPORT_PLACE_LOST, /* no member (any longer): the room begins anew */
	REPORT_MARKED, /* read up to seq, says the server */
	REPORT_QUIET, /* number is the order's serial */
	REPORT_TROUBLE, /* text */
};

struct report {
	enum report_kind kind;
	unsigned number;
	uint32_t request; /* enum gchat_request */
	uint64_t room_id;
	uint64_t seq;
	uint64_t target_seq;
	struct line line;
	char text[ACTOR_TEXT_BYTES];
};

/* An entry as a line. */
struct line line_of(const struct gchat_entry *entry);
/* The text of an op: says whose it is and which; and back. False: it is no op's. */
void op_text(char ret[ACTOR_TEXT_BYTES], unsigned actor, unsigned number);
bool op_parse(const char *text, unsigned *ret_actor, unsigned *ret_number);
/* An emoji of the actors. */
const char *op_emoji(unsigned which);
