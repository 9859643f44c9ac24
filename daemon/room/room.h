/*
 * A room: its members, the newest part of its log, and who wants to be rung when the log grows.
 * Membership is durable and changes only when the store has committed the change and its event
 * together. The store's log number is the room's id.
 */
#pragma once

#include "base/clock.h"
#include "proto/reason.h"
#include "room/account.h"
#include "room/restriction.h"
#include "room/roomlog.h"
#include "room/settings.h"
#include <pthread.h>

struct room;
struct write;

/* Rung once after the log's head moved past what was taken before; embedded by the reader. */
struct room_watch {
	void (*ring)(struct room_watch *watch); /* any thread, under the room's mu: be brief */
	bool rung; /* under the room's mu; cleared by the reader before it looks */
	/* Under the room's mu: members' last events of which the reader hasn't heard, the first and the
	 * newest; 0: there is none. It doesn't read beyond the first. */
	uint64_t exit_first;
	uint64_t exit_last;
	LIST_ENTRY(room_watch) link;
};

/* An account in a room. Linked and unlinked under the directory's write lock and the room's mu. */
struct member {
	struct room *room; /* borrowed: members go before their room */
	struct account *account; /* ref */
	Gchat__V1__Role role; /* under mu */
	unsigned parting; /* under mu: writes under way that end the membership */
	unsigned yielding; /* under mu: writes under way after which it owns the room no more */
	uint64_t joined_us;
	uint64_t joined_seq; /* the event of joining; 0: not known, from before it was kept */
	uint64_t read_seq; /* under mu: the account's read marker */
	uint64_t asked_seq; /* under mu: the highest marker asked for; it may be under way */
	struct mono said; /* under mu: its last message, where the room is in slow mode */
	LIST_ENTRY(member) of_account; /* account.memberships, under the directory's lock */
	UT_hash_handle hh; /* room.shared.members, by account id */
};

struct room {
	atomic_uint refs;
	uint64_t id;
	char name[LIMIT_ROOM_NAME_BYTES + 1];
	uint64_t created_us;
	uint8_t request_id[LIMIT_CLIENT_MSG_ID_BYTES]; /* CreateRoom's, or zeros */
	atomic_uint readers; /* sessions that read it now */
	atomic_uint damage; /* enum room_damage */
	atomic_uint damage_finds; /* how often it was found */
	atomic_uint slow_mode_s; /* as in the settings, for the hot path */
	atomic_uint text_bytes_max; /* the same */
	SLIST_ENTRY(room) held_link; /* the directory's, under held_mu */
	bool held; /* the same: listed there */
	UT_hash_handle by_id; /* the directory's, under its lock */
	UT_hash_handle by_name;
	struct { /* any thread, under mu */
		pthread_mutex_t mu;
		char title[LIMIT_TITLE_BYTES + 1];
		char topic[LIMIT_TOPIC_BYTES + 1];
		Gchat__V1__Visibility visibility;
		struct room_settings settings;
		struct member *members; /* owned: uthash by account id */
		unsigned member_count;
		struct room_restriction *restrictions; /* owned: uthash by account id */
		unsigned joining; /* charged against members_per_room while under way */
		struct roomlog log;
		uint64_t first_seq; /* oldest event kept by the store */
		bool deleted;
		LIST_HEAD(, room_watch) watches;
		uint64_t begun; /* writes of this room ever submitted ... */
		uint64_t settled; /* ... and those of them that are done */
		uint64_t ring_at; /* rings once so many are settled; 0: nothing is held back */
		bool rewriting; /* a write of the room's record is under way: write.prepare */
		STAILQ_HEAD(, write) rewrites; /* those that wait for it, borrowed */
		bool grown; /* the head has moved since the last ring */
		size_t hushed; /* events of room_publish_quietly since then */
	} shared;
};

/* A part of the room's log can't be read. What is written to a damaged log may be lost with it, so the
 * room is closed to writing until it has been verified to be sound, or the daemon starts again. */
enum room_damage {
	ROOM_SOUND,
	ROOM_DAMAGED,
	ROOM_DAMAGE_REPORTED, /* the same, and the administrator was told */
};

