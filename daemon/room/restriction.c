/* The book: one table by target for each kind, and the notes it keeps on accounts and rooms. */
#include "room/restriction.h"

#include "base/clock.h"
#include "base/mem.h"
#include "room/cleanup.h"
#include "room/directory.h"

#include <stdlib.h>

struct entry {
	struct restriction r;
	struct record_key key;
	UT_hash_handle hh; /* by key */
};

struct restrictions {
	pthread_mutex_t mu; /* guards what follows */
	struct entry *entries[_RESTRICTION_KIND_MAX]; /* owned: uthash by target */
	size_t network_count;
	pthread_mutex_t writes_mu; /* guards writes; taken first, and by itself */
	unsigned writes; /* under way */
	bool stopped; /* under writes_mu: the store is about to be closed */
};

struct restrictions *restrictions_new(void)
{
	struct restrictions *book = mem_new(1, sizeof(*book));
	(void)pthread_mutex_init(&book->mu, NULL); /* cannot fail with default attributes */
	(void)pthread_mutex_init(&book->writes_mu, NULL);
	return book;
}

struct restrictions *restrictions_free(struct restrictions *book)
{
	if (!book)
		return NULL;
	for (size_t kind = 0; kind < _RESTRICTION_KIND_MAX; kind++) {
		struct entry *entry;
		struct entry *tmp;
		HASH_ITER (hh, book->entries[kind], entry, tmp) {
			HASH_DELETE(hh, book->entries[kind], entry);
			free(entry);
		}
	}
	(void)pthread_mutex_destroy(&book->writes_mu);
	(void)pthread_mutex_destroy(&book->mu);
	free(book);
	return NULL;
}

/* ---- the notes ---- */

uint64_t restriction_until_in(
	const struct room *room, uint64_t account_id, enum restriction_kind kind)
{
	struct room_restriction *note;
	HASH_FIND(hh, room->shared.restrictions, &account_id, sizeof(account_id), note);
	return note ? note->until_us[kind] : 0;
}

static void note_in_room(
	struct room *room, uint64_t account_id, enum restriction_kind kind, uint64_t until_us)
{
	struct room_restriction *note;
	room_lock(room);
	HASH_FIND(hh, room->shared.restrictions, &account_id, sizeof(account_id), note);
	if (!note && until_us) {
		note = mem_new(1, sizeof(*note));
		note->account_id = account_id;
		HASH_ADD(hh, room->shared.restrictions, account_id, sizeof(account_id), note);
	}
	if (note) {
		note->until_us[kind] = until_us;
		if (!note->until_us[RESTRICTION_BAN] && !note->until_us[RESTRICTION_MUTE]) {
			HASH_DELETE(hh, room->shared.restrictions, note);
			free(note);
		}
	}
	room_unlock(room);
}

static void note_on_account(struct account *account, enum restriction_kind kind, uint64_t until_us)
{
	atomic_store(kind == RESTRICTION_BAN ? &account->banned_until_us : &account->muted_until_us,
		until_us);
}

/* False: its account or room is gone. A network is noted by nobody here. */
static bool note(struct directory *d, const struct restriction *r, uint64_t until_us)
{
	const struct restriction_target *target = &r->target;
	if (!target->account_id)
		return true;
	struct account *account = directory_find_account(d, target->account_id);
	struct room *room = directory_find_room(d, target->room_id);
	bool known = account && (room || !target->room_id);
	if (known && room)
		note_in_room(room, account->id, r->kind, until_us);
	else if (known)
		note_on_account(account, r->kind, until_us);
	(void)room_unref(room);
	(void)account_unref(account);
	return known;
}

/* ---- changes ---- */

static uint64_t until(const struct restriction *r)
{
	return r->expires_us ? r->expires_us : RESTRICTION_FOR_EVER;
}

static bool is_in_force(const struct restriction *r, uint64_t now_us)
{
	return until(r) > now_us;
}

/* Under mu. */
static struct entry *find(
	struct restrictions *book, enum restriction_kind kind, const struct record_key *key)
{
	struct entry *entry;
	HASH_FIND(hh, book->entries[kind], key->bytes, key->len, entry);
	return entry;
}

