/* What the files of the server share. */
#pragma once

#include "base/pulse.h"
#include "net/accept.h"
#include "net/listen.h"
#include "net/tls.h"
#include "net/tls_watch.h"
#include "room/tend.h"
#include "rpc/external.h"
#include "server.h"
#include "service/reload.h"
#include "service/service.h"
#include "store/store.h"

enum {
	SERVER_CONFIGS_MAX = 1024, /* reloads in the life of one process */
	SERVER_TEND_MS = 5000, /* between looks at what has expired */
};

enum {
	WATCHED_NAME_BYTES = 24,
};

/* A thread that must make progress. */
struct watched {
	const struct pulse *pulse; /* borrowed: the thread's */
	uint64_t seen; /* its beats when the watchdog was last fed */
	char name[WATCHED_NAME_BYTES];
};

struct watchdog {
	struct watched threads[HUB_SHARDS_MAX + 2]; /* the writer is the last */
	unsigned count;
	struct mono next; /* when it is to be fed */
	bool told; /* that it wasn't */
};

struct server {
	struct config *config; /* owned: the one in force */
	struct config *former[SERVER_CONFIGS_MAX]; /* owned: calls may still look at them */
	size_t former_count;
	const char *config_path; /* borrowed, or NULL */
	struct listeners *listeners;
	struct store *store;
	struct directory *directory;
	struct tender *tender; /* owned, while it serves */
	struct presence *presence;
	struct hub *hub;
	struct worker_pool *workers;
	struct password_pool *passwords;
	struct external *external;
	struct tls_holder *tls;
	struct scrape *scrape; /* NULL: metrics are not served */
	grpc_server *grpc;
	grpc_server *admin_grpc;
	grpc_server_credentials *admin_credentials;
	struct service service;
	int signals; /* signalfd */
	struct {
		struct mailbox letters;
		int wake; /* eventfd */
		pthread_mutex_t mu;
		bool closed; /* under mu */
	} box; /* any thread, by server_post */
	struct mono next_sweep;
	struct mono next_tend;
	struct mono next_status;
	struct watchdog watchdog;
	enum store_health health; /* as it was told last */
	uint64_t damaged_rooms;
	struct tls_watch files; /* of the certificate */
	struct mono next_look; /* at them */
	struct mono next_time; /* to look at the time that is left */
	struct mono next_telling;
	uint64_t told_of_us; /* the end that was told of */
};

/* reload.c: the parts of the configuration as the layers want them. */
void server_directory_limits(const struct config *config, struct directory_limits *ret);
void server_shard_limits(const struct config *config, struct shard_limits *ret);
void server_presence_options(const struct config *config, struct presence_options *ret);
void server_acceptor_limits(const struct config *config, struct acceptor_limits *ret);
/* Reads the configuration again and applies all of it, or none; says in the log, and in *ret_reload
 * (zeroed by the caller), what it came to. service_main.reload, with the server as its argument. */
void server_reload(void *server, struct reload *ret_reload);

/* post.c: letters to the main thread. */
int server_open_box(struct server *server) GC_MUST_CHECK;
/* service_main.post, with the server as its argument. */
bool server_post(void *server, struct mail *mail);
/* Delivers what has come. Main thread, as the rest. */
void server_take_letters(struct server *server);
/* No letter comes any more; those that have are delivered. */
void server_close_box(struct server *server);
void server_free_box(struct server *server);

/* loop.c: timers and signals until one of them ends the daemon. */
void server_loop(struct server *server);

/* watchdog.c: who is watched, once all have been started; then once a turn. */
void server_start_watchdog(struct server *server);
void server_feed_watchdog(struct server *server);

/* watch.c: a line for the administrator when the store's health changes, or a room is damaged. */
void server_watch_store(struct server *server);

/* metrics.c: the metrics over HTTP, as configured. The second for a new configuration: what can't be
 * done is logged, and what was goes on. */
int server_open_metrics(struct server *server, struct err_text *err) GC_MUST_CHECK;
void server_apply_metrics(struct server *server, const struct config *former);
void server_close_metrics(struct server *server);
/* tend.c: expired tokens and guests, spent invitations, erasures. */
void server_tend(struct server *server);

/* certificate.c: the pair at the start. Before the gRPC servers are opened. */
int server_open_certificate(struct server *server, struct err_text *err) GC_MUST_CHECK;
/* Its files are known as they are now. */
void server_certificate_seen(struct server *server);
/* Reads them again where they have changed, and says when an end is near. Once a turn. */
void server_watch_certificate(struct server *server);

/* sweep.c: asks the store to drop what is past retention. */
void server_sweep(struct server *server);
/* audit.c: the same for the audit log. */
void server_sweep_audit(struct server *server);

/* grpc.c: the two gRPC servers. */
int server_open_grpc(struct server *server, struct err_text *err) GC_MUST_CHECK;
void server_start_grpc(struct server *server);
/* GOAWAY to all, wait for calls up to the drain time, cut the rest. The shards run. */
void server_shut_grpc(struct server *server);
