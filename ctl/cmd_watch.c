/* watch: a list without an end, asked for piece by piece. */
#include "ctl/command.h"

#include <string.h>

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "ctl/interrupt.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"
#include "proto/limits.h"

enum {
	WATCH_WAIT_MS = 500, /* of one call: so long does Ctrl-C take at most */
	WATCH_RETRY_MS = 500, /* while the daemon is away */
	KINDS_MAX = 32,
};

static const struct field event_fields[] = {
	{"time", "TIME", FIELD_TIME},
	{"kind", "KIND", FIELD_TEXT},
	{"user", "USER", FIELD_TEXT},
	{"actor", "BY", FIELD_TEXT},
	{"room", "ROOM", FIELD_TEXT},
	{"count", "COUNT", FIELD_COUNT},
	{"reason", "REASON", FIELD_TEXT},
	{"address", "ADDRESS", FIELD_TEXT},
	{"session", "SESSION", FIELD_ID},
	{"seq", "SEQ", FIELD_COUNT},
	{"text", "TEXT", FIELD_TEXT},
};

/* As wide as these mostly get: later rows stand below the first ones. */
static const size_t usual_widths[] = {8, 14, 8, 6, 8, 5, 12, 15, 7, 5, 4};

static const char *const kind_names[] = {
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_SIGNED_IN] = "signed-in",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_SESSION_OPENED] = "session-opened",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_SESSION_CLOSED] = "session-closed",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_JOINED] = "joined",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_LEFT] = "left",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_REMOVED] = "removed",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_INVITED] = "invited",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_ROLE_CHANGED] = "role-changed",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_ROOM_CREATED] = "room-created",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_ROOM_CHANGED] = "room-changed",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_ROOM_DELETED] = "room-deleted",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_REFUSED] = "refused",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_MESSAGES] = "messages",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_ADMIN] = "admin",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_MUTED] = "muted",
	[GCHAT__V1__WATCH_KIND__WATCH_KIND_UNMUTED] = "unmuted",
};

static const struct list_spec event_list = {
	.noun = "event",
	.fields = event_fields,
	.field_count = GC_LENGTH(event_fields),
	.details = "seq,session,address",
};

struct watching {
	const struct command_call *call; /* borrowed */
	struct list list;
	struct rows rows;
	Gchat__V1__WatchKind kinds[KINDS_MAX];
	size_t kind_count;
	uint64_t after; /* seq */
	uint64_t started_us; /* of the daemon; 0: not asked yet */
	bool recent; /* also what it still remembers */
	bool away; /* and that was said */
};

static const char *kind_name(Gchat__V1__WatchKind kind)
{
	return (size_t)kind < GC_LENGTH(kind_names) && kind_names[kind] ? kind_names[kind] : "?";
}

static void add_event(struct rows *rows, const Gchat__V1__WatchEvent *event)
{
	rows_number(rows, event->time_us);
	rows_text(rows, kind_name(event->kind));
	rows_text(rows, event->user);
	rows_text(rows, event->actor);
	rows_text(rows, event->room);
	rows_number(rows, event->count);
	rows_text(rows, event->reason);
	rows_text(rows, event->address);
	rows_number(rows, event->session_id);
	rows_number(rows, event->seq);
	rows_text(rows, event->text);
}

/* ---- what is asked for ---- */

static bool find_kind(const char *word, size_t len, Gchat__V1__WatchKind *ret_kind)
{
	for (size_t i = 1; i < GC_LENGTH(kind_names); i++) {
		if (strlen(kind_names[i]) == len && strncmp(kind_names[i], word, len) == 0) {
			*ret_kind = (Gchat__V1__WatchKind)i;
			return true;
		}
	}
	return false;
}

static int read_kinds(struct watching *w, const char *text)
{
	do {
		size_t len = strcspn(text, ",");
		if (w->kind_count == KINDS_MAX || !find_kind(text, len, &w->kinds[w->kind_count])) {
			(void)fprintf(stderr, "gchatctl: --kind=%.*s is none of:", (int)len, text);
			for (size_t i = 1; i < GC_LENGTH(kind_names); i++)
				(void)fprintf(stderr, " %s", kind_names[i]);
			(void)fputc('\n', stderr);
			return EXIT_USAGE;
		}
		w->kind_count++;
		text += len;
	} while (*text++ == ',');
	return EXIT_DONE;
}

static int ask(struct watching *w, ProtobufCMessage **ret_answer)
{
	const struct options *options = w->call->options;
	Gchat__V1__WaitEventsRequest request;

	gchat__v1__wait_events_request__init(&request);
	request.after_seq = w->after;
	request.from_now = w->started_us == 0 && !w->recent;
	request.wait_ms = request.from_now ? 0 : WATCH_WAIT_MS;
	request.page_size = LIMIT_PAGE_MAX;
	request.started_us = w->started_us;
	request.kinds = w->kinds;
	request.n_kinds = w->kind_count;
	admin_set_text(&request.user, options_text(options, "user"));
	admin_set_text(&request.room, options_text(options, "room"));
	return admin_call(w->call->admin, "WaitEvents", &request.base,
		&gchat__v1__wait_events_response__descriptor, ret_answer);
}

