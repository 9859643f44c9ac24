/* One row of ev, and the checksum that covers all of it. */
#pragma once

#include "store/sqlite_conn.h"
#include "store/store_priv.h"

struct row {
	uint64_t key; /* log << STORE_SEQ_BITS | seq */
	uint64_t author;
	const uint8_t *client_id; /* borrowed, STORE_CLIENT_ID_BYTES, or NULL */
	uint64_t time_us;
	uint32_t flags;
	uint64_t target; /* a key, or 0 */
	uint32_t crc;
	const uint8_t *body; /* borrowed; NULL when erased */
	size_t body_len;
};

static inline uint64_t row_key(uint64_t log, uint64_t seq)
{
	return log << STORE_SEQ_BITS | seq;
}

static inline uint64_t row_log(uint64_t key)
{
	return key >> STORE_SEQ_BITS;
}

static inline uint64_t row_seq(uint64_t key)
{
	return key & STORE_SEQ_MAX;
}

/* The row that `stmt` (with the columns of SQL_EVENT_READ) stands at; borrowed until its next
 * step. */
struct row row_fetch(sqlite3_stmt *stmt);
/* The checksum of the row with `body` in the place of its own. */
uint32_t row_crc(const struct row *row, const uint8_t *body, size_t body_len);
/* Whether the row is as it was written. */
bool row_is_sound(const struct row *row);
/* Whether `body` is what the row was written with; when the row is damaged, as far as its
 * checksum can tell. */
bool row_has_body(const struct row *row, const uint8_t *body, size_t body_len);
