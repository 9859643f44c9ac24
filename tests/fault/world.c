/* Making the world, letting it run, and looking at it when it is quiet. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "world_make.h"

enum {
	SETTLE_MS = 60000, /* the machine may be busy with other things */
	SETTLE_STEP_MS = 20,
};

/* ---- running ---- */

static void fail_on_fault(struct world *w)
{
	const char *fault = ledger_fault(w->ledger);

	if (fault)
		td_fail(w->td, "%s", fault);
}

static void hear(struct world *w)
{
	for (unsigned i = 0; i < w->actor_count; i++) {
		if (!actor_listen(&w->actors[i]))
			td_fail(w->td, "actor %u has ended by itself", i);
	}
	td_hear(w->td);
	fail_on_fault(w);
	if (!w->away && !td_is_running(w->td))
		td_fail(w->td, "gchatd has ended by itself with status %d", td_wait_exit(w->td, 0));
}

void world_run(struct world *w, unsigned ms)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), ms);
	struct pollfd polls[ACTORS_MAX];
	int64_t left = ms;

	for (; left >= 0; left = clock_mono_ms_since(deadline, clock_mono())) {
		for (unsigned i = 0; i < w->actor_count; i++)
			polls[i] =
				(struct pollfd){.fd = w->actors[i].pid ? w->actors[i].reports : -1,
					.events = POLLIN};
		(void)poll(polls, w->actor_count, (int)left);
		hear(w);
		if (left == 0)
			break;
	}
}

void world_revive(struct world *w)
{
	if (!td_is_running(w->td))
		td_spawn(w->td);
	w->away = false;
}

/* ---- being quiet ---- */

static void order_all(struct world *w, bool quiet)
{
	for (unsigned i = 0; i < w->actor_count; i++)
		actor_order(&w->actors[i], quiet, w->serial);
}

static bool are_quiet(const struct world *w)
{
	unsigned i = 0;

	while (i < w->actor_count && w->actors[i].quiet_serial == w->serial)
		i++;
	return i == w->actor_count;
}

static bool is_level(const struct world *w, unsigned actor, const uint64_t heads[_STAGE_MAX])
{
	uint64_t hall = ledger_place(w->ledger, actor, STAGE_HALL);

	return ledger_place(w->ledger, actor, STAGE_TALK) >= heads[STAGE_TALK] &&
	       (hall == 0 || hall >= heads[STAGE_HALL]);
}

static void blame_late(struct world *w, unsigned actor, const uint64_t *heads, const char *what)
{
	uint64_t places[_STAGE_MAX];

	for (enum stage stage = STAGE_TALK; stage < _STAGE_MAX; stage++) {
		places[stage] = ledger_place(w->ledger, actor, stage);
		ledger_show(w->ledger, stage, places[stage]);
	}
	td_fail(w->td,
		"actor %u isn't %s after %d ms: it has read %" PRIu64 " of the talk's %" PRIu64
		", %" PRIu64 " of the hall's %" PRIu64,
		actor, what, SETTLE_MS, places[STAGE_TALK], heads ? heads[STAGE_TALK] : 0,
		places[STAGE_HALL], heads ? heads[STAGE_HALL] : 0);
}

/* Waits until every actor is `level` with the heads (or, where that is NULL, quiet). */
static void wait_for_all(struct world *w, const uint64_t *heads, const char *what)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), SETTLE_MS);
	unsigned i = 0;

	while (heads ? i < w->actor_count : !are_quiet(w)) {
		if (heads && is_level(w, i, heads)) {
			i++;
			continue;
		}
		if (clock_mono_ms_since(clock_mono(), deadline) >= 0)
			break;
		world_run(w, SETTLE_STEP_MS);
	}
	for (i = 0; i < w->actor_count; i++) {
		if (heads ? !is_level(w, i, heads) : w->actors[i].quiet_serial != w->serial)
			blame_late(w, i, heads, what);
	}
}

static void read_logs(struct world *w, uint64_t heads[_STAGE_MAX])
{
	for (enum stage stage = STAGE_TALK; stage < _STAGE_MAX; stage++)
		heads[stage] = witness_read(w->witness, w->ledger, stage, w->rooms[stage]);
	fail_on_fault(w);
}

/* Until the logs stand still: a call whose asker has given up may still be carried out. */
static void read_all(struct world *w, uint64_t heads[_STAGE_MAX])
{
	uint64_t before[_STAGE_MAX];

	read_logs(w, heads);
	do {
		memcpy(before, heads, sizeof(before));
		wait_for_all(w, heads, "level");
		read_logs(w, heads);
	} while (memcmp(before, heads, sizeof(before)) != 0);
}

static void compare(struct world *w, unsigned first_actor, unsigned end_actor)
{
	uint64_t heads[_STAGE_MAX];

	read_all(w, heads);
	ledger_check(w->ledger, heads);
	fail_on_fault(w);
	for (enum stage stage = STAGE_TALK; stage < _STAGE_MAX; stage++)
		witness_compare_members(w->witness, w->ledger, stage, w->rooms[stage]);
	for (unsigned i = first_actor; i < end_actor; i++)
		witness_compare_unread(w->witness, w->ledger, &w->actors[i].plan);
	fail_on_fault(w);
}

static void fall_quiet(struct world *w)
{
	td_wait_ready(w->td, SETTLE_MS);
	w->serial++;
	order_all(w, true);
	wait_for_all(w, NULL, "quiet");
}

void world_settle(struct world *w)
{
	unsigned actor = chance_below(&w->chance, w->actor_count);

	fall_quiet(w);
	compare(w, actor, actor + 1);
	order_all(w, false);
}

/* ---- beginning and end ---- */

void world_start(struct world *w, uint64_t seed, unsigned actor_count)
{
	*w = (struct world){.chance = chance_make(seed), .actor_count = actor_count};
	world_make_daemon(w);
	world_make_people(w);
	for (unsigned i = 0; i < actor_count; i++)
		actor_start(&w->actors[i], chance_next(&w->chance));
	/* All are in the talk before anything breaks: then a place there is never lost. */
	struct mono deadline = clock_mono_add_ms(clock_mono(), SETTLE_MS);
	for (unsigned i = 0; i < actor_count;) {
		i += ledger_place(w->ledger, i, STAGE_TALK) > 0;
		if (clock_mono_ms_since(clock_mono(), deadline) >= 0)
			td_fail(w->td, "actor %u doesn't come in", i);
		world_run(w, 1);
	}
}

void world_end(struct world *w)
{
	fall_quiet(w);
	witness_forget(w->witness);
	compare(w, 0, w->actor_count);
	for (unsigned i = 0; i < w->actor_count; i++) {
		actor_kill(&w->actors[i]);
		wire_close(w->actors[i].wire);
	}
	witness_close(w->witness);
	td_terminate(w->td);
	world_abandon(w);
	td_stop(w->td);
	w->td = NULL;
	ledger_free(w->ledger);
}

void world_abandon(struct world *w)
{
	if (w->td && !w->no_disk)
		(void)umount2(td_state_folder(w->td), MNT_DETACH); /* at worst done before */
}
