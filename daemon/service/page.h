/*
 * Pages over what is in memory, in the order of names or numbers: a page token is the last one's
 * name, so that a list may change between pages without losing or repeating what stays. Shard
 * thread.
 */
#pragma once

#include "room/presence.h"

/* One page of rooms, by name, each with a reference. */
struct room_page {
	struct room **rooms; /* owned */
	size_t count;
	bool more;
};
/* Rooms named after `token` for which `fits` says true. */
void room_page_make(struct directory *directory, const char *token, size_t size,
	bool (*fits)(void *arg, struct room *room), void *arg, struct room_page *ret_page);
void room_page_deinit(struct room_page *page);

/* One page of accounts, by user name, each with a reference. Of any number of accounts no more than a
 * few pages are held. */
struct user_page {
	struct account **accounts; /* owned */
	size_t count;
	bool more;
};
/* Accounts named after `token` for which `fits` says true; it is called under the directory's lock. */
void user_page_make(struct directory *directory, const char *token, size_t size,
	bool (*fits)(void *arg, const struct account *account), void *arg,
	struct user_page *ret_page);
void user_page_deinit(struct user_page *page);

/* One page of members, by user name. */
struct member_page {
	struct member_entry {
		struct account *account; /* ref */
		Gchat__V1__Role role;
		uint64_t joined_us;
	} * entries; /* owned */
	size_t count;
	unsigned member_count;
	bool more;
	/* From member_page_show, one an entry; owned. */
	struct profile *profiles;
	Gchat__V1__Member *members; /* borrow from profiles */
};
void member_page_make(
	struct room *room, const char *token, size_t size, struct member_page *ret_page);
/* Fills profiles and members, as of now. */
void member_page_show(struct member_page *page, struct presence *presence);
/* Where the next page begins, for an answer; "": this was the last. After member_page_show. */
char *member_page_next(struct member_page *page);
void member_page_deinit(struct member_page *page);
