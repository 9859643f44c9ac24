/* Bringing all parts up, and down again in the other order. */
#include "server_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "net/sockopt.h"
#include "net/tls_lean.h"
#include "password/password.h"
#include "rpc/quiet.h"
#include "service/admin_backup.h"
#include "service/password_pool.h"
#include "service/watch_notes.h"

#include <errno.h>
#include <grpc/grpc.h>
#include <grpc/grpc_posix.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert((int)CONFIG_READERS_MAX == (int)STORE_READERS_MAX, "what may be set is taken");

static struct socket_options socket_options_of(const struct config *c)
{
	/* Ends a connection whose peer reads nothing, too: not before a ping would. */
	int64_t silence_s = c->delivery.keepalive_s + c->delivery.keepalive_timeout_s;
	return (struct socket_options){.receive_bytes = SOCKET_RECEIVE_BYTES,
		.send_bytes = (int)c->delivery.send_buffer_bytes,
		.user_timeout_ms = (int)(silence_s * CLOCK_MS_PER_S)};
}

/* ---- up ---- */

static int block_signals(struct server *s)
{
	sigset_t set;
	(void)signal(SIGPIPE, SIG_IGN); /* a closed stderr must not end the daemon */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return err_raise(-EINVAL);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? err_raise(-errno) : 0;
}

/* As many descriptors as the hard limit lets us have: each connection takes two. */
static void raise_descriptors(const struct config *c)
{
	enum {
		PER_CONNECTION = 2,
		OTHERS = 200
	};
	struct rlimit limit;
	rlim_t wanted = (rlim_t)c->limits.connections * PER_CONNECTION + OTHERS;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < wanted)
		log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_DESCRIPTORS,
			"only %llu descriptors allowed, limits.connections needs %llu: raise "
			"LimitNOFILE or lower it",
			(unsigned long long)limit.rlim_cur, (unsigned long long)wanted);
}

static int open_listeners(struct server *s, struct err_text *err)
{
	const struct config *c = s->config;
	struct listen_options options = {
		.addresses = (const char *const *)c->listen.addresses.items,
		.address_count = c->listen.addresses.count,
		.admin_path = c->listen.admin_socket,
		.admin_group = c->listen.admin_group,
		.backlog = (int)c->listen.backlog,
		.sockets = socket_options_of(c)};
	return listeners_open(&options, &s->listeners, err);
}

int server_make_folder(const char *path, struct err_text *err)
{
	enum {
		FOLDER_MODE = 0750
	};
	if (mkdir(path, FOLDER_MODE) == 0 || errno == EEXIST)
		return 0;
	int e = errno;
	err_say(err, "store.folder: %s: can't be made: %s", path, strerror(e));
	return err_raise(-e);
}

static int open_store(struct server *s, struct err_text *err)
{
	const struct config *c = s->config;
	char path[PATH_MAX];
	int r = server_make_folder(c->store.folder, err);
	if (r < 0)
		return err_pass(r);
	(void)snprintf(path, sizeof(path), "%s/%s", c->store.folder, SERVER_STORE_FILE);
	enum {
		BATCH_MAX = 2000,
		QUEUE_MAX = 100000
	};
	struct store_options options = {.engine = c->store.engine,
		.path = path,
		.durability = (enum store_durability)c->store.durability,
		.readers = (unsigned)c->store.readers,
		.batch_max = BATCH_MAX,
		.queue_max = QUEUE_MAX,
		.reserve_bytes = (uint64_t)c->store.reserve_mb << 20,
		.cache_bytes = (uint64_t)c->store.cache_mb << 20,
		.on_batch = hub_kick,
		.arg = s->hub};
	return store_open(&options, &s->store, err);
}

static unsigned shard_count(const struct config *c)
{
	long count = c->server.shards > 0 ? (long)c->server.shards : sysconf(_SC_NPROCESSORS_ONLN);
	return count < 1 ? 1 : count > HUB_SHARDS_MAX ? HUB_SHARDS_MAX : (unsigned)count;
}

