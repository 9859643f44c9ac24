/*
 * What `gchatctl top` shows: the server, its sessions and rooms, and how fast they go, from two
 * looks at different times. One thread.
 */
#pragma once

#include "base/clock.h"
#include "base/macros.h"
#include "proto/limits.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOP_ROWS_MAX = 100 * 1000, /* sessions, and rooms, that are looked at */
	TOP_ADDRESS_BYTES = 80,
	TOP_STATE_BYTES = 16,
	TOP_LINE_BYTES = 1024,
};

struct admin;

enum top_order {
	TOP_BY_RATE, /* the busiest first */
	TOP_BY_LAG, /* the slowest readers first */
	TOP_BY_QUEUED,
	TOP_BY_NAME,
	_TOP_ORDER_MAX,
};

/* A session or a room. */
struct top_row {
	uint64_t id;
	char name[LIMIT_ROOM_NAME_BYTES + 1]; /* the user's or the room's */
	char address[TOP_ADDRESS_BYTES];
	char client[LIMIT_CLIENT_NAME_BYTES + 1];
	uint64_t counter; /* events delivered, or the room's newest seq */
	double rate; /* of the counter, per second */
	uint64_t lag;
	uint64_t queued_bytes;
	uint32_t rooms; /* of a session */
	uint32_t members; /* of a room, as the next two */
	uint32_t online;
	uint32_t readers;
};

struct top_rows {
	struct top_row *items; /* owned; by id until top_order */
	size_t count;
	size_t size;
};

struct top_server {
	char name[LIMIT_ROOM_NAME_BYTES + 1];
	char state[TOP_STATE_BYTES];
	char store_health[TOP_STATE_BYTES];
	uint64_t started_us;
	uint64_t connections;
	uint64_t sessions;
	uint64_t rooms;
	uint64_t rss_bytes;
	uint64_t store_bytes;
	uint64_t events_in;
	uint64_t events_out;
	double in_rate; /* per second */
	double out_rate;
};

struct top {
	struct mono at; /* of the look; 0: none yet */
	struct top_server server;
	struct top_rows sessions;
	struct top_rows rooms;
};

/* Looks, with rates since `before` (NULL or empty: all 0). An exit status. */
int top_look(struct admin *admin, const struct top *before, struct top *ret) GC_MUST_CHECK;
void top_deinit(struct top *top);
/* Rates since `before`, of a look whose numbers are there. */
void top_rate(const struct top *before, struct top *top);
/* Puts sessions and rooms in order. */
void top_order(struct top *top, enum top_order order);
/* "rate", "lag", "queued", "name". Static storage. */
const char *top_order_name(enum top_order order);

/* Draws it as `height` lines (0: as many as there are) of `width` columns (0: any), one call each.
 * Text from others is made safe. */
struct top_drawing {
	size_t width;
	size_t height;
	uint64_t now_us;
	enum top_order order;
	void (*line)(void *arg, const char *text, bool heading);
	void *arg;
};
void top_draw(const struct top *top, const struct top_drawing *drawing);
