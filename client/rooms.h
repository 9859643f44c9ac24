/*
 * The rooms this client knows: what the welcome named, what was joined since, and what was looked
 * up. Names and topics are neutralised when they come in. Bounded; main thread only.
 */
#pragma once

#include "lib/gchat.h"

enum {
	ROOMS_MAX = 4096, /* beyond it rooms are not remembered, only looked up again */
};

struct room {
	uint64_t room_id;
	char *name; /* owned, clean */
	char *label; /* owned, clean: "#name", or "@user" for a conversation of two */
	char *topic; /* owned, clean */
	enum gchat_visibility visibility;
	enum gchat_role role;
	uint64_t head_seq; /* the newest one known of */
	uint64_t shown_seq; /* the newest one shown */
	uint64_t first_shown_seq;
	uint64_t read_seq; /* the last one known to be read */
	uint32_t unread;
	uint32_t member_count;
	bool read_only; /* only moderators and owners write */
	uint32_t slow_mode_s;
	bool member;
	bool entered; /* once: what was new has been shown */
};

struct rooms {
	struct room *rooms; /* owned: ascending room_id */
	size_t count, size;
};

void rooms_deinit(struct rooms *r);
/* Adds or refreshes. Borrowed until the next rooms_put; NULL when there are ROOMS_MAX. */
struct room *rooms_put(struct rooms *r, const struct gchat_room *from);
/* Borrowed until the next rooms_put, or NULL. */
struct room *rooms_find(struct rooms *r, uint64_t room_id);
/* "#name", "name" or "@user". The same. */
struct room *rooms_find_name(struct rooms *r, const char *name);
/* Calls a conversation of two after the other one. */
void rooms_set_peer(struct room *room, const char *user);
/* Nothing is a membership any more; a welcome then names those that are. */
void rooms_forget_members(struct rooms *r);
