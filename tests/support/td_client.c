/* Events flow gchat_next -> match or backlog -> a helper; the backlog keeps their order. */
#include "support/td_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "support/td_priv.h"

enum {
	TD_BACKOFF_MIN_MS = 10,
	TD_BACKOFF_MAX_MS = 500,
	TD_USER_BYTES = 33,
};

struct waiting {
	TAILQ_ENTRY(waiting) link;
	struct gchat_event *event; /* owned */
};

struct td_client {
	struct td_client *next; /* the td's list */
	struct td *td; /* borrowed */
	struct gchat *g; /* owned */
	struct gchat_event *event; /* owned: the one lent out last */
	TAILQ_HEAD(backlog, waiting) backlog;
	char user[TD_USER_BYTES];
};

typedef bool (*match_fn)(const struct gchat_event *event, void *arg);

static const char *const event_names[] = {
	[GCHAT_EVENT_STATE] = "state",
	[GCHAT_EVENT_WELCOME] = "welcome",
	[GCHAT_EVENT_ENTRY] = "entry",
	[GCHAT_EVENT_REPLY] = "reply",
	[GCHAT_EVENT_SNAPSHOT] = "snapshot",
	[GCHAT_EVENT_PRESENCE] = "presence",
	[GCHAT_EVENT_TYPING] = "typing",
	[GCHAT_EVENT_PROFILE] = "profile",
	[GCHAT_EVENT_GAP] = "gap",
	[GCHAT_EVENT_RESET] = "reset",
	[GCHAT_EVENT_NOTICE] = "notice",
	[GCHAT_EVENT_READ_MARKER] = "read marker",
	[GCHAT_EVENT_GOING_AWAY] = "going away",
};

const char *td_password(void)
{
	return "correct horse battery";
}

struct gchat *td_gchat(struct td_client *c)
{
	return c->g;
}

void td_check(struct td_client *c, int result, const struct gchat_error *error, const char *what)
{
	if (result == 0)
		return;
	if (result == -EIO && error)
		td_fail(c->td, "%s: %s: %s: %s", c->user, what, error->reason, error->message);
	td_fail(c->td, "%s: %s: %s", c->user, what, strerror(-result));
}

void td_check_refused(
	struct td_client *c, int result, const struct gchat_error *error, const char *reason)
{
	if (result == 0)
		td_fail(c->td, "%s: accepted, %s was expected", c->user, reason);
	if (result != -EIO || strcmp(error->reason, reason) != 0)
		td_fail(c->td, "%s: %s was expected, got %d %s: %s", c->user, reason, result,
			error->reason, error->message);
}

/* ---- taking events ---- */

static void drop_waiting(struct td_client *c, struct waiting *w)
{
	TAILQ_REMOVE(&c->backlog, w, link);
	gchat_event_free(w->event);
	free(w);
}

static const struct gchat_event *lend(struct td_client *c, struct gchat_event *event)
{
	gchat_event_free(c->event);
	c->event = event;
	return event;
}

static void keep(struct td_client *c, struct gchat_event *event)
{
	struct waiting *w = mem_new(1, sizeof(*w));

	w->event = event;
	TAILQ_INSERT_TAIL(&c->backlog, w, link);
}

static const struct gchat_event *take_waiting(struct td_client *c, match_fn match, void *arg)
{
	struct waiting *w = NULL;

	TAILQ_FOREACH (w, &c->backlog, link) {
		if (match(w->event, arg)) {
			struct gchat_event *event = GC_TAKE(w->event);
			drop_waiting(c, w);
			return lend(c, event);
		}
	}
	return NULL;
}

/* A session that ended for good gives nothing more: say why instead of waiting. */
static void check_refused(struct td_client *c, const struct gchat_event *event, const char *what)
{
	if (event->kind == GCHAT_EVENT_STATE && event->state.state == GCHAT_STATE_REFUSED)
		td_fail(c->td, "%s: the session was refused while waiting for %s: %s: %s", c->user,
			what, event->state.error.reason, event->state.error.message);
}

static const struct gchat_event *take(
	struct td_client *c, match_fn match, void *arg, const char *what)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), TD_WAIT_MS);
	const struct gchat_event *found = take_waiting(c, match, arg);

	while (!found) {
		struct gchat_event *event = NULL;
		int64_t left = clock_mono_ms_since(deadline, clock_mono());
		if (left <= 0)
			td_fail(c->td, "%s: no %s within %d ms", c->user, what, TD_WAIT_MS);
		if (gchat_next(c->g, (int)left, &event) != 1)
			continue;
		if (match(event, arg)) {
			found = lend(c, event);
		} else {
			check_refused(c, event, what);
			keep(c, event);
		}
	}
	return found;
}

static bool match_kind(const struct gchat_event *event, void *arg)
{
	return event->kind == *(const enum gchat_event_kind *)arg;
}

const struct gchat_event *td_expect_event(struct td_client *c, enum gchat_event_kind kind)
{
	return take(c, match_kind, &kind, event_names[kind]);
}

