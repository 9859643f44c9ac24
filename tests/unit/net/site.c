/* The server side runs on one thread and one queue, as a shard does. */
#include "site.h"

#include "base/fd.h"
#include "base/mem.h"

#include <grpc/grpc_posix.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	TURN_MS = 1000,
	CALL_DEADLINE_S = 10,
};

struct acceptor_limits site_limits(void)
{
	return (struct acceptor_limits){.connections = 1000,
		.connections_per_address = 1000,
		.bytes_before_sign_in = 1 << 20,
		.sign_in_timeout_ms = 60000,
		.bytes_per_second = 1 << 20,
		.bytes_burst = 1 << 20};
}

static void await_call(struct site_call *c);

static void on_call_end(struct op *op, bool ok)
{
	(void)ok;
	struct site_call *c = GC_CONTAINER_OF(op, struct site_call, op);
	grpc_call_unref(c->call);
	grpc_metadata_array_destroy(&c->metadata);
	grpc_call_details_destroy(&c->details);
	await_call(c);
}

static void note_peer(struct site_call *c)
{
	struct site *site = c->site;
	char *peer = grpc_call_get_peer(c->call);
	(void)snprintf(site->peer, sizeof(site->peer), "%s", peer);
	gpr_free(peer);
	site->is_admin = acceptor_admin(site->acceptor, site->peer, &site->ucred);
	if (atomic_load(&site->sign_in))
		site->peer_known = acceptor_signed_in(site->acceptor, site->peer);
	atomic_fetch_add(&site->call_count, 1);
}

static void on_call(struct op *op, bool ok)
{
	struct site_call *c = GC_CONTAINER_OF(op, struct site_call, op);
	if (!ok) { /* the server is ending */
		grpc_metadata_array_destroy(&c->metadata);
		grpc_call_details_destroy(&c->details);
		return;
	}
	note_peer(c);
	const grpc_op ops[] = {
		{.op = GRPC_OP_SEND_INITIAL_METADATA},
		{.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
			.data.recv_close_on_server.cancelled = &c->cancelled},
		{.op = GRPC_OP_SEND_STATUS_FROM_SERVER,
			.data.send_status_from_server.status = GRPC_STATUS_DATA_LOSS},
	};
	c->op.done = on_call_end;
	op_start(&c->op, c->call, ops, GC_LENGTH(ops));
}

static void await_call(struct site_call *c)
{
	grpc_metadata_array_init(&c->metadata);
	grpc_call_details_init(&c->details);
	c->op.done = on_call;
	void *tag = op_arm(&c->op);
	grpc_call_error e = grpc_server_request_call(c->server, &c->call, &c->details, &c->metadata,
		c->site->queue.cq, c->site->queue.cq, tag);
	if (e == GRPC_CALL_OK)
		return;
	c->op.busy = false; /* the server is ending: no completion will come */
	on_call(&c->op, false);
}

static void *run(void *arg)
{
	struct site *site = arg;
	while (!atomic_load(&site->ending))
		(void)queue_run_one(&site->queue, clock_mono_add_ms(clock_mono(), TURN_MS));
	return NULL;
}

static void on_admin(void *arg, int fd, const struct ucred *peer)
{
	struct site *site = arg;
	(void)peer;
	atomic_fetch_add(&site->admin_count, 1);
	grpc_server_add_channel_from_fd(site->admin_server, fd, site->admin_credentials);
}

struct tls_pair *site_make_pair(const struct site *site)
{
	struct tls_pair *pair = NULL;
	struct err_text err = {""};
	bool made;
	(void)unlink(folder_file(&site->folder, TLS_MADE_CERTIFICATE));
	if (tls_pair_load_or_make(site->folder.path, &pair, &made, &err) < 0)
		fail_msg("%s", err.text);
	return pair;
}

