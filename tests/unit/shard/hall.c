/* The shards' tests' common part. */
#include "hall.h"

#include "base/mem.h"
#include "log.h"
#include "proto/codec.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void on_marker(void *hub, struct account *account, struct room *room, uint64_t read_seq)
{
	(void)hub;
	(void)account;
	(void)room;
	(void)read_seq;
}

int hall_setup(void **state)
{
	static char mem[] = "mem";
	void *site = mem;
	if (site_setup(&site) != 0)
		return -1;
	grpc_init();
	struct hall *hall = mem_new(1, sizeof(*hall));
	hall->site = site;
	hall->presence = presence_new(hall->site->directory,
		&(struct presence_options){.grace_ms = 1000, .interval_ms = 1000});
	const struct hub_options options = {.shards = HALL_SHARDS,
		.directory = hall->site->directory,
		.presence = hall->presence,
		.store = hall->site->store,
		.limits = {.batch_bytes = 65536, .batch_events = 100, .snapshot_members = 100},
		.on_marker = on_marker};
	hall->hub = hub_new(&options);
	*state = hall;
	return 0;
}

int hall_teardown(void **state)
{
	struct hall *hall = *state;
	void *site = hall->site;
	directory_stop(hall->site->directory);
	hall->site->store = store_close(hall->site->store); /* its threads post to the shards */
	hall->hub = hub_free(hall->hub);
	hall->presence = presence_free(hall->presence);
	free(hall);
	grpc_shutdown_blocking();
	return site_teardown(&site);
}

struct session *hall_enter(
	struct hall *hall, unsigned shard, struct account *account, unsigned wants)
{
	struct session *s = mem_new(1, sizeof(*s));
	s->shard = &hall->hub->shards[shard];
	s->id = atomic_fetch_add(&hall->hub->next_session_id, 1);
	s->account = account_ref(account);
	TAILQ_INIT(&s->dirty);
	SLIST_INIT(&s->free_requests);
	TAILQ_INSERT_TAIL(&s->shard->sessions, s, shard_link);
	session_join_account(s, "test", wants);
	session_go_live(s);
	return s;
}

static void leave_account(struct session *s)
{
	struct shard_account *a;
	LIST_REMOVE(s, account_link);
	HASH_FIND(hh, s->shard->accounts, &s->account->id, sizeof(s->account->id), a);
	GC_ASSERT(a);
	if (LIST_EMPTY(&a->sessions)) {
		HASH_DELETE(hh, s->shard->accounts, a);
		free(a);
	}
}

void hall_leave(struct session *s)
{
	struct subscription *sub;
	struct subscription *tmp;
	HASH_ITER (hh, s->subscriptions, sub, tmp)
		subscription_close(sub);
	leave_account(s);
	TAILQ_REMOVE(&s->shard->sessions, s, shard_link);
	if (s->ready)
		TAILQ_REMOVE(&s->shard->ready, s, ready_link);
	if (s->waiting)
		TAILQ_REMOVE(&s->shard->waiting, s, waiting_link);
	for (unsigned i = 0; i < s->update_count; i++)
		grpc_slice_unref(s->updates[i]);
	free(s->updates);
	control_deinit(&s->control);
	account_unref(s->account);
	free(s);
}

bool hall_deliver(struct hall *hall)
{
	bool any = false;
	for (unsigned i = 0; i < HALL_SHARDS; i++)
		any = mailbox_deliver(&hall->hub->shards[i].box) || any;
	return any;
}

void hall_publish(struct hall *hall, unsigned count)
{
	struct room *den = hall->site->den;
	for (unsigned i = 0; i < count; i++) {
		room_begin(den);
		room_publish(den, log_event(den->shared.log.head + 1, 0, 20), &hall->site->tail);
		room_settle(den);
	}
}

Gchat__V1__ServerFrame *hall_control(struct session *s)
{
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__server_frame__descriptor, s->control.data, s->control.len);
	assert_non_null(msg);
	return GC_CONTAINER_OF(msg, Gchat__V1__ServerFrame, base);
}
