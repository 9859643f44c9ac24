/*
 * All shards together: what is posted to each of them, and who hears of what. The hub implements the
 * room layer's audience.
 */
#pragma once

#include "room/presence.h"
#include "room/write.h"
#include "shard/shard.h"
#include <grpc/grpc.h>
#include <stdatomic.h>

enum {
	HUB_SHARDS_MAX = 64,
	HUB_TEXT_BYTES = LIMIT_REASON_BYTES + 128, /* why a session ends, with its NUL */
};

struct hub_options {
	unsigned shards;
	struct directory *directory; /* borrowed: outlives the hub */
	struct presence *presence; /* borrowed: the same */
	struct store *store; /* borrowed: the same */
	struct shard_limits limits;
	void (*on_call)(void *arg, struct incoming *in); /* a call came in; shard thread */
	/* A frame came in on an open session: decoded, borrowed for the call. Shard thread. */
	void (*on_frame)(void *arg, struct session *session, const Gchat__V1__ClientFrame *frame);
	void *arg;
	/* audience.marker_moved, with the hub as arg. Writer thread. */
	void (*on_marker)(void *hub, struct account *account, struct room *room, uint64_t read_seq);
	/* audience.happened, with the hub as arg. Writer thread. May be NULL, as the next two. */
	void (*on_event)(void *hub, const struct write *write, const struct event *event);
	/* A session is past its hello, or closed. Shard thread. */
	void (*on_session)(void *arg, const struct session *session, bool opened);
	/* A request on a stream was refused. Shard thread. */
	void (*on_refusal)(void *arg, const struct session *session, enum reason reason);
};

struct hub {
	struct hub_options options;
	grpc_server *server; /* borrowed: set before hub_start */
	grpc_server *admin_server; /* borrowed: the same */
	struct audience audience;
	struct shard *shards; /* owned */
	_Atomic uint64_t next_session_id;
	atomic_uint session_count;
	atomic_uint away_count; /* sessions that the drain sent away */
};

struct hub *hub_new(const struct hub_options *options);
void hub_start(struct hub *hub);
/* Waits until nothing is left on the shards (end the sessions and shut the servers down first). */
void hub_join(struct hub *hub);
struct hub *hub_free(struct hub *hub);

/* New limits for all shards, soon. Any thread. */
void hub_set_limits(struct hub *hub, const struct shard_limits *limits);

/* The store's on_batch: wakes the shards that got letters. Writer thread. */
void hub_kick(void *hub);

/* What a session must have asked for in its hello to get an update. */
enum update_want {
	UPDATE_ALWAYS = 0,
	UPDATE_PRESENCE = 1 << 0,
	UPDATE_TYPING = 1 << 1,
	UPDATE_PROFILES = 1 << 2,
	UPDATE_MEMBERS = 1 << 3,
};

/* Something ephemeral: a slow session may lose it. */
struct hub_update {
	enum update_want want; /* only for sessions that wanted this */
	uint64_t but; /* not for this account; 0: for all */
	const uint8_t *wire; /* a piece of a ServerFrame; copied */
	size_t len;
};

/* Tells all who read one of the rooms, once each. Any thread. */
void hub_tell_rooms(
	struct hub *hub, const uint64_t *room_ids, size_t count, const struct hub_update *update);
/* Tells the sessions of one account. Any thread. */
void hub_tell_account(struct hub *hub, uint64_t account_id, const struct hub_update *update);

/* Ends the account's sessions, but for those with the token `but`; all those of the token `token`
 * where it isn't 0. Any thread. */
void hub_end_account(struct hub *hub, uint64_t account_id, uint64_t token, uint64_t but,
	enum reason reason, const char *text);
/* Ends one session by its id. */
void hub_end_session(struct hub *hub, uint64_t session_id, enum reason reason, const char *text);
/* Says going-away to all and ends them. */
void hub_drain(struct hub *hub);

/* Runs `visit` for every session, or `visit_shard` for every shard, on the shards' threads; then `done`
 * once, on the last one's. Any thread. */
struct hub_visit {
	void (*visit)(struct hub_visit *visit, struct session *session);
	void (*visit_shard)(struct hub_visit *visit, struct shard *shard); /* in its place */
	void (*done)(struct hub_visit *visit);
	/* The hub's own while under way. */
	atomic_uint left;
	struct hub *hub;
	struct hub_visit_copy {
		struct mail mail;
		struct hub_visit *visit;
	} copies[HUB_SHARDS_MAX];
};
void hub_visit_all(struct hub *hub, struct hub_visit *visit);
