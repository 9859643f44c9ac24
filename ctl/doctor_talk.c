/*
 *   account -> session -> private room -> messages -> the connection is cut -> more messages ->
 *   resumed: all there, once, in order -> room and account are deleted
 *
 * Through the client library, as anyone's client does it. The room is private: nobody finds it.
 */
#include "ctl/doctor.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/rand.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/exit.h"
#include "ctl/interrupt.h"
#include "lib/gchat.h"
#include "proto/codec.h"

enum {
	NAME_BYTES = 32,
	SECRET_BYTES = 33,
	RANDOM_BYTES = 16,
	WAIT_MS = 10000, /* for the whole talk to go on by one step */
	SLICE_MS = 200,
	FDS_MAX = 4096, /* of this process */
	SLOW_WARN_US = 100 * CLOCK_US_PER_MS,
	SLOW_FAIL_US = 2000 * CLOCK_US_PER_MS,
	SKEW_WARN_US = 2 * CLOCK_US_PER_S,
};

struct talk {
	struct doctor *d; /* borrowed */
	struct gchat *g; /* owned */
	char user[NAME_BYTES];
	char password[SECRET_BYTES];
	bool has_account;
	uint64_t room_id; /* 0: none */
	uint64_t head; /* the last seq that came */
	unsigned came; /* messages */
	unsigned acknowledged;
	bool online;
	unsigned welcomes;
	uint64_t *round_trips; /* owned: microseconds */
	const char *wrong; /* NULL: nothing; static */
};

/* ---- the account ---- */

static void make_names(struct talk *t)
{
	unsigned char bytes[RANDOM_BYTES];

	(void)RAND_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(t->password + 2 * i, 3, "%02x", bytes[i]);
	(void)RAND_bytes(bytes, sizeof(bytes));
	(void)snprintf(t->user, sizeof(t->user), "doctor-%02x%02x%02x%02x", bytes[0], bytes[1],
		bytes[2], bytes[3]);
}

static int add_account(struct talk *t)
{
	Gchat__V1__AddUserRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__add_user_request__init(&request);
	request.user = t->user;
	request.password = t->password;
	int r = admin_call(t->d->admin, "AddUser", &request.base,
		&gchat__v1__add_user_response__descriptor, &answer);
	codec_free(answer);
	t->has_account = r == EXIT_DONE;
	return r;
}

static void delete_account(struct talk *t)
{
	Gchat__V1__DeleteUserRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__delete_user_request__init(&request);
	request.user = t->user;
	request.erase_content = true;
	if (admin_call(t->d->admin, "DeleteUser", &request.base,
		    &gchat__v1__delete_user_response__descriptor, &answer) != EXIT_DONE)
		doctor_find(t->d, "cleanup", FINDING_WARN, "delete it by hand",
			"the account %s is left", t->user);
	codec_free(answer);
}

/* ---- what comes ---- */

static void on_entry(struct talk *t, const struct gchat_entry *entry)
{
	if (entry->room_id != t->room_id)
		return;
	if (entry->seq != t->head + 1)
		t->wrong = entry->seq <= t->head ? "an event came twice" : "an event is missing";
	t->head = entry->seq;
	if (entry->kind == GCHAT_ENTRY_MESSAGE)
		t->came++;
}

static void on_reply(struct talk *t, const struct gchat_reply *reply)
{
	if (reply->request != GCHAT_REQUEST_SEND)
		return;
	if (reply->kind == GCHAT_REPLY_ERROR)
		t->wrong = "a message was refused";
	if (reply->kind != GCHAT_REPLY_COMMITTED || t->acknowledged >= 2 * t->d->messages)
		return;
	t->round_trips[t->acknowledged++] = reply->round_trip_us;
}

static void on_welcome(struct talk *t, const struct gchat_welcome *welcome)
{
	uint64_t now_us = clock_wall_us();
	uint64_t skew =
		welcome->time_us > now_us ? welcome->time_us - now_us : now_us - welcome->time_us;

	if (t->welcomes++ == 0)
		doctor_find(t->d, "clock-skew", skew > SKEW_WARN_US ? FINDING_WARN : FINDING_OK,
			"set the clocks of both machines",
			"the server's clock is %" PRIu64 " ms away from ours",
			skew / CLOCK_US_PER_MS);
	t->online = true;
}