static void open_listeners(struct site *site, const char *address, const char *admin_group)
{
	struct err_text err = {""};
	struct listen_options options = {.addresses = &address,
		.address_count = 1,
		.admin_path = folder_file(&site->folder, "admin.sock"),
		.admin_group = admin_group,
		.backlog = 128,
		.sockets = {.receive_bytes = SOCKET_RECEIVE_BYTES}};
	if (listeners_open(&options, &site->listeners, &err) < 0)
		fail_msg("%s", err.text);
	site->port = (unsigned)atoi(strrchr(site->listeners->items[0].text, ':') + 1);
	site->admin_path = site->listeners->items[1].text;
}

static void make_servers(struct site *site)
{
	struct err_text err = {""};
	grpc_arg args[4] = {
		{.type = GRPC_ARG_INTEGER,
			.key = (char[]){"grpc.http2.max_ping_strikes"},
			.value.integer = 0},
	};
	external_arg(site->external, &args[1]);
	const grpc_channel_args list = {.num_args = 2, .args = args};
	site->server = grpc_server_create(&list, NULL);
	site->admin_server = grpc_server_create(NULL, NULL);
	grpc_server_register_completion_queue(site->server, site->queue.cq, NULL);
	grpc_server_register_completion_queue(site->admin_server, site->queue.cq, NULL);
	site->credentials = tls_holder_credentials(site->holder, TLS_CLIENT_AUTH_OFF);
	site->admin_credentials = grpc_insecure_server_credentials_create();
	(void)grpc_server_add_http2_port(site->server, external_address(site->external),
		site->credentials); /* says nothing: external_check does */
	if (external_check(site->external, &err) < 0)
		fail_msg("%s", err.text);
	grpc_server_start(site->server);
	grpc_server_start(site->admin_server);
	external_open(site->external);
}

static void start_serving(
	struct site *site, const struct acceptor_limits *limits, const char *admin_group)
{
	struct err_text err = {""};
	const struct acceptor_options options = {.listeners = site->listeners,
		.external = site->external,
		.admin_group = admin_group,
		.limits = *limits,
		.sockets = {.receive_bytes = SOCKET_RECEIVE_BYTES},
		.on_admin = on_admin,
		.arg = site};
	if (acceptor_start(&options, &site->acceptor, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < GC_LENGTH(site->calls); i++) {
		site->calls[i].site = site;
		site->calls[i].server = i < SITE_CALLS ? site->server : site->admin_server;
		await_call(&site->calls[i]);
	}
	assert_int_equal(pthread_create(&site->thread, NULL, run, site), 0);
}

void site_start(struct site *site, const char *address, const struct acceptor_limits *limits,
	const char *admin_group)
{
	*site = (struct site){0};
	folder_make(&site->folder);
	open_listeners(site, address, admin_group);
	struct tls_pair *pair = site_make_pair(site);
	(void)snprintf(site->fingerprint, sizeof(site->fingerprint), "%s", pair->info.fingerprint);
	site->holder = tls_holder_new(pair);
	site->external = external_new("tls");
	queue_init(&site->queue);
	make_servers(site);
	start_serving(site, limits, admin_group);
}

static void on_first_down(struct op *op, bool ok)
{
	(void)ok;
	atomic_fetch_add(&GC_CONTAINER_OF(op, struct site, down_ops[0])->down_count, 1);
}

static void on_second_down(struct op *op, bool ok)
{
	(void)ok;
	atomic_fetch_add(&GC_CONTAINER_OF(op, struct site, down_ops[1])->down_count, 1);
}

/* The order that rpc/external.h asks for. */
void site_stop(struct site *site)
{
	acceptor_stop(site->acceptor);
	site->down_ops[0].done = on_first_down;
	site->down_ops[1].done = on_second_down;
	grpc_server_shutdown_and_notify(site->server, site->queue.cq, op_arm(&site->down_ops[0]));
	grpc_server_shutdown_and_notify(
		site->admin_server, site->queue.cq, op_arm(&site->down_ops[1]));
	grpc_server_cancel_all_calls(site->server);
	grpc_server_cancel_all_calls(site->admin_server);
	assert_true(wait_until(atomic_load(&site->down_count) == 2));
	atomic_store(&site->ending, true);
	queue_wake(&site->queue);
	assert_int_equal(pthread_join(site->thread, NULL), 0);
	grpc_server_destroy(site->server);
	grpc_server_destroy(site->admin_server);
	queue_deinit(&site->queue);
	grpc_server_credentials_release(site->credentials);
	grpc_server_credentials_release(site->admin_credentials);
	acceptor_free(site->acceptor);
	external_free(site->external);
	tls_holder_free(site->holder);
	listeners_free(site->listeners);
	folder_remove(&site->folder);
}

static void quiet(gpr_log_func_args *args)
{
	(void)args; /* core logs each failed handshake, and failing is what is tested */
}

int site_group_setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	gpr_set_log_function(quiet);
	grpc_init();
	return 0;
}

