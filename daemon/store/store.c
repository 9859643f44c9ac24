/* The front: finds the engine, owns its threads, checks what callers pass. */
#include "store/store.h"

#include "base/mem.h"
#ifdef GCHAT_FAULTS
#include "store/fault.h"
#endif
#include "store/reader_pool.h"
#include "store/store_priv.h"
#include "store/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct store {
	const struct store_engine *engine; /* borrowed: static */
	void *impl; /* owned: the engine's */
	struct writer writer;
	struct reader_pool readers;
};

static const struct store_engine *const ENGINES[] = {
	&store_engine_sqlite,
	&store_engine_mem,
};

const char *store_status_text(enum store_status status)
{
	static const char *const TEXTS[_STORE_STATUS_MAX] = {
		[STORE_OK] = "ok",
		[STORE_DUPLICATE] = "duplicate",
		[STORE_MISMATCH] = "mismatch",
		[STORE_CONFLICT] = "conflict",
		[STORE_NO_TARGET] = "no target",
		[STORE_NOT_AUTHOR] = "not author",
		[STORE_FULL] = "full",
		[STORE_DAMAGED] = "damaged",
		[STORE_UNAVAILABLE] = "unavailable",
	};
	return (unsigned)status < _STORE_STATUS_MAX ? TEXTS[status] : "unknown";
}

/* ---- opening and closing ---- */

static const struct store_engine *find_engine(const char *name)
{
	for (size_t i = 0; i < GC_LENGTH(ENGINES); i++)
		if (strcmp(ENGINES[i]->name, name) == 0)
			return ENGINES[i];
	return NULL;
}

static int start_threads(
	struct store *store, const struct store_options *options, struct err_text *err)
{
	int r = reader_pool_start(&store->readers, options->readers);
	if (r == 0)
		r = writer_start(&store->writer);
	if (r < 0)
		err_say(err, "store: can't start its threads: %s", strerror(-r));
	return r;
}

static void free_store(struct store *store)
{
	reader_pool_deinit(&store->readers);
	writer_deinit(&store->writer);
	store->engine->close(store->impl);
	free(store);
}

#ifdef GCHAT_FAULTS
#define FIND_ENGINE(name) fault_engine((name), find_engine)
#else
#define FIND_ENGINE(name) find_engine(name)
#endif

int store_open(const struct store_options *options, struct store **ret_store, struct err_text *err)
{
	const struct store_engine *engine = FIND_ENGINE(options->engine);
	if (!engine) {
		err_say(err, "store: no engine named \"%s\"", options->engine);
		return err_raise(-EINVAL);
	}
	if (options->readers < 1 || options->readers > STORE_READERS_MAX) {
		err_say(err, "store: %u readers (allowed: 1 to %d)", options->readers,
			STORE_READERS_MAX);
		return err_raise(-EINVAL);
	}
	void *impl = NULL;
	int r = engine->open(options, &impl, err);
	if (r < 0)
		return err_pass(r);
	struct store *store = mem_new(1, sizeof(*store));
	store->engine = engine;
	store->impl = impl;
	reader_pool_init(&store->readers, engine, impl);
	writer_init(&store->writer, engine, impl, options);
	r = start_threads(store, options, err);
	if (r < 0) {
		free_store(store);
		return err_pass(r);
	}
	*ret_store = store;
	return 0;
}

struct store *store_close(struct store *store)
{
	if (!store)
		return NULL;
	writer_stop(&store->writer);
	free_store(store);
	return NULL;
}

/* ---- writing ---- */

static bool same_client_id(const struct store_append *a, const struct store_append *b)
{
	return a->client_id && b->client_id &&
	       memcmp(a->client_id, b->client_id, STORE_CLIENT_ID_BYTES) == 0;
}

static void check_append(const struct store_op *op, const struct store_append *append)
{
	for (const struct store_append *other = op->appends; other < append; other++)
		GC_ASSERT(!same_client_id(other, append));
	GC_ASSERT(append->log >= 1 && append->log <= STORE_LOG_ID_MAX);
	GC_ASSERT(append->log != op->drop_log);
	GC_ASSERT((append->flags & ~(uint32_t)STORE_EVENT_COUNTED) == 0);
	GC_ASSERT(!append->erase_target || append->target_seq != 0);
}

static void check_put(const struct store_put *put)
{
	GC_ASSERT(put->key_len >= 1 && put->key_len <= STORE_KEY_BYTES_MAX);
}

static void check_erase(const struct store_erase *erase)
{
	GC_ASSERT(erase->log >= 1 && erase->log <= STORE_LOG_ID_MAX);
	GC_ASSERT(erase->seq >= 1 && erase->seq <= STORE_SEQ_MAX);
}

void store_submit(struct store *store, struct store_op *op)
{
	GC_ASSERT(op->drop_log <= STORE_LOG_ID_MAX && op->erase_count <= STORE_ERASE_MAX);
	for (size_t i = 0; i < op->append_count; i++)
		check_append(op, &op->appends[i]);
	for (size_t i = 0; i < op->put_count; i++)
		check_put(&op->puts[i]);
	for (size_t i = 0; i < op->erase_count; i++)
		check_erase(&op->erases[i]);
	writer_submit(&store->writer, op);
}

void store_trim(struct store *store, uint64_t log, uint64_t floor)
{
	GC_ASSERT(log >= 1 && log <= STORE_LOG_ID_MAX);
	writer_trim(&store->writer, log, floor);
}

