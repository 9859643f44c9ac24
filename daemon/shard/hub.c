/* All shards: letters to each of them, and the audience of the room layer. */
#include "shard/hub.h"

#include "base/mem.h"
#include "shard/session.h"

#include <stdlib.h>
#include <string.h>

/* ---- one thing told to every shard ---- */

/* A letter in as many copies as there are shards; the last one delivered frees it. */
struct notice {
	atomic_uint left;
	struct hub *hub;
	void (*act)(struct notice *notice, struct shard *shard);
	uint64_t account_id; /* whom it is for, or 0 */
	uint64_t token_id;
	uint64_t but;
	uint64_t session_id;
	uint64_t seq;
	struct room *room; /* ref, or NULL */
	enum update_want want;
	enum reason reason;
	struct shard_limits limits;
	char text[HUB_TEXT_BYTES];
	grpc_slice wire;
	uint64_t *room_ids; /* owned */
	size_t room_count;
	struct copy {
		struct mail mail;
		struct notice *notice;
	} copies[];
};

static void notice_release(struct notice *notice)
{
	if (atomic_fetch_sub(&notice->left, 1) > 1)
		return;
	(void)room_unref(notice->room);
	grpc_slice_unref(notice->wire);
	free(notice->room_ids);
	free(notice);
}

static void on_notice(struct mail *mail)
{
	struct copy *copy = GC_CONTAINER_OF(mail, struct copy, mail);
	struct notice *notice = copy->notice;
	struct shard *shard = &notice->hub->shards[copy - notice->copies];
	notice->act(notice, shard);
	notice_release(notice);
}

static struct notice *notice_new(struct hub *hub, void (*act)(struct notice *, struct shard *))
{
	unsigned count = hub->options.shards;
	struct notice *notice = mem_new(1, sizeof(*notice) + count * sizeof(struct copy));
	notice->hub = hub;
	notice->act = act;
	notice->wire = grpc_empty_slice();
	atomic_init(&notice->left, count);
	for (unsigned i = 0; i < count; i++)
		notice->copies[i] = (struct copy){.mail.deliver = on_notice, .notice = notice};
	return notice;
}

static void notice_post(struct notice *notice)
{
	struct hub *hub = notice->hub;
	unsigned count =
		hub->options.shards; /* the notice may be gone before the last post returns */
	for (unsigned i = 0; i < count; i++)
		shard_post(&hub->shards[i], &notice->copies[i].mail);
}

static struct session *first_of(struct shard *shard, uint64_t account_id)
{
	struct shard_account *a;
	HASH_FIND(hh, shard->accounts, &account_id, sizeof(account_id), a);
	return a ? LIST_FIRST(&a->sessions) : NULL;
}

/* ---- the audience ---- */

static void act_joined(struct notice *n, struct shard *shard)
{
	for (struct session *s = first_of(shard, n->account_id); s;
		s = LIST_NEXT(s, account_link)) {
		if (s->state != SESSION_GREETING && s->state != SESSION_LIVE)
			continue;
		struct subscription *sub = subscription_find(s, n->room->id);
		if (sub) { /* it reads up to its own end first, and what was between never */
			if (subscription_rejoin(sub, n->seq))
				subscription_mark(sub);
			continue;
		}
		(void)subscription_open(s, n->room, n->seq);
		session_put_snapshot(s, n->room);
	}
}

static void joined(void *arg, struct account *account, struct room *room, uint64_t seq)
{
	struct notice *n = notice_new(arg, act_joined);
	n->account_id = account->id;
	n->room = room_ref(room);
	n->seq = seq;
	notice_post(n);
}

static void act_parted(struct notice *n, struct shard *shard)
{
	for (struct session *s = first_of(shard, n->account_id); s;
		s = LIST_NEXT(s, account_link)) {
		struct subscription *sub = subscription_find(s, n->room->id);
		if (!sub)
			continue;
		if (n->seq > 0 && subscription_part(sub, n->seq)) {
			subscription_mark(sub);
			continue;
		}
		session_put_reset(s, n->room->id, 0, REASON_NOT_A_MEMBER);
		subscription_close(sub);
	}
	struct shard_room *room = shard_room_find(shard, n->room->id);
	if (room && n->seq > 0)
		shard_room_heard(room, n->seq);
}

