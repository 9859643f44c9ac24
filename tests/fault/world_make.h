/* The parts of world_start; of use to world.c alone. */
#pragma once

#include "world.h"

/* The daemon on its own small disk, with a clock that can be moved and two certificates. */
void world_make_daemon(struct world *w);
/* Accounts, rooms, the witness and the ledger; actors, each on its wire, not yet started. */
void world_make_people(struct world *w);
/* Copies a file, replacing another at once. */
void world_copy_file(struct world *w, const char *from, const char *to);
/* Writes the configuration; a second form of it differs in settings that a reload takes. */
void world_configure(struct world *w, bool second);