void store_get_stats(struct store *store, struct store_stats *ret_stats)
{
	struct writer *w = &store->writer;
	*ret_stats = (struct store_stats){
		.health = atomic_load(&w->health),
		.commits = atomic_load(&w->commits),
		.events = atomic_load(&w->events),
		.commit_us = atomic_load(&w->commit_us),
		.bytes = store->engine->size(store->impl),
		.queue_len = writer_queue_len(w),
	};
}

const struct pulse *store_writer_pulse(const struct store *store)
{
	return &store->writer.pulse;
}

bool store_writer_rests(struct store *store)
{
	return writer_rests(&store->writer);
}

int store_backup(struct store *store, const struct backup_options *options,
	struct backup_contents *ret_contents, struct err_text *err)
{
	if (!store->engine->backup) {
		err_say(err, "the store is in memory alone");
		return err_raise(-ENOTSUP);
	}
	int r = store->engine->backup(store->impl, options, ret_contents, err);
	return r < 0 ? err_pass(r) : 0;
}

/* ---- reading ---- */

void store_run(struct store *store, struct store_job *job)
{
	reader_pool_run(&store->readers, job);
}

void store_run_now(struct store *store, struct store_job *job)
{
	reader_pool_run_now(&store->readers, job);
}

/* Limits a range to what can exist; false when nothing can. */
static bool clamp_range(struct store_range *range)
{
	if (range->from == 0)
		range->from = 1;
	if (range->to > STORE_SEQ_MAX)
		range->to = STORE_SEQ_MAX;
	if (range->max > STORE_PAGE_MAX)
		range->max = STORE_PAGE_MAX;
	return range->log >= 1 && range->log <= STORE_LOG_ID_MAX && range->from <= range->to &&
	       range->after < STORE_SEQ_MAX && range->max > 0;
}

enum store_status store_read(struct store_reader *reader, uint64_t log, uint64_t from, uint64_t to,
	size_t max, store_event_fn fn, void *arg)
{
	if (!reader->engine)
		return STORE_UNAVAILABLE;
	struct store_range range = {.log = log, .from = from, .to = to, .max = max};
	return clamp_range(&range) ? reader->engine->read(reader, &range, fn, arg) : STORE_OK;
}

enum store_status store_read_referring(struct store_reader *reader, uint64_t log, uint64_t from,
	uint64_t to, uint64_t after, size_t max, store_event_fn fn, void *arg)
{
	if (!reader->engine)
		return STORE_UNAVAILABLE;
	struct store_range range = {.log = log, .from = from, .to = to, .after = after, .max = max};
	if (!clamp_range(&range))
		return STORE_OK;
	return reader->engine->read_referring(reader, &range, fn, arg);
}

enum store_status store_read_author(struct store_reader *reader, const struct store_authored *what,
	size_t max, store_event_fn fn, void *arg)
{
	if (!reader->engine)
		return STORE_UNAVAILABLE;
	struct store_range range = {.log = what->log,
		.author = what->author,
		.from = what->from,
		.to = what->to,
		.max = max};
	if (!clamp_range(&range))
		return STORE_OK;
	return reader->engine->read_author(reader, &range, fn, arg);
}

enum store_status store_count(struct store_reader *reader, uint64_t log, uint64_t after,
	uint64_t but_author, uint32_t max, uint32_t *ret_count)
{
	*ret_count = 0;
	if (!reader->engine)
		return STORE_UNAVAILABLE;
	struct store_range range = {.log = log, .from = 1, .to = STORE_SEQ_MAX, .after = after};
	range.max = 1; /* the limit of pages isn't one of counting */
	if (!clamp_range(&range) || max == 0)
		return STORE_OK;
	range.max = max;
	return reader->engine->count(reader, &range, but_author, ret_count);
}

enum store_status store_seq_at(
	struct store_reader *reader, uint64_t log, uint64_t time_us, uint64_t *ret_seq)
{
	*ret_seq = 1;
	if (!reader->engine)
		return STORE_UNAVAILABLE;
	return reader->engine->seq_at(reader, log, time_us, ret_seq);
}

enum store_status store_heads(struct store_reader *reader, store_head_fn fn, void *arg)
{
	return reader->engine ? reader->engine->heads(reader, fn, arg) : STORE_UNAVAILABLE;
}

enum store_status store_head(struct store_reader *reader, uint64_t log, struct store_head *ret_head)
{
	*ret_head = (struct store_head){.log = log, .head = 0, .first = 1};
	return reader->engine ? reader->engine->head(reader, log, ret_head) : STORE_UNAVAILABLE;
}

enum store_status store_get(struct store_reader *reader, uint32_t kind, const uint8_t *key,
	size_t key_len, store_record_fn fn, void *arg)
{
	if (!reader->engine)
		return STORE_UNAVAILABLE;
	struct store_search search = {.kind = kind, .key = key, .key_len = key_len, .exact = true};
	return reader->engine->scan(reader, &search, fn, arg);
}

enum store_status store_scan(struct store_reader *reader, uint32_t kind, const uint8_t *prefix,
	size_t prefix_len, store_record_fn fn, void *arg)
{
	if (!reader->engine)
		return STORE_UNAVAILABLE;
	struct store_search search = {.kind = kind, .key = prefix, .key_len = prefix_len};
	return reader->engine->scan(reader, &search, fn, arg);
}

enum store_status store_check(
	struct store_reader *reader, int64_t budget_ms, store_flaw_fn fn, void *arg, bool *ret_done)
{
	if (!reader->engine)
		return STORE_UNAVAILABLE;
	return reader->engine->check(reader, budget_ms, fn, arg, ret_done);
}