/* Under mu. */
static void drop(struct restrictions *book, struct entry *entry)
{
	if (!entry->r.target.account_id)
		book->network_count--;
	HASH_DELETE(hh, book->entries[entry->r.kind], entry);
	free(entry);
}

bool restriction_put(struct directory *d, const struct restriction *r)
{
	struct restrictions *book = d->restrictions;
	struct entry *entry = mem_new(1, sizeof(*entry));
	if (!note(d, r, until(r))) {
		free(entry);
		return false;
	}
	*entry = (struct entry){.r = *r, .key = restriction_key(&r->target)};
	pthread_mutex_lock(&book->mu);
	struct entry *former = find(book, r->kind, &entry->key);
	if (former)
		drop(book, former);
	HASH_ADD_KEYPTR(hh, book->entries[r->kind], entry->key.bytes, entry->key.len, entry);
	if (!r->target.account_id)
		book->network_count++;
	pthread_mutex_unlock(&book->mu);
	return true;
}

void restriction_remove(struct directory *d, enum restriction_kind kind,
	const struct restriction_target *target, uint64_t id)
{
	struct restrictions *book = d->restrictions;
	struct record_key key = restriction_key(target);
	pthread_mutex_lock(&book->mu);
	struct entry *entry = find(book, kind, &key);
	bool goes = entry && (id == 0 || entry->r.id == id);
	if (goes)
		drop(book, entry);
	pthread_mutex_unlock(&book->mu);
	if (goes)
		(void)note(d, &(struct restriction){.kind = kind, .target = *target}, 0);
}

/* ---- asking ---- */

bool restriction_find(struct directory *d, enum restriction_kind kind,
	const struct restriction_target *target, struct restriction *ret)
{
	struct restrictions *book = d->restrictions;
	struct record_key key = restriction_key(target);
	pthread_mutex_lock(&book->mu);
	const struct entry *entry = find(book, kind, &key);
	bool found = entry && is_in_force(&entry->r, clock_wall_us());
	if (found)
		*ret = entry->r;
	pthread_mutex_unlock(&book->mu);
	return found;
}

bool restriction_is_recorded(
	struct directory *d, enum restriction_kind kind, const struct restriction_target *target)
{
	struct restrictions *book = d->restrictions;
	struct record_key key = restriction_key(target);
	pthread_mutex_lock(&book->mu);
	bool found = find(book, kind, &key) != NULL;
	pthread_mutex_unlock(&book->mu);
	return found;
}

size_t restriction_count(struct directory *d, uint64_t room_id)
{
	size_t count = 0;
	struct room *room = room_id ? directory_find_room(d, room_id) : NULL;
	if (room) {
		room_lock(room);
		count = HASH_COUNT(room->shared.restrictions);
		room_unlock(room);
		(void)room_unref(room);
	} else if (!room_id) {
		pthread_mutex_lock(&d->restrictions->mu);
		count = d->restrictions->network_count;
		pthread_mutex_unlock(&d->restrictions->mu);
	}
	return count;
}

