/* The "mem" engine: the reference. Nothing outlives the process. */
#include "store/mem_priv.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

/* Applying never fails half-way, so nothing is ever rolled back. */

static enum store_status mem_begin(void *impl)
{
	struct mem_store *s = impl;
	(void)pthread_rwlock_wrlock(&s->lock); /* fails only for who has it already */
	s->now_us = clock_wall_us();
	return STORE_OK;
}

static enum store_status mem_commit(void *impl)
{
	struct mem_store *s = impl;
	(void)pthread_rwlock_unlock(&s->lock); /* it is ours */
	return STORE_OK;
}

static void mem_rollback(void *impl)
{
	(void)mem_commit(impl);
}

static void mem_tidy(void *impl)
{
	(void)impl;
}

static bool mem_has_space(void *impl, uint64_t reserve)
{
	(void)impl;
	return reserve <= SIZE_MAX / 2; /* what could be, for tests of the gate */
}

static bool mem_make_room(void *impl)
{
	(void)impl;
	return false;
}

static void mem_each_dropped(void *impl, store_log_fn fn, void *arg)
{
	(void)impl;
	(void)fn;
	(void)arg;
}

static uint64_t mem_size(void *impl)
{
	(void)impl;
	return 0;
}

static struct store_reader *mem_reader_open(void *impl)
{
	struct mem_reader *reader = mem_new(1, sizeof(*reader));
	reader->base.engine = &store_engine_mem;
	reader->store = impl;
	return &reader->base;
}

static void mem_reader_close(struct store_reader *base)
{
	free(GC_CONTAINER_OF(base, struct mem_reader, base));
}

static void mem_read_begin(struct store_reader *base)
{
	struct mem_reader *reader = GC_CONTAINER_OF(base, struct mem_reader, base);
	(void)pthread_rwlock_rdlock(&reader->store->lock); /* fails past 2^31 readers */
}

static void mem_read_end(struct store_reader *base)
{
	struct mem_reader *reader = GC_CONTAINER_OF(base, struct mem_reader, base);
	(void)pthread_rwlock_unlock(&reader->store->lock); /* it is ours */
}

static int mem_open(const struct store_options *options, void **ret_impl, struct err_text *err)
{
	(void)options;
	(void)err;
	struct mem_store *s = mem_new(1, sizeof(*s));
	(void)pthread_rwlock_init(&s->lock, NULL); /* cannot fail on Linux */
	*ret_impl = s;
	return 0;
}

static void mem_close(void *impl)
{
	struct mem_store *s = impl;
	while (s->log_count > 0)
		mem_drop_log(s, s->logs[s->log_count - 1]->log);
	for (size_t i = 0; i < s->record_count; i++) {
		free(s->records[i]->value);
		free(s->records[i]);
	}
	free(s->logs);
	free(s->records);
	pthread_rwlock_destroy(&s->lock);
	free(s);
}

const struct store_engine store_engine_mem = {
	.name = "mem",
	.open = mem_open,
	.close = mem_close,
	.begin = mem_begin,
	.apply = mem_apply,
	.trim = mem_trim,
	.commit = mem_commit,
	.rollback = mem_rollback,
	.tidy = mem_tidy,
	.has_space = mem_has_space,
	.make_room = mem_make_room,
	.each_dropped = mem_each_dropped,
	.size = mem_size,
	.reader_open = mem_reader_open,
	.reader_close = mem_reader_close,
	.read_begin = mem_read_begin,
	.read_end = mem_read_end,
	.read = mem_read,
	.read_referring = mem_read_referring,
	.read_author = mem_read_author,
	.count = mem_count,
	.seq_at = mem_seq_at,
	.heads = mem_heads,
	.head = mem_head,
	.scan = mem_scan,
	.check = mem_check,
};
