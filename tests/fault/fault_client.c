/* Clients that die, and networks between them and the daemon. */
#include "fault.h"

enum {
	CUTS_MAX = 4,
	CUT_PAUSE_MS = 60,
	HALF = 2,
};

/* ---- deaths ---- */

void fault_kill_clients(struct world *w)
{
	unsigned first = chance_below(&w->chance, w->actor_count);

	actor_kill(&w->actors[first]);
	for (unsigned i = 0; i < w->actor_count; i++) {
		if (chance_one_in(&w->chance, HALF))
			actor_kill(&w->actors[i]);
	}
}

void fault_start_clients(struct world *w)
{
	for (unsigned i = 0; i < w->actor_count; i++) {
		if (!w->actors[i].pid)
			actor_start(&w->actors[i], chance_next(&w->chance));
	}
}

/* ---- the network ---- */

/* One at least; each other with the same chance. */
static void on_some_wires(struct world *w, void (*change)(struct world *w, struct wire *wire))
{
	unsigned always = chance_below(&w->chance, w->actor_count);

	for (unsigned i = 0; i < w->actor_count; i++) {
		if (i == always || chance_one_in(&w->chance, HALF))
			change(w, w->actors[i].wire);
	}
}

static void cut(struct world *w, struct wire *wire)
{
	if (chance_one_in(&w->chance, HALF))
		wire_reset(wire);
	else
		wire_cut(wire); /* and no new ones, until it is mended */
}

void fault_cut(struct world *w)
{
	unsigned times = chance_between(&w->chance, 1, CUTS_MAX);

	for (unsigned i = 0; i < times; i++) {
		on_some_wires(w, cut);
		world_run(w, chance_below(&w->chance, CUT_PAUSE_MS));
	}
}

static void silence(struct world *w, struct wire *wire)
{
	static const enum wire_way ways[] = {WIRE_BOTH, WIRE_BOTH, WIRE_TO_SERVER, WIRE_TO_CLIENT};

	wire_freeze(wire, ways[chance_below(&w->chance, GC_LENGTH(ways))]);
}

void fault_silence(struct world *w)
{
	on_some_wires(w, silence);
}

static void delay(struct world *w, struct wire *wire)
{
	unsigned max = chance_between(&w->chance, 1, 120);

	wire_shape(wire, &(struct wire_shape){.delay_min_ms = max / HALF, .delay_max_ms = max});
}

void fault_delay(struct world *w)
{
	on_some_wires(w, delay);
}

static void throttle(struct world *w, struct wire *wire)
{
	wire_shape(
		wire, &(struct wire_shape){.bytes_per_s = chance_between(&w->chance, 2000, 40000)});
}

void fault_throttle(struct world *w)
{
	on_some_wires(w, throttle);
}

static void stall(struct world *w, struct wire *wire)
{
	wire_shape(wire, &(struct wire_shape){.delay_max_ms = 3,
				 .stall_one_in = chance_between(&w->chance, 4, 40),
				 .stall_max_ms = chance_between(&w->chance, 100, 1500)});
}

void fault_stall(struct world *w)
{
	on_some_wires(w, stall);
}

/* Silence ends with what was held back arriving after all, or with it being lost. */
void fault_mend(struct world *w)
{
	for (unsigned i = 0; i < w->actor_count; i++) {
		if (chance_one_in(&w->chance, HALF))
			wire_reset(w->actors[i].wire);
		wire_mend(w->actors[i].wire);
	}
}
