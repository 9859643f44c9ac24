/*
 * The table of all methods: name, kind, who may call, whether it is audited, the request's type and the handler. A method
 * of the contract without a handler answers UNIMPLEMENTED.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

struct call;
struct service;
struct incoming;
struct account;

enum method_access {
	ACCESS_ANYONE, /* no token needed */
	ACCESS_ACCOUNT, /* a valid token */
	ACCESS_ADMIN, /* the Admin socket only */
	ACCESS_EITHER, /* anyone, on both */
};

struct method {
	const char *name; /* "/gchat.v1.Chat/GetRoom"; the table is sorted by it */
	enum method_access access;
	/* The action's name in the audit log, of a call that changes something for an administrator;
	 * NULL: it only looks. */
	const char *audit;
	const ProtobufCMessageDescriptor *request; /* NULL: a stream, or not offered */
	/* Answers the call now or later; `msg` is borrowed for the call. Shard thread. */
	void (*handle)(struct call *call, const ProtobufCMessage *msg);
	/* Streams take the call over whole. `account` (a reference, or NULL) moves. */
	void (*open)(struct service *service, struct incoming *in, struct account *account,
		unsigned long long token_id);
};

/* NULL: unknown. */
const struct method *method_find(const char *name);
/* The whole table, for tests. */
const struct method *method_table(size_t *ret_count);
