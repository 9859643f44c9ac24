/* Hello, unread counts, welcome. */
#include "service/hello.h"

#include "base/log.h"
#include "base/mem.h"
#include "service/server_info.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* The welcome in the making: the account's rooms, and what is unread in each. */
struct welcome {
	struct store_job job;
	struct mail mail;
	struct session *session; /* held */
	size_t count;
	struct entry {
		struct room *room; /* ref */
		struct room_info info;
		Gchat__V1__Role role;
		uint64_t read_seq;
		uint32_t unread;
		bool counted;
		uint64_t
			skip_to; /* from the cursor to here is not the account's to read; 0: all is */
	} entries[];
};

bool unread_from_tail(struct room *room, uint64_t after, uint64_t but_author, uint32_t *ret_count)
{
	uint32_t count = 0;
	room_lock(room);
	const struct roomlog *log = &room->shared.log;
	bool reaches = after + 1 >= log->first;
	for (uint64_t seq = after + 1; reaches && seq <= log->head; seq++) {
		const struct event *event = roomlog_find(log, seq);
		if ((event->flags & STORE_EVENT_COUNTED) && event->author_id != but_author &&
			count < LIMIT_UNREAD_MAX)
			count++;
	}
	room_unlock(room);
	*ret_count = count;
	return reaches;
}

/* ---- the welcome ---- */

static void put_welcome(struct session *s, struct welcome *w)
{
	struct profile profile;
	Gchat__V1__Profile account;
	account_get_profile(s->account, &profile);
	profile_to_message(&profile, &account);
	Gchat__V1__Room *rooms = mem_new(w->count, sizeof(*rooms));
	Gchat__V1__RoomState *states = mem_new(w->count, sizeof(*states));
	Gchat__V1__RoomState **list = mem_new(w->count, sizeof(*list));
	for (size_t i = 0; i < w->count; i++) {
		struct entry *e = &w->entries[i];
		room_info_to_message(&e->info, &rooms[i]);
		gchat__v1__room_state__init(&states[i]);
		states[i].room = &rooms[i];
		states[i].role = e->role;
		states[i].read_seq = e->read_seq;
		states[i].unread = e->unread;
		list[i] = &states[i];
	}
	Gchat__V1__Limits limits;
	Gchat__V1__Welcome welcome;
	gchat__v1__welcome__init(&welcome);
	server_info_limits(s->shard->hub->options.arg, &limits);
	welcome.account = &account;
	welcome.rooms = list;
	welcome.n_rooms = w->count;
	welcome.limits = &limits;
	welcome.durability = server_info_durability(s->shard->hub->options.arg);
	welcome.session_id = s->id;
	welcome.time_us = clock_wall_us();
	welcome.server = server_info_name();
	session_put(s, FRAME_WELCOME, &welcome.base);
	free(list);
	free(states);
	free(rooms);
}

static void welcome_free(struct welcome *w)
{
	for (size_t i = 0; i < w->count; i++)
		(void)room_unref(w->entries[i].room);
	free(w);
}

/* What comes before the events of a room. */
static void begin_room(struct session *s, const struct entry *e)
{
	struct subscription *sub = subscription_find(s, e->room->id);
	if (!sub)
		return;
	if (sub->cursor.next <= e->skip_to)
		session_skip(sub, e->skip_to, REASON_NOT_A_MEMBER);
	session_put_snapshot(s, e->room);
}

/* Shard thread: everything is counted. */
static void on_counted(struct mail *mail)
{
	struct welcome *w = GC_CONTAINER_OF(mail, struct welcome, mail);
	struct session *s = w->session;
	if (s->state == SESSION_GREETING) {
		put_welcome(s, w);
		for (size_t i = 0; i < w->count; i++)
			begin_room(s, &w->entries[i]);
		session_go_live(s);
	}
	welcome_free(w);
	session_release(s);
}

/* Reader thread. */
static void count_unread(struct store_job *job, struct store_reader *reader)
{
	struct welcome *w = GC_CONTAINER_OF(job, struct welcome, job);
	for (size_t i = 0; i < w->count; i++) {
		struct entry *e = &w->entries[i];
		if (!e->counted) /* a count that can't be had is left at 0: reading goes on */
			(void)store_count(reader, e->room->id, e->read_seq, w->session->account->id,
				LIMIT_UNREAD_MAX, &e->unread);
	}
	shard_post(w->session->shard, &w->mail);
}

/* ---- cursors ---- */

static const Gchat__V1__Cursor *find_cursor(const Gchat__V1__Hello *hello, uint64_t room_id)
{
	for (size_t i = 0; i < hello->n_cursors; i++)
		if (hello->cursors[i]->room_id == room_id)
			return hello->cursors[i];
	return NULL;
}