const struct gchat_event *td_expect_match(struct td_client *c, enum gchat_event_kind kind,
	bool (*match)(const struct gchat_event *event, void *arg), void *arg, const char *what)
{
	const struct gchat_event *event = NULL;

	do {
		event = take(c, match_kind, &kind, what);
	} while (!match(event, arg));
	return event;
}

static bool match_state(const struct gchat_event *event, void *arg)
{
	return event->kind == GCHAT_EVENT_STATE &&
	       event->state.state == *(const enum gchat_state *)arg;
}

const struct gchat_state_event *td_expect_state(struct td_client *c, enum gchat_state state)
{
	return &take(c, match_state, &state, "change of state")->state;
}

const struct gchat_welcome *td_expect_welcome(struct td_client *c)
{
	return &td_expect_event(c, GCHAT_EVENT_WELCOME)->welcome;
}

static bool match_entry(const struct gchat_event *event, void *arg)
{
	return event->kind == GCHAT_EVENT_ENTRY && event->entry.room_id == *(uint64_t *)arg;
}

const struct gchat_entry *td_expect_entry(struct td_client *c, uint64_t room_id)
{
	return &take(c, match_entry, &room_id, "entry")->entry;
}

const struct gchat_entry *td_expect_kind(
	struct td_client *c, uint64_t room_id, enum gchat_entry_kind kind)
{
	const struct gchat_entry *entry = td_expect_entry(c, room_id);

	while (entry->kind != kind)
		entry = td_expect_entry(c, room_id);
	return entry;
}

const struct gchat_entry *td_expect_message(struct td_client *c, uint64_t room_id, const char *text)
{
	char what[128];
	const struct gchat_entry *entry = NULL;

	(void)snprintf(what, sizeof(what), "message \"%.80s\"", text);
	do {
		entry = &take(c, match_entry, &room_id, what)->entry;
	} while (entry->kind != GCHAT_ENTRY_MESSAGE);
	if (strcmp(entry->text, text) != 0)
		td_fail(c->td, "%s: room %llu seq %llu is \"%s\", expected \"%s\"", c->user,
			(unsigned long long)room_id, (unsigned long long)entry->seq, entry->text,
			text);
	return entry;
}

static bool match_reply(const struct gchat_event *event, void *arg)
{
	return event->kind == GCHAT_EVENT_REPLY && event->reply.tag == *(uint64_t *)arg &&
	       event->reply.kind != GCHAT_REPLY_DELAYED;
}

const struct gchat_reply *td_reply(struct td_client *c, uint64_t tag)
{
	return &take(c, match_reply, &tag, "reply")->reply;
}

static const struct gchat_reply *reply_of_kind(
	struct td_client *c, uint64_t tag, enum gchat_reply_kind kind)
{
	const struct gchat_reply *reply = td_reply(c, tag);

	if (reply->kind != kind)
		td_fail(c->td, "%s: reply of kind %d instead of %d: %s: %s", c->user, reply->kind,
			kind, reply->error.reason, reply->error.message);
	return reply;
}

uint64_t td_expect_committed(struct td_client *c, uint64_t tag)
{
	return reply_of_kind(c, tag, GCHAT_REPLY_COMMITTED)->seq;
}

void td_expect_ok(struct td_client *c, uint64_t tag)
{
	(void)reply_of_kind(c, tag, GCHAT_REPLY_OK);
}

void td_expect_error(struct td_client *c, uint64_t tag, const char *reason)
{
	const struct gchat_reply *reply = reply_of_kind(c, tag, GCHAT_REPLY_ERROR);

	if (strcmp(reply->error.reason, reason) != 0)
		td_fail(c->td, "%s: refused with %s (%s), expected %s", c->user,
			reply->error.reason, reply->error.message, reason);
}

void td_barrier(struct td_client *c)
{
	uint64_t tag = 0;

	td_check(c, gchat_ping(c->g, &tag), NULL, "ping");
	td_expect_ok(c, tag);
}

void td_expect_none(struct td_client *c, enum gchat_event_kind kind)
{
	struct waiting *w = NULL;
	struct gchat_event *event = NULL;

	while (gchat_next(c->g, 0, &event) == 1)
		keep(c, event);
	TAILQ_FOREACH (w, &c->backlog, link) {
		if (w->event->kind == kind)
			td_fail(c->td, "%s: unexpected event: %s", c->user, event_names[kind]);
	}
}

void td_forget(struct td_client *c)
{
	struct gchat_event *event = NULL;

	while (gchat_next(c->g, 0, &event) == 1)
		gchat_event_free(event);
	while (!TAILQ_EMPTY(&c->backlog))
		drop_waiting(c, TAILQ_FIRST(&c->backlog));
}

/* ---- opening and closing ---- */

