/* One slice of rooms after the other, then the account. */
#include "room/ending.h"

#include "base/mem.h"

#include <stdlib.h>

enum {
	ENDING_ROOMS_AT_ONCE = 64 /* left in one go, so that others' writes go in between */
};

/* One write of the slice: the heir first, then the leaving, in the order of submission. */
struct leaving {
	struct write write;
	struct ending *ending; /* borrowed: outlives its writes */
};

struct ending {
	struct ending_options options;
	struct account *account; /* ref */
	struct settling settling;
	struct ending_result result;
	atomic_uint under_way; /* writes of the slice, and one for who starts them */
	struct leaving *leavings; /* owned: two a room */
	size_t leaving_count;
	struct write last;
};

static void leave_slice(struct ending *e);

static void finish(struct ending *e)
{
	if (e->result.reason != REASON_NONE)
		directory_cancel_end(e->options.directory, e->account);
	e->options.done(e->options.arg, &e->result);
	(void)account_unref(e->account);
	free(e);
}

/* ---- the account itself ---- */

/* Writer thread. */
static void on_deleted(struct write *write)
{
	struct ending *e = GC_CONTAINER_OF(write, struct ending, last);
	e->result.reason = write->reason;
	write_deinit(write);
	finish(e);
}

static void delete_account(struct ending *e)
{
	write_init(&e->last, e->options.directory, e->options.audience, on_deleted);
	e->last.actor = account_ref(e->account);
	enum reason reason = op_delete_account(&e->last, e->options.erase);
	if (reason == REASON_NONE) {
		write_start(&e->last);
		return;
	}
	e->result.reason = reason;
	write_deinit(&e->last);
	finish(e);
}

/* ---- leaving ---- */

static bool is_gone(enum reason reason)
{
	return reason == REASON_NOT_A_MEMBER || reason == REASON_UNKNOWN_ROOM;
}

static void slice_done(struct ending *e)
{
	for (size_t i = 0; i < e->leaving_count; i++)
		write_deinit(&e->leavings[i].write);
	free(e->leavings);
	e->leavings = NULL;
	e->leaving_count = 0;
	if (e->result.reason != REASON_NONE)
		finish(e);
	else
		leave_slice(e);
}

static void release(struct ending *e)
{
	if (atomic_fetch_sub(&e->under_way, 1) == 1)
		slice_done(e);
}

/* Writer thread. That an heir could not be made owner leaves the room without one. */
static void on_written(struct write *write)
{
	struct ending *e = GC_CONTAINER_OF(write, struct leaving, write)->ending;
	bool inherits = write->subject != NULL;
	bool done = write->reason == REASON_NONE;
	e->result.inherited += inherits && done;
	e->result.ownerless += inherits && !done;
	e->result.left += !inherits && done && !write->op.drop_log;
	if (!inherits && !done && !is_gone(write->reason))
		e->result.reason = write->reason;
	release(e);
}

static struct write *next_write(struct ending *e, struct room *room)
{
	struct leaving *leaving = &e->leavings[e->leaving_count++];
	leaving->ending = e;
	write_init(&leaving->write, e->options.directory, e->options.audience, on_written);
	leaving->write.room = room_ref(room);
	return &leaving->write;
}

/* Where nothing was prepared: gone already, or refused. */
static void drop_write(struct ending *e, enum reason reason)
{
	write_deinit(&e->leavings[--e->leaving_count].write);
	if (reason != REASON_NONE && !is_gone(reason))
		e->result.reason = reason;
}

/* Under mu. Who stays, and owns it; who would best: the longest-standing moderator. */
static struct account *find_heir(struct room *room, uint64_t but_id, bool *ret_owned)
{
	struct member *member;
	struct member *tmp;
	struct member *heir = NULL;
	HASH_ITER (hh, room->shared.members, member, tmp) {
		if (member->account->id == but_id || member->parting > 0)
			continue;
		*ret_owned = *ret_owned || member->role == GCHAT__V1__ROLE__ROLE_OWNER;
		if (member->role == GCHAT__V1__ROLE__ROLE_MODERATOR && !member->account->guest &&
			(!heir || member->joined_us < heir->joined_us))
			heir = member;
	}
	return heir ? account_ref(heir->account) : NULL;
}

/* Who owns the room after its last owner has gone. */
static void prepare_heir(struct ending *e, struct room *room)
{
	bool owned = false;
	room_lock(room);
	struct member *self = room_find_member(room, e->account->id);
	bool owner = self && self->role == GCHAT__V1__ROLE__ROLE_OWNER;
	bool alone = room->shared.member_count <= 1;
	struct account *heir = owner ? find_heir(room, e->account->id, &owned) : NULL;
	room_unlock(room);
	if (!owner || owned || alone) {
		(void)account_unref(heir);
		return;
	}
	e->result.ownerless += heir == NULL;
	if (!heir)
		return;
	struct write *write = next_write(e, room);
	write->subject = heir; /* an administrator makes it owner */
	enum reason reason = op_set_role(write, GCHAT__V1__ROLE__ROLE_OWNER);
	if (reason == REASON_NONE && !write->already)
		return;
	e->result.ownerless += reason != REASON_NONE;
	drop_write(e, REASON_NONE);
}

static bool is_abandoned(struct room *room)
{
	room_lock(room);
	bool abandoned = room->shared.visibility == GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT &&
			 room->shared.member_count <= 1;
	room_unlock(room);
	return abandoned;
}

static void prepare_room(struct ending *e, struct room *room)
{
	bool abandoned = is_abandoned(room);
	if (!abandoned)
		prepare_heir(e, room);
	struct write *write = next_write(e, room);
	write->actor = abandoned ? NULL : account_ref(e->account);
	enum reason reason = abandoned ? op_delete_room(write) : op_leave_for_good(write);
	if (reason != REASON_NONE)
		drop_write(e, reason);
}

static void leave_slice(struct ending *e)
{
	size_t count;
	struct room **rooms = directory_rooms_of(e->options.directory, e->account, &count);
	size_t slice = count < ENDING_ROOMS_AT_ONCE ? count : ENDING_ROOMS_AT_ONCE;
	e->leavings = mem_new(2 * slice, sizeof(*e->leavings));
	for (size_t i = 0; i < count; i++) {
		if (i < slice)
			prepare_room(e, rooms[i]);
		(void)room_unref(rooms[i]);
	}
	free(rooms);
	if (count == 0) {
		free(e->leavings);
		e->leavings = NULL;
		delete_account(e);
		return;
	}
	atomic_store(&e->under_way, (unsigned)e->leaving_count + 1); /* before the first starts */
	for (size_t i = 0; i < e->leaving_count; i++)
		write_start(&e->leavings[i].write);
	release(e);
}

/* ---- the beginning ---- */

/* Any thread. */
static void on_settled(struct settling *settling)
{
	leave_slice(GC_CONTAINER_OF(settling, struct ending, settling));
}

enum reason ending_start(const struct ending_options *options)
{
	if (!directory_begin_end(options->directory, options->account))
		return REASON_SIGNED_OUT;
	struct ending *e = mem_new(1, sizeof(*e));
	e->options = *options;
	e->account = account_ref(options->account);
	e->settling.settled = on_settled;
	if (directory_is_settled(options->directory, options->account, &e->settling))
		leave_slice(e);
	return REASON_NONE;
}
