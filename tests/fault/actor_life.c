/*
 *	orders --> life_act --> libgchat --> what came of it --> reports
 *
 * Every op is reported before it is asked for, every entry after the library gave it: so a death at
 * any point leaves the harness with what this process knew, or a little less.
 */
#include "actor_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LIFE_BACKOFF_MIN_MS = 10,
	LIFE_BACKOFF_MAX_MS = 200,
	LIFE_CALL_TIMEOUT_MS = 2000,
	LIFE_THINK_MAX_MS = 12,
};

void life_report(const struct report *report)
{
	if (write(ACTOR_REPORTS_FD, report, sizeof(*report)) != sizeof(*report))
		_exit(EXIT_FAILURE);
}

void life_trouble(const char *what, int result, const struct gchat_error *error)
{
	struct report r = {.kind = REPORT_TROUBLE};

	(void)snprintf(r.text, sizeof(r.text), "%s: %s", what,
		error && error->reason[0] ? error->reason : strerror(-result));
	life_report(&r);
}

struct waiting *life_wait_for(struct life *l, uint64_t tag, uint32_t request, uint64_t room_id)
{
	struct waiting *w = &l->waiting[l->waiting_count++];

	*w = (struct waiting){.tag = tag, .request = request, .room_id = room_id};
	return w;
}

/* ---- what happened ---- */

static enum stage stage_of(const struct life *l, uint64_t room_id)
{
	return room_id == l->plan.rooms[STAGE_HALL] ? STAGE_HALL : STAGE_TALK;
}

static void remember(struct recent *recent, uint64_t seq)
{
	recent->seqs[recent->next++ % LIFE_RECENT] = seq;
}

static void take_entry(struct life *l, const struct gchat_entry *e)
{
	struct report r = {.kind = REPORT_ENTRY, .room_id = e->room_id, .line = line_of(e)};
	enum stage stage = stage_of(l, e->room_id);
	bool own = e->author_id == l->account_id;

	l->heads[stage] = e->seq;
	if (e->kind == GCHAT_ENTRY_MESSAGE)
		remember(own ? &l->own[stage] : &l->any[stage], e->seq);
	else if (e->kind == GCHAT_ENTRY_JOINED && own)
		l->is_in[stage] = true;
	else if ((e->kind == GCHAT_ENTRY_LEFT && own) ||
		 (e->kind == GCHAT_ENTRY_REMOVED && e->account_id == l->account_id))
		l->is_in[stage] = false;
	(void)snprintf(r.text, sizeof(r.text), "%s",
		e->kind == GCHAT_ENTRY_DELETION ? e->reason : e->text);
	life_report(&r);
}

static void take_welcome(struct life *l, const struct gchat_welcome *welcome)
{
	l->online = true;
	l->account_id = welcome->account.account_id;
	memset(l->is_in, 0, sizeof(l->is_in));
	for (size_t i = 0; i < welcome->room_count; i++) {
		struct report r = {.kind = REPORT_MEMBER, .room_id = welcome->rooms[i].room_id};
		l->is_in[stage_of(l, r.room_id)] = true;
		life_report(&r);
	}
}

static void take_reset(struct life *l, const struct gchat_reset *reset)
{
	struct report r = {.kind = REPORT_PLACE_LOST, .room_id = reset->room_id};

	(void)snprintf(r.text, sizeof(r.text), "%s", reset->reason);
	if (strcmp(reset->reason, "NOT_A_MEMBER") != 0)
		life_trouble(reset->reason, -EPROTO, NULL);
	l->is_in[stage_of(l, reset->room_id)] = false;
	life_report(&r);
}

/* Requests that aren't kept in the outbox fail when the connection breaks, and for what others
 * did meanwhile. */
static bool is_explained(const char *reason)
{
	static const char *const reasons[] = {
		"UNAVAILABLE", "TIMED_OUT", "NOT_A_MEMBER", "DISK_FULL", "SHUTDOWN"};
	size_t i = 0;

	while (i < GC_LENGTH(reasons) && strcmp(reason, reasons[i]) != 0)
		i++;
	return i < GC_LENGTH(reasons);
}

static bool is_op(uint32_t request)
{
	return request <= GCHAT_REQUEST_REACT;
}

static void report_answer(const struct waiting *w, const struct gchat_reply *reply)
{
	struct report r = {.number = w->number,
		.request = w->request,
		.room_id = w->room_id,
		.seq = w->request == GCHAT_REQUEST_MARK_READ ? w->seq : reply->seq};

	(void)snprintf(r.text, sizeof(r.text), "%s", reply->error.reason);
	if (reply->kind == GCHAT_REPLY_COMMITTED)
		r.kind = REPORT_COMMITTED;
	else if (reply->kind == GCHAT_REPLY_ERROR && is_op(w->request))
		r.kind = REPORT_REFUSED;
	else if (reply->kind == GCHAT_REPLY_OK && w->request == GCHAT_REQUEST_MARK_READ)
		r.kind = REPORT_MARKED;
	else if (reply->kind == GCHAT_REPLY_ERROR && !is_explained(reply->error.reason))
		life_trouble("a request", -EPROTO, &reply->error);
	else
		return;
	life_report(&r);
}