static void parted(void *arg, uint64_t account_id, struct room *room, uint64_t seq)
{
	if (seq > 0)
		room_note_exit(room, seq);
	struct notice *n = notice_new(arg, act_parted);
	n->account_id = account_id;
	n->room = room_ref(room);
	n->seq = seq;
	notice_post(n);
}

static void profile_changed(void *arg, struct account *account)
{
	struct hub *hub = arg;
	struct profile profile;
	Gchat__V1__Profile message;
	struct control wire = {0};
	size_t count;
	account_get_profile(account, &profile);
	profile_to_message(&profile, &message);
	control_put(&wire, FRAME_PROFILES, &message.base);
	struct room **rooms = directory_rooms_of(hub->options.directory, account, &count);
	uint64_t *ids = mem_new(count, sizeof(*ids));
	for (size_t i = 0; i < count; i++) {
		ids[i] = rooms[i]->id;
		(void)room_unref(rooms[i]);
	}
	struct hub_update update = {.want = UPDATE_PROFILES, .wire = wire.data, .len = wire.len};
	hub_tell_rooms(hub, ids, count, &update);
	if (count == 0) /* at least its own devices */
		hub_tell_account(hub, account->id, &update);
	free(ids);
	free(rooms);
	control_deinit(&wire);
}

static void act_signed_out(struct notice *n, struct shard *shard)
{
	for (struct session *s = first_of(shard, n->account_id); s; s = LIST_NEXT(s, account_link))
		if ((n->token_id == 0 || s->token_id == n->token_id) && s->token_id != n->but)
			session_end(s, n->reason, n->text[0] ? n->text : NULL);
}

void hub_end_account(struct hub *hub, uint64_t account_id, uint64_t token, uint64_t but,
	enum reason reason, const char *text)
{
	struct notice *n = notice_new(hub, act_signed_out);
	n->account_id = account_id;
	n->token_id = token;
	n->but = but;
	n->reason = reason;
	if (text)
		strncpy(n->text, text, sizeof(n->text) - 1);
	notice_post(n);
}

static void signed_out(void *arg, uint64_t account_id, uint64_t token_id, uint64_t but)
{
	hub_end_account(arg, account_id, token_id, but, REASON_SIGNED_OUT, NULL);
}

static void ended(void *arg, uint64_t account_id, enum reason reason, const char *text)
{
	hub_end_account(arg, account_id, 0, 0, reason, text);
}

/* ---- updates ---- */

static bool wanted(struct session *s, const struct notice *n)
{
	return s->state == SESSION_LIVE && (s->wants & n->want) == n->want &&
	       (n->but == 0 || s->account->id != n->but);
}

static void act_tell_rooms(struct notice *n, struct shard *shard)
{
	uint64_t serial = ++shard->update_serial;
	for (size_t i = 0; i < n->room_count; i++) {
		struct shard_room *room = shard_room_find(shard, n->room_ids[i]);
		struct subscription *sub;
		if (!room)
			continue;
		LIST_FOREACH (sub, &room->subscriptions, of_room) {
			struct session *s = sub->session;
			if (s->update_serial == serial || !wanted(s, n))
				continue;
			s->update_serial = serial;
			session_update(s, n->wire);
		}
	}
}

static struct notice *notice_of_update(struct hub *hub,
	void (*act)(struct notice *, struct shard *), const struct hub_update *update)
{
	struct notice *n = notice_new(hub, act);
	n->want = update->want;
	n->but = update->but;
	n->wire = grpc_slice_from_copied_buffer((const char *)update->wire, update->len);
	return n;
}

void hub_tell_rooms(
	struct hub *hub, const uint64_t *room_ids, size_t count, const struct hub_update *update)
{
	struct notice *n = notice_of_update(hub, act_tell_rooms, update);
	n->room_ids = mem_dup(room_ids, count * sizeof(*room_ids));
	n->room_count = count;
	notice_post(n);
}

static void act_tell_account(struct notice *n, struct shard *shard)
{
	for (struct session *s = first_of(shard, n->account_id); s; s = LIST_NEXT(s, account_link))
		if (wanted(s, n))
			session_update(s, n->wire);
}

