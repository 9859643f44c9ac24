/*
 * The audit log: what administrators asked to be changed, who, when, and what came of it. A log of the
 * store like a room's, under a number that no room has; entries are appended and never changed, and
 * go by age alone (audit.max_age_days). It holds no secrets and no messages.
 */
#pragma once

#include "base/macros.h"
#include "room/record.h"
#include "store/store.h"

enum {
	AUDIT_LOG = STORE_LOG_ID_MAX, /* its number in the store */
	AUDIT_ROOM_ID_MAX = AUDIT_LOG - 1, /* rooms are numbered 1 to this */
	AUDIT_USER_BYTES = 64, /* a user name of the machine; a longer one is cut */
	AUDIT_ACTION_BYTES = 48,
	AUDIT_OBJECT_BYTES = 1024, /* a longer one is cut */
	AUDIT_OUTCOME_BYTES = 48,
	AUDIT_SCAN_MAX = 10000, /* entries looked at for one page */
};

/* One change, or one that was refused. */
struct audit_entry {
	uint64_t seq; /* given by the store */
	uint64_t time_us; /* the same */
	uint32_t uid; /* the caller's, on the machine */
	uint32_t pid; /* 0: not known */
	char user[AUDIT_USER_BYTES + 1]; /* the uid's name then; empty: not known */
	char action[AUDIT_ACTION_BYTES + 1]; /* like "kick" */
	char object[AUDIT_OBJECT_BYTES + 1]; /* like "user=bob room=lobby" */
	char outcome[AUDIT_OUTCOME_BYTES + 1]; /* "OK" or the reason's name */
};

/* The entry as the store keeps it, without seq and time. Owned by the caller: free(3) its data. */
struct record_value audit_encode(const struct audit_entry *entry);
/* False: that is no entry. Any thread, as all here. */
bool audit_decode(const struct store_event *event, struct audit_entry *ret_entry) GC_MUST_CHECK;
/* Whether these bytes are an entry. */
bool audit_is_entry(const uint8_t *body, size_t len);

/* Which entries are wanted: all that is set must fit. */
struct audit_filter {
	uint64_t since_us; /* not before; 0: any */
	uint64_t until_us; /* before; 0: any */
	bool by_uid;
	uint32_t uid;
	char user[AUDIT_USER_BYTES + 1]; /* exactly; empty: any */
	char action[AUDIT_ACTION_BYTES + 1]; /* the same */
	char object[AUDIT_OBJECT_BYTES + 1]; /* occurs in it; empty: any */
};

/* Entries from the newest on. */
struct audit_page {
	struct audit_entry *entries; /* owned; `max` of audit_read fit */
	size_t count;
	uint64_t next; /* goes on before this seq, where there may be more; 0: that was all */
};

/* Reads at most `max` that fit with a seq below `before` (0: from the newest). It gives up after
 * AUDIT_SCAN_MAX, with what it has by then and `next` set. Entries that can't be read are left out.
 * Reader thread. audit_page_deinit, also after a failure. */
enum store_status audit_read(struct store_reader *reader, const struct audit_filter *filter,
	uint64_t before, size_t max, struct audit_page *ret_page);
void audit_page_deinit(struct audit_page *page);

/* Drops the entries of before that time, soon: on a reader thread, then behind the commits. */
void audit_sweep(struct store *store, uint64_t oldest_us);
