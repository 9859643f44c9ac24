/* A shard's thread: its turn, its deadlines, and the slots in which calls come in. */
#include "shard/shard.h"

#include "base/mem.h"
#include "shard/hub.h"
#include "shard/session.h"

#include <grpc/support/alloc.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- calls coming in ---- */

struct slot {
	struct op op;
	struct shard *shard; /* borrowed: outlives its slots */
	grpc_server *server; /* borrowed: the same */
	bool admin;
	grpc_call *call;
	grpc_call_details details;
	grpc_metadata_array metadata;
};

static void slot_open(struct shard *shard, grpc_server *server, bool admin);

static void slot_free(struct slot *slot)
{
	slot->shard->calls_waiting--;
	grpc_call_details_destroy(&slot->details);
	grpc_metadata_array_destroy(&slot->metadata);
	free(slot);
}

static void copy_slice(char *out, size_t size, grpc_slice slice)
{
	size_t len = GRPC_SLICE_LENGTH(slice);
	(void)snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1),
		(const char *)GRPC_SLICE_START_PTR(slice));
}

static void on_incoming(struct op *op, bool ok)
{
	struct slot *slot = GC_CONTAINER_OF(op, struct slot, op);
	struct shard *shard = slot->shard;
	if (!ok) { /* the server is shutting down */
		slot_free(slot);
		return;
	}
	slot_open(shard, slot->server, slot->admin);
	struct incoming in = {.shard = shard, .call = slot->call, .admin = slot->admin};
	in.metadata = slot->metadata;
	grpc_metadata_array_init(&slot->metadata);
	copy_slice(in.method, sizeof(in.method), slot->details.method);
	char *peer = grpc_call_get_peer(slot->call);
	(void)snprintf(in.peer, sizeof(in.peer), "%s", peer);
	gpr_free(peer);
	slot_free(slot);
	shard->hub->options.on_call(shard->hub->options.arg, &in);
}

static void slot_open(struct shard *shard, grpc_server *server, bool admin)
{
	struct slot *slot = mem_new(1, sizeof(*slot));
	*slot = (struct slot){
		.op.done = on_incoming, .shard = shard, .server = server, .admin = admin};
	grpc_call_details_init(&slot->details);
	grpc_metadata_array_init(&slot->metadata);
	shard->calls_waiting++;
	grpc_call_error e = grpc_server_request_call(server, &slot->call, &slot->details,
		&slot->metadata, shard->queue.cq, shard->queue.cq, op_arm(&slot->op));
	GC_ASSERT(e == GRPC_CALL_OK);
}

/* ---- the turn ---- */

/* All that a sweep over every session leaves behind, and then what has come in meanwhile. With less
 * than that, a speaker's next frame would wait for its place in each turn while those before it went
 * out one by one: 5,000 readers were served without batches, at 14 us a delivery instead of 0.6. */
static unsigned turn_max(const struct shard *shard)
{
	return SHARD_TURN_MIN + 2 * shard->session_count;
}

static bool run_completions(struct shard *shard)
{
	unsigned count = 0;
	unsigned max = turn_max(shard);
	while (count < max && queue_run_one(&shard->queue, (struct mono){0}))
		count++;
	return count > 0;
}

static void flush_ready(struct shard *shard)
{
	while (!TAILQ_EMPTY(&shard->ready))
		session_flush(TAILQ_FIRST(&shard->ready)); /* takes itself off the list */
}

static void look_at_deadlines(struct shard *shard, struct mono now)
{
	if (now.us < shard->next_tick.us)
		return;
	shard->next_tick = clock_mono_add_ms(now, SHARD_TICK_MS);
	sample_take(shard, now);
	struct session *next;
	for (struct session *s = TAILQ_FIRST(&shard->waiting); s; s = next) {
		next = TAILQ_NEXT(s, waiting_link);
		if (s->deadline.us <= now.us)
			session_expire(s);
	}
	while (!TAILQ_EMPTY(&shard->slowed))
		session_quicken(TAILQ_FIRST(&shard->slowed)); /* takes itself off the list */
}

void shard_later(struct shard *shard, struct later *later)
{
	later->due = clock_mono_add_ms(shard->now, SHARD_LATER_MS);
	STAILQ_INSERT_TAIL(&shard->later, later, link);
}

static struct mono due_at(const struct shard *shard, const struct later *later)
{
	return shard->draining || shard->stopping ? shard->now : later->due;
}