/* ---- what comes ---- */

static int show(struct watching *w, const Gchat__V1__WaitEventsResponse *answer)
{
	bool another = w->started_us != 0 && w->started_us != answer->started_us;

	if (another || w->away)
		(void)fprintf(stderr, another ? "gchatctl: gchatd was restarted\n"
					      : "gchatctl: gchatd answers again\n");
	w->away = false;
	w->started_us = answer->started_us;
	w->after = answer->last_seq;
	if (answer->dropped > 0)
		(void)fprintf(stderr,
			"gchatctl: %llu events were overwritten before they could be read\n",
			(unsigned long long)answer->dropped);
	for (size_t i = 0; i < answer->n_events; i++)
		add_event(&w->rows, answer->events[i]);
	return list_add(&w->list, &w->rows);
}

/* The daemon is away, for a restart or an upgrade: that it comes back is waited for. */
static void wait_for_daemon(struct watching *w)
{
	if (!w->away)
		(void)fprintf(stderr, "gchatctl: gchatd is away; waiting for it\n");
	w->away = true;
	admin_disconnect(w->call->admin);
	interrupt_sleep_ms(WATCH_RETRY_MS);
}

static int step(struct watching *w)
{
	ProtobufCMessage *answer = NULL;
	int r = ask(w, &answer);

	if (r == EXIT_DONE) {
		admin_set_messages(w->call->admin, NULL); /* from now on we say it ourselves */
		r = show(w, (const void *)answer);
		codec_free(answer);
		return r;
	}
	if (w->started_us == 0)
		return r;
	/* A daemon that goes down ends what waits in several ways. */
	if (r == EXIT_NOT_PERMITTED || r == EXIT_USAGE) {
		(void)fprintf(stderr, "gchatctl: gchatd doesn't let us go on\n");
		return r;
	}
	wait_for_daemon(w);
	return EXIT_DONE;
}

static int begin(struct watching *w)
{
	const char *kinds = options_text(w->call->options, "kind");
	int r = kinds ? read_kinds(w, kinds) : EXIT_DONE;

	if (r != EXIT_DONE)
		return r;
	if (options_has(w->call->options, "sort")) {
		(void)fprintf(stderr, "gchatctl: what has no end can't be sorted\n");
		return EXIT_USAGE;
	}
	r = list_start(w->call, &event_list, &w->list);
	for (size_t i = 0; i < GC_LENGTH(usual_widths); i++)
		w->list.listing.widths[i] = usual_widths[i];
	w->list.listing.whole = true;
	return r;
}

static int watch(const struct command_call *call)
{
	struct output output = *call->output;
	struct command_call own = *call;
	struct watching w = {.call = &own, .recent = options_has(call->options, "recent")};

	output.clock = output.relative;
	own.output = &output;
	int r = begin(&w);
	if (r != EXIT_DONE)
		return r;
	rows_init(&w.rows, event_fields, GC_LENGTH(event_fields));
	interrupt_catch();
	while (r == EXIT_DONE && !interrupt_came() && !list_is_full(&w.list))
		r = step(&w);
	rows_deinit(&w.rows);
	return list_end(&w.list, r);
}

static const struct option_row watch_options[] = {
	{.name = "kind",
		.argument = "KIND,...",
		.help = "Only such events, like joined,removed",
		.kind = OPTION_TEXT,
		.words = "signed-in|session-opened|session-closed|joined|left|removed|invited|"
			 "role-changed|room-created|room-changed|room-deleted|refused|messages|"
			 "admin|muted|unmuted"},
	{.name = "recent", .help = "Begins with what the server still remembers"},
	{.name = "room",
		.argument = "ROOM",
		.help = "Only what happens in this room",
		.kind = OPTION_TEXT},
	{.name = "user",
		.argument = "USER",
		.help = "Only what this account does or what happens to it",
		.kind = OPTION_TEXT},
	{.name = NULL},
};

const struct command watch_commands[] = {
	{.name = "watch",
		.arguments = "",
		.summary = "Shows what happens, as it happens",
		.help = "Shows sign-ins, sessions, members who come and go, removals, changes of "
			"rooms, what was\nrefused, what administrators do, and how many messages each "
			"room has; never what they say.\nCtrl-C ends it; a restart of gchatd is waited "
			"for. The kinds are: signed-in, session-opened,\nsession-closed, joined, left, "
			"removed, invited, role-changed, room-created, room-changed,\nroom-deleted, "
			"refused, messages, admin, muted, unmuted.",
		.options = watch_options,
		.list = &event_list,
		.run = watch},
	{.name = NULL},
};