static void take(struct talk *t, const struct gchat_event *event)
{
	switch (event->kind) {
	case GCHAT_EVENT_WELCOME:
		on_welcome(t, &event->welcome);
		break;
	case GCHAT_EVENT_ENTRY:
		on_entry(t, &event->entry);
		break;
	case GCHAT_EVENT_REPLY:
		on_reply(t, &event->reply);
		break;
	case GCHAT_EVENT_GAP:
		t->wrong = "the server announced a gap";
		break;
	case GCHAT_EVENT_STATE:
		if (event->state.state == GCHAT_STATE_RECONNECTING)
			t->online = false;
		if (event->state.state == GCHAT_STATE_REFUSED)
			t->wrong = "the session was refused";
		break;
	case GCHAT_EVENT_SNAPSHOT:
	case GCHAT_EVENT_PRESENCE:
	case GCHAT_EVENT_TYPING:
	case GCHAT_EVENT_PROFILE:
	case GCHAT_EVENT_RESET:
	case GCHAT_EVENT_READ_MARKER:
	case GCHAT_EVENT_GOING_AWAY:
	case GCHAT_EVENT_NOTICE:
		break;
	}
}

/* Takes events until `done`, something is wrong, or nothing goes on. */
static bool wait_for(struct talk *t, bool (*done)(const struct talk *t))
{
	struct mono until = clock_mono_add_ms(clock_mono(), WAIT_MS);

	while (!done(t) && !t->wrong && !interrupt_came() && clock_mono().us < until.us) {
		struct gchat_event *event = NULL;
		if (gchat_next(t->g, SLICE_MS, &event) == 1)
			take(t, event);
		gchat_event_free(event);
	}
	return done(t) && !t->wrong;
}

static bool is_online(const struct talk *t)
{
	return t->online;
}

static bool has_half(const struct talk *t)
{
	return t->came >= t->d->messages && t->acknowledged >= t->d->messages;
}

static bool has_all(const struct talk *t)
{
	return t->came >= 2 * t->d->messages && t->acknowledged >= 2 * t->d->messages;
}

static bool is_offline(const struct talk *t)
{
	return !t->online;
}

/* ---- the steps ---- */

static bool fail(struct talk *t, const char *check, const struct gchat_error *error)
{
	doctor_find(t->d, check, FINDING_FAIL, "see journalctl -u gchatd", "%s: %s (%s)",
		t->d->server, error->message, error->reason);
	return false;
}

static bool sign_in(struct talk *t, const Gchat__V1__Certificate *certificate)
{
	struct gchat_options options = {.server = t->d->server,
		.trust_mode = GCHAT_TRUST_MODE_EXACT,
		.fingerprint = certificate ? certificate->fingerprint : "",
		.client_name = "gchatctl doctor"};
	struct gchat_credentials who = {
		.user = t->user, .password = t->password, .device = "gchatctl doctor"};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};
	struct mono before = clock_mono();

	if (gchat_open(&options, &t->g, &error) < 0 ||
		gchat_login(t->g, &who, &account, &error) < 0)
		return fail(t, "sign-in", &error);
	gchat_free(account);
	doctor_find(t->d, "sign-in", FINDING_OK, NULL,
		"%s: TLS, password and token in %" PRId64 " ms", t->d->server,
		(clock_mono().us - before.us) / CLOCK_US_PER_MS);
	return true;
}

static bool open_room(struct talk *t)
{
	struct gchat_room_spec spec = {.name = t->user,
		.title = "gchatctl doctor",
		.visibility = GCHAT_VISIBILITY_PRIVATE};
	struct gchat_error error = {0};
	struct gchat_room *room = NULL;

	if (gchat_create_room(t->g, &spec, &room, &error) < 0)
		return fail(t, "room", &error);
	t->room_id = room->room_id;
	struct gchat_cursor cursor = {.room_id = room->room_id, .seq = 0};
	struct gchat_session_options session = {.cursors = &cursor, .cursor_count = 1};
	gchat_free(room);
	if (gchat_connect(t->g, &session) < 0 || !wait_for(t, is_online)) {
		doctor_find(t->d, "session", FINDING_FAIL, "see journalctl -u gchatd",
			"%s: no stream came up", t->d->server);
		return false;
	}
	return true;
}

static void send_many(struct talk *t, unsigned from)
{
	char text[NAME_BYTES];

	for (unsigned i = 0; i < t->d->messages; i++) {
		(void)snprintf(text, sizeof(text), "%u", from + i);
		if (gchat_send(t->g, t->room_id, text, 0, NULL) < 0)
			t->wrong = "a message could not be queued";
	}
}

