/*
 * One erasure after the other, in steps:
 *
 *   erase_tend -> [reader: look at windows of the logs] -> [writer: erase, note the place] -> ...
 *
 * The state of the one under way belongs to the step's thread; the list is under mu.
 */
#include "room/erase_priv.h"

#include "base/macros.h"
#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"
#include "proto/codec.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the record ---- */

static struct record_value encode(const struct erasure *erasure)
{
	char user[LIMIT_USER_NAME_BYTES + 1];
	Gchat__V1__ErasureRecord record;
	memcpy(user, erasure->user, sizeof(user));
	gchat__v1__erasure_record__init(&record);
	record.account_id = erasure->account_id;
	record.user = user;
	record.room_id = erasure->log;
	record.next_seq = erasure->seq;
	record.events = erasure->events;
	record.unreadable = erasure->unreadable;
	return record_encode(&record.base);
}

static struct erasure begin_of(const struct account *account)
{
	struct erasure erasure = {.account_id = account->id, .log = 1, .seq = 1};
	(void)snprintf(erasure.user, sizeof(erasure.user), "%s", account->name);
	return erasure;
}

void erase_put(struct write *write)
{
	struct erasure erasure = begin_of(write->actor);
	write_put(write, RECORD_ERASURE, record_key_id(write->actor->id), encode(&erasure),
		STORE_ANY);
}

static void add(struct eraser *e, const struct erasure *erasure)
{
	struct erasure *copy = mem_dup(erasure, sizeof(*erasure));
	pthread_mutex_lock(&e->mu);
	STAILQ_INSERT_TAIL(&e->list, copy, link);
	e->count++;
	pthread_mutex_unlock(&e->mu);
}

void erase_note(struct eraser *e, const struct account *account)
{
	struct erasure erasure = begin_of(account);
	add(e, &erasure);
}

void erase_release(struct eraser *e, uint64_t account_id)
{
	struct erasure *erasure;
	pthread_mutex_lock(&e->mu);
	STAILQ_FOREACH (erasure, &e->list, link)
		erasure->released = erasure->released || erasure->account_id == account_id;
	pthread_mutex_unlock(&e->mu);
	erase_tend(e);
}

static bool is_sound(const Gchat__V1__ErasureRecord *r, const uint8_t *key, size_t key_len)
{
	uint64_t big = 0;
	if (!r || key_len != sizeof(big))
		return false;
	memcpy(&big, key, sizeof(big));
	return be64toh(big) == r->account_id && r->account_id > 0 &&
	       strlen(r->user) <= LIMIT_USER_NAME_BYTES && r->room_id <= STORE_LOG_ID_MAX;
}

int erase_load(struct eraser *e, const uint8_t *key, size_t key_len, const uint8_t *value,
	size_t value_len)
{
	Gchat__V1__ErasureRecord *r =
		(void *)codec_load(&gchat__v1__erasure_record__descriptor, value, value_len);
	if (!is_sound(r, key, key_len)) {
		codec_free((void *)r);
		return err_raise(-EBADMSG);
	}
	struct erasure erasure = {.account_id = r->account_id,
		.log = r->room_id,
		.seq = r->next_seq,
		.events = r->events,
		.unreadable = r->unreadable,
		.released = true};
	(void)snprintf(erasure.user, sizeof(erasure.user), "%s", r->user);
	add(e, &erasure);
	codec_free(&r->base);
	return 0;
}

/* ---- steps ---- */

static struct erasure *first_released(struct eraser *e)
{
	struct erasure *erasure;
	STAILQ_FOREACH (erasure, &e->list, link)
		if (erasure->released)
			return erasure;
	return NULL;
}

/* Under mu. Whether an erasure begins, from what is stored of it. */
static bool begin(struct eraser *e)
{
	struct erasure *erasure = first_released(e);
	e->busy = erasure && !e->stopped;
	if (e->busy) {
		e->at = *erasure;
		e->op.erase_count = 0;
	}
	return e->busy;
}

/* This one goes no further for now; another one begins, where `again`. Else the eraser may be gone
 * by the time this returns. */
static void end_run(struct eraser *e, bool again)
{
	struct store *store = e->directory->store;
	free(e->logs);
	e->logs = NULL;
	pthread_mutex_lock(&e->mu);
	e->busy = false;
	bool begins = again && begin(e);
	if (!begins)
		pthread_cond_broadcast(&e->idle);
	pthread_mutex_unlock(&e->mu);
	if (begins)
		store_run(store, &e->job);
}

static void next_step(struct eraser *e)
{
	pthread_mutex_lock(&e->mu);
	bool stopped = e->stopped;
	pthread_mutex_unlock(&e->mu);
	if (stopped)
		end_run(e, false);
	else
		store_run(e->directory->store, &e->job);
}

