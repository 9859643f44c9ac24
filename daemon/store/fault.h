/*
 * An engine that wraps another and fails on demand: "fault:sqlite" or "fault:mem". Never a part of
 * gchatd: only objects that are compiled with GCHAT_FAULTS know it (tests/unit/store), which are the
 * tests, and gchatd-fault, the daemon they run. There an operator can't switch it on by accident, and
 * a build option that someone forgets to turn off was not wanted.
 *
 * In gchatd-fault the environment's GCHAT_FAULT_PLAN names a file with the plan, a fault a line:
 *
 *	SITE STATUS [after=N] [count=N] [delay_ms=N] [held_ms=N] [log=N]
 *
 * with "begin", "apply", "commit", "space" or "read" as SITE, and a status as store_status_text has it
 * ("ok": only the delay). The file is read again when it has changed; a missing one is an empty plan.
 *
 * A fault never makes the store lie: what it refuses is not stored. There is no commit of unknown
 * outcome, since store.h has none.
 */
#pragma once

#include "store/store_priv.h"

enum {
	FAULT_MAX = 32, /* in a plan */
};

enum fault_site {
	FAULT_BEGIN, /* of a transaction */
	FAULT_APPLY, /* of one op. With "fault:mem" only of a transaction's first: it can't roll back */
	FAULT_COMMIT,
	FAULT_SPACE, /* has_space: any status but STORE_OK says that there is none */
	FAULT_READ, /* store_read: `after` counts the events it gives before it fails */
	_FAULT_SITE_MAX,
};

struct fault {
	enum fault_site site;
	enum store_status status; /* STORE_OK, or one from STORE_FULL on */
	unsigned after; /* times that it lets pass first */
	unsigned count; /* times that it strikes; 0: always */
	unsigned delay_ms; /* before each strike */
	unsigned held_ms; /* the same, but held by the kernel, as by a disk that doesn't answer */
	uint64_t log; /* FAULT_APPLY, FAULT_READ: only this one; 0: any */
};

/* One plan for the process. Any thread. */
void fault_add(const struct fault *fault);
void fault_clear(void);
/* How often faults have struck there since the last clear. */
unsigned fault_strikes(enum fault_site site);
/* One line of a plan; false when it isn't one. */
bool fault_parse(const char *line, struct fault *ret_fault);

/* The engine to use for `name`: wrapped where the name or the environment asks for it. `find` gives
 * the engine of a plain name, or NULL. */
const struct store_engine *fault_engine(
	const char *name, const struct store_engine *(*find)(const char *name));
