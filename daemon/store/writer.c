/* Group commit: the queue, the batch, and the slices of trimming between batches. */
#include "store/writer.h"

#include "base/histogram.h"
#include "base/mem.h"
#include "store/thread.h"

#include <stdlib.h>

/* ---- the queue ---- */

void writer_submit(struct writer *w, struct store_op *op)
{
	op->next = NULL;
	pthread_mutex_lock(&w->shared.mu);
	GC_ASSERT(!w->shared.stopping);
	op->refused = w->shared.len >= w->queue_max;
	if (w->shared.tail)
		w->shared.tail->next = op;
	else
		w->shared.head = op;
	w->shared.tail = op;
	bool first = w->shared.len++ == 0;
	pthread_mutex_unlock(&w->shared.mu);
	if (first) /* not within the lock: whoever wakes would go to sleep on it again */
		pthread_cond_signal(&w->shared.wake);
}

static void push_trim(struct writer *w, struct trim trim, size_t max)
{
	pthread_mutex_lock(&w->shared.mu);
	(void)trim_queue_push(&w->shared.trims, trim, max); /* full: ignored, as the header says */
	pthread_mutex_unlock(&w->shared.mu);
	pthread_cond_signal(&w->shared.wake);
}

void writer_trim(struct writer *w, uint64_t log, uint64_t floor)
{
	push_trim(w, (struct trim){.log = log, .floor = floor}, STORE_TRIM_MAX);
}

/* A dropped log must be emptied whatever else waits: the limit is not for it. */
static void push_dropped(void *arg, uint64_t log)
{
	push_trim(arg, (struct trim){.log = log}, SIZE_MAX);
}

/* What was to be trimmed is gone, and must not befall the log that may begin under its number. */
static void on_dropped(struct writer *w, uint64_t log)
{
	pthread_mutex_lock(&w->shared.mu);
	trim_queue_forget(&w->shared.trims, log);
	pthread_mutex_unlock(&w->shared.mu);
	if (w->trimming && w->trim.log == log)
		w->trimming = false;
	push_dropped(w, log);
}

size_t writer_queue_len(struct writer *w)
{
	pthread_mutex_lock(&w->shared.mu);
	size_t len = w->shared.len;
	pthread_mutex_unlock(&w->shared.mu);
	return len;
}

static bool has_work(const struct writer *w)
{
	return w->shared.head || w->trimming || w->shared.trims.count > 0;
}

bool writer_rests(struct writer *w)
{
	pthread_mutex_lock(&w->shared.mu);
	bool rests = w->shared.resting && !w->shared.head && w->shared.trims.count == 0;
	pthread_mutex_unlock(&w->shared.mu);
	return rests;
}

static size_t op_bytes(const struct store_op *op)
{
	size_t bytes = 0;
	for (size_t i = 0; i < op->append_count; i++)
		bytes += op->appends[i].body_len;
	for (size_t i = 0; i < op->put_count; i++)
		bytes += op->puts[i].value ? op->puts[i].value_len : 0;
	return bytes;
}

static void take_batch(struct writer *w)
{
	size_t bytes = 0;
	w->batch_len = 0;
	while (w->shared.head && w->batch_len < w->batch_max && bytes < STORE_BATCH_BYTES) {
		struct store_op *op = w->shared.head;
		w->shared.head = op->next;
		w->shared.len--;
		bytes += op->refused ? 0 : op_bytes(op);
		w->batch[w->batch_len++] = (struct writer_slot){.op = op};
	}
	if (!w->shared.head)
		w->shared.tail = NULL;
}

/* Waits for work and takes it; false when all is done and the thread shall end. */
static bool take_work(struct writer *w)
{
	pthread_mutex_lock(&w->shared.mu);
	w->shared.resting = true;
	while (!has_work(w) && !w->shared.stopping)
		pthread_cond_wait(&w->shared.wake, &w->shared.mu);
	w->shared.resting = false;
	take_batch(w);
	bool more = w->batch_len > 0 || !w->shared.stopping;
	pthread_mutex_unlock(&w->shared.mu);
	return more;
}

/* ---- one batch; hot path ---- */