struct td_client *td_open(struct td *td, const struct td_client_options *options)
{
	static const struct td_client_options defaults;
	const struct td_client_options *o = options ? options : &defaults;
	struct td_client *c = mem_new(1, sizeof(*c));
	struct gchat_error error = {0};
	char state_dir[TD_PATH_BYTES];

	TAILQ_INIT(&c->backlog);
	c->td = td;
	c->next = td->clients;
	td->clients = c;
	struct gchat_options g = {
		.server = o->address ? o->address : td_address(td),
		.trust_mode = GCHAT_TRUST_MODE_FIRST_USE,
		.accept_new = true,
		.state_dir = o->state_name ? td_path(td, o->state_name, state_dir) : NULL,
		.keep_cursors = o->keep_cursors,
		.client_cert_file = o->client_cert_file,
		.client_key_file = o->client_key_file,
		.client_name = "gchat-test",
		.want_presence = o->want_presence,
		.want_typing = o->want_typing,
		.want_profiles = o->want_profiles,
		.want_members = o->want_members,
		.backoff_min_ms = TD_BACKOFF_MIN_MS,
		.backoff_max_ms = o->backoff_max_ms ? o->backoff_max_ms : TD_BACKOFF_MAX_MS,
	};
	td_check(c, gchat_open(&g, &c->g, &error), &error, "gchat_open");
	return c;
}

struct td_client *td_sign_in(
	struct td *td, const char *user, const struct td_client_options *options)
{
	struct td_client *c = td_open(td, options);
	struct gchat_credentials who = {.user = user, .password = td_password(), .device = "test"};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};

	(void)snprintf(c->user, sizeof(c->user), "%s", user);
	int r = gchat_create_account(c->g, &who, &account, &error);
	if (r == -EIO && strcmp(error.reason, "USER_EXISTS") == 0)
		r = gchat_login(c->g, &who, &account, &error);
	td_check(c, r, &error, "sign in");
	gchat_free(account);
	return c;
}

struct td_client *td_connect_with(
	struct td *td, const char *user, const struct td_client_options *options)
{
	struct td_client *c = td_sign_in(td, user, options);
	struct gchat_session_options session = {0};

	if (options) {
		session.cursors = options->cursors;
		session.cursor_count = options->cursor_count;
	}
	td_check(c, gchat_connect(c->g, &session), NULL, "gchat_connect");
	(void)td_expect_welcome(c);
	return c;
}

struct td_client *td_connect(struct td *td, const char *user)
{
	return td_connect_with(td, user, NULL);
}

void td_disconnect(struct td_client *c)
{
	struct td_client **link = &c->td->clients;

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	while (!TAILQ_EMPTY(&c->backlog))
		drop_waiting(c, TAILQ_FIRST(&c->backlog));
	gchat_event_free(c->event);
	gchat_close(c->g);
	free(c);
}

void td_close_clients(struct td *td)
{
	while (td->clients)
		td_disconnect(td->clients);
}

/* ---- rooms and messages ---- */

uint64_t td_create_room(struct td_client *c, const char *name)
{
	struct gchat_room_spec spec = {.name = name};
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_create_room(c->g, &spec, &room, &error), &error, "create room");
	uint64_t room_id = room->room_id;
	gchat_free(room);
	return room_id;
}

uint64_t td_join(struct td_client *c, const char *name)
{
	uint64_t tag = 0;

	td_check(c, gchat_join(c->g, 0, name, &tag), NULL, "join");
	return reply_of_kind(c, tag, GCHAT_REPLY_JOINED)->room.room_id;
}

uint64_t td_enter_room(struct td_client *c, const char *name)
{
	struct gchat_room_spec spec = {.name = name};
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};
	int r = gchat_create_room(c->g, &spec, &room, &error);

	if (r != -EIO || strcmp(error.reason, "ROOM_EXISTS") != 0)
		td_check(c, r, &error, "create room");
	gchat_free(room);
	return td_join(c, name);
}

void td_leave(struct td_client *c, uint64_t room_id)
{
	uint64_t tag = 0;

	td_check(c, gchat_leave(c->g, room_id, &tag), NULL, "leave");
	(void)td_expect_committed(c, tag);
}

void td_expect_join_refused(struct td_client *c, const char *name, const char *reason)
{
	uint64_t tag = 0;

	td_check(c, gchat_join(c->g, 0, name, &tag), NULL, "join");
	td_expect_error(c, tag, reason);
}

size_t td_count_rooms(struct td_client *c, bool joined_only)
{
	struct gchat_room_list *list = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_list_rooms(c->g, NULL, joined_only, &list, &error), &error, "list rooms");
	size_t count = list->count;
	gchat_free(list);
	return count;
}

uint64_t td_send(struct td_client *c, uint64_t room_id, const char *text)
{
	uint64_t tag = 0;

	td_check(c, gchat_send(c->g, room_id, text, 0, &tag), NULL, "send");
	return tag;
}

uint64_t td_send_acked(struct td_client *c, uint64_t room_id, const char *text)
{
	return td_expect_committed(c, td_send(c, room_id, text));
}
