/*
 * The load generator's state: options, sessions, counters. One thread turns one h2_loop; callbacks
 * of sessions count into the one struct bench.
 */
#pragma once

#include "base/macros.h"
#include "h2/h2.h"
#include "measure.h"

#include <stdbool.h>
#include <stdint.h>

enum bench_workload {
	BENCH_W1, /* one room, one publisher, closed loop over the last subscriber */
	BENCH_W2, /* one room, every member speaks, open loop at a rate */
	BENCH_W3, /* many small rooms, in each the word goes round */
	BENCH_W4, /* idle sessions */
	BENCH_W5, /* connecting, signing in, joining */
	BENCH_W6, /* one publisher, closed loop over acknowledgements */
	BENCH_W7, /* as W1, and one subscriber stops reading, later reads again */
	BENCH_W8, /* all are cut at once and come back, some events behind */
	_BENCH_WORKLOAD_MAX,
};

enum bench_sign_in {
	BENCH_TOKEN, /* made before */
	BENCH_PASSWORD, /* a log-in on each connection */
};

enum {
	BENCH_TOKEN_BYTES = 64,
	BENCH_NAME_BYTES = 48,
	BENCH_TEXT_MAX = 4096,
	BENCH_TEXT_MIN = 40, /* the stamp must fit */
	BENCH_WINDOW_MAX = 1024,
	BENCH_TURN_NS = 10 * 1000 * 1000,
	BENCH_NS_PER_S = 1000 * 1000 * 1000,
	BENCH_QUIET_MS = 300, /* no frame for so long: the line is quiet */
	BENCH_STALL_S = 30, /* no frame for so long under load: the run has failed */
	BENCH_SETUP_S = 120, /* without progress in setting up */
	BENCH_ERRORS_SHOWN = 5,
	BENCH_SLOW_RECEIVE_BYTES = 65536, /* socket buffer of W7's slow one */
};

#define BENCH_PASSWORD_TEXT "correct horse battery"

struct bench_options {
	enum bench_workload workload;
	enum bench_sign_in sign_in;
	const char *peer;
	const char *host;
	const char *token_file; /* NULL: new accounts each time */
	uint16_t port;
	struct measure_server server;
	unsigned n; /* subscribers, members or sessions */
	unsigned rooms; /* W3 */
	unsigned members; /* of a room, where there are several rooms */
	unsigned window; /* messages in flight */
	unsigned payload; /* bytes of text */
	unsigned inflight; /* connections being set up at a time */
	unsigned rate; /* messages a second, open loop */
	unsigned behind; /* W8: events missed */
	unsigned reps;
	double secs;
	double warm_s;
	double idle_s;
};

enum session_state {
	SESSION_NEW,
	SESSION_CONNECTING,
	SESSION_LOGIN, /* waits for its token */
	SESSION_HELLO, /* waits for the welcome */
	SESSION_JOINING, /* waits for the reply to its join */
	SESSION_READY,
	SESSION_AWAY, /* cut by us */
	SESSION_DEAD, /* cut by the server */
};

struct session {
	struct bench *bench; /* borrowed */
	struct h2_conn *conn; /* borrowed: the loop's; NULL when dead or away */
	struct h2_call *stream; /* borrowed: the connection's; NULL when ended */
	uint64_t *sent_ns; /* owned: when request id % BENCH_WINDOW_MAX was sent; NULL: none yet */
	enum session_state state;
	unsigned index;
	unsigned room; /* index */
	unsigned position; /* in its room */
	uint64_t room_id; /* 0 until joined */
	uint64_t next_seq; /* expected; 0 before the first event */
	uint64_t next_request;
	uint64_t received; /* messages */
	uint64_t start_ns; /* of its connect */
};

/* One message received, as far as a workload cares. */
struct bench_message {
	uint64_t stamp_ns;
	unsigned speaker; /* index of the session that sent it */
};

struct bench {
	struct bench_options options;
	struct h2_loop *loop; /* owned */
	struct session *sessions; /* owned: sessions_count, publishers after the first n */
	char (*tokens)[BENCH_TOKEN_BYTES]; /* owned: one per session, and the rooms' owner */
	unsigned sessions_count;
	unsigned rooms_count;
	unsigned rooms_shown; /* without those that the generator needs for itself */
	char run[24]; /* in the names of this run's accounts and rooms */
	char filler[BENCH_TEXT_MAX];

