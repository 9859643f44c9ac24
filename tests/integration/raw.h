/*
 * Calls below the client library, on the HTTP/2 client of tests/support/h2: any method, any bytes on
 * a stream, any token, and the status each call ends with. For what libgchat has no function for,
 * and for what it would never send. Each wait has a deadline and fails the test. Main thread only.
 */
#pragma once

#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "h2/h2.h"
#include "proto/codec.h"
#include "support/td_client.h"

enum {
	RAW_TOKEN_BYTES = 64,
	RAW_ID_BYTES = 16,
};

struct raw; /* one connection */
struct raw_stream; /* one call on it */

/* Connects; calls may follow at once. Owned: raw_close. */
struct raw *raw_open(struct td *td);
/* Cuts the connection; its streams are gone, too. */
void raw_close(struct raw *raw);
bool raw_is_up(const struct raw *raw);

/* One unary call. The answer (owned: codec_free), or NULL and how it ended in *ret_status, which may
 * be NULL where the call must succeed. */
ProtobufCMessage *raw_ask(struct raw *raw, const char *path, const char *token,
	const ProtobufCMessage *request, const ProtobufCMessageDescriptor *type,
	struct h2_status *ret_status);

/* Owned by the connection. `token` may be NULL. */
struct raw_stream *raw_stream_open(struct raw *raw, const char *path, const char *token);
void raw_put_bytes(struct raw_stream *s, const void *data, size_t len);
void raw_put(struct raw_stream *s, const ProtobufCMessage *message);
/* The next message. Owned: codec_free. */
ProtobufCMessage *raw_take(struct raw_stream *s, const ProtobufCMessageDescriptor *type);
/* How the stream ended; messages before that are dropped. Borrowed from the stream. */
const struct h2_status *raw_end(struct raw_stream *s);
/* Ends the call, if it hasn't, and forgets the stream. */
void raw_stream_cancel(struct raw_stream *s);
bool raw_has_ended(const struct raw_stream *s);
/* The place of the next message among all that arrived on the connection, from 1; 0: none waits. */
uint64_t raw_arrival(const struct raw_stream *s);

/* ---- the talk ---- */

/* Makes the account and gives its token. */
void raw_sign_up(struct td *td, const char *user, char ret_token[RAW_TOKEN_BYTES]);
/* A stream of /gchat.v1.Chat/Connect, after its welcome. */
struct raw_stream *raw_talk(struct raw *raw, const char *token);
/* Puts a hello alone. */
void raw_put_hello(struct raw_stream *s);
/* Puts a send. `id` is 16 bytes. */
void raw_put_send(struct raw_stream *s, uint64_t request_id, uint64_t room_id, const uint8_t *id,
	const char *text);
/* The next frame that holds a reply; the reply is its first. Owned: codec_free. */
Gchat__V1__ServerFrame *raw_take_reply(struct raw_stream *s);
