/*
 * A shard: one thread, one completion queue, and the sessions that live on it from their first frame
 * to their last. Its turn: run completions until none is ready (up to a budget), deliver letters,
 * then write: each ready session gets everything at once. That order makes the batches.
 */
#pragma once

#include "base/clock.h"
#include "base/hash.h"
#include "base/pulse.h"
#include "proto/codec.h"
#include "rpc/payload_pool.h"
#include "rpc/queue.h"
#include "shard/mailbox.h"
#include "shard/sample.h"
#include <stdint.h>

struct hub;
struct session;
struct shard_room;

enum {
	SHARD_TURN_MIN = 512, /* completions in one turn, at least: see turn_max in shard.c */
	SHARD_TICK_MS = 1000, /* how often deadlines are looked at */
	SHARD_LATER_MS = 1000, /* who asks again at once does so once a second ... */
	SHARD_LATER_MAX = 8, /* ... and is answered so many at a time: others are served between */
	SHARD_CALLS_WAITING = 32, /* calls asked for in advance, per server */
	SHARD_METHOD_BYTES = 128, /* the longest method name taken */
	SHARD_PEER_BYTES = 128, /* a peer's name as gRPC prints it */
	SHARD_RECONNECT_US =
		1000, /* for each that comes back: what its handshake costs, and a half */
};

/* What the configuration says about sessions; each shard has a copy, replaced on reload. */
struct shard_limits {
	size_t batch_bytes; /* events in one message */
	size_t batch_events; /* the same; 1: one message per event */
	unsigned snapshot_members;
	unsigned sessions_per_account;
	unsigned requests_in_flight;
	unsigned refusals_per_minute; /* 0: no limit */
	unsigned reconnect_spread_ms; /* at the most */
};

TAILQ_HEAD(session_queue, session);
LIST_HEAD(session_list, session);

/* The sessions of one account on one shard. */
struct shard_account {
	uint64_t account_id;
	struct session_list sessions;
	UT_hash_handle hh;
};

/* What is put off by SHARD_LATER_MS. Embedded in what it is about, which it keeps. */
struct later {
	void (*run)(struct later *later);
	struct mono due;
	STAILQ_ENTRY(later) link;
};

struct shard { /* shard thread only, but for box, queue's wake and pulse */
	struct hub *hub; /* borrowed: outlives its shards */
	unsigned index;
	struct queue queue;
	struct mailbox box;
	pthread_t thread;
	struct pulse pulse; /* beats at each turn */
	struct codec_arena arena;
	struct payload_pool payloads; /* for the messages of its sessions */
	grpc_slice_buffer events; /* of the message being put together; empty between messages */
	struct shard_limits limits;
	struct session_queue ready; /* have something to write, and no write under way */
	struct session_queue waiting; /* have a deadline: no hello yet, or ending */
	struct session_queue slowed; /* are not read until the next tick */
	struct session_queue sessions; /* by id: as they were opened */
	unsigned session_count;
	STAILQ_HEAD(, later) later; /* by due */
	struct shard_account *accounts; /* owned: uthash by account id */
	struct shard_room *rooms; /* owned: uthash by room id */
	struct mono next_tick;
	struct mono now; /* as of the letters being delivered */
	struct sample sample; /* any thread reads */
	uint64_t update_serial; /* marks sessions that have got the update at hand */
	unsigned calls_waiting; /* slots that wait for a call */
	atomic_uint calls; /* calls of the service under way, but for sessions; any thread reads */
	bool draining;
	bool stopping;
};

/* A call as it came in. Handed to the service, which takes call and metadata over. */
struct incoming {
	struct shard *shard;
	grpc_call *call; /* owned by whoever takes it */
	grpc_metadata_array metadata; /* the same; destroy it */
	char method[SHARD_METHOD_BYTES];
	char peer[SHARD_PEER_BYTES];
	bool admin; /* came by the Admin server */
};

void shard_init(struct shard *shard, struct hub *hub, unsigned index);
/* Starts the thread; the hub's servers have been started. */
void shard_start(struct shard *shard);
/* When one of `count` clients that are sent away shall come back, in ms from now, not 0: by chance, so
 * many that the processors can take each. Shard thread. */
uint32_t shard_reconnect_ms(const struct shard *shard, unsigned count);
/* Runs it SHARD_LATER_MS from now; sooner where the shard drains, which waits for nobody. Shard thread. */
void shard_later(struct shard *shard, struct later *later);
/* Posts a letter and wakes the shard where it may sleep. Any thread. */
void shard_post(struct shard *shard, struct mail *mail);
/* As above without waking: the poster calls shard_kick when it is done. Writer thread. */
void shard_post_quietly(struct shard *shard, struct mail *mail);
void shard_kick(struct shard *shard);
/* Ends the thread once nothing is left on it. Then shard_deinit. Main thread. */
void shard_join(struct shard *shard);
void shard_deinit(struct shard *shard);