/* Tries to write all that is not settled. On failure *ret_bad is the op that met it, or NULL. */
static enum store_status try_batch(struct writer *w, struct writer_slot **ret_bad)
{
	*ret_bad = NULL;
	enum store_status status = w->engine->begin(w->impl);
	if (status != STORE_OK)
		return status;
	for (size_t i = 0; i < w->batch_len; i++) {
		struct writer_slot *slot = &w->batch[i];
		if (slot->settled)
			continue;
		pulse_beat(&w->pulse);
		slot->status = w->engine->apply(w->impl, slot->op);
		if (slot->status >= STORE_FULL) {
			w->engine->rollback(w->impl);
			*ret_bad = slot;
			return slot->status;
		}
	}
	return w->engine->commit(w->impl);
}

static void settle_rest(struct writer *w, enum store_status status)
{
	for (size_t i = 0; i < w->batch_len; i++)
		if (!w->batch[i].settled)
			w->batch[i].status = status;
}

static enum store_status write_sound(struct writer *w)
{
	struct writer_slot *bad = NULL;
	enum store_status status = try_batch(w, &bad);
	for (int i = 0; status == STORE_DAMAGED && bad; i++) {
		bad->settled = true;
		status = i < WRITER_TRIES_MAX ? try_batch(w, &bad) : STORE_UNAVAILABLE;
	}
	return status;
}

/* Refuses what can wait for space. Returns how many ops are left. */
static size_t settle_concerned(struct writer *w)
{
	size_t left = 0;
	for (size_t i = 0; i < w->batch_len; i++) {
		struct writer_slot *slot = &w->batch[i];
		if (slot->settled)
			continue;
		slot->settled = gate_concerns(slot->op);
		if (slot->settled)
			slot->status = STORE_FULL;
		left += !slot->settled;
	}
	return left;
}

/* The vital ops of a batch that found no space are written without the others, if need be from what
 * is kept for them. */
static enum store_status write_batch(struct writer *w, size_t passed)
{
	enum store_status status = write_sound(w);
	gate_on_result(&w->gate, status, passed, clock_mono());
	if (status == STORE_FULL && settle_concerned(w) > 0 && w->engine->make_room(w->impl)) {
		gate_set_space(&w->gate, false, clock_mono());
		status = write_sound(w);
	}
	if (status != STORE_OK)
		settle_rest(w, status);
	return status;
}

/* Settles what may not be written now. Returns how many are left; *ret_passed: that append. */
static size_t admit(struct writer *w, struct mono now, size_t *ret_passed)
{
	size_t left = 0;
	*ret_passed = 0;
	for (size_t i = 0; i < w->batch_len; i++) {
		struct writer_slot *slot = &w->batch[i];
		if (slot->op->refused)
			slot->status = STORE_UNAVAILABLE;
		else if (!gate_admit(&w->gate, slot->op, now, ret_passed))
			slot->status = STORE_FULL;
		slot->settled = slot->status != STORE_OK;
		left += !slot->settled;
	}
	return left;
}

static void note_health(struct writer *w, enum store_status status)
{
	enum store_health health = STORE_HEALTH_OK;
	if (gate_is_closed(&w->gate))
		health = STORE_HEALTH_READ_ONLY;
	else if (status != STORE_OK)
		health = STORE_HEALTH_UNAVAILABLE;
	atomic_store(&w->health, health);
}

static void note_result(struct writer *w, enum store_status status, struct mono start)
{
	if (status != STORE_OK)
		return;
	uint64_t events = 0;
	for (size_t i = 0; i < w->batch_len; i++)
		if (w->batch[i].status == STORE_OK)
			events += w->batch[i].op->append_count;
	atomic_fetch_add(&w->events, events);
	atomic_fetch_add(&w->commits, 1);
	uint64_t us = (uint64_t)(clock_mono().us - start.us);
	atomic_fetch_add(&w->commit_us, us);
	histogram_observe(HISTOGRAM_COMMIT_TIME, 0, us); /* one thread: one lane */
	histogram_observe(HISTOGRAM_COMMIT_OPS, 0, w->batch_len);
}

/* An op is its owner's again the moment its on_done is called. */
static void complete_batch(struct writer *w)
{
	for (size_t i = 0; i < w->batch_len; i++) {
		struct writer_slot slot = w->batch[i];
		if (slot.status == STORE_OK && slot.op->drop_log != 0)
			on_dropped(w, slot.op->drop_log);
		slot.op->on_done(slot.op, slot.status);
	}
	if (w->on_batch)
		w->on_batch(w->arg);
}

