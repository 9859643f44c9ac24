/* Who is in a room: joining, leaving, removing, inviting, roles, read markers. */
#include "room/members.h"

#include "base/clock.h"
#include "gchat/v1/record.pb-c.h"

#include <string.h>

static const Gchat__V1__Role none = GCHAT__V1__ROLE__ROLE_UNSPECIFIED;

static void put_member(struct write *write, uint64_t account_id, const struct member_start *start,
	enum store_condition condition)
{
	Gchat__V1__MemberRecord record;
	gchat__v1__member_record__init(&record);
	record.role = start->role;
	record.joined_us = start->joined_us;
	record.joined_seq = start->joined_seq;
	write_put(write, RECORD_MEMBER, record_key_pair(write->room->id, account_id),
		record_encode(&record.base), condition);
}

Gchat__V1__Event members_event_by(struct account *actor)
{
	Gchat__V1__Event event;
	gchat__v1__event__init(&event);
	if (actor) {
		event.author_id = actor->id;
		event.author = actor->name;
	}
	return event;
}

static void put_marker(struct write *write, uint64_t account_id, uint64_t seq)
{
	Gchat__V1__MarkerRecord record;
	gchat__v1__marker_record__init(&record);
	record.read_seq = seq;
	write_put(write, RECORD_MARKER, record_key_pair(account_id, write->room->id),
		record_encode(&record.base), STORE_ANY);
}

/* ---- joining ---- */

/* Who becomes a member by this write: the subject that an administrator adds, or the actor. */
static struct account *who_enters(const struct write *write)
{
	return write->subject ? write->subject : write->actor;
}

/* Takes a slot of the room's limit until the write is done. */
static enum reason charge_slot(struct write *write)
{
	struct directory_limits limits;
	enum reason reason = write->subject ? write_take_subject_place(write, PLACE_JOIN)
					    : write_take_place(write, PLACE_JOIN);
	if (reason != REASON_NONE)
		return reason;
	directory_get_limits(write->directory, &limits);
	room_lock(write->room);
	unsigned taken = write->room->shared.member_count + write->room->shared.joining;
	if (taken < room_settings_lower(
			    limits.members_per_room, write->room->shared.settings.members_max)) {
		write->room->shared.joining++;
		write->charged = true;
	}
	room_unlock(write->room);
	return write->charged ? REASON_NONE : REASON_TOO_MANY_MEMBERS;
}

static void apply_join(struct write *write)
{
	struct account *who = who_enters(write);
	directory_add_member(write->directory, write->room, who,
		&(struct member_start){.role = write->role,
			.joined_us = write->appends[0].time_us,
			.joined_seq = write->seq,
			.read_seq = write->number,
			.charged = &write->charged,
			.place = write->subject ? &write->subject_place : &write->place});
	directory_remove_invite(write->directory, write->room->id, who->id);
	write->audience->joined(write->audience->arg, who, write->room, write->seq);
}

/* A member, and no write is under way that ends that: a leaving just asked for comes first. */
static bool is_staying(struct room *room, uint64_t account_id)
{
	room_lock(room);
	struct member *member = room_find_member(room, account_id);
	bool stays = member && member->parting == 0;
	room_unlock(room);
	return stays;
}

/* A ban that is under way may be committed first: then this write finds its record, and is refused. One
 * that has run out, and is not swept yet, is no hindrance. */
static void require_no_ban(struct write *write, const struct account *who)
{
	const struct restriction_target target = {
		.room_id = write->room->id, .account_id = who->id};
	if (!restriction_is_recorded(write->directory, RESTRICTION_BAN, &target))
		write_put(write, RECORD_BAN, restriction_key(&target), RECORD_NONE, STORE_ABSENT);
}

/* The event, whose author is who joins, and the records. From here on messages are unread; an earlier
 * membership's marker no longer counts, nor does what it had a right to read. */
static void prepare_join(struct write *write, struct account *who)
{
	struct room_info info;
	Gchat__V1__MemberJoined joined;
	gchat__v1__member_joined__init(&joined);
	joined.role = write->role;
	Gchat__V1__Event event = members_event_by(who);
	event.body_case = GCHAT__V1__EVENT__BODY_JOINED;
	event.joined = &joined;
	write_add_event(write, event_new(&event, 0, 0), NULL);
	room_get_info(write->room, &info);
	write->number = info.head_seq;
	put_member(write, who->id,
		&(struct member_start){.role = write->role,
			.joined_us = clock_wall_us(),
			.joined_seq = info.head_seq + 1},
		STORE_ABSENT);
	write_put(write, RECORD_INVITE, record_key_pair(write->room->id, who->id), RECORD_NONE,
		STORE_ANY);
	require_no_ban(write, who);
	put_marker(write, who->id, write->number);
	write->reason =
		REASON_UNAVAILABLE; /* on a conflict: another join of the same account won, or a
					     * ban */
	write->quiet = true;
	write->apply = apply_join;
}

