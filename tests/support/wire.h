/*
 * A TCP wire between a client and the daemon that a test can cut, freeze and mend: what a broken
 * network does, without touching the machine's. One thread of its own forwards; the functions here
 * may be called from any thread and take effect before they return.
 */
#pragma once

#include "support/td.h"

struct wire;

enum wire_way {
	WIRE_TO_SERVER = 1,
	WIRE_TO_CLIENT = 2,
	WIRE_BOTH = 3,
};

/* A free port on 127.0.0.1, forwarded to the daemon's. Owned: wire_close. */
struct wire *wire_open(struct td *td);
/* Resets all connections and ends the thread. NULL is allowed. */
void wire_close(struct wire *w);
/* "127.0.0.1:PORT", for clients. Borrowed. */
const char *wire_address(const struct wire *w);

/* Resets (RST) every connection, to both sides; new ones are let through. */
void wire_reset(struct wire *w);
/* As wire_reset, and refuses new connections until wire_mend. */
void wire_cut(struct wire *w);
/* Forwards nothing this way until wire_mend, but keeps the connections: silence, as when a cable is
 * pulled. What fits in the kernel's buffers is still taken. */
void wire_freeze(struct wire *w, enum wire_way way);
void wire_mend(struct wire *w);

/* How badly it forwards; what is 0 is as it should be. */
struct wire_shape {
	unsigned delay_min_ms; /* each chunk is late by its own time between these */
	unsigned delay_max_ms;
	unsigned bytes_per_s;
	unsigned stall_one_in; /* so often a chunk waits much longer, as after a lost packet */
	unsigned stall_max_ms;
};
/* Both ways, for what comes from now on, until wire_mend. Nothing is lost or reordered. */
void wire_shape(struct wire *w, const struct wire_shape *shape);

/* Connections now, and bytes forwarded since the start. */
unsigned wire_connections(struct wire *w);
uint64_t wire_bytes(struct wire *w, enum wire_way way);