static void take_reply(struct life *l, const struct gchat_reply *reply)
{
	unsigned i = 0;

	if (reply->kind == GCHAT_REPLY_DELAYED)
		return; /* not the last word */
	while (i < l->waiting_count && l->waiting[i].tag != reply->tag)
		i++;
	if (i == l->waiting_count) {
		life_trouble("a reply to nothing", -EPROTO, &reply->error);
		return;
	}
	report_answer(&l->waiting[i], reply);
	l->waiting[i] = l->waiting[--l->waiting_count];
}

static void take(struct life *l, const struct gchat_event *event)
{
	switch (event->kind) {
	case GCHAT_EVENT_STATE:
		l->online = l->online && event->state.state == GCHAT_STATE_ONLINE;
		if (event->state.state == GCHAT_STATE_REFUSED)
			life_trouble("refused", -EPROTO, &event->state.error);
		break;
	case GCHAT_EVENT_WELCOME:
		take_welcome(l, &event->welcome);
		break;
	case GCHAT_EVENT_ENTRY:
		take_entry(l, &event->entry);
		break;
	case GCHAT_EVENT_REPLY:
		take_reply(l, &event->reply);
		break;
	case GCHAT_EVENT_RESET:
		take_reset(l, &event->reset);
		break;
	case GCHAT_EVENT_GAP:
		life_trouble("a gap", -EPROTO, NULL);
		break;
	case GCHAT_EVENT_SNAPSHOT:
	case GCHAT_EVENT_PRESENCE:
	case GCHAT_EVENT_TYPING:
	case GCHAT_EVENT_PROFILE:
	case GCHAT_EVENT_READ_MARKER:
	case GCHAT_EVENT_NOTICE:
	case GCHAT_EVENT_GOING_AWAY:
		break;
	}
}

/* ---- the life ---- */

/* Ops of an earlier life, which the outbox has kept. */
static void find_earlier(struct life *l)
{
	struct gchat_outbox_list *list = gchat_outbox(l->g);

	for (size_t i = 0; i < list->count; i++) {
		const struct gchat_outbox_item *item = &list->items[i];
		struct waiting *w = life_wait_for(l, item->tag, item->request, item->room_id);
		struct report r = {.kind = REPORT_PENDING};
		unsigned actor = 0;
		if (!op_parse(item->text, &actor, &w->number))
			continue; /* a reaction: its emoji has no place for a number */
		r.number = w->number;
		life_report(&r);
	}
	gchat_free(list);
}

static bool begin(struct life *l)
{
	struct gchat_cursor cursors[_STAGE_MAX];
	struct gchat_session_options session = {
		.token = l->plan.token, .user = l->plan.user, .cursors = cursors};
	struct gchat_error error = {0};
	struct gchat_options options = {
		.server = l->plan.address,
		.trust_mode = GCHAT_TRUST_MODE_CA_FILE,
		.ca_file = l->plan.ca,
		.state_dir = l->plan.state,
		.client_name = "gchat-fault",
		.backoff_min_ms = LIFE_BACKOFF_MIN_MS,
		.backoff_max_ms = LIFE_BACKOFF_MAX_MS,
		.call_timeout_ms = LIFE_CALL_TIMEOUT_MS,
	};

	for (int i = 0; i < _STAGE_MAX; i++) {
		l->heads[i] = l->plan.places[i];
		if (l->plan.places[i])
			cursors[session.cursor_count++] =
				(struct gchat_cursor){l->plan.rooms[i], l->plan.places[i]};
	}
	int r = gchat_open(&options, &l->g, &error);
	if (r == 0)
		r = gchat_connect(l->g, &session);
	if (r < 0)
		life_trouble("begin", r, &error);
	else
		find_earlier(l);
	return r == 0;
}

/* False: the harness is gone. */
static bool obey(struct life *l)
{
	struct actor_order order;
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	while (poll(&p, 1, 0) == 1) {
		if (read(STDIN_FILENO, &order, sizeof(order)) != sizeof(order))
			return false;
		l->quiet = order.quiet;
		l->serial = order.serial;
		l->told_quiet = false;
	}
	return true;
}

static void tell_quiet(struct life *l)
{
	struct report r = {.kind = REPORT_QUIET, .number = l->serial};

	if (!l->quiet || l->told_quiet || !l->online || l->waiting_count > 0)
		return;
	l->told_quiet = true;
	life_report(&r);
}

int actor_main(void)
{
	static struct life life; /* large */
	struct life *l = &life;

	if (read(STDIN_FILENO, &l->plan, sizeof(l->plan)) != sizeof(l->plan) ||
		l->plan.index >= ACTORS_MAX)
		return EXIT_FAILURE;
	l->chance = chance_make(l->plan.seed);
	l->next_number = l->plan.first_number;
	if (!begin(l))
		return EXIT_FAILURE;
	while (obey(l)) {
		struct gchat_event *event = NULL;
		int think_ms = (int)chance_below(&l->chance, LIFE_THINK_MAX_MS + 1);
		if (!l->quiet)
			life_act(l);
		while (gchat_next(l->g, think_ms, &event) == 1) {
			take(l, event);
			gchat_event_free(event);
			think_ms = 0;
		}
		tell_quiet(l);
	}
	return EXIT_SUCCESS;
}
