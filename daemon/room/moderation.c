/* Removing, banning, muting, and taking that back. */
#include "room/members.h"

#include "base/clock.h"
#include "room/name.h"

#include <stdio.h>
#include <string.h>

enum {
	S_PER_YEAR = 31536000,
	YEARS_MAX = 1000 /* longer is for ever */
};

/* ---- removing ---- */

/* An event of its removal; the texts are borrowed. */
static void part(struct write *write, char *reason_text, const struct restriction *ban)
{
	Gchat__V1__MemberRemoved removed;
	gchat__v1__member_removed__init(&removed);
	removed.account_id = write->subject->id;
	removed.user = write->subject->name;
	removed.reason = reason_text;
	removed.banned = ban != NULL;
	removed.banned_until_us = ban ? ban->expires_us : 0;
	Gchat__V1__Event event = members_event_by(write->actor);
	event.body_case = GCHAT__V1__EVENT__BODY_REMOVED;
	event.removed = &removed;
	members_part(write, &event, write->subject);
}

static bool is_member(const struct write *write)
{
	return write->room && write->subject &&
	       room_role_of(write->room, write->subject->id) != GCHAT__V1__ROLE__ROLE_UNSPECIFIED;
}

enum reason op_remove(struct write *write, const char *reason_text)
{
	enum reason reason = write_check_right(write, RIGHT_REMOVE);
	if (reason != REASON_NONE)
		return reason;
	if (!is_member(write))
		return REASON_NOT_A_MEMBER;
	if (strlen(reason_text) > LIMIT_REASON_BYTES)
		return REASON_TEXT_TOO_LONG;
	reason = members_yield(write, write->subject->id);
	if (reason != REASON_NONE)
		return reason;
	char text[LIMIT_REASON_BYTES + 1];
	strcpy(text, reason_text);
	part(write, text, NULL);
	return REASON_NONE;
}

/* ---- what bans and mutes have in common ---- */

static struct restriction_target target_of(const struct write *write, const struct network *network)
{
	struct restriction_target target = {.room_id = write->room ? write->room->id : 0};
	if (write->subject)
		target.account_id = write->subject->id;
	else if (network) /* one of the two is given: restrict_target, lift */
		target.network = *network;
	return target;
}

static void put_record(struct write *write, struct record_value value)
{
	const struct restriction *r = write->restriction;
	write_put(write, restriction_record_kind(r->kind), restriction_key(&r->target), value,
		STORE_ANY);
}

/* Whether there may be one more; that of this target is replaced. */
static enum reason check_room_left(
	struct write *write, enum restriction_kind kind, const struct restriction_target *target)
{
	size_t most = target->room_id ? LIMIT_RESTRICTIONS_MAX : LIMIT_NETWORK_BANS_MAX;
	bool bounded =
		target->room_id || !target->account_id; /* accounts have a limit of their own */
	if (!bounded || restriction_is_recorded(write->directory, kind, target) ||
		restriction_count(write->directory, target->room_id) < most)
		return REASON_NONE;
	return REASON_TOO_MANY_BANS;
}

static void fill(struct restriction *r, const struct write *write, const struct op_restriction *o)
{
	r->created_us = clock_wall_us();
	if (o->duration_s < (uint64_t)S_PER_YEAR * YEARS_MAX)
		r->expires_us = r->created_us + o->duration_s * CLOCK_US_PER_S;
	(void)snprintf(r->reason, sizeof(r->reason), "%s", o->reason);
	(void)snprintf(
		r->author, sizeof(r->author), "%s", write->actor ? write->actor->name : o->author);
}

/* Checks and fills in write->restriction, with its record. */
static enum reason restrict_target(
	struct write *write, enum restriction_kind kind, const struct op_restriction *o)
{
	if (o->duration_s == 0 || (!write->subject && !o->network))
		return REASON_INVALID_ARGUMENT;
	enum reason reason =
		write_check_right(write, kind == RESTRICTION_BAN ? RIGHT_BAN : RIGHT_MUTE);
	const struct restriction_target target = target_of(write, o->network);
	if (reason == REASON_NONE)
		reason = check_room_left(write, kind, &target);
	if (reason == REASON_NONE && !name_text_fits(o->reason, LIMIT_REASON_BYTES, true))
		reason = strlen(o->reason) > LIMIT_REASON_BYTES ? REASON_TEXT_TOO_LONG
								: REASON_INVALID_ARGUMENT;
	if (reason != REASON_NONE)
		return reason;
	struct restriction *r = write_new_restriction(write);
	r->kind = kind;
	r->target = target;
	r->id = write_take_id(write, ID_RESTRICTION);
	fill(r, write, o);
	put_record(write, restriction_encode(r));
	return REASON_NONE;
}

