/* Shared by directory.c (finding), directory_change.c and directory_place.c only. */
#pragma once

#include "room/directory.h"

/* What the limits say of an account. Any thread. */
void directory_set_rates(const struct directory_limits *limits, struct account *account);
/* Under the lock. Borrowed; NULL: not invited. */
struct invite *directory_find_invite(
	struct directory *directory, uint64_t room_id, uint64_t account_id);
/* Under places_mu: what counts against the limits no longer does, or as something else. */
void directory_uncount_place(
	struct directory *directory, struct account *account, enum place place);