void hub_tell_account(struct hub *hub, uint64_t account_id, const struct hub_update *update)
{
	struct notice *n = notice_of_update(hub, act_tell_account, update);
	n->account_id = account_id;
	notice_post(n);
}

/* ---- ends, limits, visits ---- */

static void act_end_session(struct notice *n, struct shard *shard)
{
	struct session *s;
	TAILQ_FOREACH (s, &shard->sessions, shard_link)
		if (n->session_id == 0 || s->id == n->session_id)
			session_end(s, n->reason, n->text[0] ? n->text : NULL);
	shard->draining = shard->draining || n->session_id == 0;
}

void hub_end_session(struct hub *hub, uint64_t session_id, enum reason reason, const char *text)
{
	struct notice *n = notice_new(hub, act_end_session);
	n->session_id = session_id;
	n->reason = reason;
	if (text)
		strncpy(n->text, text, sizeof(n->text) - 1);
	notice_post(n);
}

void hub_drain(struct hub *hub)
{
	atomic_store(&hub->away_count, atomic_load(&hub->session_count));
	hub_end_session(hub, 0, REASON_SHUTDOWN, NULL);
}

static void act_limits(struct notice *n, struct shard *shard)
{
	shard->limits = n->limits;
}

void hub_set_limits(struct hub *hub, const struct shard_limits *limits)
{
	struct notice *n = notice_new(hub, act_limits);
	n->limits = *limits;
	notice_post(n);
}

static void on_visit(struct mail *mail)
{
	struct hub_visit_copy *copy = GC_CONTAINER_OF(mail, struct hub_visit_copy, mail);
	struct hub_visit *visit = copy->visit;
	struct shard *shard = &visit->hub->shards[copy - visit->copies];
	struct session *s;
	if (visit->visit_shard)
		visit->visit_shard(visit, shard);
	else
		TAILQ_FOREACH (s, &shard->sessions, shard_link)
			visit->visit(visit, s);
	if (atomic_fetch_sub(&visit->left, 1) == 1)
		visit->done(visit);
}

void hub_visit_all(struct hub *hub, struct hub_visit *visit)
{
	unsigned count = hub->options.shards;
	visit->hub = hub;
	atomic_init(&visit->left, count);
	for (unsigned i = 0; i < count; i++)
		visit->copies[i] =
			(struct hub_visit_copy){.mail.deliver = on_visit, .visit = visit};
	for (unsigned i = 0; i < count; i++)
		shard_post(&hub->shards[i], &visit->copies[i].mail);
}

void hub_kick(void *arg)
{
	struct hub *hub = arg;
	for (unsigned i = 0; i < hub->options.shards; i++)
		shard_kick(&hub->shards[i]);
}

/* ---- life ---- */

struct hub *hub_new(const struct hub_options *options)
{
	GC_ASSERT(options->shards > 0 && options->shards <= HUB_SHARDS_MAX);
	struct hub *hub = mem_new(1, sizeof(*hub));
	hub->options = *options;
	atomic_init(&hub->next_session_id, 1);
	hub->audience = (struct audience){.arg = hub,
		.joined = joined,
		.parted = parted,
		.profile_changed = profile_changed,
		.marker_moved = options->on_marker,
		.happened = options->on_event,
		.signed_out = signed_out,
		.ended = ended};
	hub->shards = mem_new(options->shards, sizeof(*hub->shards));
	for (unsigned i = 0; i < options->shards; i++)
		shard_init(&hub->shards[i], hub, i);
	return hub;
}

void hub_start(struct hub *hub)
{
	for (unsigned i = 0; i < hub->options.shards; i++)
		shard_start(&hub->shards[i]);
}

void hub_join(struct hub *hub)
{
	for (unsigned i = 0; i < hub->options.shards; i++)
		shard_join(&hub->shards[i]);
}

struct hub *hub_free(struct hub *hub)
{
	if (!hub)
		return NULL;
	for (unsigned i = 0; i < hub->options.shards; i++)
		shard_deinit(&hub->shards[i]);
	free(hub->shards);
	free(hub);
	return NULL;
}