/* A copy of what a room is, for answers. */
struct room_info {
	uint64_t id;
	char name[LIMIT_ROOM_NAME_BYTES + 1];
	char title[LIMIT_TITLE_BYTES + 1];
	char topic[LIMIT_TOPIC_BYTES + 1];
	Gchat__V1__Visibility visibility;
	struct room_settings settings;
	uint64_t head_seq;
	uint64_t first_seq;
	uint64_t created_us;
	unsigned member_count;
};

struct room *room_new(uint64_t id, const char *name, uint64_t created_us);
struct room *room_ref(struct room *room);
struct room *room_unref(struct room *room);

void room_lock(struct room *room);
void room_unlock(struct room *room);

/* Under mu: the member, or NULL. Borrowed while locked. */
struct member *room_find_member(struct room *room, uint64_t account_id);

/* The account's role, ROLE_UNSPECIFIED where it is no member. Any thread, takes mu. */
Gchat__V1__Role room_role_of(struct room *room, uint64_t account_id);

/* The oldest event that the account may read: in a private room what was said before it joined is not
 * for it, whatever it was a member of earlier. 0: it is no member. By every way the same: history,
 * cursors, what is live. Any thread, takes mu. */
uint64_t room_reads_from(struct room *room, uint64_t account_id);

/* Under mu. */
void room_set_settings(struct room *room, const struct room_settings *settings);

/* Slow mode. Under mu: how long the member has to wait before its next message; 0: not at all.
 * Moderators and owners never do. */
int64_t room_wait_us(const struct room *room, const struct member *member);
/* The account says something now, or has to wait so many milliseconds first. Any thread, takes mu
 * where the room is in slow mode. Hot path. */
uint32_t room_take_turn(struct room *room, uint64_t account_id);

/* The store has told so. Any thread. */
void room_mark_damaged(struct room *room);
bool room_is_damaged(struct room *room);
/* Its whole log was read and found sound since `damage_finds` was `finds`: it is open again. False:
 * damage was found meanwhile, or there was none. Any thread. */
bool room_mend(struct room *room, unsigned finds);
/* Whether the damage is still to be reported; asking makes it so. Any thread. */
bool room_report_damage(struct room *room);

/* Any thread, takes mu. */
void room_get_info(struct room *room, struct room_info *ret_info);
/* Points `out` at the info's strings: borrowed while `info` lives and stays. */
void room_info_to_message(struct room_info *info, Gchat__V1__Room *out);

/* A write of this room is about to be submitted; room_settle follows. Any thread. Hot path. */
void room_begin(struct room *room);
/* That write is done, whatever became of it; rings the watches if the log has grown. Writer thread,
 * once for each room_begin. Hot path.
 *
 * A room of many readers isn't rung before what was under way at its first new event is settled too:
 * telling all of them twice costs more than waiting for the commit that comes next anyway. Whoever
 * speaks alone is never held back. */
void room_settle(struct room *room);

/* Takes a sealed event into the tail. Writer thread. The reference moves. Hot path. */
void room_publish(struct room *room, struct event *event, const struct roomlog_limits *limits);

/* The same for someone who comes or goes, of whom a crowd needn't hear at once: true where nobody is
 * rung for it, until something else is said or room_ring_hushed is called. */
bool room_publish_quietly(
	struct room *room, struct event *event, const struct roomlog_limits *limits) GC_MUST_CHECK;
/* Rings for what was published quietly, if nothing else has by now. Any thread. */
void room_ring_hushed(struct room *room);

/* Starts ringing `watch` with the next event. */
void room_watch_add(struct room *room, struct room_watch *watch);
void room_watch_remove(struct room *room, struct room_watch *watch);
/* A member is out after the event `seq`, which comes next: what follows isn't read by anyone who
 * could still take it for a member. Writer thread, before the readers are told. */
void room_note_exit(struct room *room, uint64_t seq);
/* The reader has heard of the exit at `seq`, and of those before it. */
void room_watch_heard(struct room *room, struct room_watch *watch, uint64_t seq);