static int by_id(const void *a, const void *b)
{
	const struct restriction *x = a;
	const struct restriction *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Pages are kept sorted and cut while they grow: a book of any size costs two pages of memory. */
static void keep_lowest(struct restriction *items, size_t *count, size_t size)
{
	qsort(items, *count, sizeof(*items), by_id);
	if (*count > size)
		*count = size;
}

void restriction_list(struct directory *d, enum restriction_kind kind, uint64_t room_id,
	uint64_t after, size_t size, struct restriction_page *ret_page)
{
	struct restrictions *book = d->restrictions;
	struct restriction *items = mem_new(2 * size, sizeof(*items));
	struct entry *entry;
	struct entry *tmp;
	size_t count = 0;
	size_t total = 0;
	uint64_t now_us = clock_wall_us();
	pthread_mutex_lock(&book->mu);
	HASH_ITER (hh, book->entries[kind], entry, tmp) {
		if (entry->r.id <= after || !is_in_force(&entry->r, now_us) ||
			(room_id && entry->r.target.room_id != room_id))
			continue;
		items[count++] = entry->r;
		total++;
		if (count == 2 * size)
			keep_lowest(items, &count, size);
	}
	pthread_mutex_unlock(&book->mu);
	keep_lowest(items, &count, size);
	*ret_page =
		(struct restriction_page){.items = items, .count = count, .more = total > count};
}

void restriction_list_networks(struct directory *d, struct restriction_page *ret_page)
{
	struct restrictions *book = d->restrictions;
	struct entry *entry;
	struct entry *tmp;
	size_t count = 0;
	uint64_t now_us = clock_wall_us();
	pthread_mutex_lock(&book->mu);
	struct restriction *items = mem_new(book->network_count, sizeof(*items));
	HASH_ITER (hh, book->entries[RESTRICTION_BAN], entry, tmp)
		if (!entry->r.target.account_id && is_in_force(&entry->r, now_us))
			items[count++] = entry->r;
	pthread_mutex_unlock(&book->mu);
	*ret_page = (struct restriction_page){.items = items, .count = count};
}

size_t restriction_list_expired(
	struct directory *d, uint64_t now_us, struct restriction *ret, size_t max)
{
	struct restrictions *book = d->restrictions;
	size_t count = 0;
	pthread_mutex_lock(&book->mu);
	for (size_t kind = 0; kind < _RESTRICTION_KIND_MAX; kind++) {
		struct entry *entry;
		struct entry *tmp;
		HASH_ITER (hh, book->entries[kind], entry, tmp)
			if (count < max && !is_in_force(&entry->r, now_us))
				ret[count++] = entry->r;
	}
	pthread_mutex_unlock(&book->mu);
	return count;
}

/* Under mu: takes one of them out of the book. False: there is none left. */
static bool take_one(struct restrictions *book, enum restriction_kind kind,
	const struct restriction_target *of, struct restriction *ret)
{
	struct entry *entry;
	struct entry *tmp;
	HASH_ITER (hh, book->entries[kind], entry, tmp) {
		const struct restriction_target *t = &entry->r.target;
		if ((of->room_id && t->room_id == of->room_id) ||
			(of->account_id && t->account_id == of->account_id)) {
			*ret = entry->r;
			drop(book, entry);
			return true;
		}
	}
	return false;
}

void restriction_forget(struct directory *d, uint64_t room_id, uint64_t account_id)
{
	struct restrictions *book = d->restrictions;
	const struct restriction_target of = {.room_id = room_id, .account_id = account_id};
	for (unsigned kind = 0; kind < _RESTRICTION_KIND_MAX; kind++) {
		struct restriction r;
		for (;;) {
			pthread_mutex_lock(&book->mu);
			bool taken = take_one(book, (enum restriction_kind)kind, &of, &r);
			pthread_mutex_unlock(&book->mu);
			if (!taken)
				break;
			(void)note(d, &r, 0); /* what remains of it: the other one's */
			cleanup_add(d->cleanup, restriction_record_kind(r.kind),
				restriction_key(&r.target));
		}
	}
}

/* ---- writes and the sweep ---- */

void restriction_begin(struct directory *d)
{
	pthread_mutex_lock(&d->restrictions->writes_mu);
	d->restrictions->writes++;
	pthread_mutex_unlock(&d->restrictions->writes_mu);
}

void restriction_end(struct directory *d)
{
	pthread_mutex_lock(&d->restrictions->writes_mu);
	GC_ASSERT(d->restrictions->writes > 0);
	d->restrictions->writes--;
	pthread_mutex_unlock(&d->restrictions->writes_mu);
}

void restriction_stop_sweep(struct directory *d)
{
	pthread_mutex_lock(&d->restrictions->writes_mu);
	d->restrictions->stopped = true;
	pthread_mutex_unlock(&d->restrictions->writes_mu);
}

void restriction_submit_sweep(struct directory *d, void (*submit)(void *arg), void *arg)
{
	pthread_mutex_lock(&d->restrictions->writes_mu);
	if (d->restrictions->writes == 0 && !d->restrictions->stopped)
		submit(arg);
	pthread_mutex_unlock(&d->restrictions->writes_mu);
}