static int open_rooms(struct server *s, struct err_text *err)
{
	struct directory_limits limits;
	struct presence_options presence;
	struct roomlog_limits tail = {.events = (size_t)s->config->delivery.tail_events,
		.bytes = (size_t)s->config->delivery.tail_bytes};
	server_directory_limits(s->config, &limits);
	server_presence_options(s->config, &presence);
	int r = directory_open(s->store, &limits, &tail, &s->directory, err);
	if (r < 0)
		return err_pass(r);
	s->presence = presence_new(s->directory, &presence);
	return 0;
}

/* The hub first, since the store rings it; what it needs of the others comes after. */
static void make_hub(struct server *s)
{
	struct hub_options options = {.shards = shard_count(s->config),
		.on_call = service_on_call,
		.on_frame = service_on_frame,
		.on_marker = service_on_marker,
		.on_event = watch_notes_event,
		.on_session = watch_notes_session,
		.on_refusal = watch_notes_refusal,
		.arg = &s->service};
	server_shard_limits(s->config, &options.limits);
	s->hub = hub_new(&options);
}

static void wire_up(struct server *s)
{
	s->hub->options.directory = s->directory;
	s->hub->options.presence = s->presence;
	s->hub->options.store = s->store;
	s->service.directory = s->directory;
	s->service.presence = s->presence;
	s->service.store = s->store;
	s->service.hub = s->hub;
	s->service.workers = s->workers;
	s->service.passwords = s->passwords;
	s->service.tls = s->tls;
	s->service.listeners = s->listeners;
	s->service.main = (struct service_main){.arg = s,
		.post = server_post,
		.reload = server_reload,
		.config_path = s->config_path};
	service_init(&s->service, s->config);
}

static void on_admin(void *arg, int fd, const struct ucred *peer)
{
	(void)peer; /* kept by the acceptor, under the name that gRPC gives the connection */
	struct server *s = arg;
	grpc_server_add_channel_from_fd(s->admin_grpc, fd, s->admin_credentials);
}

/* Owned array: bans hold from the first connection on. */
static struct acceptor_block *banned_networks(struct directory *directory, size_t *ret_count)
{
	struct restriction_page page;
	restriction_list_networks(directory, &page);
	struct acceptor_block *blocks = mem_new(page.count, sizeof(*blocks));
	for (size_t i = 0; i < page.count; i++)
		blocks[i] = (struct acceptor_block){.network = page.items[i].target.network,
			.until_us = page.items[i].expires_us ? page.items[i].expires_us
							     : RESTRICTION_FOR_EVER};
	*ret_count = page.count;
	free(page.items);
	return blocks;
}

static int start_accepting(struct server *s, struct err_text *err)
{
	struct acceptor_options options = {.listeners = s->listeners,
		.external = s->external,
		.admin_group = s->config->listen.admin_group,
		.shards = s->hub->options.shards,
		.sockets = socket_options_of(s->config),
		.on_admin = on_admin,
		.arg = s};
	server_acceptor_limits(s->config, &options.limits);
	struct acceptor_block *blocks = banned_networks(s->directory, &options.block_count);
	options.blocks = blocks;
	/* a connection may have waited for us: its first call looks for the acceptor */
	int r = acceptor_start(&options, &s->service.acceptor, err);
	free(blocks);
	return r;
}

/* gchatd-hash lies where it does from this program. */
static int start_passwords(struct server *s, struct err_text *err)
{
	static const char way[] = "/" GCHAT_HASH_WAY;
	char path[PATH_MAX + sizeof(way)];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	if (n < 0)
		return err_raise(-errno);
	path[n] = '\0';
	(void)memcpy(strrchr(path, '/'), way, sizeof(way)); /* it is absolute */
	return password_pool_start((size_t)s->config->accounts.workers, path, &s->passwords, err);
}

