/* One batch of six operations, plucked. */
#include "lib/call.h"

#include "base/err.h"
#include "base/mem.h"
#include "proto/codec.h"
#include "rpc/metadata.h"
#include "rpc/payload.h"

#include <errno.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* What one call's batch points at. */
struct exchange {
	grpc_completion_queue *cq; /* owned */
	grpc_call *call; /* owned */
	grpc_byte_buffer *request; /* owned */
	grpc_byte_buffer *response; /* owned; NULL: none came */
	grpc_metadata authorization;
	grpc_metadata_array initial;
	grpc_metadata_array trailing;
	grpc_status_code status;
	grpc_slice details;
};

static void (*log_line)(void *arg, const char *line);
static void *log_arg;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t log_once = PTHREAD_ONCE_INIT;

static void on_log(gpr_log_func_args *args)
{
	(void)pthread_mutex_lock(&log_lock);
	if (log_line)
		log_line(log_arg, args->message);
	(void)pthread_mutex_unlock(&log_lock);
}

static void tame_log(void)
{
	gpr_set_log_function(on_log);
}

void gchat_set_log(void (*log)(void *arg, const char *line), void *arg)
{
	(void)pthread_mutex_lock(&log_lock);
	log_line = log;
	log_arg = arg;
	(void)pthread_mutex_unlock(&log_lock);
}

void call_start_grpc(void)
{
	(void)pthread_once(&log_once, tame_log);
	grpc_init();
}

grpc_channel *call_channel_open(const char *socket_path)
{
	call_start_grpc();
	char *target GC_CLEANUP(mem_freep) = NULL;
	GC_ASSERT(asprintf(&target, "unix:%s", socket_path) > 0);
	grpc_arg args[] = {
		{.type = GRPC_ARG_INTEGER, .key = (char[]){GRPC_ARG_ENABLE_HTTP_PROXY}},
		{.type = GRPC_ARG_INTEGER, .key = (char[]){GRPC_ARG_ENABLE_RETRIES}},
		{.type = GRPC_ARG_INTEGER,
			.key = (char[]){GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH},
			.value.integer = CALL_RESPONSE_BYTES_MAX},
	};
	grpc_channel_args list = {.num_args = GC_LENGTH(args), .args = args};
	grpc_channel_credentials *creds = grpc_insecure_credentials_create();
	grpc_channel *channel = grpc_channel_create(target, creds, &list);
	grpc_channel_credentials_release(creds);
	return channel;
}

void call_channel_close(grpc_channel *channel)
{
	grpc_channel_destroy(channel);
	grpc_shutdown_blocking();
}

static gpr_timespec deadline_in(int64_t ms)
{
	return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(ms, GPR_TIMESPAN));
}

static void exchange_init(struct exchange *x, grpc_channel *channel, const struct call *call)
{
	gpr_timespec deadline = deadline_in(call->deadline_ms);
	grpc_slice method = grpc_slice_from_copied_string(call->method);
	*x = (struct exchange){.cq = grpc_completion_queue_create_for_pluck(NULL)};
	x->call = grpc_channel_create_call(
		channel, NULL, GRPC_PROPAGATE_DEFAULTS, x->cq, method, NULL, deadline, NULL);
	grpc_slice_unref(method);
	grpc_slice body = grpc_slice_malloc(codec_size(call->request));
	codec_encode(call->request, GRPC_SLICE_START_PTR(body));
	x->request = payload_take_slice(body);
	grpc_metadata_array_init(&x->initial);
	grpc_metadata_array_init(&x->trailing);
	if (call->token) {
		char *value GC_CLEANUP(mem_freep) = NULL;
		GC_ASSERT(asprintf(&value, METADATA_BEARER "%s", call->token) > 0);
		x->authorization = metadata_make("authorization", value);
	}
}

static void exchange_deinit(struct exchange *x, const struct call *call)
{
	if (call->token)
		metadata_unref(&x->authorization);
	payload_freep(&x->request);
	payload_freep(&x->response);
	grpc_metadata_array_destroy(&x->initial);
	grpc_metadata_array_destroy(&x->trailing);
	grpc_slice_unref(x->details);
	grpc_call_unref(x->call);
	grpc_completion_queue_shutdown(x->cq);
	grpc_completion_queue_destroy(x->cq);
}

static void exchange_run(struct exchange *x, const struct call *call)
{
	grpc_op ops[] = {
		{.op = GRPC_OP_SEND_INITIAL_METADATA,
			.data.send_initial_metadata = {.count = call->token ? 1 : 0,
				.metadata = &x->authorization}},
		{.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = x->request},
		{.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
		{.op = GRPC_OP_RECV_INITIAL_METADATA,
			.data.recv_initial_metadata.recv_initial_metadata = &x->initial},
		{.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &x->response},
		{.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
			.data.recv_status_on_client = {.trailing_metadata = &x->trailing,
				.status = &x->status,
				.status_details = &x->details}},
	};
	grpc_call_error e = grpc_call_start_batch(x->call, ops, GC_LENGTH(ops), x, NULL);
	GC_ASSERT(e == GRPC_CALL_OK);
	/* The call's deadline ends it: no other is needed here. */
	(void)grpc_completion_queue_pluck(x->cq, x, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
}

static ProtobufCMessage *decode(const struct call *call, grpc_byte_buffer *response)
{
	if (!response)
		return NULL;
	grpc_slice bytes = payload_flatten(response);
	ProtobufCMessage *msg = codec_load(
		call->response_type, GRPC_SLICE_START_PTR(bytes), GRPC_SLICE_LENGTH(bytes));
	grpc_slice_unref(bytes);
	return msg;
}

int call_unary(grpc_channel *channel, const struct call *call, ProtobufCMessage **ret_response,
	struct gchat_error *ret_error)
{
	struct exchange x;
	exchange_init(&x, channel, call);
	exchange_run(&x, call);
	ProtobufCMessage *msg = NULL;
	if (x.status != GRPC_STATUS_OK) {
		call_error_fill(ret_error, x.status, &x.details, &x.trailing);
	} else {
		msg = decode(call, x.response);
		if (!msg)
			call_error_set(ret_error, GRPC_STATUS_INTERNAL, "BAD_REPLY",
				"the server's answer can't be read");
	}
	exchange_deinit(&x, call);
	if (!msg)
		return err_raise(-EIO);
	*ret_response = msg;
	return 0;
}