static enum reason enter(struct write *write, struct account *who, Gchat__V1__Role role)
{
	enum reason reason = room_is_damaged(write->room) ? REASON_DAMAGED : charge_slot(write);
	if (reason != REASON_NONE)
		return reason;
	write->role = role;
	prepare_join(write, who);
	return REASON_NONE;
}

enum reason op_join(struct write *write)
{
	write->already = is_staying(write->room, write->actor->id);
	if (write->already)
		return REASON_NONE;
	enum reason reason = write_check_right(write, RIGHT_JOIN);
	return reason == REASON_NONE ? enter(write, write->actor, GCHAT__V1__ROLE__ROLE_MEMBER)
				     : reason;
}

enum reason op_add_member(struct write *write, Gchat__V1__Role role)
{
	struct room_info info;
	room_get_info(write->room, &info);
	if (role < GCHAT__V1__ROLE__ROLE_READER || role > GCHAT__V1__ROLE__ROLE_OWNER ||
		info.visibility == GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT)
		return REASON_INVALID_ARGUMENT;
	write->role = role;
	enum reason reason = write_check_right(write, RIGHT_ADD_MEMBER);
	if (reason != REASON_NONE)
		return reason;
	if (is_staying(write->room, write->subject->id))
		return REASON_ALREADY_A_MEMBER;
	return enter(write, write->subject, role);
}

/* ---- leaving ---- */

/* Under mu. Whether another owner stays, or there is nobody to leave the room to. */
static bool may_yield(struct room *room, const struct member *self)
{
	struct member *member;
	struct member *tmp;
	if (room->shared.member_count + room->shared.joining <= 1)
		return true;
	HASH_ITER (hh, room->shared.members, member, tmp)
		if (member != self && member->role == GCHAT__V1__ROLE__ROLE_OWNER &&
			member->parting == 0 && member->yielding == 0)
			return true;
	return false;
}

enum reason members_yield(struct write *write, uint64_t account_id)
{
	struct room *room = write->room;
	enum reason reason = REASON_NONE;
	room_lock(room);
	struct member *self = room_find_member(room, account_id);
	if (self && self->role == GCHAT__V1__ROLE__ROLE_OWNER) {
		if (write->actor && !may_yield(room, self)) {
			reason = REASON_LAST_OWNER;
		} else {
			self->yielding++;
			write->yielding = account_id;
		}
	}
	room_unlock(room);
	return reason;
}

void members_apply_part(struct write *write)
{
	struct account *who = write->subject ? write->subject : write->actor;
	directory_remove_member(write->directory, write->room, who->id);
	write->audience->parted(write->audience->arg, who->id, write->room, write->seq);
}

void members_part(struct write *write, Gchat__V1__Event *event, const struct account *who)
{
	room_lock(write->room);
	struct member *member = room_find_member(write->room, who->id);
	if (member) {
		member->parting++;
		write->parting = who->id;
	}
	room_unlock(write->room);
	write_add_event(write, event_new(event, 0, 0), NULL);
	write_put(write, RECORD_MEMBER, record_key_pair(write->room->id, who->id), RECORD_NONE,
		STORE_PRESENT);
	write_put(write, RECORD_MARKER, record_key_pair(who->id, write->room->id), RECORD_NONE,
		STORE_ANY);
	write->reason = REASON_NOT_A_MEMBER; /* on a conflict */
	write->apply = members_apply_part;
}

static void add_left(struct write *write)
{
	Gchat__V1__MemberLeft left;
	gchat__v1__member_left__init(&left);
	Gchat__V1__Event event = members_event_by(write->actor);
	event.body_case = GCHAT__V1__EVENT__BODY_LEFT;
	event.left = &left;
	members_part(write, &event, write->actor);
	write->quiet = true;
}

enum reason op_leave(struct write *write)
{
	enum reason reason = write_check_right(write, RIGHT_LEAVE);
	if (reason == REASON_NONE)
		reason = members_yield(write, write->actor->id);
	if (reason == REASON_NONE)
		add_left(write);
	return reason;
}

enum reason op_leave_for_good(struct write *write)
{
	if (room_role_of(write->room, write->actor->id) == none)
		return REASON_NOT_A_MEMBER;
	add_left(write);
	return REASON_NONE;
}

/* ---- inviting and roles ---- */

static void apply_invite(struct write *write)
{
	directory_add_invite(write->directory, write->room->id, write->subject->id);
}

