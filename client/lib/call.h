/*
 * Unary calls, for any service of the contract, on a channel of any kind; also what gchatctl uses
 * over the daemon's Unix socket. Each call waits on a completion queue of its own, so any thread
 * may make one.
 */
#pragma once

#include "base/macros.h"
#include "lib/gchat.h"
#include <grpc/grpc.h>
#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

enum {
	CALL_RESPONSE_BYTES_MAX = 8 * 1024 * 1024,
};

struct call {
	const char *method; /* "/gchat.v1.Chat/ListRooms" */
	const ProtobufCMessage *request;
	const ProtobufCMessageDescriptor *response_type;
	const char *token; /* NULL: none is sent */
	int64_t deadline_ms; /* from now */
};

/* Makes a call and waits. 0: *ret_response is owned (codec_free). -EIO: *ret_error says why. */
int call_unary(grpc_channel *channel, const struct call *call, ProtobufCMessage **ret_response,
	struct gchat_error *ret_error) GC_MUST_CHECK;

/* A channel to a daemon's Unix socket, without TLS: who is calling is asked of the kernel there.
 * gRPC's log goes where gchat_set_log said. Owned: call_channel_close. Never NULL. */
grpc_channel *call_channel_open(const char *socket_path);
void call_channel_close(grpc_channel *channel);

/* Starts gRPC with its log tamed; each needs its grpc_shutdown. */
void call_start_grpc(void);

/* What a failed call says: the trailing metadata's reason where there is one, else a reason of the
 * library's own made from the status. */
void call_error_fill(struct gchat_error *ret, grpc_status_code code, const grpc_slice *details,
	const grpc_metadata_array *trailing);
/* An error of the library's own. */
void call_error_set(
	struct gchat_error *ret, grpc_status_code code, const char *reason, const char *message);
