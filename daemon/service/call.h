/*
 * One unary call: read, handled, answered once. A handler that has to wait goes through call_write,
 * call_read or call_work and goes on in `then`, on the shard's thread again. Shard thread but where
 * said.
 */
#pragma once

#include "base/limited.h"
#include "proto/reason.h"
#include "room/ops.h"
#include "rpc/op.h"
#include "service/methods.h"
#include "service/service.h"
#include "shard/control.h"
#include "shard/shard.h"
#include "store/store.h"
#include <stdatomic.h>

#define CALL_UID_UNKNOWN UINT32_MAX

/* The request as its own type: `base` is its first member. */
#define CALL_REQUEST(type, msg) ((const type *)(const void *)(msg))

struct audit;

struct call {
	struct service *service; /* borrowed: outlives its calls */
	struct shard *shard; /* the same */
	const struct method *method;
	struct account *account; /* ref, or NULL */
	uint64_t token_id;
	char peer[SHARD_PEER_BYTES];
	bool admin;
	unsigned admin_uid;
	unsigned admin_pid; /* 0: not known */
	grpc_call *call; /* owned */
	struct op read_op;
	struct op close_op;
	struct op send_op;
	grpc_byte_buffer *received; /* owned */
	grpc_byte_buffer *sending; /* owned */
	int cancelled;
	atomic_bool gone; /* the caller is: work that has not begun is not worth it */
	bool answered;
	enum reason
		outcome; /* for the audit log, of an answer that says what was refused; NONE: OK */
	struct audit *audit; /* owned by itself once answered; NULL: not recorded */
	struct refusal *refusal; /* owned: the answer, while it is being recorded */
	unsigned in_flight;
	/* Waiting for another thread: one thing at a time. */
	struct mail mail;
	void (*then)(struct call *call);
	void (*after)(struct call *call); /* then, once a write has succeeded */
	void (*read)(struct call *call, struct store_reader *reader); /* reader thread */
	void (*work)(struct call *call); /* worker thread */
	struct store_job job;
	bool known; /* has signed in from this address before: hashed before strangers */
	struct worker_job worker_job;
	struct write write; /* initialised by call_begin_write */
	bool has_write;
	struct control response; /* for answers built from wire bytes */
	uint64_t charged; /* to the account's unsent answers */
	enum store_status status; /* for `read` */
	enum reason reason; /* for `work`, and of a late refusal */
	uint32_t retry_after_ms; /* of that */
	struct later later;
	void *data; /* owned: the handler's own, from call_data */
	void (*wipe)(void *data); /* may be NULL: before freeing */
};

/* Takes the call, its metadata and the account's reference. */
void call_open(struct service *service, struct incoming *in, const struct method *method,
	struct account *account, uint64_t token_id);
/* Refuses a call before it is read. Takes call and metadata. `retry_after_ms` 0: waiting doesn't
 * help. */
void call_refuse(
	struct service *service, struct incoming *in, enum reason reason, uint32_t retry_after_ms);
/* The same SHARD_LATER_MS from now: who would ask again at once is made to wait. */
void call_refuse_late(
	struct service *service, struct incoming *in, enum reason reason, uint32_t retry_after_ms);
/* The same for an account that may not sign in, with until when and why. */
void call_refuse_account(struct service *service, struct incoming *in,
	const struct account *account, enum reason reason);

/* Zeroed memory that lives as long as the call. */
void *call_data(struct call *call, size_t size);

/* Each answers; exactly one of them, once. An answer beyond limits.unsent_bytes of the account is
 * RATE_LIMITED instead. */
void call_reply(struct call *call, const ProtobufCMessage *response);
void call_reply_bytes(struct call *call); /* what is in call->response */
void call_fail(struct call *call, enum reason reason);
/* As call_fail; where the caller is banned or muted, with until when and why. */
void call_fail_account(struct call *call, const struct account *account, enum reason reason);
void call_fail_later(struct call *call, enum reason reason, uint32_t retry_after_ms);
/* TOO_MANY_LOG_INS, noted as that limit with the caller's address and `user`, who may be NULL. */
void call_fail_log_in(
	struct call *call, enum limited limit, const char *user, uint32_t retry_after_ms);
void call_fail_text(struct call *call, enum reason reason, const char *fmt, ...) GC_PRINTF(3, 4);

/* A write of this call, with the actor set to its account (NULL for an administrator). A second
 * one may follow the first. */
struct write *call_begin_write(struct call *call);
/* Starts it, or goes to `then` at once where there is nothing to do; a reason against it is
 * answered. `then` finds write.reason NONE. */
void call_write(struct call *call, enum reason reason, void (*then)(struct call *call));
void call_read(struct call *call, void (*read)(struct call *call, struct store_reader *reader),
	void (*then)(struct call *call));
/* As above on a worker; TOO_MANY_LOG_INS is answered where too many wait. */
void call_work(struct call *call, void (*work)(struct call *call), void (*then)(struct call *call));

/* The general form: whoever is waited for posts call->mail to call->shard, once. */
void call_wait(struct call *call, void (*then)(struct call *call));

/* The room by id or name (0 / NULL or ""), with a reference, or answers UNKNOWN_ROOM and gives
 * NULL. Private rooms are unknown to those who aren't in them. */
struct room *call_find_room(struct call *call, uint64_t room_id, const char *name);
/* Whether the caller may do it; an administrator is one without an account. */
enum reason call_check_right(struct call *call, struct room *room, enum right right);
/* The account by name, with a reference, or answers UNKNOWN_USER and gives NULL. */
struct account *call_find_user(struct call *call, const char *name);

/* A change is charged like a message of the account; false: answered with RATE_LIMITED. */
bool call_charge(struct call *call);

/* The page asked for: 1 to LIMIT_PAGE_MAX. */
size_t call_page_size(uint32_t asked);
