/*
 * What can go wrong: one table, a row per kind. A fault is injected, lasts for a while and is healed;
 * one that is over at once heals nothing. Faults of one group exclude each other in a round, faults
 * of different groups come together in any order. Whatever heal leaves, world_settle must get over.
 */
#pragma once

#include "world.h"

enum fault_group {
	FAULT_OF_DAEMON, /* its life */
	FAULT_OF_CLIENTS,
	FAULT_OF_NETWORK,
	FAULT_OF_DISK,
	FAULT_OF_CLOCK,
	FAULT_OF_DESCRIPTORS,
	FAULT_OF_SETTINGS,
};

struct fault {
	const char *name;
	const char *what; /* one line for --list */
	enum fault_group group;
	/* Why this can't be had here; NULL: it can. NULL function: always. */
	const char *(*why_not)(const struct world *w);
	void (*inject)(struct world *w);
	void (*heal)(struct world *w); /* NULL: nothing */
	unsigned last_ms; /* at most so long between inject and heal */
};

/* The table; *ret_count rows. */
const struct fault *fault_table(size_t *ret_count);
/* By name; NULL: there is none. */
const struct fault *fault_find(const char *name);

/* fault_daemon.c */
void fault_kill(struct world *w);
void fault_kill_often(struct world *w);
void fault_restart(struct world *w);
void fault_hurry(struct world *w);
void fault_stop(struct world *w);
void fault_continue(struct world *w);
void fault_revive(struct world *w);
void fault_rotate(struct world *w);
void fault_reload(struct world *w);
void fault_shift_clock(struct world *w);
void fault_right_clock(struct world *w);
const char *fault_has_no_shift(const struct world *w);
void fault_take_descriptors(struct world *w);
void fault_give_descriptors(struct world *w);

/* fault_client.c */
void fault_kill_clients(struct world *w);
void fault_start_clients(struct world *w);
void fault_cut(struct world *w);
void fault_silence(struct world *w);
void fault_delay(struct world *w);
void fault_throttle(struct world *w);
void fault_stall(struct world *w);
void fault_mend(struct world *w);

/* fault_disk.c */
const char *fault_has_no_disk(const struct world *w);
void fault_fill_disk(struct world *w);
void fault_empty_disk(struct world *w);
const char *fault_has_no_store(const struct world *w);
void fault_break_store(struct world *w);
void fault_mend_store(struct world *w);
void fault_tear_wal(struct world *w);
void fault_copy_wal(struct world *w);
