/* Sessions counted per account; changes held back, gathered, told once. */
#include "room/presence.h"

#include "base/mem.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

static const Gchat__V1__PresenceState online = GCHAT__V1__PRESENCE_STATE__PRESENCE_ONLINE;
static const Gchat__V1__PresenceState away = GCHAT__V1__PRESENCE_STATE__PRESENCE_AWAY;
static const Gchat__V1__PresenceState offline = GCHAT__V1__PRESENCE_STATE__PRESENCE_OFFLINE;

enum {
	TAG_FRAME_PRESENCE = 0x2a
}; /* ServerFrame.presence, length-delimited */

TAILQ_HEAD(account_list, account);

struct presence {
	struct directory *directory; /* borrowed */
	pthread_mutex_t mu;
	struct presence_options options; /* under mu */
	struct account_list changed; /* under mu; each with a reference */
};

/* What has to be told in one room. */
struct news {
	uint64_t room_id;
	uint8_t *wire; /* owned */
	size_t len;
	UT_hash_handle hh;
};

struct presence *presence_new(struct directory *directory, const struct presence_options *options)
{
	struct presence *p = mem_new(1, sizeof(*p));
	p->directory = directory;
	p->options = *options;
	pthread_mutex_init(&p->mu, NULL);
	TAILQ_INIT(&p->changed);
	return p;
}

static void unlist(struct presence *p, struct account *account)
{
	TAILQ_REMOVE(&p->changed, account, presence.link);
	account->presence.due_us = 0;
	(void)account_unref(account);
}

struct presence *presence_free(struct presence *p)
{
	if (!p)
		return NULL;
	while (!TAILQ_EMPTY(&p->changed))
		unlist(p, TAILQ_FIRST(&p->changed));
	pthread_mutex_destroy(&p->mu);
	free(p);
	return NULL;
}

void presence_set_options(struct presence *p, const struct presence_options *options)
{
	pthread_mutex_lock(&p->mu);
	p->options = *options;
	pthread_mutex_unlock(&p->mu);
}

static Gchat__V1__PresenceState actual(const struct account *account)
{
	if (account->presence.online > 0)
		return online;
	return account->presence.away > 0 ? away : offline;
}

/* Under mu: counts a session in or out of a state, and lists the account for the next look. */
static void note(struct presence *p, struct account *account)
{
	int64_t wait_ms = actual(account) == offline ? p->options.grace_ms : p->options.interval_ms;
	if (account->presence.due_us == 0) {
		(void)account_ref(account); /* not in the macro, which evaluates it five times */
		TAILQ_INSERT_TAIL(&p->changed, account, presence.link);
	}
	account->presence.due_us = clock_mono_add_ms(clock_mono(), wait_ms).us;
}

static unsigned *counter(struct account *account, Gchat__V1__PresenceState state)
{
	return state == away ? &account->presence.away : &account->presence.online;
}

void presence_opened(struct presence *p, struct account *account)
{
	pthread_mutex_lock(&p->mu);
	account->presence.online++;
	note(p, account);
	pthread_mutex_unlock(&p->mu);
}

void presence_changed(struct presence *p, struct account *account, Gchat__V1__PresenceState from,
	Gchat__V1__PresenceState to)
{
	pthread_mutex_lock(&p->mu);
	--*counter(account, from);
	++*counter(account, to);
	note(p, account);
	pthread_mutex_unlock(&p->mu);
}

void presence_closed(struct presence *p, struct account *account, Gchat__V1__PresenceState from)
{
	pthread_mutex_lock(&p->mu);
	--*counter(account, from);
	note(p, account);
	pthread_mutex_unlock(&p->mu);
}

/* Under mu. Someone who has just come is there; someone who has just gone has the grace. */
static Gchat__V1__PresenceState visible(const struct account *account)
{
	Gchat__V1__PresenceState state = actual(account);
	return state == offline ? (Gchat__V1__PresenceState)account->presence.shown : state;
}

