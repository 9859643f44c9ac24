/* The room layer's tests' common part. */
#include "site.h"

#include "base/mem.h"
#include "proto/codec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done_cond = PTHREAD_COND_INITIALIZER;

struct task {
	struct write write;
	bool started;
	bool done; /* under mu */
};

/* ---- the audience; writer thread ---- */

static void joined(void *arg, struct account *account, struct room *room, uint64_t seq)
{
	struct site *site = arg;
	(void)room;
	site->heard.joined++;
	site->heard.account_id = account->id;
	site->heard.seq = seq;
}

static void parted(void *arg, uint64_t account_id, struct room *room, uint64_t seq)
{
	struct site *site = arg;
	(void)room;
	site->heard.parted++;
	site->heard.account_id = account_id;
	site->heard.seq = seq;
}

static void profile_changed(void *arg, struct account *account)
{
	struct site *site = arg;
	site->heard.profiles++;
	site->heard.account_id = account->id;
}

static void marker_moved(void *arg, struct account *account, struct room *room, uint64_t read_seq)
{
	struct site *site = arg;
	(void)room;
	site->heard.markers++;
	site->heard.account_id = account->id;
	site->heard.seq = read_seq;
}

static void signed_out(void *arg, uint64_t account_id, uint64_t token_id, uint64_t but)
{
	struct site *site = arg;
	site->heard.signed_out++;
	site->heard.account_id = account_id;
	site->heard.token_id = token_id;
	site->heard.but = but;
}

static void ended(void *arg, uint64_t account_id, enum reason reason, const char *text)
{
	struct site *site = arg;
	site->heard.ended++;
	(void)snprintf(site->heard.text, sizeof(site->heard.text), "%s", text ? text : "");
	site->heard.account_id = account_id;
	site->heard.reason = reason;
}

/* ---- changes ---- */

static void on_done(struct write *write)
{
	struct task *task = GC_CONTAINER_OF(write, struct task, write);
	pthread_mutex_lock(&mu);
	task->done = true;
	pthread_cond_broadcast(&done_cond);
	pthread_mutex_unlock(&mu);
}

struct write *begin(
	struct site *site, struct account *actor, struct room *room, struct account *subject)
{
	struct task *task = mem_new(1, sizeof(*task));
	write_init(&task->write, site->directory, &site->audience, on_done);
	task->write.actor = actor ? account_ref(actor) : NULL;
	task->write.room = room ? room_ref(room) : NULL;
	task->write.subject = subject ? account_ref(subject) : NULL;
	return &task->write;
}

void start(struct write *write, enum reason reason)
{
	struct task *task = GC_CONTAINER_OF(write, struct task, write);
	if (reason == REASON_NONE && !write->already) {
		task->started = true;
		write_start(write);
	} else {
		write->reason = reason;
	}
}

enum reason await(struct write *write)
{
	struct task *task = GC_CONTAINER_OF(write, struct task, write);
	struct timespec deadline;
	int r = 0;
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += SITE_DEADLINE_S;
	pthread_mutex_lock(&mu);
	while (task->started && !task->done && r == 0)
		r = pthread_cond_timedwait(&done_cond, &mu, &deadline);
	pthread_mutex_unlock(&mu);
	assert_int_equal(r, 0);
	return write->reason;
}

void end(struct write *write)
{
	write_deinit(write);
	free(GC_CONTAINER_OF(write, struct task, write));
}

enum reason run(struct write *write, enum reason reason)
{
	start(write, reason);
	reason = await(write);
	end(write);
	return reason;
}

struct account *add_account(struct site *site, const char *name, bool guest)
{
	static unsigned token;
	uint8_t hash[LIMIT_SHA256_BYTES] = {0};
	struct profile profile = {.guest = guest};
	(void)snprintf(profile.user, sizeof(profile.user), "%s", name);
	(void)snprintf((char *)hash, sizeof(hash), "token %u", ++token);
	struct write *write = begin(site, NULL, NULL, NULL);
	const struct op_account new = {
		.profile = &profile, .password_hash = "", .token_hash = hash, .device = "test"};
	start(write, op_create_account(write, &new));
	assert_int_equal(await(write), REASON_NONE);
	struct account *account = write->actor; /* the directory has a reference too */
	end(write);
	return account;
}

struct room *add_room(struct site *site, struct account *owner, const char *name,
	Gchat__V1__Visibility visibility)
{
	struct room_info info = {.visibility = visibility};
	(void)snprintf(info.name, sizeof(info.name), "%s", name);
	struct write *write = begin(site, owner, NULL, NULL);
	start(write, op_create_room(write, &info, NULL));
	assert_int_equal(await(write), REASON_NONE);
	struct room *room = room_ref(write->room);
	end(write);
	return room;
}

enum reason join(struct site *site, struct account *actor, struct room *room)
{
	struct write *write = begin(site, actor, room, NULL);
	return run(write, op_join(write));
}

enum reason leave(struct site *site, struct account *actor, struct room *room)
{
	struct write *write = begin(site, actor, room, NULL);
	return run(write, op_leave(write));
}

enum reason set_role(struct site *site, struct account *actor, struct room *room,
	struct account *subject, Gchat__V1__Role role)
{
	struct write *write = begin(site, actor, room, subject);
	return run(write, op_set_role(write, role));
}