	unsigned ready;
	unsigned pending; /* being set up */
	unsigned dead;
	bool measuring; /* latencies are kept */
	bool timing_joins; /* from connect to joined is a latency */
	void (*on_message)(struct session *s, const struct bench_message *m); /* NULL: none */
	uint64_t last_rx_ns;
	uint64_t sent;
	uint64_t delivered;
	uint64_t frames; /* gRPC messages received */
	uint64_t acked;
	uint64_t refused; /* error replies */
	uint64_t gaps;
	uint64_t repeats;
	uint64_t cut; /* sessions that the server ended after they were ready */
	unsigned errors_shown;
	struct histogram latency; /* publish to receive; W4, W5: connect to joined */
	struct histogram ack; /* send to its reply */

	struct measure_cpu setup_start;
	struct measure_cpu joined; /* the last one is in */
	struct measure_cpu setup_end; /* and the line is quiet */
	long rss_empty_kb; /* of the server before the accounts were made */
	long rss_start_kb; /* and before the first session */
	char tls[64];
	const char *status; /* "ok", or why not */
};

/* options.c: fills b->options; exits with usage on wrong ones. */
void bench_options_parse(struct bench *b, int argc, char **argv);
const char *bench_workload_name(enum bench_workload workload);

/* bench.c */
void bench_init(struct bench *b);
void bench_deinit(struct bench *b);
/* Prints to stderr, the first few times. */
void bench_complain(struct bench *b, const char *fmt, ...) GC_PRINTF(2, 3);
/* Turns the loop once, waiting at most timeout_ns. */
void bench_turn(struct bench *b, int64_t timeout_ns);
/* Turns the loop for so long. */
void bench_turn_for(struct bench *b, double secs);
/* Turns until nothing has come for BENCH_QUIET_MS. */
void bench_wait_quiet(struct bench *b);
/* Turns until `want` deliveries were counted; how many are missing when nothing came for
 * BENCH_STALL_S. */
uint64_t bench_wait_delivered(struct bench *b, uint64_t want);

/* accounts.c: makes or reads the tokens, and makes the rooms. 0 or -1 with a complaint. */
int bench_make_accounts(struct bench *b) GC_MUST_CHECK;
int bench_make_rooms(struct bench *b) GC_MUST_CHECK;
void bench_room_name(const struct bench *b, unsigned room, char buf[BENCH_NAME_BYTES]);
void bench_user_name(const struct bench *b, unsigned index, char buf[BENCH_NAME_BYTES]);

/* session.c: connects all; true when every one has joined. */
bool bench_connect_all(struct bench *b);
/* Ends a ready session with a TCP reset. */
void session_cut(struct session *s);
/* Brings one that is away, or dead, back with its cursor; ready once welcomed. */
void session_resume(struct session *s);

/* talk.c: what goes over a session's stream. */
void session_send_hello(struct session *s);
void session_send_join(struct session *s);
/* Sends one message stamped with due_ns from a ready session. */
void session_publish(struct session *s, uint64_t due_ns);
/* One ServerFrame; calls session_on_welcome and session_on_joined. */
void session_on_frame(struct session *s, const uint8_t *data, size_t len);
void session_on_welcome(struct session *s);
void session_on_joined(struct session *s, uint64_t room_id);

/* load_NAME.c: run the workload and print its result lines. */
void bench_run_closed(struct bench *b); /* W1, W6 */
void bench_run_rate(struct bench *b); /* W2 */
void bench_run_round(struct bench *b); /* W3 */
void bench_run_idle(struct bench *b); /* W4 */
void bench_run_join(struct bench *b); /* W5 */
void bench_run_slow(struct bench *b); /* W7 */
void bench_run_storm(struct bench *b); /* W8 */

/* One measured window. */
struct bench_window {
	unsigned rep;
	struct measure_cpu start;
	struct measure_cpu end;
	struct measure_threads threads; /* at the start */
	double busiest_s; /* CPU time of the server's busiest thread */
	uint64_t sent;
	uint64_t delivered;
	uint64_t frames;
	uint64_t acked;
	uint64_t units; /* what CPU time is divided by: deliveries, if the workload says nothing */
	uint64_t lost;
};

/* window.c: counts from here; forgets the latencies so far. */
void bench_window_open(struct bench *b, struct bench_window *w);
/* The counts are those of the window. Latencies are kept until measuring ends. */
void bench_window_close(struct bench *b, struct bench_window *w);

/* result.c: prints one RESULT line; `more` is appended. */
void bench_print_result(const struct bench *b, const struct bench_window *w, const char *more);