Gchat__V1__PresenceState presence_of(struct presence *p, struct account *account)
{
	pthread_mutex_lock(&p->mu);
	Gchat__V1__PresenceState state = visible(account);
	if ((int)state != account->presence.shown)
		account->presence.seen =
			true; /* who asks must hear if it is offline again by then */
	pthread_mutex_unlock(&p->mu);
	return state;
}

unsigned presence_count(struct presence *p, struct room *room)
{
	struct member *member;
	struct member *tmp;
	unsigned count = 0;
	pthread_mutex_lock(&p->mu); /* before the room's, as everywhere */
	room_lock(room);
	HASH_ITER (hh, room->shared.members, member, tmp)
		count += visible(member->account) != offline;
	room_unlock(room);
	pthread_mutex_unlock(&p->mu);
	return count;
}

static void add_news(struct news **all, uint64_t room_id, const uint8_t *wire, size_t len)
{
	struct news *news;
	HASH_FIND(hh, *all, &room_id, sizeof(room_id), news);
	if (!news) {
		news = mem_new(1, sizeof(*news));
		news->room_id = room_id;
		HASH_ADD(hh, *all, room_id, sizeof(news->room_id), news);
	}
	news->wire = mem_grow(news->wire, news->len + len, 1);
	memcpy(news->wire + news->len, wire, len);
	news->len += len;
}

/* The account's new state, for each room that is small enough to care. */
static void tell(struct presence *p, struct news **all, struct account *account,
	Gchat__V1__PresenceState state, unsigned room_max)
{
	Gchat__V1__Presence update;
	gchat__v1__presence__init(&update);
	update.account_id = account->id;
	update.user = account->name;
	update.state = state;
	uint8_t wire[16 + LIMIT_USER_NAME_BYTES + 16];
	size_t len = 0;
	wire[len++] = TAG_FRAME_PRESENCE;
	len += codec_put_varint(wire + len, codec_size(&update.base));
	codec_encode(&update.base, wire + len);
	len += codec_size(&update.base);

	struct member *member;
	pthread_rwlock_rdlock(&p->directory->lock);
	LIST_FOREACH (member, &account->memberships, of_account)
		if (member->room->shared.member_count <= room_max)
			add_news(all, member->room->id, wire, len);
	pthread_rwlock_unlock(&p->directory->lock);
}

/* Tells one account's change if it is due; otherwise keeps the shortest wait. */
static void look_at(struct presence *p, struct news **all, struct account *account, int64_t left_us,
	unsigned room_max, int64_t *wait_us)
{
	if (left_us > 0) {
		if (*wait_us < 0 || left_us < *wait_us)
			*wait_us = left_us;
		return;
	}
	Gchat__V1__PresenceState state = actual(account);
	if ((int)state != account->presence.shown || account->presence.seen)
		tell(p, all, account, state, room_max);
	account->presence.seen = false;
	account->presence.shown = (int)state;
	unlist(p, account);
}

int64_t presence_tick(struct presence *p, struct mono now, presence_fn fn, void *arg)
{
	struct directory_limits limits;
	struct news *all = NULL;
	struct news *news;
	struct news *tmp;
	struct account *account;
	struct account *next;
	int64_t wait_us = -1;
	directory_get_limits(p->directory, &limits);
	pthread_mutex_lock(&p->mu);
	for (account = TAILQ_FIRST(&p->changed); account; account = next) {
		next = TAILQ_NEXT(account, presence.link);
		look_at(p, &all, account, account->presence.due_us - now.us,
			limits.snapshot_members, &wait_us);
	}
	pthread_mutex_unlock(&p->mu);
	HASH_ITER (hh, all, news, tmp) {
		fn(arg, news->room_id, news->wire, news->len);
		HASH_DELETE(hh, all, news);
		free(news->wire);
		free(news);
	}
	return wait_us < 0 ? -1 : wait_us / CLOCK_US_PER_MS + 1;
}
