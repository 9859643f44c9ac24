/*
 * Clients of a daemon under test, on libgchat. Events are taken in order; what a helper passes over
 * while it looks for something else waits in a backlog and is found by later helpers, so a test can
 * expect a reply and an entry in whichever order it likes. Every wait ends after TD_WAIT_MS with the
 * daemon's log and a failed test. One thread per client at a time.
 */
#pragma once

#include "lib/gchat.h"
#include "support/td.h"

struct td_client;

struct td_client_options {
	const char *address; /* NULL: td_address; e.g. a wire's, or the IPv6 one */
	const char *state_name; /* folder below the td's for pins, outbox, cursors; NULL: none */
	bool keep_cursors;
	const char *client_cert_file; /* NULL: none */
	const char *client_key_file;
	bool want_presence;
	bool want_typing;
	bool want_profiles;
	bool want_members;
	uint32_t backoff_max_ms; /* 0: 500 */
	const struct gchat_cursor *cursors; /* borrowed during the call */
	size_t cursor_count;
};

/* Signs in (makes the account at its first use, with td_password) and opens a session; returns
 * after the welcome. Owned by the td: td_disconnect ends it earlier. */
struct td_client *td_connect(struct td *td, const char *user);
struct td_client *td_connect_with(
	struct td *td, const char *user, const struct td_client_options *options);
/* As above, without a session: for unary calls, or to gchat_connect later. */
struct td_client *td_sign_in(
	struct td *td, const char *user, const struct td_client_options *options);
/* A client that isn't even signed in. */
struct td_client *td_open(struct td *td, const struct td_client_options *options);
void td_disconnect(struct td_client *c);
struct gchat *td_gchat(struct td_client *c); /* borrowed */
const char *td_password(void);

/* Rooms, by name. Each returns the room's id after the server has done it. */
uint64_t td_create_room(struct td_client *c, const char *name);
uint64_t td_join(struct td_client *c, const char *name);
/* Makes the room where it is missing, and joins. */
uint64_t td_enter_room(struct td_client *c, const char *name);
void td_leave(struct td_client *c, uint64_t room_id);
void td_expect_join_refused(struct td_client *c, const char *name, const char *reason);
/* How many rooms are listed for the client. */
size_t td_count_rooms(struct td_client *c, bool joined_only);

/* Sends; the first returns the seq of the committed event, the second the tag at once. */
uint64_t td_send_acked(struct td_client *c, uint64_t room_id, const char *text);
uint64_t td_send(struct td_client *c, uint64_t room_id, const char *text);

/* The last word on a request: COMMITTED, OK, JOINED or ERROR. Borrowed until the next helper. */
const struct gchat_reply *td_reply(struct td_client *c, uint64_t tag);
/* The seq a request was committed with; fails on any other answer. */
uint64_t td_expect_committed(struct td_client *c, uint64_t tag);
void td_expect_ok(struct td_client *c, uint64_t tag);
/* The request is refused with this reason. */
void td_expect_error(struct td_client *c, uint64_t tag, const char *reason);

/* The next event of a kind. Borrowed until the next helper. */
const struct gchat_event *td_expect_event(struct td_client *c, enum gchat_event_kind kind);
/* The next entry of the room, whatever its kind. */
const struct gchat_entry *td_expect_entry(struct td_client *c, uint64_t room_id);
/* The next one of this kind; others are dropped. */
const struct gchat_entry *td_expect_kind(
	struct td_client *c, uint64_t room_id, enum gchat_entry_kind kind);
/* The next message of the room (entries of other kinds are dropped) has this text. */
const struct gchat_entry *td_expect_message(
	struct td_client *c, uint64_t room_id, const char *text);
/* The session enters this state. */
const struct gchat_state_event *td_expect_state(struct td_client *c, enum gchat_state state);
/* The next welcome, after a break. */
const struct gchat_welcome *td_expect_welcome(struct td_client *c);
/* An event of a kind for which `match(event, arg)` is true; those before it are dropped. */
const struct gchat_event *td_expect_match(struct td_client *c, enum gchat_event_kind kind,
	bool (*match)(const struct gchat_event *event, void *arg), void *arg, const char *what);

/* A round trip through the session: what the server wrote before has arrived after it. */
void td_barrier(struct td_client *c);
/* After a barrier: no event of this kind waits. */
void td_expect_none(struct td_client *c, enum gchat_event_kind kind);
/* Drops everything that has arrived. */
void td_forget(struct td_client *c);

/* Fails unless `result` is 0, naming the call and the server's error. */
void td_check(struct td_client *c, int result, const struct gchat_error *error, const char *what);
/* Fails unless the call was refused with this reason. */
void td_check_refused(
	struct td_client *c, int result, const struct gchat_error *error, const char *reason);
