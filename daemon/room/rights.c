/* The tables of rights and rules, what is true now, and the decision. */
#include "room/rights.h"

#include "base/clock.h"
#include "room/directory.h"

#define BIT(rule) (1U << RULE_##rule)

/* What an administrator is bound by, too: it is not about the actor. */
#define BINDS_ALL (BIT(ROOM_GONE) | BIT(GUEST_OWNER) | BIT(SUBJECT_BANNED))

/* Masks of rules, from few to many. */
#define ON_SERVER    (BIT(SUSPENDED) | BIT(BANNED))
#define AS_MEMBER    (ON_SERVER | BIT(ROOM_GONE) | BIT(NOT_MEMBER))
#define AS_ERASER    (AS_MEMBER | BIT(READER) | BIT(DAMAGED))
#define MUTES        (BIT(MUTED) | BIT(ROOM_MUTED))
#define AS_WRITER    (AS_ERASER | MUTES | BIT(ROOM_READ_ONLY))
#define AS_MODERATOR (AS_MEMBER | BIT(BELOW_MODERATOR))
#define AS_OWNER     (AS_MEMBER | BIT(BELOW_OWNER))

/* clang-format off */
static const struct {
	const char *name;
	unsigned rules; /* what can stand against it */
} rights[_RIGHT_MAX] = {
	[RIGHT_SIGN_IN]       = {"sign-in", ON_SERVER},
	[RIGHT_CREATE_ROOM]   = {"create-room", ON_SERVER | BIT(GUEST)},
	[RIGHT_SEE]           = {"see", ON_SERVER | BIT(ROOM_GONE) | BIT(HIDDEN)},
	[RIGHT_JOIN]          = {"join", ON_SERVER | BIT(ROOM_GONE) | BIT(ROOM_BANNED) | BIT(HIDDEN) | BIT(DAMAGED)},
	[RIGHT_RETURN]        = {"return", ON_SERVER | BIT(ROOM_GONE) | BIT(ROOM_BANNED) | BIT(DAMAGED)},
	[RIGHT_LEAVE]         = {"leave", BIT(NOT_MEMBER)},
	[RIGHT_READ]          = {"read", AS_MEMBER},
	[RIGHT_SEND]          = {"send", AS_WRITER | BIT(SLOW_MODE)},
	[RIGHT_EDIT]          = {"edit", AS_WRITER},
	[RIGHT_REACT]         = {"react", AS_WRITER},
	[RIGHT_TYPE]          = {"type", AS_WRITER},
	[RIGHT_DELETE_OWN]    = {"delete-own", AS_ERASER},
	[RIGHT_DELETE_OTHERS] = {"delete-others", AS_ERASER | BIT(BELOW_MODERATOR)},
	[RIGHT_INVITE]        = {"invite", AS_MODERATOR | MUTES | BIT(SUBJECT_BANNED)},
	[RIGHT_ADD_MEMBER]    = {"add-member", AS_MEMBER | BIT(NOT_ADMINISTRATOR) | BIT(GUEST_OWNER) | BIT(SUBJECT_BANNED)},
	[RIGHT_REMOVE]        = {"remove", AS_MODERATOR | BIT(OUTRANKED)},
	[RIGHT_BAN]           = {"ban", AS_MODERATOR | BIT(OUTRANKED)},
	[RIGHT_MUTE]          = {"mute", AS_MODERATOR | BIT(OUTRANKED)},
	[RIGHT_LIST_BANS]     = {"list-bans", AS_MODERATOR},
	[RIGHT_SET_ROLE]      = {"set-role", AS_MODERATOR | BIT(OUTRANKED) | BIT(GRANTS_TOO_MUCH) | BIT(GUEST_OWNER)},
	[RIGHT_SET_TOPIC]     = {"set-topic", AS_MODERATOR | MUTES},
	[RIGHT_CHANGE_ROOM]   = {"change-room", AS_OWNER | MUTES},
	[RIGHT_SET_LIMITS]    = {"set-limits", AS_MEMBER | BIT(NOT_ADMINISTRATOR)},
	[RIGHT_DELETE_ROOM]   = {"delete-room", AS_OWNER},
};

