/*
 * The end of an account: it enters no more rooms, those it is entering are waited for, it leaves all
 * rooms (a few at a time, each with its event), and then it is gone with its name, its tokens, its
 * invitations and its avatar.
 *
 *   begin -> [settled] -> leave, leave, ... -> delete -> done
 *
 * A room that would be left without an owner gets the longest-standing moderator as one; where there
 * is none it stays without, and an administrator can name one. A direct room that nobody is left in
 * is deleted. Where a step fails (a full disk), the account stays, in fewer rooms, and the end can be
 * asked for again.
 */
#pragma once

#include "room/ops.h"

struct ending;

struct ending_result {
	enum reason reason;
	unsigned left; /* rooms it has left */
	unsigned inherited; /* of those, rooms that got another owner */
	unsigned ownerless; /* rooms that have members and no owner now */
};

struct ending_options {
	struct directory *directory; /* borrowed: outlives it */
	const struct audience *audience; /* the same */
	struct account *account; /* borrowed during the call */
	bool erase; /* what it has said is erased afterwards: see erase.h */
	/* Writer thread, or the caller's within ending_start; once. The ending is freed afterwards. */
	void (*done)(void *arg, const struct ending_result *result);
	void *arg;
};

/* Starts it: NONE, and done will be called; or SIGNED_OUT where it is under way already. Any
 * thread. */
enum reason ending_start(const struct ending_options *options) GC_MUST_CHECK;
