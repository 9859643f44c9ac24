/* Rows of ev, fetched and checked. */
#include "store/sqlite_row.h"

#include "store/crc32c.h"

#include <endian.h>
#include <string.h>

struct row row_fetch(sqlite3_stmt *stmt)
{
	struct row row = {
		.key = conn_u64(stmt, 0),
		.author = conn_u64(stmt, 1),
		.time_us = conn_u64(stmt, 3),
		.flags = (uint32_t)conn_u64(stmt, 4),
		.target = conn_u64(stmt, 5),
		.crc = (uint32_t)conn_u64(stmt, 6),
	};
	if (sqlite3_column_bytes(stmt, 2) == STORE_CLIENT_ID_BYTES)
		row.client_id = sqlite3_column_blob(stmt, 2);
	if (sqlite3_column_type(stmt, 7) != SQLITE_NULL) {
		row.body_len = (size_t)sqlite3_column_bytes(stmt, 7);
		/* an empty blob comes as NULL */
		row.body = row.body_len ? sqlite3_column_blob(stmt, 7) : (const uint8_t *)"";
	}
	return row;
}

uint32_t row_crc(const struct row *row, const uint8_t *body, size_t body_len)
{
	uint64_t head[7] = {row->key, row->author, row->time_us, row->flags, row->target};
	if (row->client_id)
		memcpy(&head[5], row->client_id, STORE_CLIENT_ID_BYTES);
	for (size_t i = 0; i < 5; i++)
		head[i] = htole64(head[i]);
	return crc32c(crc32c(0, head, sizeof(head)), body, body_len);
}

bool row_is_sound(const struct row *row)
{
	if (row->flags & STORE_EVENT_ERASED)
		return !row->body;
	return row->body && row->crc == row_crc(row, row->body, row->body_len);
}

bool row_has_body(const struct row *row, const uint8_t *body, size_t body_len)
{
	if (row_is_sound(row))
		return row->body_len == body_len && memcmp(row->body, body, body_len) == 0;
	return row->crc == row_crc(row, body, body_len);
}
