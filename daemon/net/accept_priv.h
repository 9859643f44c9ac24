/* Shared by accept.c (the interface) and accept_loop.c, accept_admit.c and accept_scan.c (the thread) only. */
#pragma once

#include "base/clock.h"
#include "net/accept.h"
#include "net/conn.h"
#include "net/pace.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/types.h>

struct ratemap;

enum acceptor_phase {
	ACCEPTOR_ACCEPTS,
	ACCEPTOR_GUARDS, /* no new connections, but those there are */
	ACCEPTOR_ENDS,
};

/* For how long listeners are ignored. */
struct pause {
	bool on;
	struct mono until;
};

struct acceptor {
	const struct listeners
		*listeners; /* borrowed until acceptor_free; immutable, as the next */
	struct external *external; /* borrowed until acceptor_free */
	struct socket_options sockets;
	gid_t admin_group;
	void (*on_admin)(void *arg, int fd, const struct ucred *peer);
	void *arg;

	int outer_fd; /* owned, as all of these: epoll of listeners, stop_fd and inner_fd */
	int inner_fd; /* epoll of connections; silent in outer_fd while scanning */
	int stop_fd; /* eventfd: look at `wanted` */

	pthread_t thread;
	bool running; /* main thread only */
	bool stopped; /* main thread only */
	atomic_int wanted; /* enum acceptor_phase */
	sem_t guards; /* posted when the thread has ceased to accept */
	struct ratemap *arrivals; /* owned: new connections by address */
	struct blocked *blocked; /* owned: networks that may not connect */
	_Atomic int64_t
		cut_blocked_us; /* monotonic: when to cut those that are connected; 0: not */
	struct pulse pulse; /* beats at each turn */

	struct {
		pthread_mutex_t mu;
		struct acceptor_limits limits;
	} shared;

	struct conn_table conns; /* see conn.h for its threads */

	/* From here on: accept thread only. */
	enum acceptor_phase phase;
	bool tap_checked; /* whether TLS is really looked into has been seen */
	struct acceptor_limits limits; /* this turn's copy of shared.limits */
	int reserve_fd; /* owned: given up to be able to refuse; -1: gone */
	struct pause starved; /* no descriptors and no reserve: all listeners */
	struct pace pace;
	struct pause paced; /* handshakes enough: TLS listeners */
	bool scanning;
	struct mono next_scan;
};

/* Prepares descriptors and the thread's own state. 0 or negative errno. */
int accept_loop_init(struct acceptor *acceptor) GC_MUST_CHECK;
void accept_loop_deinit(struct acceptor *acceptor);
/* The thread's function; its argument is the acceptor. */
void *accept_loop_run(void *arg);

/* All below: accept thread. epoll_ctl(2) with a pointer as data. 0 or negative errno. */
int accept_watch(int epoll_fd, int op, int fd, uint32_t events, void *ptr) GC_MUST_CHECK;
/* Bytes arrive: the guard looks every ACCEPTOR_SCAN_MS from now on, until none arrive any more. */
void accept_scan_start(struct acceptor *acceptor);
/* Looks when it is time to, and cuts those who have not signed in in time. Once a turn. */
void accept_scan_run(struct acceptor *acceptor, struct mono now);
/* Forgets connections that have ended, notes which received; false: nothing happened. */
bool accept_scan_drain(struct acceptor *acceptor);
/* Cuts those from networks that are blocked by now. */
void accept_scan_cut_blocked(struct acceptor *acceptor, struct mono now);
/* Whether connections from there are refused. */
bool accept_is_blocked(struct acceptor *acceptor, const struct peer *peer);
/* Whether one more may come in from there; GUARD_FINE is counted to its address. */
enum guard_reason accept_admit(struct acceptor *acceptor, const struct peer *peer);
/* Whether who is at the other end may administer; says who that is. */
enum guard_reason accept_admit_admin(struct acceptor *acceptor, int fd, struct ucred *ret_ucred);
/* Counts and logs it, and closes the connection. `peer` may be NULL. */
void accept_refuse(int fd, enum guard_reason reason, const struct peer *peer);
/* Cuts the oldest that have not signed in, down to their maximum. */
void accept_scan_bound_pending(struct acceptor *acceptor);