static int bring_up(struct server *s, struct err_text *err)
{
	int r = block_signals(s);
	if (r == 0)
		r = server_open_box(s);
	if (r == 0)
		r = password_init();
	if (r == 0) /* before there is anything that a process could inherit */
		r = start_passwords(s, err);
	if (r == 0)
		r = open_listeners(s, err);
	if (r < 0)
		return err_pass(r);
	raise_descriptors(s->config);
	(void)tls_lean_start(); /* larger without, and as right */
	(void)rpc_quiet_mutexes(); /* slower without, and as right */
	grpc_init();
	make_hub(s);
	r = open_store(s, err);
	if (r == 0)
		r = open_rooms(s, err);
	if (r == 0)
		r = server_open_certificate(s, err);
	if (r == 0)
		r = worker_pool_start((size_t)s->config->accounts.workers,
			(size_t)s->config->limits.log_in_queue, &s->workers);
	if (r < 0)
		return err_pass(r);
	wire_up(s);
	r = server_open_grpc(s, err);
	if (r < 0)
		return err_pass(r);
	server_start_grpc(s);
	hub_start(s->hub);
	r = start_accepting(s, err);
	if (r == 0)
		r = server_open_metrics(s, err);
	return r < 0 ? err_pass(r) : 0;
}

/* ---- down ---- */

/* Who was taken just before the end of accepting is let in, and sent away like the others: gRPC would
 * cut a handshake in the middle. Meanwhile the sessions go on. */
static void let_in_newcomers(struct server *s)
{
	enum {
		LOOK_MS = 5,
		HANDSHAKE_MS = 1000, /* two round trips of the slowest networks */
	};
	while (acceptor_has_newcomer(s->service.acceptor, HANDSHAKE_MS))
		(void)poll(NULL, 0, LOOK_MS);
}

static void stop_serving(struct server *s)
{
	enum {
		CLOSE_MS = 60000, /* a store with much to write back, on a slow disk */
	};
	notify_stopping("draining", s->config->server.drain_ms + CLOSE_MS);
	atomic_store(&s->service.stopping, true);
	service_set_serving(&s->service, false);
	watch_stop(&s->service.watch);
	acceptor_stop(s->service.acceptor);
	let_in_newcomers(s);
	server_close_box(s);
	worker_pool_refuse(s->workers);
	s->tender = tender_free(s->tender); /* its ends tell the shards, which are there still */
	hub_drain(s->hub);
	server_shut_grpc(s);
	password_pool_refuse(s->passwords); /* who still waits has been cut */
	hub_join(s->hub);
	admin_backup_join(&s->service);
}

static void tear_down(struct server *s)
{
	server_close_metrics(s); /* until here it shows how the drain goes */
	s->workers = worker_pool_stop(s->workers);
	s->passwords = password_pool_stop(s->passwords);
	directory_stop(s->directory);
	s->store = store_close(s->store);
	s->presence = presence_free(s->presence);
	s->directory = directory_close(s->directory);
	s->service.acceptor = acceptor_free(s->service.acceptor);
	s->hub = hub_free(s->hub);
	s->tls = tls_holder_free(s->tls);
	s->external = external_free(s->external);
	service_deinit(&s->service);
	s->listeners = listeners_free(s->listeners);
	grpc_shutdown_blocking();
	for (size_t i = 0; i < s->former_count; i++)
		(void)config_free(s->former[i]);
	s->config = config_free(s->config);
	server_free_box(s);
	close(s->signals);
}

int server_run(struct config *config, const char *path, struct err_text *err)
{
	struct server *s = mem_new(1, sizeof(*s));
	char listeners[LISTENER_TEXT_BYTES * 2];
	unsigned accounts;
	unsigned rooms;
	s->config = config;
	s->config_path = path;
	int r = bring_up(s, err);
	if (r < 0)
		return err_pass(r); /* the process ends: what is up goes with it */
	listeners_describe(s->listeners, LISTENER_TLS, listeners, sizeof(listeners));
	directory_count(s->directory, &accounts, &rooms);
	log_with(LOG_LEVEL_NOTICE, NULL, LOG_ID_STARTED,
		"gchatd %s serves on %s shards=%u store=%s accounts=%u rooms=%u", GCHAT_VERSION,
		listeners, s->hub->options.shards, config->store.folder, accounts, rooms);
	s->tender = tender_new(s->directory, &s->hub->audience);
	service_set_serving(&s->service, true);
	server_start_watchdog(s);
	notify_ready("serving");
	server_loop(s);
	log_with(LOG_LEVEL_NOTICE, NULL, LOG_ID_STOPPING, "stopping sessions=%u",
		atomic_load(&s->hub->session_count));
	stop_serving(s);
	tear_down(s);
	free(s);
	return 0;
}