static void run_later(struct shard *shard)
{
	struct later *later;
	for (int i = 0; i < SHARD_LATER_MAX && (later = STAILQ_FIRST(&shard->later)) &&
			due_at(shard, later).us <= shard->now.us;
		i++) {
		STAILQ_REMOVE_HEAD(&shard->later, link);
		later->run(later);
	}
}

static struct mono next_due(const struct shard *shard)
{
	const struct later *later = STAILQ_FIRST(&shard->later);
	if (!later)
		return shard->next_tick;
	struct mono due = due_at(shard, later);
	return due.us < shard->next_tick.us ? due : shard->next_tick;
}

static bool is_done(const struct shard *shard)
{
	return shard->stopping && TAILQ_EMPTY(&shard->sessions) && shard->calls == 0 &&
	       shard->calls_waiting == 0;
}

static void *run(void *arg)
{
	struct shard *shard = arg;
	char name[16];
	(void)snprintf(name, sizeof(name), "shard-%u", shard->index);
	(void)pthread_setname_np(pthread_self(), name); /* only for people who look at threads */
	pulse_begin(&shard->pulse);
	while (!is_done(shard)) {
		bool busy = run_completions(shard);
		shard->now = clock_mono();
		busy = mailbox_deliver(&shard->box) || busy;
		busy = !TAILQ_EMPTY(&shard->ready) || busy;
		flush_ready(shard);
		look_at_deadlines(shard, shard->now);
		run_later(shard);
		pulse_beat(&shard->pulse);
		if (!busy) /* a wake posted since then is a completion already: nothing is missed */
			(void)queue_run_one(&shard->queue, next_due(shard));
	}
	return NULL;
}

void shard_init(struct shard *shard, struct hub *hub, unsigned index)
{
	*shard = (struct shard){.hub = hub, .index = index, .limits = hub->options.limits};
	queue_init(&shard->queue);
	mailbox_init(&shard->box);
	codec_arena_init(&shard->arena);
	grpc_slice_buffer_init(&shard->events);
	TAILQ_INIT(&shard->ready);
	TAILQ_INIT(&shard->waiting);
	TAILQ_INIT(&shard->slowed);
	TAILQ_INIT(&shard->sessions);
	STAILQ_INIT(&shard->later);
}

/* The calls are asked for here: the thread may begin so late that the servers are gone again. */
void shard_start(struct shard *shard)
{
	for (unsigned i = 0; i < SHARD_CALLS_WAITING; i++) {
		slot_open(shard, shard->hub->server, false);
		slot_open(shard, shard->hub->admin_server, true);
	}
	int r = pthread_create(&shard->thread, NULL, run, shard);
	GC_ASSERT(r == 0);
}

uint32_t shard_reconnect_ms(const struct shard *shard, unsigned count)
{
	uint64_t spread_ms = (uint64_t)count * SHARD_RECONNECT_US / CLOCK_US_PER_MS;
	if (spread_ms > shard->limits.reconnect_spread_ms)
		spread_ms = shard->limits.reconnect_spread_ms;
	return 1 + (uint32_t)((uint64_t)random() % (spread_ms + 1));
}

void shard_post(struct shard *shard, struct mail *mail)
{
	if (mailbox_post(&shard->box, mail))
		queue_wake(&shard->queue);
}

void shard_post_quietly(struct shard *shard, struct mail *mail)
{
	(void)mailbox_post(&shard->box, mail); /* shard_kick follows */
}

void shard_kick(struct shard *shard)
{
	if (!mailbox_is_empty(&shard->box))
		queue_wake(&shard->queue);
}

struct stop_letter {
	struct mail mail;
	struct shard *shard;
};

static void on_stop(struct mail *mail)
{
	GC_CONTAINER_OF(mail, struct stop_letter, mail)->shard->stopping = true;
}

void shard_join(struct shard *shard)
{
	struct stop_letter stop = {.mail.deliver = on_stop, .shard = shard};
	shard_post(shard, &stop.mail);
	pthread_join(shard->thread, NULL);
}

void shard_deinit(struct shard *shard)
{
	queue_deinit(&shard->queue);
	(void)mailbox_deliver(&shard->box); /* late letters free themselves */
	mailbox_deinit(&shard->box);
	codec_arena_deinit(&shard->arena);
	payload_pool_deinit(&shard->payloads);
	grpc_slice_buffer_destroy(&shard->events);
}