/* Where the target is gone by now, what was stored is left out at the next start. */
static void apply_restriction(struct write *write)
{
	(void)restriction_put(write->directory, write->restriction);
}

static void apply_lifted(struct write *write)
{
	restriction_remove(
		write->directory, write->restriction->kind, &write->restriction->target, 0);
}

/* Finds the one in force and takes it back. */
static enum reason lift(
	struct write *write, enum restriction_kind kind, const struct network *network)
{
	if (!write->subject && !network)
		return REASON_INVALID_ARGUMENT;
	enum reason reason =
		write_check_right(write, kind == RESTRICTION_BAN ? RIGHT_BAN : RIGHT_MUTE);
	if (reason != REASON_NONE)
		return reason;
	const struct restriction_target target = target_of(write, network);
	struct restriction found;
	if (!restriction_find(write->directory, kind, &target, &found))
		return REASON_NOT_FOUND;
	*write_new_restriction(write) = found;
	put_record(write, RECORD_NONE);
	write->apply = apply_lifted;
	return REASON_NONE;
}

/* ---- bans ---- */

static void apply_server_ban(struct write *write)
{
	char text[RESTRICTION_TEXT_BYTES];
	apply_restriction(write);
	const char *why =
		restriction_explain(write->directory, NULL, write->subject, REASON_BANNED, text);
	write->audience->ended(write->audience->arg, write->subject->id, REASON_BANNED, why);
}

static void apply_room_ban(struct write *write)
{
	apply_restriction(write);
	directory_remove_invite(write->directory, write->room->id, write->subject->id);
	if (write->op.append_count > 0)
		members_apply_part(write);
}

static enum reason ban_from_room(struct write *write, const struct op_restriction *o)
{
	enum reason reason = restrict_target(write, RESTRICTION_BAN, o);
	if (reason == REASON_NONE)
		reason = members_yield(write, write->subject->id);
	if (reason != REASON_NONE)
		return reason;
	if (is_member(write))
		part(write, write->restriction->reason, write->restriction);
	write_put(write, RECORD_INVITE, record_key_pair(write->room->id, write->subject->id),
		RECORD_NONE, STORE_ANY);
	write->reason = REASON_UNAVAILABLE; /* on a conflict: it left just now; ask again */
	write->apply = apply_room_ban;
	return REASON_NONE;
}

enum reason op_ban(struct write *write, const struct op_restriction *o)
{
	if (write->room)
		return write->subject ? ban_from_room(write, o) : REASON_INVALID_ARGUMENT;
	enum reason reason = restrict_target(write, RESTRICTION_BAN, o);
	write->apply = write->subject ? apply_server_ban : apply_restriction;
	return reason;
}

enum reason op_unban(struct write *write, const struct network *network)
{
	return lift(write, RESTRICTION_BAN, network);
}

/* ---- mutes ---- */

/* The room hears of it; a mute in all rooms is the account's and the administrator's affair. */
static void tell_room(struct write *write, bool muted)
{
	if (!write->room)
		return;
	Gchat__V1__MemberMuted body;
	gchat__v1__member_muted__init(&body);
	body.account_id = write->subject->id;
	body.user = write->subject->name;
	body.muted = muted;
	if (muted) {
		body.until_us = write->restriction->expires_us;
		body.reason = write->restriction->reason;
	}
	Gchat__V1__Event event = members_event_by(write->actor);
	event.body_case = GCHAT__V1__EVENT__BODY_MUTED;
	event.muted = &body;
	write_add_event(write, event_new(&event, 0, 0), NULL);
}

enum reason op_mute(struct write *write, const struct op_restriction *o)
{
	if (!write->subject)
		return REASON_INVALID_ARGUMENT;
	enum reason reason = restrict_target(write, RESTRICTION_MUTE, o);
	if (reason != REASON_NONE)
		return reason;
	tell_room(write, true);
	write->apply = apply_restriction;
	return REASON_NONE;
}

enum reason op_unmute(struct write *write)
{
	enum reason reason = lift(write, RESTRICTION_MUTE, NULL);
	if (reason == REASON_NONE)
		tell_room(write, false);
	return reason;
}
