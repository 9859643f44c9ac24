/* Bans and mutes as the contract's lists have them, with names instead of numbers. Shard thread. */
#pragma once

#include "gchat/v1/admin.pb-c.h"
#include "room/restriction.h"

/* In a request for a mute, and for a kick's ban. */
#define RESTRICTION_S_FOR_EVER UINT32_MAX

struct restriction_row {
	Gchat__V1__BanEntry entry; /* borrows from the rest and from the restriction */
	char target[NETWORK_TEXT_BYTES]; /* a user name or a network */
	char room[LIMIT_ROOM_NAME_BYTES + 1];
};

struct restriction_rows {
	struct restriction_page page;
	struct restriction_row *rows; /* owned */
	Gchat__V1__BanEntry **list; /* owned: of the rows */
	char next[24]; /* page token; "": the last page */
};

/* One page, by number, behind `token`; of one room where `room_id` isn't 0. */
void restriction_rows_make(struct directory *directory, enum restriction_kind kind,
	uint64_t room_id, const char *token, size_t size, struct restriction_rows *ret);
/* Those of one account that are in force, on the server and in the room (0: none). */
void restriction_rows_of(struct directory *directory, enum restriction_kind kind, uint64_t room_id,
	uint64_t account_id, struct restriction_rows *ret);
void restriction_rows_deinit(struct restriction_rows *rows);