int site_group_teardown(void **state)
{
	(void)state;
	grpc_shutdown_blocking();
	return 0;
}

static grpc_channel *make_channel(const struct site *site, const char *target)
{
	if (strncmp(target, "unix:", 5) == 0) {
		grpc_channel_credentials *none = grpc_insecure_credentials_create();
		grpc_channel *channel = grpc_channel_create(target, none, NULL);
		grpc_channel_credentials_release(none);
		return channel;
	}
	char *roots GC_CLEANUP(mem_freep) = NULL;
	char address[SITE_PEER_BYTES];
	assert_int_equal(fd_read_file(folder_file(&site->folder, TLS_MADE_CERTIFICATE),
				 TLS_FILE_BYTES_MAX, &roots, NULL),
		0);
	(void)snprintf(address, sizeof(address), "%s:%u", target, site->port);
	grpc_arg name = {.type = GRPC_ARG_STRING,
		.key = (char[]){GRPC_SSL_TARGET_NAME_OVERRIDE_ARG},
		.value.string = (char[]){"localhost"}};
	const grpc_channel_args args = {.num_args = 1, .args = &name};
	grpc_channel_credentials *tls = grpc_ssl_credentials_create_ex(roots, NULL, NULL, NULL);
	grpc_channel *channel = grpc_channel_create(address, tls, &args);
	grpc_channel_credentials_release(tls);
	return channel;
}

static grpc_status_code run_call(grpc_channel *channel, grpc_completion_queue *cq)
{
	grpc_metadata_array initial;
	grpc_metadata_array trailing;
	grpc_slice details = grpc_empty_slice();
	grpc_status_code status = GRPC_STATUS_UNKNOWN;
	grpc_metadata_array_init(&initial);
	grpc_metadata_array_init(&trailing);
	grpc_call *call = grpc_channel_create_call(channel, NULL, GRPC_PROPAGATE_DEFAULTS, cq,
		grpc_slice_from_static_string("/test.Site/Call"), NULL,
		gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
			gpr_time_from_seconds(CALL_DEADLINE_S, GPR_TIMESPAN)),
		NULL);
	const grpc_op ops[] = {
		{.op = GRPC_OP_SEND_INITIAL_METADATA},
		{.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
		/* Without it core keeps the status back. */
		{.op = GRPC_OP_RECV_INITIAL_METADATA,
			.data.recv_initial_metadata.recv_initial_metadata = &initial},
		{.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
			.data.recv_status_on_client = {.trailing_metadata = &trailing,
				.status = &status,
				.status_details = &details}},
	};
	assert_int_equal(
		grpc_call_start_batch(call, ops, GC_LENGTH(ops), &status, NULL), GRPC_CALL_OK);
	(void)grpc_completion_queue_next(cq, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
	grpc_call_unref(call);
	grpc_slice_unref(details);
	grpc_metadata_array_destroy(&initial);
	grpc_metadata_array_destroy(&trailing);
	return status;
}

grpc_status_code site_call(struct site *site, const char *target)
{
	int before = atomic_load(&site->call_count);
	grpc_completion_queue *cq = grpc_completion_queue_create_for_next(NULL);
	grpc_channel *channel = make_channel(site, target);
	grpc_status_code status = run_call(channel, cq);
	grpc_channel_destroy(channel);
	grpc_completion_queue_shutdown(cq);
	(void)grpc_completion_queue_next(cq, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
	grpc_completion_queue_destroy(cq);
	assert_true(wait_until(atomic_load(&site->call_count) > before));
	return status;
}
