/*
 * Bans and mutes that have run out: their records go, in slices, and then they leave memory. They hold
 * no more from the moment they run out, so nothing depends on when this happens.
 */
#pragma once

struct directory;

enum {
	EXPIRE_SLICE = 100 /* records removed in one write */
};

/* Begins with what has run out by now; what is under way goes on first. Any thread. */
void expire_start(struct directory *directory);