/* Where the session begins to read: behind its cursor, or behind the head. */
static uint64_t first_to_read(
	struct session *s, const Gchat__V1__Hello *hello, const struct room_info *info)
{
	const Gchat__V1__Cursor *cursor = find_cursor(hello, info->id);
	if (!cursor)
		return info->head_seq + 1;
	if (cursor->seq > info->head_seq) {
		session_put_reset(s, info->id, info->head_seq, REASON_CURSOR_AHEAD);
		return info->head_seq + 1;
	}
	return cursor->seq + 1;
}

static void fill_entry(struct session *s, const Gchat__V1__Hello *hello, struct entry *e)
{
	room_get_info(e->room, &e->info);
	room_lock(e->room);
	struct member *member = room_find_member(e->room, s->account->id);
	e->role = member ? member->role : GCHAT__V1__ROLE__ROLE_UNSPECIFIED;
	e->read_seq = member ? member->read_seq : e->info.head_seq;
	room_unlock(e->room);
	/* what was said in a private room before the account came is not for it, whatever the cursor;
	 * and nothing is for one that was removed just now */
	uint64_t reads_from = room_reads_from(e->room, s->account->id);
	e->skip_to = reads_from > 0 ? reads_from - 1 : e->info.head_seq;
	e->counted = unread_from_tail(e->room, e->read_seq, s->account->id, &e->unread);
	if (!subscription_find(s, e->room->id))
		(void)subscription_open(s, e->room, first_to_read(s, hello, &e->info));
}

/* Rooms the client knows and the account is not in. */
static void reset_strangers(struct session *s, const Gchat__V1__Hello *hello)
{
	for (size_t i = 0; i < hello->n_cursors; i++)
		if (!subscription_find(s, hello->cursors[i]->room_id))
			session_put_reset(s, hello->cursors[i]->room_id, 0, REASON_NOT_A_MEMBER);
}

static struct welcome *welcome_new(struct session *s, const Gchat__V1__Hello *hello)
{
	size_t count;
	struct room **rooms =
		directory_rooms_of(s->shard->hub->options.directory, s->account, &count);
	struct welcome *w = mem_new(1, sizeof(*w) + count * sizeof(w->entries[0]));
	w->session = s;
	w->count = count;
	for (size_t i = 0; i < count; i++) {
		w->entries[i].room = rooms[i];
		fill_entry(s, hello, &w->entries[i]);
	}
	free(rooms);
	return w;
}

static bool needs_store(const struct welcome *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (!w->entries[i].counted)
			return true;
	return false;
}

static unsigned wants_of(const Gchat__V1__Hello *hello)
{
	return (hello->want_presence ? UPDATE_PRESENCE : 0U) |
	       (hello->want_typing ? UPDATE_TYPING : 0U) |
	       (hello->want_profiles ? UPDATE_PROFILES : 0U) |
	       (hello->want_members ? UPDATE_MEMBERS : 0U);
}

static void greet(struct session *s, const Gchat__V1__Hello *hello)
{
	session_join_account(s, hello->client, wants_of(hello));
	struct welcome *w = welcome_new(s, hello);
	reset_strangers(s, hello);
	w->mail.deliver = on_counted;
	w->job.run = count_unread;
	session_hold(s);
	if (needs_store(w))
		store_run(s->shard->hub->options.store, &w->job);
	else
		on_counted(&w->mail);
}

/* What ended before the session was listed under its account ends it now: its token, or the right to
 * be here. */
static void look_again(struct session *s)
{
	struct directory *d = s->shard->hub->options.directory;
	char text[RESTRICTION_TEXT_BYTES];
	enum reason reason = rights_check(
		&(struct rights_ask){.directory = d, .actor = s->account}, RIGHT_SIGN_IN);
	if (!directory_has_token(d, s->account, s->token_id))
		session_end(s, REASON_SIGNED_OUT, NULL);
	else if (reason != REASON_NONE)
		session_end(s, reason, restriction_explain(d, NULL, s->account, reason, text));
}

void hello_take(struct session *s, const Gchat__V1__ClientFrame *frame)
{
	if (frame->request_case != GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO) {
		session_end(s, REASON_NO_HELLO, NULL);
		return;
	}
	const Gchat__V1__Hello *hello = frame->hello;
	if (hello->protocol_version != LIMIT_PROTOCOL_VERSION)
		session_end(s, REASON_PROTOCOL_VERSION, NULL);
	else if (hello->n_cursors > LIMIT_CURSORS_MAX ||
		 strlen(hello->client) > LIMIT_CLIENT_NAME_BYTES)
		session_end(s, REASON_INVALID_ARGUMENT, NULL);
	else
		greet(s, hello);
	if (s->state == SESSION_GREETING || s->state == SESSION_LIVE)
		look_again(s);
}