enum reason op_invite(struct write *write)
{
	enum reason reason = write_check_right(write, RIGHT_INVITE);
	if (room_role_of(write->room, write->subject->id) != none) {
		write->already = true;
		return reason == REASON_NOT_PERMITTED ? REASON_NONE : reason;
	}
	if (reason != REASON_NONE)
		return reason;
	Gchat__V1__InviteRecord record;
	gchat__v1__invite_record__init(&record);
	record.author_id = write->actor ? write->actor->id : 0;
	record.created_us = clock_wall_us();
	write_put(write, RECORD_INVITE, record_key_pair(write->room->id, write->subject->id),
		record_encode(&record.base), STORE_ANY);
	Gchat__V1__MemberInvited invited;
	gchat__v1__member_invited__init(&invited);
	invited.account_id = write->subject->id;
	invited.user = write->subject->name;
	Gchat__V1__Event event = members_event_by(write->actor);
	event.body_case = GCHAT__V1__EVENT__BODY_INVITED;
	event.invited = &invited;
	write_add_event(write, event_new(&event, 0, 0), NULL);
	write->apply = apply_invite;
	return REASON_NONE;
}

static void apply_role(struct write *write)
{
	room_lock(write->room);
	struct member *member = room_find_member(write->room, write->subject->id);
	if (member)
		member->role = write->role;
	room_unlock(write->room);
}

/* How the membership began, with another role. */
static struct member_start with_role(struct room *room, uint64_t account_id, Gchat__V1__Role role)
{
	struct member_start start = {.role = role};
	room_lock(room);
	struct member *member = room_find_member(room, account_id);
	if (member) {
		start.joined_us = member->joined_us;
		start.joined_seq = member->joined_seq;
	}
	room_unlock(room);
	return start;
}

enum reason op_set_role(struct write *write, Gchat__V1__Role role)
{
	if (role < GCHAT__V1__ROLE__ROLE_READER || role > GCHAT__V1__ROLE__ROLE_OWNER)
		return REASON_INVALID_ARGUMENT;
	write->role = role;
	enum reason reason = write_check_right(write, RIGHT_SET_ROLE);
	if (reason != REASON_NONE)
		return reason;
	Gchat__V1__Role before = room_role_of(write->room, write->subject->id);
	if (before == none)
		return REASON_NOT_A_MEMBER;
	write->already = before == role;
	if (write->already)
		return REASON_NONE;
	if (role < GCHAT__V1__ROLE__ROLE_OWNER)
		reason = members_yield(write, write->subject->id);
	if (reason != REASON_NONE)
		return reason;
	Gchat__V1__RoleChanged changed;
	gchat__v1__role_changed__init(&changed);
	changed.account_id = write->subject->id;
	changed.user = write->subject->name;
	changed.role = role;
	Gchat__V1__Event event = members_event_by(write->actor);
	event.body_case = GCHAT__V1__EVENT__BODY_ROLE_CHANGED;
	event.role_changed = &changed;
	write_add_event(write, event_new(&event, 0, 0), NULL);
	const struct member_start start = with_role(write->room, write->subject->id, role);
	put_member(write, write->subject->id, &start, STORE_PRESENT);
	write->reason = REASON_NOT_A_MEMBER; /* on a conflict */
	write->apply = apply_role;
	return REASON_NONE;
}

/* ---- read markers ---- */

static void apply_marker(struct write *write)
{
	room_lock(write->room);
	struct member *member = room_find_member(write->room, write->actor->id);
	bool moved = member && member->read_seq < write->number;
	if (moved)
		member->read_seq = write->number;
	room_unlock(write->room);
	if (moved)
		write->audience->marker_moved(
			write->audience->arg, write->actor, write->room, write->number);
}

enum reason op_mark_read(struct write *write, uint64_t seq)
{
	enum reason reason = write_check_right(write, RIGHT_READ);
	if (reason != REASON_NONE)
		return reason;
	room_lock(write->room);
	struct member *member = room_find_member(write->room, write->actor->id);
	if (!member) /* gone just now */
		reason = REASON_NOT_A_MEMBER;
	else if (seq > write->room->shared.log.head)
		reason = REASON_CURSOR_AHEAD;
	write->already = member && seq <= member->read_seq;
	if (reason == REASON_NONE && seq < member->asked_seq)
		seq = member->asked_seq; /* a higher one is under way: the record stays there */
	else if (reason == REASON_NONE)
		member->asked_seq = seq;
	room_unlock(write->room);
	if (reason != REASON_NONE || write->already)
		return reason;
	put_marker(write, write->actor->id, seq);
	write->op.vital = true; /* a few bytes, mostly over older ones */
	write->number = seq;
	write->apply = apply_marker;
	return REASON_NONE;
}