enum reason mark_read(struct site *site, struct account *actor, struct room *room, uint64_t seq)
{
	struct write *write = begin(site, actor, room, NULL);
	return run(write, op_mark_read(write, seq));
}

struct op_message message(const char *text, uint64_t target)
{
	static uint8_t ids[65536][LIMIT_CLIENT_MSG_ID_BYTES]; /* borrowed until a write is done */
	static uint32_t next;
	assert_true(next < GC_LENGTH(ids));
	uint8_t *id = ids[next++];
	memcpy(id, &next, sizeof(next));
	char *same = (char *)(uintptr_t)text; /* only read */
	return (struct op_message){
		.client_id = id, .text = same, .emoji = same, .reason = same, .target_seq = target};
}

uint64_t say(struct site *site, struct account *actor, struct room *room, const char *text)
{
	struct op_message m = message(text, 0);
	struct write *write = begin(site, actor, room, NULL);
	start(write, op_send(write, &m));
	assert_int_equal(await(write), REASON_NONE);
	uint64_t seq = write->seq;
	end(write);
	return seq;
}

Gchat__V1__Event *event_at(struct room *room, uint64_t seq)
{
	room_lock(room);
	struct event *event = roomlog_find(&room->shared.log, seq);
	if (event)
		event_ref(event);
	room_unlock(room);
	if (!event)
		return NULL;
	size_t head = 1;
	while (event->wire[head] & 0x80)
		head++;
	head++;
	ProtobufCMessage *msg = codec_load(
		&gchat__v1__event__descriptor, event->wire + head, event->wire_len - head);
	(void)event_unref(event);
	assert_non_null(msg);
	return GC_CONTAINER_OF(msg, Gchat__V1__Event, base);
}

/* ---- life ---- */

static void open_store(struct site *site, const char *engine)
{
	char path[80];
	struct err_text err = {0};
	(void)snprintf(path, sizeof(path), "%s/db", site->folder);
	struct store_options options = {.engine = engine,
		.path = path,
		.durability = STORE_DURABILITY_PROCESS,
		.readers = 1};
	int r = store_open(&options, &site->store, &err);
	if (r != 0)
		fail_msg("store_open: %s (%s)", err.text, strerror(-r));
}

static void open_directory(struct site *site)
{
	struct err_text err = {0};
	int r = directory_open(site->store, &site->limits, &site->tail, &site->directory, &err);
	if (r != 0)
		fail_msg("directory_open: %s", err.text);
}

static void drop_references(struct site *site)
{
	site->ada = account_unref(site->ada);
	site->bob = account_unref(site->bob);
	site->eve = account_unref(site->eve);
	site->den = room_unref(site->den);
}

void site_reload(struct site *site)
{
	drop_references(site);
	site->directory = directory_close(site->directory);
	if (site->folder[0] != '\0') {
		site->store = store_close(site->store);
		open_store(site, "sqlite");
	}
	open_directory(site);
	site->ada = directory_find_user(site->directory, "ada");
	site->bob = directory_find_user(site->directory, "bob");
	site->eve = directory_find_user(site->directory, "eve");
	site->den = directory_find_room_name(site->directory, "den");
}

int site_setup(void **state)
{
	const char *engine = *state;
	struct site *site = mem_new(1, sizeof(*site));
	*state = site;
	site->limits = (struct directory_limits){.rooms_max = 8,
		.rooms_per_account = 4,
		.members_per_room = 4,
		.text_bytes = 100,
		.snapshot_members = 3,
		.token_life_us = 3600ULL * CLOCK_US_PER_S};
	site->tail = (struct roomlog_limits){.events = 1000, .bytes = 1 << 20};
	site->audience = (struct audience){.arg = site,
		.joined = joined,
		.parted = parted,
		.profile_changed = profile_changed,
		.marker_moved = marker_moved,
		.signed_out = signed_out,
		.ended = ended};
	if (strcmp(engine, "sqlite") == 0) {
		(void)snprintf(site->folder, sizeof(site->folder), "/tmp/gchat-room-XXXXXX");
		if (!mkdtemp(site->folder))
			return -1;
	}
	open_store(site, engine);
	open_directory(site);
	site->ada = account_ref(add_account(site, "ada", false));
	site->bob = account_ref(add_account(site, "bob", false));
	site->eve = account_ref(add_account(site, "eve", false));
	site->den = add_room(site, site->ada, "den", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	assert_int_equal(join(site, site->bob, site->den), REASON_NONE);
	site->heard = (struct heard){0};
	return 0;
}

int site_teardown(void **state)
{
	struct site *site = *state;
	drop_references(site);
	site->directory = directory_close(site->directory);
	site->store = store_close(site->store);
	if (site->folder[0] != '\0') {
		static const char *const names[] = {"db", "db-wal", "db-shm", "db.lock"};
		char path[80];
		for (size_t i = 0; i < GC_LENGTH(names); i++) {
			(void)snprintf(path, sizeof(path), "%s/%s", site->folder, names[i]);
			(void)unlink(path); /* what isn't there needn't go */
		}
		(void)rmdir(site->folder);
	}
	free(site);
	return 0;
}
