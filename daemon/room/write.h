/*
 * One change under way: what the store must commit together (an event, records), what it means in
 * memory once committed, and who is told. A change is checked by the one who asks for it, on any
 * thread; committed and applied by the writer thread, in the order of the log.
 *
 *   prepare (ops.h) -> store_submit -> [commit] -> apply in memory -> publish the event -> done
 *
 * The memory of a write belongs to its owner from done on; before write_start too.
 */
#pragma once

#include "room/directory.h"
#include "room/rights.h"
#include "store/store.h"

struct audience;

enum {
	WRITE_EVENTS_MAX = 2,
};

/* What an account or a room will be. Beside the write, because a message has no need of it. */
struct write_state {
	struct profile profile;
	struct room_info info;
	bool sets_title; /* of an update: what of `info` is new, the rest is as it was */
	bool sets_topic;
	bool sets_visibility;
	unsigned sets; /* enum room_setting: the same of info.settings */
	struct credentials credentials;
	bool takes_place; /* of the write's invitation: see invitation.h */
	uint32_t invitation_place;
	size_t invitation_put; /* the first of two puts about it */
};

/* Small: it is cleared for each message. */
struct write {
	struct directory *directory; /* borrowed: outlives all writes */
	const struct audience *audience; /* borrowed: who hears of memberships and profiles */
	struct room *room; /* ref, or NULL */
	struct account *actor; /* ref, or NULL: an administrator */
	struct account *subject; /* ref, or NULL: whom it concerns, where not the actor */
	struct invitation *invitation; /* ref, or NULL */
	struct event *events[WRITE_EVENTS_MAX]; /* owned until published */
	struct account_token *token; /* owned until applied, or NULL */
	/* For changes of the room's record, which is written whole: of two made from the same state the
	 * later one would take back what the other said. So each waits for the one before it, and is
	 * made from what the room is by then. May be NULL. */
	void (*prepare)(struct write *write);
	STAILQ_ENTRY(write) next_rewrite; /* room.shared.rewrites, while it waits */
	void (*apply)(struct write *write); /* writer thread, after the commit; may be NULL */
	void (*done)(struct write *write); /* writer thread, always, last */
	Gchat__V1__Role role; /* for apply */
	struct restriction *restriction; /* owned, or NULL: the ban or mute that it makes or ends */
	struct write_state *state; /* owned, or NULL; for apply: see write_new_state */
	uint64_t number; /* for apply: token id, read marker */
	bool charged; /* a slot of the room's member limit */
	uint64_t parting; /* the account whose membership this ends, or 0 */
	uint64_t yielding; /* the account whose ownership this ends, or 0 */
	enum place place; /* the actor's, of a membership under way */
	enum place subject_place; /* the same of the subject */
	bool quiet; /* someone comes or goes: a crowd hears of it later */
	bool ends; /* the actor's account is about to end; it isn't if this fails */
	bool restricts; /* counted by restriction_begin */
	bool erases; /* for apply: what the account has said goes with it */
	bool rewrites; /* holds the actor's account record: see write_claim_account */
	/* Results for done. */
	enum reason reason;
	uint32_t retry_ms; /* with the reason: asking again makes sense then; 0: not told */
	uint64_t seq; /* of the first event */
	uint64_t time_us;
	bool duplicate;
	bool already; /* nothing to do: it is so already; not submitted */
	/* What the store reads. */
	struct store_op op;
	struct store_append appends[WRITE_EVENTS_MAX];
	struct store_put *puts; /* owned, and their values; NULL: none */
	struct record_key *keys; /* owned: puts point into them */
	size_t put_max;
};

/* Clears the write, which stays where it is from now on. References and owned values come later. */
void write_init(struct write *write, struct directory *directory, const struct audience *audience,
	void (*done)(struct write *write));
/* Drops what the write holds. NULL-safe on every part. */
void write_deinit(struct write *write);

/* One more event to append to write->room; the reference moves. */
void write_add_event(struct write *write, struct event *event, const uint8_t *client_id);
/* The state that the change leads to: zeroed at first, then the same one again. */
struct write_state *write_new_state(struct write *write);
/* Adds a record; the value's memory moves. */
void write_put(struct write *write, enum record_kind kind, struct record_key key,
	struct record_value value, enum store_condition condition);

/* Whether the write's actor may do it, in its room, to its subject. */
enum reason write_check_right(const struct write *write, enum right right);

/* Takes a place for the membership that this write gives to its actor or subject. */
enum reason write_take_place(struct write *write, enum place place);
enum reason write_take_subject_place(struct write *write, enum place place);

/* The ban or mute that this write is about: zeroed at first; until it is done, nothing is swept. */
struct restriction *write_new_restriction(struct write *write);

/* Keeps other writes from the actor's account record until this one is done: it is written whole, so
 * of two at once one would take back what the other said. False: another write has it, try later. */
bool write_claim_account(struct write *write) GC_MUST_CHECK;

/* The next id, with a record in the write that keeps it from being given again after a restart. */
uint64_t write_take_id(struct write *write, enum id_kind kind);

/* Submits; done will be called exactly once. */
void write_start(struct write *write);

/* The reason a status stands for. */
enum reason write_reason(enum store_status status);

/*
 * Who hears of changes that are no events of a room. Implemented by the shards; writer thread.
 */
struct audience {
	void *arg;
	/* The account is now in the room, from `seq` on: its sessions read the room. */
	void (*joined)(void *arg, struct account *account, struct room *room, uint64_t seq);
	/* The account is out of the room; `seq` is the last event for it; 0: the room is gone. */
	void (*parted)(void *arg, uint64_t account_id, struct room *room, uint64_t seq);
	void (*profile_changed)(void *arg, struct account *account);
	void (*marker_moved)(
		void *arg, struct account *account, struct room *room, uint64_t read_seq);
	/* The event was committed to the write's room, and is about to be published. May be NULL. */
	void (*happened)(void *arg, const struct write *write, const struct event *event);
	/* The account's sessions opened with this token end; 0: all of them, but for token `but`. */
	void (*signed_out)(void *arg, uint64_t account_id, uint64_t token_id, uint64_t but);
	/* All the account's sessions end, for that reason; `text` (borrowed) is the sentence, or NULL. */
	void (*ended)(void *arg, uint64_t account_id, enum reason reason, const char *text);
};
