/* The client as the library's own files see it. */
#pragma once

#include "gchat/v1/chat.pb-c.h"
#include "lib/call.h"
#include "lib/channel.h"
#include "lib/cursor.h"
#include "lib/event.h"
#include "lib/gchat.h"
#include "lib/known.h"
#include "lib/names.h"
#include "lib/outbox.h"
#include "lib/request.h"
#include "lib/stream.h"
#include "lib/tls.h"
#include "rpc/queue.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	OPEN_CALL_TIMEOUT_MS = 15 * 1000,
};

/* The options, copied. Texts are owned. */
struct settings {
	char *state_dir;
	char *client_name;
	char *client_cert_file; /* NULL: none is shown */
	char *client_key_file;
	bool keep_cursors;
	bool want_presence;
	bool want_typing;
	bool want_profiles;
	bool want_members;
	struct backoff backoff;
	uint32_t call_timeout_ms;
};

struct gchat {
	/* immutable after gchat_open */
	struct settings settings;
	char host[256];
	char server[KNOWN_SERVER_SIZE]; /* host:port, with brackets around an IPv6 address */
	struct trust *trust; /* ref */
	pthread_t thread;

	struct event_queue events;
	struct queue queue;
	struct outbox outbox; /* opened and closed by gchat_connect while no stream is up */
	atomic_bool has_outbox;
	atomic_bool is_read_paused; /* the event queue was full when a read could have started */
	struct stream stream; /* stream's thread */

	struct {
		pthread_mutex_t mu;
		grpc_channel_credentials *creds; /* owned */
		struct link *link; /* ref; NULL: none yet, or the last one failed */
		char *token; /* owned; NULL: not signed in */
		char *user; /* owned; NULL: not known */
		char *outbox_user; /* owned: whose outbox is open */
		uint64_t outbox_account; /* the same, once a welcome has said so; 0: not yet */
		char *cursor_path; /* owned; NULL: cursors aren't kept */
		unsigned commands; /* of enum stream_command */
		bool is_active; /* a session is up or is being brought up */
		bool is_online; /* requests are taken */
		struct cursors start; /* where the next session starts */
		struct cursors delivered; /* what gchat_next handed out */
		bool is_dirty; /* delivered changed since it was written */
		struct names names;
		struct requests requests; /* owned */
		size_t request_count;
		uint64_t next_tag;
	} shared;
};

static inline void gchat_lock(struct gchat *g)
{
	(void)pthread_mutex_lock(&g->shared.mu); /* cannot fail: plain, never held twice */
}

static inline void gchat_unlock(struct gchat *g)
{
	(void)pthread_mutex_unlock(&g->shared.mu);
}

/* Makes a unary call with the client's token, connection and deadline. `ret_response` may be NULL,
 * else *ret_response is owned (codec_free). 0 or -EIO. */
int api_call(struct gchat *g, const char *method, const ProtobufCMessage *request,
	const ProtobufCMessageDescriptor *response_type, void *ret_response,
	struct gchat_error *ret_error) GC_MUST_CHECK;
/* Hands out the room of an answer, and remembers its name. */
struct gchat_room *api_take_room(struct gchat *g, const Gchat__V1__Room *msg);
/* The contract's generated strings aren't const; nothing writes to them. NULL gives "". */
char *api_text(const char *text);

/* Turns a frame into events and moves the cursors. Stream's thread. */
void frame_take(struct gchat *g, const Gchat__V1__ServerFrame *frame);
/* The reply to a request of ours: an event, and the end of the request. Stream's thread. */
void frame_take_reply(struct gchat *g, const Gchat__V1__Reply *reply);
/* Moves the application's places with an event that it is given. Any thread. */
void deliver_note(struct gchat *g, const struct gchat_event *event);
/* Writes them, at most once in STREAM_SAVE_MS, or now where `is_last`. Stream's thread. */
void deliver_save(struct gchat *g, bool is_last);
/* If `error` is about a connection whose certificate was refused, says so instead. */
void api_explain_refusal(struct gchat *g, struct gchat_error *error);
