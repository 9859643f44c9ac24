/*
 * What goes by itself with time: tokens that have expired, guests whose token has ended, invitations
 * that nobody can use any more. Looked for now and then, a bounded number at a time; each goes by the
 * same op as if someone had asked for it. Main thread, but for the ends of its writes.
 */
#pragma once

#include "room/ops.h"

struct tender;

enum {
	TEND_AT_ONCE = 256, /* things that go in one round; the others go in the next */
	TEND_GUEST_AGE_S = 60, /* a younger guest may be about to get its token */
};

/* Both borrowed: they outlive it. */
struct tender *tender_new(struct directory *directory, const struct audience *audience);
/* Waits for what is under way, and begins nothing more; NULL is allowed. Returns NULL. Before the
 * store is closed. */
struct tender *tender_free(struct tender *tender);
/* One round; nothing where the one before is still under way. Goes on with erasures, too. */
void tender_run(struct tender *tender, uint64_t now_us);
/* Whether a round is under way. Any thread. */
bool tender_is_busy(struct tender *tender);
