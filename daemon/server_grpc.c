/* The gRPC servers: TLS through the external acceptor, Admin through connected descriptors. */
#include "server_priv.h"

#include "base/log.h"
#include "proto/limits.h"

#include <errno.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <string.h>

enum {
	METADATA_BYTES = 8192,
	MIN_PING_MS = 5000, /* what a client's keepalive may be at the least */
	ADMIN_MESSAGE_BYTES = LIMIT_MESSAGE_BYTES,
	ARGS_MAX = 16,
	HANDSHAKE_MS = 610000, /* the guard cuts earlier, counts it and says so */
};

/* gRPC logs each failed handshake and each bad header: a peer decides how often. */
static void on_grpc_log(gpr_log_func_args *args)
{
	if (args->severity == GPR_LOG_SEVERITY_ERROR)
		log_limited(LOG_LEVEL_DEBUG, NULL, NULL, "grpc: %s", args->message);
}

static grpc_arg int_arg(const char *key, int64_t value)
{
	grpc_arg arg = {.type = GRPC_ARG_INTEGER, .value.integer = (int)value};
	arg.key = (char *)(uintptr_t)key; /* gRPC copies it */
	return arg;
}

static grpc_server *make_server(struct server *s, grpc_arg *args, size_t count)
{
	grpc_channel_args all = {.num_args = count, .args = args};
	grpc_server *grpc = grpc_server_create(&all, NULL);
	for (unsigned i = 0; i < s->hub->options.shards; i++)
		grpc_server_register_completion_queue(grpc, s->hub->shards[i].queue.cq, NULL);
	return grpc;
}

static size_t common_args(const struct config *config, grpc_arg *args)
{
	size_t n = 0;
	args[n++] = int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, LIMIT_MESSAGE_BYTES);
	args[n++] = int_arg(GRPC_ARG_MAX_METADATA_SIZE, METADATA_BYTES);
	args[n++] = int_arg(GRPC_ARG_MAX_CONCURRENT_STREAMS, config->limits.calls_per_connection);
	args[n++] = int_arg(GRPC_ARG_ENABLE_CHANNELZ, 0);
	args[n++] = int_arg(GRPC_ARG_HTTP2_BDP_PROBE, 0);
	return n;
}

int server_open_grpc(struct server *s, struct err_text *err)
{
	const struct config *config = s->config;
	grpc_arg args[ARGS_MAX];
	gpr_set_log_function(on_grpc_log);

	size_t n = common_args(config, args);
	s->admin_grpc = make_server(s, args, n);
	s->admin_credentials = grpc_insecure_server_credentials_create();

	args[n++] =
		int_arg(GRPC_ARG_KEEPALIVE_TIME_MS, config->delivery.keepalive_s * CLOCK_MS_PER_S);
	args[n++] = int_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
		config->delivery.keepalive_timeout_s * CLOCK_MS_PER_S);
	args[n++] = int_arg(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
	args[n++] = int_arg(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
	args[n++] = int_arg(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, MIN_PING_MS);
	args[n++] = int_arg(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, HANDSHAKE_MS);
	s->external = external_new("tls");
	external_arg(s->external, &args[n++]);
	s->grpc = make_server(s, args, n);
	grpc_server_credentials *credentials =
		tls_holder_credentials(s->tls, s->service.client_auth);
	(void)grpc_server_add_http2_port(
		s->grpc, external_address(s->external), credentials); /* says nothing */
	grpc_server_credentials_release(credentials);
	s->hub->server = s->grpc;
	s->hub->admin_server = s->admin_grpc;
	return external_check(s->external, err);
}

void server_start_grpc(struct server *s)
{
	grpc_server_start(s->grpc);
	grpc_server_start(s->admin_grpc);
	external_open(s->external);
}

/* ---- the end ---- */

struct shutdown {
	struct queue queue; /* its own: the shards' keep running */
	struct op tls;
	struct op admin;
	unsigned left;
};

static void on_tls_down(struct op *op, bool ok)
{
	(void)ok; /* it is down either way */
	GC_CONTAINER_OF(op, struct shutdown, tls)->left--;
}

static void on_admin_down(struct op *op, bool ok)
{
	(void)ok; /* the same */
	GC_CONTAINER_OF(op, struct shutdown, admin)->left--;
}

static void wait_down(struct shutdown *shutdown, int64_t ms)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), ms);
	while (shutdown->left > 0 && clock_mono().us < deadline.us)
		(void)queue_run_one(&shutdown->queue, deadline);
}

/* What a stop waits for: sessions, connections, calls under way. */
static size_t count_left(struct server *s, bool *ret_busy)
{
	unsigned calls = 0;
	for (unsigned i = 0; i < s->hub->options.shards; i++)
		calls += atomic_load(&s->hub->shards[i].calls);
	*ret_busy = calls > 0;
	return atomic_load(&s->hub->session_count) + acceptor_count(s->service.acceptor);
}

/* As long as calls are under way or someone leaves, at most drain_ms. Who neither reads nor leaves
 * would hold up all the others, who wait for the next daemon. */
static void wait_for_leaving(struct server *s, struct shutdown *shutdown)
{
	enum {
		LOOK_MS = 20,
		QUIET_MS = 500, /* a going-away's way there and back */
	};
	struct mono start = clock_mono();
	struct mono since = start;
	size_t before = SIZE_MAX;
	while (shutdown->left > 0 &&
		clock_mono_ms_since(clock_mono(), start) < s->config->server.drain_ms) {
		bool busy;
		size_t count = count_left(s, &busy);
		if (count < before || busy)
			since = clock_mono();
		else if (clock_mono_ms_since(clock_mono(), since) >= QUIET_MS)
			return;
		before = count;
		wait_down(shutdown, LOOK_MS);
	}
}

void server_shut_grpc(struct server *s)
{
	enum {
		CANCEL_MS = 10000
	};
	struct shutdown shutdown = {.left = 2};
	queue_init(&shutdown.queue);
	shutdown.tls.done = on_tls_down;
	shutdown.admin.done = on_admin_down;
	grpc_server_shutdown_and_notify(s->grpc, shutdown.queue.cq, op_arm(&shutdown.tls));
	grpc_server_shutdown_and_notify(s->admin_grpc, shutdown.queue.cq, op_arm(&shutdown.admin));
	wait_for_leaving(s, &shutdown);
	grpc_server_cancel_all_calls(s->grpc);
	grpc_server_cancel_all_calls(s->admin_grpc);
	wait_down(&shutdown, CANCEL_MS);
	GC_ASSERT(shutdown.left == 0);
	grpc_server_destroy(s->grpc);
	grpc_server_destroy(s->admin_grpc);
	grpc_server_credentials_release(s->admin_credentials);
	queue_deinit(&shutdown.queue);
}
