/*
 * The kinds of hostile traffic that h2-flood sends: each fills a buffer with the next bytes of its
 * attack. One thread.
 */
#pragma once

#include "h2/bytes.h"

#include <stdbool.h>

enum flood_layer {
	FLOOD_TCP, /* plain bytes, or none, instead of TLS */
	FLOOD_TLS, /* bytes inside TLS, without HTTP/2's preface */
	FLOOD_HTTP2, /* after the preface and SETTINGS */
};

struct flood_kind {
	const char *name;
	const char *help;
	enum flood_layer layer;
	/* Appends the next piece of the attack; `turn` counts from 0. Nothing appended: it waits. */
	void (*fill)(struct h2_bytes *out, unsigned turn);
	unsigned pause_ms; /* between pieces; 0: as fast as the server takes them */
	bool deaf; /* never reads what the server sends */
};

extern const struct flood_kind flood_kinds[];
extern const size_t flood_kinds_count;

const struct flood_kind *flood_kind_find(const char *name);

/* Appends a request for Chat.Connect; with END_HEADERS in `flags` or not, token may be NULL. */
void flood_put_request(struct h2_bytes *out, uint32_t stream, uint8_t flags, const char *token);