static void submit(struct eraser *e)
{
	e->at.events += e->op.erase_count;
	e->value = e->done ? RECORD_NONE : encode(&e->at);
	e->key = record_key_id(e->at.account_id);
	e->put = (struct store_put){.kind = RECORD_ERASURE,
		.key = e->key.bytes,
		.key_len = e->key.len,
		.value = e->value.data,
		.value_len = e->value.len};
	e->op.puts = &e->put;
	e->op.put_count = 1;
	e->op.erases = e->erases;
	e->op.vital = true; /* it makes room */
	store_submit(e->directory->store, &e->op);
}

/* Reader thread. */
static void run(struct store_job *job, struct store_reader *reader)
{
	struct eraser *e = GC_CONTAINER_OF(job, struct eraser, job);
	enum store_status status = erase_look_on(e, reader);
	if (status != STORE_OK)
		end_run(e, false);
	else if (e->op.erase_count > 0 || e->done)
		submit(e);
	else
		next_step(e);
}

/* The readers of the tail see tombstones from now on. */
static void entomb(struct eraser *e)
{
	for (size_t i = 0; i < e->op.erase_count; i++) {
		struct room *room = directory_find_room(e->directory, e->erases[i].log);
		if (!room)
			continue;
		room_lock(room);
		roomlog_erase(&room->shared.log, e->erases[i].seq);
		room_unlock(room);
		(void)room_unref(room);
	}
}

/* Under mu. */
static struct erasure *find_current(struct eraser *e)
{
	struct erasure *erasure;
	STAILQ_FOREACH (erasure, &e->list, link)
		if (erasure->account_id == e->at.account_id)
			break;
	return erasure;
}

/* The one under way is done. */
static void take_off(struct eraser *e)
{
	pthread_mutex_lock(&e->mu);
	struct erasure *erasure = find_current(e);
	GC_ASSERT(erasure);
	STAILQ_REMOVE(&e->list, erasure, erasure, link);
	e->count--;
	if (e->news_count < ERASE_NEWS_MAX) {
		struct erase_news *news = &e->news[e->news_count++];
		*news = (struct erase_news){.events = e->at.events, .unreadable = e->at.unreadable};
		memcpy(news->user, e->at.user, sizeof(news->user));
	}
	pthread_mutex_unlock(&e->mu);
	free(erasure);
}

/* The place is stored: a failure from here on begins there again. */
static void keep_place(struct eraser *e)
{
	pthread_mutex_lock(&e->mu);
	struct erasure *erasure = find_current(e);
	GC_ASSERT(erasure);
	erasure->log = e->at.log;
	erasure->seq = e->at.seq;
	erasure->events = e->at.events;
	erasure->unreadable = e->at.unreadable;
	pthread_mutex_unlock(&e->mu);
}

/* Writer thread. */
static void on_stored(struct store_op *op, enum store_status status)
{
	struct eraser *e = GC_CONTAINER_OF(op, struct eraser, op);
	free(e->value.data);
	e->value = RECORD_NONE;
	if (status == STORE_OK)
		entomb(e);
	if (status == STORE_OK && e->done)
		take_off(e);
	else if (status == STORE_OK)
		keep_place(e);
	e->op.erase_count = 0;
	if (status != STORE_OK || e->done)
		end_run(e, status == STORE_OK);
	else
		next_step(e);
}

void erase_tend(struct eraser *e)
{
	pthread_mutex_lock(&e->mu);
	bool begins = !e->busy && begin(e);
	pthread_mutex_unlock(&e->mu);
	if (begins)
		store_run(e->directory->store, &e->job);
}

/* ---- the rest ---- */

size_t erase_count(struct eraser *e)
{
	pthread_mutex_lock(&e->mu);
	size_t count = e->count;
	pthread_mutex_unlock(&e->mu);
	return count;
}

bool erase_take_news(struct eraser *e, struct erase_news *ret_news)
{
	pthread_mutex_lock(&e->mu);
	bool any = e->news_count > 0;
	if (any)
		*ret_news = e->news[--e->news_count];
	pthread_mutex_unlock(&e->mu);
	return any;
}

struct eraser *eraser_new(struct directory *directory)
{
	struct eraser *e = mem_new(1, sizeof(*e));
	e->directory = directory;
	e->op.on_done = on_stored;
	e->job.run = run;
	STAILQ_INIT(&e->list);
	(void)pthread_mutex_init(&e->mu, NULL); /* cannot fail with default attributes */
	(void)pthread_cond_init(&e->idle, NULL);
	return e;
}

void eraser_stop(struct eraser *e)
{
	pthread_mutex_lock(&e->mu);
	e->stopped = true;
	while (e->busy)
		(void)pthread_cond_wait(&e->idle, &e->mu);
	pthread_mutex_unlock(&e->mu);
}

struct eraser *eraser_free(struct eraser *e)
{
	if (!e)
		return NULL;
	eraser_stop(e);
	while (!STAILQ_EMPTY(&e->list)) {
		struct erasure *erasure = STAILQ_FIRST(&e->list);
		STAILQ_REMOVE_HEAD(&e->list, link);
		free(erasure);
	}
	free(e->logs);
	(void)pthread_mutex_destroy(&e->mu);
	(void)pthread_cond_destroy(&e->idle);
	free(e);
	return NULL;
}
