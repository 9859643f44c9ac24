/*
 * Who may do what: the one place that decides it, for the stream, the unary calls and the Admin
 * service alike, and that says why to whoever asks (gchatctl explain).
 *
 * A right is something to do. A rule is something that can stand against it. What is true now (role,
 * mute, visibility, ...) is gathered as one bit for each rule; each right names the rules that can
 * forbid it; the first of these that stands, in the order of the enum, is the reason given. So a new
 * rule is a line in the enum, a row in `rules`, a bit in the masks of `rights`, and where it is found
 * out in `gather_*`; a new right is a line and a row. The unit test holds all combinations.
 *
 * What concerns one message or the state of a change under way (its author, the last owner, limits)
 * is not a right: op_* and the store look at that.
 *
 * Pure but for the locks it takes: any thread. Nothing is allocated.
 */
#pragma once

#include "room/room.h"

struct directory;

enum right {
	/* on the server; no room */
	RIGHT_SIGN_IN, /* and every call with a token */
	RIGHT_CREATE_ROOM, /* and the first opening of a direct one */
	/* in a room */
	RIGHT_SEE, /* that there is such a room */
	RIGHT_JOIN,
	RIGHT_RETURN, /* to a room of two that it has left */
	RIGHT_LEAVE,
	RIGHT_READ, /* events, history, members */
	RIGHT_SEND,
	RIGHT_EDIT, /* own messages */
	RIGHT_REACT,
	RIGHT_TYPE, /* tell others of it */
	RIGHT_DELETE_OWN,
	RIGHT_DELETE_OTHERS, /* others' messages */
	RIGHT_INVITE,
	RIGHT_ADD_MEMBER, /* without its asking */
	RIGHT_REMOVE,
	RIGHT_BAN, /* and take it back */
	RIGHT_MUTE, /* the same */
	RIGHT_LIST_BANS, /* and mutes */
	RIGHT_SET_ROLE,
	RIGHT_SET_TOPIC, /* and the slow mode */
	RIGHT_CHANGE_ROOM,
	RIGHT_SET_LIMITS, /* of the room, and how long it is kept */
	RIGHT_DELETE_ROOM,
	_RIGHT_MAX,
};

/* In the order in which they are looked at: the first that stands is the reason given. */
enum rights_rule {
	RULE_ROOM_GONE,
	RULE_SUSPENDED,
	RULE_BANNED, /* from the server */
	RULE_ROOM_BANNED,
	RULE_HIDDEN, /* the room is not public, and the actor neither in it nor invited */
	RULE_NOT_MEMBER,
	RULE_READER, /* the role reads only */
	RULE_MUTED, /* in all rooms */
	RULE_ROOM_MUTED,
	RULE_ROOM_READ_ONLY, /* members read only, and erase what they said */
	RULE_GUEST,
	RULE_BELOW_MODERATOR,
	RULE_BELOW_OWNER,
	RULE_NOT_ADMINISTRATOR,
	RULE_OUTRANKED, /* the subject's role is as high as the actor's, or higher */
	RULE_GRANTS_TOO_MUCH, /* the role to be given is as high as that of a moderator who gives it */
	RULE_GUEST_OWNER, /* the subject is a guest, and would own the room */
	RULE_SUBJECT_BANNED, /* the subject is banned from the room */
	RULE_DAMAGED, /* a part of the room's log can't be read */
	RULE_SLOW_MODE, /* its last message was too short a time ago; the last of all rules */
	_RULE_MAX,
};

/* Who wants to do it, where, to whom. All borrowed for the call. */
struct rights_ask {
	struct directory *directory;
	struct room *room; /* NULL for rights on the server */
	const struct account *actor; /* NULL: an administrator */
	const struct account *subject; /* NULL where nobody else is concerned */
	Gchat__V1__Role role; /* for RIGHT_SET_ROLE: the one to be given */
};

/* NONE, or the reason against it. Takes the room's mu once. Hot path (RIGHT_SEND). */
enum reason rights_check(const struct rights_ask *ask, enum right right);
/* The decision itself: `standing` has the bit 1 << rule of each rule that stands. */
enum reason rights_decide(enum right right, bool administrator, unsigned standing);

/* What a rule came to, for people. */
enum rights_verdict {
	RIGHTS_ALLOW, /* it does not stand against the right */
	RIGHTS_LIMIT, /* it stands, and takes a part of what a member may do */
	RIGHTS_DENY, /* it stands */
	_RIGHTS_VERDICT_MAX,
};

/* Every rule that was looked at for one right, in order. */
struct rights_trace {
	bool administrator; /* may do everything but for what the steps say */
	enum reason reason;
	size_t count;
	struct rights_step {
		enum rights_rule rule;
		enum rights_verdict verdict;
	} steps[_RULE_MAX];
};

/* As rights_check, with all that was looked at. */
void rights_explain(const struct rights_ask *ask, enum right right, struct rights_trace *ret_trace);

/* Names like "send" and "not-member"; a sentence on what the rule found. Static storage. */
const char *rights_name(enum right right);
const char *rights_rule_name(enum rights_rule rule);
const char *rights_rule_text(enum rights_rule rule, bool stands);
const char *rights_verdict_name(enum rights_verdict verdict);
/* Whether the right is one in a room. */
bool rights_needs_room(enum right right);
