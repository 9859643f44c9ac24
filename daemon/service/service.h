/*
 * What gchatd offers: the methods of all services, who may call them, and what they come to. The
 * service decodes, asks the room layer, and answers; it keeps nothing of its own but counters of
 * attempts and who watches its health.
 */
#pragma once

#include "base/ratemap.h"
#include "base/worker.h"
#include "config/config.h"
#include "net/tls_clients.h"
#include "room/presence.h"
#include "service/health.h"
#include "service/reflection.h"
#include "service/user_names.h"
#include "service/watch.h"
#include "shard/hub.h"
#include <sys/queue.h>

struct acceptor;
struct tls_holder;
struct listeners;
struct password_pool;
struct health_watch;
struct reload;
struct mail;

enum {
	SERVICE_RATEMAP_MAX = 65536, /* addresses and names whose attempts are remembered */
	SERVICE_HISTORY_BYTES = 1024 * 1024, /* events in one page of history */
	SERVICE_NEWCOMER_TRIES = 2, /* a minute and address: those who guess try more often */
	SERVICE_REGISTRATION_AMOUNT = 60, /* one registration: a minute of n per hour */
};

/* What only the main thread may do, and how to get there. */
struct service_main {
	void *arg;
	/* Delivers the letter on the main thread; false: that one is about to end. Any thread. */
	bool (*post)(void *arg, struct mail *mail);
	/* Reads the configuration and the certificate again: all that is new holds, or nothing.
	 * *ret_reload is zeroed by the caller, who ends it with reload_deinit. Main thread. */
	void (*reload)(void *arg, struct reload *ret_reload);
	const char *config_path; /* borrowed; NULL: there is no file */
};

struct service {
	struct directory *directory; /* borrowed, as all here: they outlive the service */
	struct presence *presence;
	struct store *store;
	struct hub *hub;
	struct worker_pool *workers;
	struct password_pool *passwords; /* for as many at a time as there are workers */
	struct acceptor *acceptor; /* set before the first call */
	struct tls_holder *tls;
	const struct listeners *listeners;
	enum tls_client_auth client_auth; /* as the daemon was started */
	struct service_main main; /* set before the first call */
	uint64_t started_us;
	struct health health;
	struct reflection *reflection; /* owned: of the TLS port */
	struct reflection *admin_reflection; /* owned: of the Admin socket */
	struct ratemap *attempts; /* owned: log-ins by address and by name */
	struct ratemap *newcomers; /* owned: by address, whose password is hashed before others */
	struct ratemap *known; /* owned: by address and name, who has signed in there before */
	struct ratemap *registrations; /* owned: by address */
	struct user_names user_names; /* of administrators, for the audit log */
	atomic_bool draining; /* no new sessions: see service_drain */
	atomic_bool stopping; /* what goes on for long ends */
	struct watch watch; /* what happens, for administrators */
	struct {
		atomic_bool busy; /* one at a time: who set it has the rest */
		bool started; /* the thread is to be joined */
		pthread_t thread;
	} backup;
	atomic_bool verifying; /* the store: one at a time */
	struct { /* any thread, under mu */
		pthread_mutex_t mu;
		const struct config *config; /* borrowed: replaced by service_set_config */
		LIST_HEAD(, health_watch) watches;
		bool rotating;
	} shared;
};

/* Fills the owned parts; the borrowed ones are set by the caller. */
void service_init(struct service *service, const struct config *config);
void service_deinit(struct service *service);

/* The configuration in force; the former one must stay valid until no call can still use it. */
void service_set_config(struct service *service, const struct config *config);
const struct config *service_config(struct service *service);

/* Takes no new sessions, or takes that back; health says so. Returns what it was. Any thread. */
bool service_drain(struct service *service, bool draining);

/* Tells the health watchers too. Any thread. */
void service_set_serving(struct service *service, bool serving);

/* hub_options.on_call: finds the method, checks who is calling, starts it. Shard thread. */
void service_on_call(void *service, struct incoming *in);
/* hub_options.on_frame. Shard thread. */
void service_on_frame(void *service, struct session *session, const Gchat__V1__ClientFrame *frame);
/* hub_options.on_marker: the hub is the argument. Writer thread. */
void service_on_marker(void *hub, struct account *account, struct room *room, uint64_t read_seq);