static void run_batch(struct writer *w)
{
	struct mono now = clock_mono();
	if (gate_wants_look(&w->gate, now))
		gate_set_space(&w->gate, w->engine->has_space(w->impl, w->gate.reserve_bytes), now);
	size_t passed = 0;
	enum store_status status = STORE_OK;
	if (admit(w, now, &passed) > 0) {
		status = write_batch(w, passed);
		note_result(w, status, now);
		note_health(w, status);
	} else if (gate_is_closed(&w->gate)) {
		note_health(w, STORE_FULL);
	}
	complete_batch(w);
	w->engine->tidy(w->impl);
}

/* ---- trimming ---- */

static bool next_trim(struct writer *w)
{
	pthread_mutex_lock(&w->shared.mu);
	w->trimming = trim_queue_take(&w->shared.trims, &w->trim);
	pthread_mutex_unlock(&w->shared.mu);
	return w->trimming;
}

/* Trims logs until the slice is full or none waits; finding a log counts as one event. */
static enum store_status fill_slice(struct writer *w)
{
	size_t left = STORE_TRIM_SLICE;
	while (left > 0 && (w->trimming || next_trim(w))) {
		pulse_beat(&w->pulse);
		size_t count = 0;
		enum store_status status =
			w->engine->trim(w->impl, w->trim.log, w->trim.floor, left, &count);
		if (status != STORE_OK)
			return status;
		w->trimming = count >= left;
		left = w->trimming ? 0 : left - count - 1;
	}
	return STORE_OK;
}

/* A log that can't be trimmed now is left as it is: who keeps the retention comes again, and the
 * rest of a dropped log goes after the next opening. */
static void run_trim_slice(struct writer *w)
{
	if (!w->trimming && !next_trim(w))
		return;
	struct mono start = clock_mono();
	enum store_status status = w->engine->begin(w->impl);
	if (status == STORE_OK) {
		status = fill_slice(w);
		if (status == STORE_OK)
			status = w->engine->commit(w->impl);
		else
			w->engine->rollback(w->impl);
	}
	if (status == STORE_OK) {
		atomic_fetch_add(&w->commits, 1);
		uint64_t us = (uint64_t)(clock_mono().us - start.us);
		atomic_fetch_add(&w->commit_us, us);
		histogram_observe(HISTOGRAM_COMMIT_TIME, 0, us); /* one thread: one lane */
		histogram_observe(HISTOGRAM_COMMIT_OPS, 0, w->batch_len);
	} else {
		w->trimming = false;
	}
	w->engine->tidy(w->impl);
}

/* ---- the thread ---- */

static void *run(void *arg)
{
	struct writer *w = arg;
	pulse_begin(&w->pulse);
	while (take_work(w)) {
		pulse_beat(&w->pulse);
		if (w->batch_len > 0)
			run_batch(w);
		run_trim_slice(w);
	}
	return NULL;
}

void writer_init(struct writer *w, const struct store_engine *engine, void *impl,
	const struct store_options *options)
{
	*w = (struct writer){
		.engine = engine,
		.impl = impl,
		.on_batch = options->on_batch,
		.arg = options->arg,
		.batch_max = options->batch_max ? options->batch_max : STORE_BATCH_DEFAULT,
		.queue_max = options->queue_max ? options->queue_max : STORE_QUEUE_DEFAULT,
		.gate.reserve_bytes = options->reserve_bytes,
	};
	w->batch = mem_new(w->batch_max, sizeof(*w->batch));
	(void)pthread_mutex_init(&w->shared.mu, NULL); /* neither can fail on Linux */
	(void)pthread_cond_init(&w->shared.wake, NULL);
	engine->each_dropped(impl, push_dropped, w);
}

int writer_start(struct writer *w)
{
	int r = thread_start(&w->thread, "store-writer", run, w);
	return r < 0 ? err_pass(r) : 0;
}

void writer_stop(struct writer *w)
{
	pthread_mutex_lock(&w->shared.mu);
	w->shared.stopping = true;
	pthread_cond_signal(&w->shared.wake);
	pthread_mutex_unlock(&w->shared.mu);
	(void)pthread_join(w->thread, NULL);
}

void writer_deinit(struct writer *w)
{
	GC_ASSERT(!w->shared.head);
	trim_queue_deinit(&w->shared.trims);
	pthread_cond_destroy(&w->shared.wake);
	pthread_mutex_destroy(&w->shared.mu);
	free(w->batch);
}
