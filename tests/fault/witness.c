/* Unary calls and a short session, repeated while nobody answers. */
#include "witness.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
	WITNESS_CALL_MS = 10000,
	WITNESS_AGAIN_MS = 20,
	WITNESS_PAGE = 500,
	WITNESS_UNREAD_MAX = 1000, /* where the server stops counting */
	WITNESS_TRY_MS = 60000, /* a daemon on a busy machine */
};

static const char password[] = "correct horse battery";

struct witness {
	struct td *td; /* borrowed */
	char ca[TD_PATH_BYTES];
	struct gchat *g; /* owned */
	uint64_t read[_STAGE_MAX]; /* how far each log was read */
	struct mono since; /* when what is tried now was tried first */
	bool trying;
};

static struct gchat *open_client(struct witness *w)
{
	struct gchat *g = NULL;
	struct gchat_error error = {0};
	struct gchat_options options = {
		.server = td_address(w->td),
		.trust_mode = GCHAT_TRUST_MODE_CA_FILE,
		.ca_file = w->ca,
		.client_name = "gchat-fault",
		.backoff_min_ms = WITNESS_AGAIN_MS,
		.backoff_max_ms = WITNESS_AGAIN_MS,
		.call_timeout_ms = WITNESS_CALL_MS,
	};

	if (gchat_open(&options, &g, &error) != 0)
		td_fail(w->td, "gchat_open: %s: %s", error.reason, error.message);
	return g;
}

struct witness *witness_open(struct td *td, const char *ca)
{
	struct witness *w = mem_new(1, sizeof(*w));

	w->td = td;
	(void)snprintf(w->ca, sizeof(w->ca), "%s", ca);
	w->g = open_client(w);
	return w;
}

void witness_close(struct witness *w)
{
	if (!w)
		return;
	gchat_close(w->g);
	free(w);
}

static bool is_passing(const char *reason)
{
	return strcmp(reason, "UNAVAILABLE") == 0 || strcmp(reason, "TIMED_OUT") == 0 ||
	       strcmp(reason, "SHUTDOWN") == 0 || strcmp(reason, "DISK_FULL") == 0;
}

/* What came of a call. True: it is to be made again. */
static bool again(struct witness *w, int result, const struct gchat_error *error, const char *what)
{
	td_hear(w->td);
	if (!w->trying)
		w->since = clock_mono();
	w->trying = result != 0;
	if (result == 0)
		return false;
	if (result != -EIO || !is_passing(error->reason) ||
		clock_mono_ms_since(clock_mono(), w->since) > WITNESS_TRY_MS)
		td_fail(w->td, "witness: %s: %s: %s", what,
			result == -EIO ? error->reason : strerror(-result), error->message);
	(void)poll(NULL, 0, WITNESS_AGAIN_MS);
	return true;
}

/* ---- before ---- */

uint64_t witness_sign_up(struct witness *w, const char *user, char ret_token[ACTOR_TOKEN_BYTES])
{
	struct gchat_credentials who = {.user = user, .password = password, .device = "fault"};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};
	int r = 0;

	do {
		r = gchat_create_account(w->g, &who, &account, &error);
		if (r == -EIO && strcmp(error.reason, "USER_EXISTS") == 0)
			r = gchat_login(w->g, &who, &account, &error);
	} while (again(w, r, &error, "sign up"));
	(void)snprintf(ret_token, ACTOR_TOKEN_BYTES, "%s", account->token);
	uint64_t id = account->profile.account_id;
	gchat_free(account);
	return id;
}

void witness_be(struct witness *w, const char *token)
{
	gchat_set_token(w->g, token);
}

uint64_t witness_make_room(struct witness *w, const char *name)
{
	struct gchat_room_spec spec = {.name = name, .visibility = GCHAT_VISIBILITY_PUBLIC};
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};

	while (again(w, gchat_create_room(w->g, &spec, &room, &error), &error, "make a room")) {
	}
	uint64_t id = room->room_id;
	gchat_free(room);
	return id;
}

/* ---- after ---- */

static void learn(struct ledger *l, enum stage stage, const struct gchat_entry *e)
{
	struct line line = line_of(e);

	ledger_learn(l, stage, &line, e->kind == GCHAT_ENTRY_DELETION ? e->reason : e->text);
}

uint64_t witness_read(struct witness *w, struct ledger *l, enum stage stage, uint64_t room_id)
{
	uint64_t head = w->read[stage] + 1;

	while (w->read[stage] < head && !ledger_fault(l)) {
		struct gchat_history_query query = {.room_id = room_id,
			.place = GCHAT_PLACE_AFTER,
			.seq = w->read[stage],
			.page_size = WITNESS_PAGE};
		struct gchat_history *page = NULL;
		struct gchat_error error = {0};
		if (again(w, gchat_history(w->g, &query, &page, &error), &error, "history"))
			continue;
		head = page->head_seq;
		if (page->count == 0 && w->read[stage] < head)
			ledger_blame(l, "history after %" PRIu64 " is empty, the head is %" PRIu64,
				w->read[stage], head);
		for (size_t i = 0; i < page->count; i++) {
			if (page->entries[i].seq != ++w->read[stage])
				ledger_blame(l,
					"history: seq %" PRIu64 " where %" PRIu64 " belongs",
					page->entries[i].seq, w->read[stage]);
			learn(l, stage, &page->entries[i]);
		}
		gchat_free(page);
	}
	return head;
}