static int by_size(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static void tell_delay(struct talk *t)
{
	enum {
		PERCENT = 100,
		P99 = 99
	};
	unsigned n = t->acknowledged;

	qsort(t->round_trips, n, sizeof(*t->round_trips), by_size);
	uint64_t middle = t->round_trips[n / 2];
	uint64_t slow = t->round_trips[(n - 1) * P99 / PERCENT];
	enum finding finding = middle > SLOW_FAIL_US   ? FINDING_FAIL
			       : middle > SLOW_WARN_US ? FINDING_WARN
						       : FINDING_OK;
	doctor_find(t->d, "delay", finding,
		"the disk or the processor is busy: look at gchatctl metrics",
		"from sending to stored: %.1f ms (median), %.1f ms (99 of 100), %.1f ms (worst)",
		(double)middle / CLOCK_US_PER_MS, (double)slow / CLOCK_US_PER_MS,
		(double)t->round_trips[n - 1] / CLOCK_US_PER_MS);
}

/* As a broken network does it: our own ends of the connections to that port are shut. */
static void cut(const char *server)
{
	const char *colon = strrchr(server, ':');
	unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;

	for (int fd = 3; fd < FDS_MAX; fd++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof(peer);
		if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0)
			continue;
		in_port_t at = 0;
		if (peer.ss_family == AF_INET)
			at = ((const struct sockaddr_in *)(const void *)&peer)->sin_port;
		else if (peer.ss_family == AF_INET6)
			at = ((const struct sockaddr_in6 *)(const void *)&peer)->sin6_port;
		if (at != 0 && ntohs(at) == port)
			(void)shutdown(fd, SHUT_RDWR);
	}
}

static bool fail_talk(struct talk *t, const char *check)
{
	doctor_find(t->d, check, FINDING_FAIL, "see journalctl -u gchatd",
		"%s: %u of %u messages came, %u were acknowledged",
		t->wrong           ? t->wrong
		: interrupt_came() ? "interrupted"
				   : "nothing goes on",
		t->came, 2 * t->d->messages, t->acknowledged);
	return false;
}

static bool talk(struct talk *t)
{
	send_many(t, 0);
	if (!wait_for(t, has_half))
		return fail_talk(t, "talk");
	doctor_find(t->d, "talk", FINDING_OK, NULL, "%u messages were stored and came in order",
		t->came);
	cut(t->d->server);
	struct mono before = clock_mono();
	if (!wait_for(t, is_offline))
		return fail_talk(t, "resume");
	send_many(t, t->d->messages);
	if (!wait_for(t, is_online))
		return fail_talk(t, "resume");
	int64_t away_ms = (clock_mono().us - before.us) / CLOCK_US_PER_MS;
	if (!wait_for(t, has_all))
		return fail_talk(t, "resume");
	doctor_find(t->d, "resume", FINDING_OK, NULL,
		"cut and back after %" PRId64 " ms; all %u messages came once and in order",
		away_ms, t->came);
	tell_delay(t);
	return true;
}

static void clean_up(struct talk *t)
{
	struct gchat_error error = {0};

	if (t->g && t->room_id != 0 && gchat_delete_room(t->g, t->room_id, &error) < 0)
		doctor_find(t->d, "cleanup", FINDING_WARN, "delete it by hand",
			"the room %s is left: %s", t->user, error.message);
	gchat_close(t->g);
	if (t->has_account)
		delete_account(t);
}

void doctor_check_talk(struct doctor *d, char ret_seen[65])
{
	struct talk t = {.d = d};
	struct gchat_certificate seen = {0};

	make_names(&t);
	t.round_trips = mem_new(2 * (size_t)d->messages, sizeof(*t.round_trips));
	if (add_account(&t) != EXIT_DONE)
		doctor_find(d, "account", FINDING_FAIL, "see what was said above",
			"no account could be made for the test");
	else if (sign_in(&t, d->status->certificate) && open_room(&t))
		(void)talk(&t);
	if (t.g)
		gchat_get_certificate(t.g, &seen);
	(void)snprintf(ret_seen, GCHAT_FINGERPRINT_SIZE, "%s", seen.fingerprint);
	clean_up(&t);
	free(t.round_trips);
}