#define RULE(rule, name, reason, verdict, stands, clear) \
	[RULE_##rule] = {name, REASON_##reason, RIGHTS_##verdict, {clear, stands}}
static const struct {
	const char *name;
	enum reason reason;
	enum rights_verdict verdict; /* where it stands */
	const char *texts[2]; /* where it doesn't, where it does */
} rules[_RULE_MAX] = {
	RULE(ROOM_GONE, "room-gone", UNKNOWN_ROOM, DENY, "the room was deleted", "the room is there"),
	RULE(SUSPENDED, "suspended", ACCOUNT_SUSPENDED, DENY, "the account is suspended", "the account is not suspended"),
	RULE(BANNED, "banned", BANNED, DENY, "the account is banned from the server", "the account is not banned from the server"),
	RULE(ROOM_BANNED, "room-banned", BANNED, DENY, "the account is banned from the room", "the account is not banned from the room"),
	RULE(HIDDEN, "hidden", UNKNOWN_ROOM, DENY, "the room is not public, and the account neither in it nor invited", "the room is public, or the account in it or invited"),
	RULE(NOT_MEMBER, "not-member", NOT_A_MEMBER, DENY, "the account is not in the room", "the account is in the room"),
	RULE(READER, "reader", READ_ONLY, LIMIT, "its role in the room is reader", "its role in the room is more than reader"),
	RULE(MUTED, "muted", MUTED, LIMIT, "the account is muted in all rooms", "the account is not muted in all rooms"),
	RULE(ROOM_MUTED, "room-muted", MUTED, LIMIT, "the account is muted in the room", "the account is not muted in the room"),
	RULE(ROOM_READ_ONLY, "room-read-only", READ_ONLY, LIMIT, "only moderators and owners write in this room", "members write in this room"),
	RULE(GUEST, "guest", NOT_PERMITTED, DENY, "the account is a guest", "the account is no guest"),
	RULE(BELOW_MODERATOR, "below-moderator", NOT_PERMITTED, LIMIT, "this is for moderators and owners", "its role is moderator or owner"),
	RULE(BELOW_OWNER, "below-owner", NOT_PERMITTED, LIMIT, "this is for owners", "its role is owner"),
	RULE(NOT_ADMINISTRATOR, "not-administrator", NOT_PERMITTED, LIMIT, "this is for administrators", "an administrator asks"),
	RULE(OUTRANKED, "outranked", NOT_PERMITTED, LIMIT, "the other one's role is as high, or higher", "only on those of a lower role"),
	RULE(GRANTS_TOO_MUCH, "grants-too-much", NOT_PERMITTED, LIMIT, "moderators give lower roles than their own", "the role to be given is not too high"),
	RULE(GUEST_OWNER, "guest-owner", NOT_PERMITTED, DENY, "a guest can't own a room", "the new owner is no guest"),
	RULE(SUBJECT_BANNED, "subject-banned", USER_BANNED, DENY, "the other one is banned from the room", "the other one is not banned from the room"),
	RULE(DAMAGED, "damaged", DAMAGED, LIMIT, "a part of the room's log can't be read", "the room's log is sound"),
	RULE(SLOW_MODE, "slow-mode", SLOW_MODE, LIMIT, "the room is in slow mode, and its last message is recent", "it need not wait before its next message"),
};
/* clang-format on */

static const Gchat__V1__Role moderator = GCHAT__V1__ROLE__ROLE_MODERATOR;
static const Gchat__V1__Role owner = GCHAT__V1__ROLE__ROLE_OWNER;

/* ---- what is true now ---- */

static unsigned bit_if(bool stands, enum rights_rule rule)
{
	return stands ? 1U << rule : 0;
}

/* A moment of the wall clock that has not come; the clock is read only where there is one. */
static bool is_ahead(uint64_t until_us)
{
	return until_us != 0 && until_us > clock_wall_us();
}

static unsigned gather_account(const struct account *actor)
{
	uint64_t banned_us = atomic_load_explicit(&actor->banned_until_us, memory_order_relaxed);
	uint64_t muted_us = atomic_load_explicit(&actor->muted_until_us, memory_order_relaxed);
	return bit_if(is_ahead(banned_us), RULE_BANNED) | bit_if(is_ahead(muted_us), RULE_MUTED) |
	       bit_if(atomic_load_explicit(&actor->suspended, memory_order_relaxed),
		       RULE_SUSPENDED) |
	       bit_if(actor->guest, RULE_GUEST) | BIT(NOT_ADMINISTRATOR);
}

/* Under mu: of the actor's own membership. */
static unsigned gather_role(Gchat__V1__Role own)
{
	return bit_if(own == GCHAT__V1__ROLE__ROLE_UNSPECIFIED, RULE_NOT_MEMBER) |
	       bit_if(own <= GCHAT__V1__ROLE__ROLE_READER, RULE_READER) |
	       bit_if(own < moderator, RULE_BELOW_MODERATOR) |
	       bit_if(own < owner, RULE_BELOW_OWNER);
}

/* Under mu. */
static bool is_restricted(
	const struct room *room, const struct account *account, enum restriction_kind kind)
{
	return room->shared.restrictions && is_ahead(restriction_until_in(room, account->id, kind));
}

/* Under mu: what the actor is to the one it acts on. Nobody outranks itself where it gives a role
 * up. */
static unsigned gather_subject(const struct rights_ask *ask, Gchat__V1__Role own, enum right right)
{
	const struct member *member = room_find_member(ask->room, ask->subject->id);
	bool itself = ask->subject == ask->actor && right == RIGHT_SET_ROLE;
	return bit_if(member && member->role >= own && !itself, RULE_OUTRANKED) |
	       bit_if(ask->role >= own && own < owner, RULE_GRANTS_TOO_MUCH) |
	       bit_if(ask->role == owner && ask->subject->guest, RULE_GUEST_OWNER) |
	       bit_if(is_restricted(ask->room, ask->subject, RESTRICTION_BAN), RULE_SUBJECT_BANNED);
}

/* Under mu: what is set for the room that binds its members. */
static unsigned gather_settings(const struct room *room, const struct member *member)
{
	return bit_if(room->shared.settings.read_only && (!member || member->role < moderator),
		       RULE_ROOM_READ_ONLY) |
	       bit_if(member && room_wait_us(room, member) > 0, RULE_SLOW_MODE);
}

/* Takes mu. */
static unsigned gather_room(const struct rights_ask *ask, enum right right, bool *ret_outside)
{
	struct room *room = ask->room;
	room_lock(room);
	const struct member *member = ask->actor ? room_find_member(room, ask->actor->id) : NULL;
	Gchat__V1__Role own = member ? member->role : GCHAT__V1__ROLE__ROLE_UNSPECIFIED;
	unsigned standing = bit_if(room->shared.deleted, RULE_ROOM_GONE) | gather_role(own) |
			    gather_settings(room, member);
	*ret_outside =
		!member && room->shared.visibility != GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC;
	if (ask->actor && room->shared.restrictions)
		standing |=
			bit_if(is_restricted(room, ask->actor, RESTRICTION_BAN), RULE_ROOM_BANNED) |
			bit_if(is_restricted(room, ask->actor, RESTRICTION_MUTE), RULE_ROOM_MUTED);
	if (ask->subject)
		standing |= gather_subject(ask, own, right);
	room_unlock(room);
	return standing | bit_if(room_is_damaged(room), RULE_DAMAGED);
}

/* The directory's lock is taken outside of mu, and only where it is of interest. */
static unsigned gather(const struct rights_ask *ask, enum right right)
{
	unsigned standing = ask->actor ? gather_account(ask->actor) : 0;
	bool outside = false;
	if (ask->room)
		standing |= gather_room(ask, right, &outside);
	else if (rights_needs_room(right))
		standing |= gather_role(GCHAT__V1__ROLE__ROLE_UNSPECIFIED);
	if (outside && ask->actor && (rights[right].rules & BIT(HIDDEN)) &&
		!directory_is_invited(ask->directory, ask->room->id, ask->actor->id))
		standing |= BIT(HIDDEN);
	return standing;
}

/* ---- deciding ---- */

/* Those of the rules that stand against this right. */
static unsigned against(enum right right, bool administrator, unsigned standing)
{
	standing &= rights[right].rules;
	return administrator ? standing & BINDS_ALL : standing;
}

enum reason rights_decide(enum right right, bool administrator, unsigned standing)
{
	standing = against(right, administrator, standing);
	return standing == 0 ? REASON_NONE : rules[__builtin_ctz(standing)].reason;
}

enum reason rights_check(const struct rights_ask *ask, enum right right)
{
	return rights_decide(right, !ask->actor, gather(ask, right));
}

void rights_explain(const struct rights_ask *ask, enum right right, struct rights_trace *ret_trace)
{
	bool administrator = !ask->actor;
	unsigned standing = gather(ask, right);
	unsigned looked_at = against(right, administrator, rights[right].rules);
	struct rights_trace trace = {.administrator = administrator,
		.reason = rights_decide(right, administrator, standing)};
	for (unsigned rule = 0; rule < _RULE_MAX; rule++)
		if (looked_at & (1U << rule))
			trace.steps[trace.count++] = (struct rights_step){
				.rule = (enum rights_rule)rule,
				.verdict = standing & (1U << rule) ? rules[rule].verdict
								   : RIGHTS_ALLOW,
			};
	*ret_trace = trace;
}

/* ---- names ---- */

const char *rights_name(enum right right)
{
	return rights[right].name;
}

const char *rights_rule_name(enum rights_rule rule)
{
	return rules[rule].name;
}

const char *rights_rule_text(enum rights_rule rule, bool stands)
{
	return rules[rule].texts[stands];
}

const char *rights_verdict_name(enum rights_verdict verdict)
{
	static const char *const names[_RIGHTS_VERDICT_MAX] = {"allow", "limit", "deny"};
	return names[verdict];
}

bool rights_needs_room(enum right right)
{
	return right >= RIGHT_SEE;
}
