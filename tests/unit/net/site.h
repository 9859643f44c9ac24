/*
 * A minimal gRPC server behind the external acceptor and the accept thread: TLS on `address`, admin
 * on a Unix socket in `folder`. Every call, of whatever method, notes its peer and ends at once.
 */
#pragma once

#include "folder.h"
#include "net/accept.h"
#include "net/listen.h"
#include "net/tls.h"
#include "rpc/external.h"
#include "rpc/queue.h"
#include <grpc/grpc_security.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum {
	SITE_PEER_BYTES = 128,
	SITE_CALLS = 4, /* pending grpc_server_request_call per server */
};

struct site;

/* One awaited call; then the call itself. */
struct site_call {
	struct op op;
	struct site *site; /* borrowed */
	grpc_server *server;
	grpc_call *call;
	grpc_call_details details;
	grpc_metadata_array metadata;
	int cancelled;
};

struct site {
	struct folder folder;
	struct listeners *listeners;
	struct tls_holder *holder;
	struct external *external;
	struct acceptor *acceptor;
	struct queue queue;
	grpc_server *server;
	grpc_server *admin_server;
	grpc_server_credentials *credentials;
	grpc_server_credentials *admin_credentials;
	struct site_call calls[2 * SITE_CALLS];
	pthread_t thread;
	atomic_bool ending;
	struct op down_ops[2];
	atomic_int down_count;
	char fingerprint[TLS_FINGERPRINT_BYTES];
	unsigned port;
	const char *admin_path;
	atomic_bool sign_in; /* what a call does */
	/* Written before `call_count` grows, read after: site_call sees to it. */
	char peer[SITE_PEER_BYTES];
	bool peer_known; /* acceptor_signed_in found it */
	bool is_admin;
	struct ucred ucred;
	atomic_int call_count;
	atomic_int admin_count; /* connections handed over */
};

/* Limits that nothing in a test reaches by accident. */
struct acceptor_limits site_limits(void);
void site_start(struct site *site, const char *address, const struct acceptor_limits *limits,
	const char *admin_group);
void site_stop(struct site *site);
/* Without parameters, for groups: grpc_init and its end. */
int site_group_setup(void **state);
int site_group_teardown(void **state);

/* One unary call with gRPC's own client, over a new connection: "ipv4:127.0.0.1" (the port is
 * added) trusting the site's certificate, or "unix:PATH" without TLS. The call's status. */
grpc_status_code site_call(struct site *site, const char *target);
/* A new pair in the folder, loaded; owned by the caller. */
struct tls_pair *site_make_pair(const struct site *site);