void witness_forget(struct witness *w)
{
	memset(w->read, 0, sizeof(w->read));
}

static void compare_one(struct ledger *l, const struct fold *f, const struct gchat_member *m)
{
	unsigned actor = fold_actor(f, m->account_id);

	if (actor == ACTORS_MAX)
		ledger_blame(l, "%s is a member, and no one knows why", m->user);
	else if (f->roles[actor] != (uint32_t)m->role)
		ledger_blame(l, "%s is listed with role %d, by the log it has %u", m->user, m->role,
			f->roles[actor]);
}

void witness_compare_members(
	struct witness *w, struct ledger *l, enum stage stage, uint64_t room_id)
{
	const struct fold *f = ledger_fold(l, stage);
	struct gchat_member_list *list = NULL;
	struct gchat_error error = {0};
	uint32_t wanted = 0;

	while (again(w, gchat_list_members(w->g, room_id, NULL, &list, &error), &error,
		"list members")) {
	}
	for (unsigned i = 0; i < ACTORS_MAX; i++)
		wanted += f->members[i] && f->roles[i] != GCHAT_ROLE_NONE;
	for (size_t i = 0; i < list->count; i++)
		compare_one(l, f, &list->members[i]);
	if (list->count != wanted || list->member_count != wanted)
		ledger_blame(l,
			"room %" PRIu64 " lists %zu members (counts %u), by its log it has %u",
			room_id, list->count, list->member_count, wanted);
	gchat_free(list);
}

/* The welcome of a new session. Owned. */
static struct gchat_event *welcome_of(struct witness *w, const struct actor_plan *plan)
{
	struct gchat *g = open_client(w);
	struct gchat_session_options session = {.token = plan->token, .user = plan->user};
	struct mono deadline = clock_mono_add_ms(clock_mono(), WITNESS_TRY_MS);
	struct gchat_event *event = NULL;
	struct gchat_event *welcome = NULL;
	int r = gchat_connect(g, &session);

	if (r < 0)
		td_fail(w->td, "witness: gchat_connect: %s", strerror(-r));
	while (!welcome) {
		int64_t left = clock_mono_ms_since(deadline, clock_mono());
		if (left <= 0)
			td_fail(w->td, "witness: no welcome for %s", plan->user);
		if (gchat_next(g, (int)left, &event) != 1)
			continue;
		if (event->kind == GCHAT_EVENT_WELCOME)
			welcome = event;
		else
			gchat_event_free(event);
	}
	gchat_close(g);
	return welcome;
}

static void compare_room(struct ledger *l, const struct actor_plan *plan, enum stage stage,
	const struct gchat_room *room)
{
	const struct fold *f = ledger_fold(l, stage);
	unsigned unread = ledger_unread(l, stage, room->read_seq, f->members[plan->index]);

	if (unread > WITNESS_UNREAD_MAX)
		unread = WITNESS_UNREAD_MAX;
	if (room->head_seq != f->head)
		ledger_blame(l, "%s is told that %s ends at %" PRIu64 ", not %" PRIu64, plan->user,
			room->name, room->head_seq, f->head);
	else if (room->unread != unread)
		ledger_blame(l, "%s has %u unread in %s after %" PRIu64 ", is told %u", plan->user,
			unread, room->name, room->read_seq, room->unread);
	if (stage == STAGE_TALK && room->read_seq < ledger_marked(l, plan->index, stage))
		ledger_blame(l, "%s marked %" PRIu64 " as read in %s, the server says %" PRIu64,
			plan->user, ledger_marked(l, plan->index, stage), room->name,
			room->read_seq);
}

void witness_compare_unread(struct witness *w, struct ledger *l, const struct actor_plan *plan)
{
	struct gchat_event *event = welcome_of(w, plan);
	const struct gchat_welcome *welcome = &event->welcome;
	unsigned told = 0;
	unsigned wanted = 0;

	for (size_t i = 0; i < welcome->room_count; i++) {
		for (enum stage stage = STAGE_TALK; stage < _STAGE_MAX; stage++) {
			if (welcome->rooms[i].room_id != plan->rooms[stage])
				continue;
			told++;
			compare_room(l, plan, stage, &welcome->rooms[i]);
		}
	}
	for (enum stage stage = STAGE_TALK; stage < _STAGE_MAX; stage++)
		wanted += ledger_fold(l, stage)->roles[plan->index] != GCHAT_ROLE_NONE;
	if (told != wanted || welcome->room_count != wanted)
		ledger_blame(l, "%s is told of %zu rooms, by the logs it is in %u", plan->user,
			welcome->room_count, wanted);
	gchat_event_free(event);
}
