/* Making a world, and making it come to rest. */
#include "world.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/accept.h"
#include "net/listen.h"
#include "net/tls.h"
#include "rpc/external.h"
#include "service/password_pool.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is made once and shared by all worlds: nothing of a world stays in it. */
static struct {
	struct config *config;
	struct listeners listeners; /* none */
	struct external *external; /* not open */
	struct acceptor *acceptor;
	struct tls_holder *tls;
	struct worker_pool *workers;
	struct password_pool *passwords;
	struct service service; /* its reflection, that is: the rest is set for each world */
} site;

static struct tls_holder *make_certificate(void)
{
	char folder[] = "/tmp/gchat-fuzz-XXXXXX";
	char path[64];
	static const char *const names[] = {TLS_MADE_CERTIFICATE, TLS_MADE_KEY};
	struct tls_pair *pair = NULL;
	struct err_text err;
	bool made;
	GC_ASSERT(mkdtemp(folder));
	GC_ASSERT(tls_pair_load_or_make(folder, &pair, &made, &err) == 0);
	for (size_t i = 0; i < GC_LENGTH(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	return tls_holder_new(pair);
}

static void site_init(void)
{
	struct config_errors errors = {.count = 0};
	struct err_text err;
	if (site.config)
		return;
	log_set_level(CONFIG_LOG_ERROR);
	grpc_init();
	GC_ASSERT(password_init() == 0);
	GC_ASSERT(config_load(NULL, &site.config, &errors) == 0);
	site.external = external_new("fuzz");
	site.tls = make_certificate();
	GC_ASSERT(acceptor_start(&(struct acceptor_options){.listeners = &site.listeners,
					 .external = site.external},
			  &site.acceptor, &err) == 0);
	GC_ASSERT(worker_pool_start(1, 16, &site.workers) == 0);
	GC_ASSERT(password_pool_start(1, GCHAT_HASH, &site.passwords, &err) == 0);
	site.service = (struct service){.workers = site.workers,
		.passwords = site.passwords,
		.acceptor = site.acceptor,
		.tls = site.tls,
		.listeners = &site.listeners};
	service_init(&site.service, site.config);
}

/* ---- waiting for the threads ---- */

/* Goes through a thread's queue behind all that is in it. */
struct barrier {
	struct store_op op;
	struct store_job job;
	struct worker_job work;
	sem_t passed;
	sem_t *wait; /* what it waits for in there, or NULL */
};

static void on_op(struct store_op *op, enum store_status status)
{
	struct barrier *b = GC_CONTAINER_OF(op, struct barrier, op);
	(void)status;
	sem_t *wait = b->wait;
	sem_post(&b->passed);
	if (wait)
		while (sem_wait(wait) != 0)
			continue;
}

static void on_job(struct store_job *job, struct store_reader *reader)
{
	(void)reader;
	sem_post(&GC_CONTAINER_OF(job, struct barrier, job)->passed);
}

static void on_work(struct worker_job *work)
{
	sem_post(&GC_CONTAINER_OF(work, struct barrier, work)->passed);
}

static void pass(struct barrier *b)
{
	while (sem_wait(&b->passed) != 0)
		continue;
}

static void await_threads(struct world *w)
{
	struct barrier b = {.op.on_done = on_op, .job.run = on_job, .work.run = on_work};
	sem_init(&b.passed, 0, 0);
	while (worker_queued(site.workers) > 0)
		usleep(100); /* in whatever order they run */
	GC_ASSERT(worker_submit(site.workers, &b.work) == 0);
	pass(&b); /* one thread: behind the last of them */
	if (!w->blocker) {
		store_submit(w->store, &b.op);
		pass(&b);
		while (!store_writer_rests(w->store))
			usleep(20); /* what is done may have been a first step: the next is behind */
	}
	store_run(w->store, &b.job);
	pass(&b);
	sem_destroy(&b.passed);
}

struct blocker {
	struct barrier barrier;
	sem_t release;
};

void world_hold(struct world *w, bool hold)
{
	struct blocker *blocker = w->blocker;
	if (hold && !blocker) {
		blocker = mem_new(1, sizeof(*blocker));
		sem_init(&blocker->release, 0, 0);
		sem_init(&blocker->barrier.passed, 0, 0);
		blocker->barrier.op.on_done = on_op;
		blocker->barrier.wait = &blocker->release;
		store_submit(w->store, &blocker->barrier.op);
		pass(&blocker->barrier);
		w->blocker = blocker;
	} else if (!hold && blocker) {
		w->blocker = NULL;
		sem_post(&blocker->release);
		await_threads(w); /* the writer is out of it then */
		sem_destroy(&blocker->release);
		sem_destroy(&blocker->barrier.passed);
		free(blocker);
	}
}

/* Nobody waits for a second to pass. */
static bool run_later(struct shard *shard)
{
	struct later *later = STAILQ_FIRST(&shard->later);
	if (!later)
		return false;
	STAILQ_REMOVE_HEAD(&shard->later, link);
	later->run(later);
	return true;
}

/* As a shard's own turn; until nothing moves. */
static bool run_shards(struct world *w)
{
	bool any = false;
	bool more = true;
	while (more) {
		more = line_run();
		for (unsigned i = 0; i < WORLD_SHARDS; i++) {
			struct shard *shard = &w->hub->shards[i];
			more = mailbox_deliver(&shard->box) || more;
			while (!TAILQ_EMPTY(&shard->ready)) {
				session_flush(TAILQ_FIRST(&shard->ready));
				more = true;
			}
			more = run_later(shard) || more;
		}
		any = any || more;
	}
	return any;
}

/* Every frame of a stream that is read has its reply by now. */
static void check_streams(struct world *w)
{
	for (unsigned i = 0; i < WORLD_SHARDS; i++) {
		struct session *s;
		TAILQ_FOREACH (s, &w->hub->shards[i].sessions, shard_link)
			if (s->state == SESSION_LIVE && !s->write_op.busy)
				GC_ASSERT(s->requests == 0 && TAILQ_EMPTY(&s->dirty));
	}
}

static void on_presence(void *hub, uint64_t room_id, const uint8_t *wire, size_t len)
{
	hub_tell_rooms(hub, &room_id, 1,
		&(struct hub_update){.want = UPDATE_PRESENCE, .wire = wire, .len = len});
}

void world_settle(struct world *w)
{
	do {
		(void)presence_tick(w->presence, clock_mono(), on_presence, w->hub);
		(void)run_shards(w);
		await_threads(w);
	} while (run_shards(w));
	if (!w->blocker) {
		check_streams(w);
		mirror_check_rooms(w);
	}
}

/* ---- making one ---- */

static void set_options(struct world *w, const struct world_options *options)
{
	struct config *c = &w->config;
	*c = *site.config;
	c->accounts.password_memory_kb = PASSWORD_MEMORY_KB_MIN;
	c->accounts.password_passes = 1;
	c->accounts.guests = !options->closed;
	c->accounts.registration =
		options->closed ? CONFIG_REGISTRATION_CLOSED : CONFIG_REGISTRATION_OPEN;
	c->limits.messages_per_minute = options->tight ? 60 : 0;
	c->limits.messages_burst = 8;
	c->limits.message_bytes_per_minute = options->tight ? 1000 : 0;
	c->limits.message_bytes_burst = 1000;
	c->limits.log_ins_per_minute = options->tight ? 3 : 0;
	c->limits.registrations_per_hour = options->tight ? 2 : 0;
	if (!options->tight)
		return;
	c->delivery.tail_events = 3;
	c->delivery.tail_bytes = 400;
	c->delivery.batch_bytes = 200;
	c->delivery.batch_events = 2;
	c->delivery.snapshot_members = 2;
	c->limits.text_bytes = 64;
	c->limits.rooms = 3;
	c->limits.rooms_per_account = 3;
	c->limits.members_per_room = 3;
	c->limits.sessions_per_account = 2;
	c->limits.requests_in_flight = 2;
}

static bool open_layers(struct world *w, const struct world_options *options)
{
	const struct config *c = &w->config;
	struct err_text err;
	const struct directory_limits limits = {.rooms_max = (unsigned)c->limits.rooms,
		.rooms_per_account = (unsigned)c->limits.rooms_per_account,
		.members_per_room = (unsigned)c->limits.members_per_room,
		.text_bytes = (unsigned)c->limits.text_bytes,
		.snapshot_members = (unsigned)c->delivery.snapshot_members,
		.messages_per_minute = (uint32_t)c->limits.messages_per_minute,
		.messages_burst = (uint32_t)c->limits.messages_burst,
		.message_bytes_per_minute = (uint32_t)c->limits.message_bytes_per_minute,
		.message_bytes_burst = (uint32_t)c->limits.message_bytes_burst,
		.token_life_us = UINT64_C(86400000000)};
	const struct roomlog_limits tail = {
		.events = (size_t)c->delivery.tail_events, .bytes = (size_t)c->delivery.tail_bytes};
	struct hub_options hub = {.shards = WORLD_SHARDS,
		.on_call = service_on_call,
		.on_frame = service_on_frame,
		.on_marker = service_on_marker,
		.arg = w->service,
		.limits = {.batch_bytes = (size_t)c->delivery.batch_bytes,
			.batch_events = (size_t)c->delivery.batch_events,
			.snapshot_members = (unsigned)c->delivery.snapshot_members,
			.sessions_per_account = (unsigned)c->limits.sessions_per_account,
			.requests_in_flight = (unsigned)c->limits.requests_in_flight}};
	w->hub = hub_new(&hub);
	GC_ASSERT(
		store_open(
			&(struct store_options){
				.engine = "mem", .readers = 1, .on_batch = hub_kick, .arg = w->hub},
			&w->store, &err) == 0);
	if (options->fill) {
		options->fill(options->arg, w->store);
		await_threads(w);
	}
	if (directory_open(w->store, &limits, &tail, &w->directory, &err) != 0) {
		GC_ASSERT(options->fill && err.text[0]);
		return false;
	}
	w->presence = presence_new(
		w->directory, &(struct presence_options){.grace_ms = 0, .interval_ms = 0});
	w->hub->options.directory = w->directory;
	w->hub->options.presence = w->presence;
	w->hub->options.store = w->store;
	return true;
}

/* Attempts are counted anew in each world. */
static void reset_attempts(struct service *service, const struct config *config)
{
	service->attempts = ratemap_free(service->attempts);
	service->registrations = ratemap_free(service->registrations);
	service->attempts = ratemap_new(SERVICE_RATEMAP_MAX, config->limits.log_ins_per_minute,
		config->limits.log_ins_per_minute);
	service->registrations =
		ratemap_new(SERVICE_RATEMAP_MAX, config->limits.registrations_per_hour,
			config->limits.registrations_per_hour * SERVICE_REGISTRATION_AMOUNT);
}

/* This thread is the main thread, too. */
static bool post_to_main(void *arg, struct mail *mail)
{
	(void)arg;
	mail->deliver(mail);
	return true;
}

/* Nothing has changed. */
static void reload(void *arg, struct reload *ret)
{
	(void)arg;
	(void)ret;
}

static void open_service(struct world *w)
{
	struct service *service = w->service;
	service->main = (struct service_main){.post = post_to_main, .reload = reload};
	service->directory = w->directory;
	service->presence = w->presence;
	service->store = w->store;
	service->hub = w->hub;
	service_set_config(service, &w->config);
	reset_attempts(service, &w->config);
	(void)health_set(&service->health, true);
}

/* ---- who and what is in it ---- */

static void on_done(struct write *write)
{
	(void)write; /* waited for by await_threads */
}

static void begin(struct world *w, struct write *write, struct account *actor, struct room *room)
{
	write_init(write, w->directory, &w->hub->audience, on_done);
	write->actor = actor ? account_ref(actor) : NULL;
	write->room = room ? room_ref(room) : NULL;
}

static void finish(struct world *w, struct write *writes, size_t count)
{
	await_threads(w);
	for (size_t i = 0; i < count; i++) {
		/* what a hostile store holds may be in the way, like a token of the same hash */
		GC_ASSERT(w->filled || writes[i].reason == REASON_NONE);
		write_deinit(&writes[i]);
	}
}

static const char *const names[_WORLD_PERSON_MAX] = {"ada", "bob", "eve", "guy"};

/* 'A' at the end, whose last bits are 0, makes a token of any letters. */
static void make_token(struct world *w, size_t i, struct token_hash *ret_hash)
{
	memset(w->tokens[i].text, names[i][0], TOKEN_TEXT_BYTES - 2);
	w->tokens[i].text[TOKEN_TEXT_BYTES - 2] = 'A';
	w->tokens[i].text[TOKEN_TEXT_BYTES - 1] = '\0';
	token_hash(&w->tokens[i], ret_hash);
}

static void add_people(struct world *w)
{
	struct write writes[_WORLD_PERSON_MAX];
	for (size_t i = 0; i < GC_LENGTH(names); i++) {
		struct profile profile = {.guest = i == WORLD_GUY};
		struct token_hash hash;
		(void)snprintf(profile.user, sizeof(profile.user), "%s", names[i]);
		make_token(w, i, &hash);
		begin(w, &writes[i], NULL, NULL);
		const struct op_account new = {.profile = &profile,
			.password_hash = "",
			.token_hash = hash.bytes,
			.device = "fuzz"};
		GC_ASSERT(op_create_account(&writes[i], &new) == REASON_NONE);
		w->people[i] = account_ref(writes[i].actor);
		write_start(&writes[i]);
	}
	finish(w, writes, GC_LENGTH(names));
}

/* The first accounts that were loaded get the tokens. */
static void find_people(struct world *w)
{
	struct write writes[_WORLD_PERSON_MAX];
	struct account *account;
	struct account *tmp;
	size_t count = 0;
	HASH_ITER (by_id, w->directory->accounts, account, tmp) {
		struct token_hash hash;
		if (count == _WORLD_PERSON_MAX)
			break;
		make_token(w, count, &hash);
		w->people[count] = account_ref(account);
		begin(w, &writes[count], account, NULL);
		GC_ASSERT(op_sign_in(&writes[count], hash.bytes, "fuzz",
				  account->shared.token_epoch) == REASON_NONE);
		write_start(&writes[count++]);
	}
	finish(w, writes, count);
}

static void add_rooms(struct world *w)
{
	static const struct room_info infos[] = {
		[WORLD_DEN] = {.name = "den",
			.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC},
		[WORLD_ATTIC] = {
			.name = "attic", .visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE}};
	struct write writes[_WORLD_ROOM_MAX];
	for (size_t i = 0; i < GC_LENGTH(infos); i++) {
		begin(w, &writes[i], w->people[WORLD_ADA], NULL);
		GC_ASSERT(op_create_room(&writes[i], &infos[i], NULL) == REASON_NONE);
		write_start(&writes[i]);
	}
	finish(w, writes, GC_LENGTH(infos));
}

static void fill_den(struct world *w)
{
	enum {
		MESSAGES = 4
	};
	static const uint8_t ids[MESSAGES][LIMIT_CLIENT_MSG_ID_BYTES] = {{1}, {2}, {3}, {4}};
	static char text[] = "hello";
	struct write writes[2 + MESSAGES];
	struct room *den = directory_find_room(w->directory, WORLD_DEN + 1);
	GC_ASSERT(den);
	for (size_t i = 0; i < 2; i++) {
		begin(w, &writes[i], w->people[i ? WORLD_GUY : WORLD_BOB], den);
		GC_ASSERT(op_join(&writes[i]) == REASON_NONE);
		write_start(&writes[i]);
	}
	for (size_t i = 0; i < MESSAGES; i++) {
		struct op_message m = {.client_id = ids[i], .text = text};
		begin(w, &writes[2 + i], w->people[WORLD_ADA], den);
		GC_ASSERT(op_send(&writes[2 + i], &m) == REASON_NONE);
		write_start(&writes[2 + i]);
	}
	finish(w, writes, GC_LENGTH(writes));
	(void)room_unref(den);
}

struct world *world_new(const struct world_options *options)
{
	struct world *w = mem_new(1, sizeof(*w));
	site_init();
	w->service = &site.service;
	w->filled = options->fill != NULL;
	set_options(w, options);
	if (!open_layers(w, options)) {
		w->store = store_close(w->store);
		w->hub = hub_free(w->hub);
		free(w);
		return NULL;
	}
	open_service(w);
	if (options->fill) {
		find_people(w);
	} else {
		add_people(w);
		add_rooms(w);
		fill_den(w);
	}
	world_settle(w);
	return w;
}

void world_free(struct world *w)
{
	world_hold(w, false);
	for (size_t i = 0; i < w->stream_count; i++)
		line_hold(w->streams[i].line, false);
	world_settle(w);
	mirror_check(w);
	hub_drain(w->hub);
	world_settle(w);
	for (size_t i = 0; i < w->stream_count; i++)
		line_free(w->streams[i].line);
	for (unsigned i = 0; i < WORLD_SHARDS; i++)
		GC_ASSERT(w->hub->shards[i].calls == 0 && w->hub->shards[i].session_count == 0);
	for (size_t i = 0; i < _WORLD_PERSON_MAX; i++)
		w->people[i] = account_unref(w->people[i]);
	directory_stop(w->directory);
	w->store = store_close(w->store);
	w->hub = hub_free(w->hub);
	w->presence = presence_free(w->presence);
	w->directory = directory_close(w->directory);
	free(w);
}
