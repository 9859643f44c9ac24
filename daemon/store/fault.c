/* The wrapping engine; whether a fault strikes is decided in fault_plan.c. */
#include "store/fault_priv.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The one that is wrapped: one store at a time in a process, as in the daemon and in each test. */
static const struct store_engine *inner;

struct fault_store {
	void *impl; /* owned: inner's */
	enum store_status doom; /* what the transaction's commit will come to */
	unsigned applied; /* ops of the transaction */
};

struct fault_reader {
	struct store_reader base;
	struct store_reader *inner; /* owned */
};

static struct store_reader *inner_of(struct store_reader *reader)
{
	return GC_CONTAINER_OF(reader, struct fault_reader, base)->inner;
}

static bool rolls_back(void)
{
	return inner != &store_engine_mem;
}

/* ---- writer's thread ---- */

static enum store_status fault_begin(void *impl)
{
	struct fault_store *s = impl;
	enum store_status status = fault_strike(FAULT_BEGIN, 0);
	if (status != STORE_OK)
		return status;
	s->doom = fault_strike(FAULT_COMMIT, 0);
	s->applied = 0;
	return inner->begin(s->impl);
}

static enum store_status fault_apply(void *impl, struct store_op *op)
{
	struct fault_store *s = impl;
	enum store_status status = STORE_OK;
	if (rolls_back() || s->applied == 0)
		status = fault_strike(FAULT_APPLY, op->append_count ? op->appends[0].log : 0);
	s->applied++;
	if (status != STORE_OK || (s->doom != STORE_OK && !rolls_back()))
		return status; /* a doomed one need not be taken back, then */
	return inner->apply(s->impl, op);
}

static enum store_status fault_trim(
	void *impl, uint64_t log, uint64_t floor, size_t max, size_t *ret_count)
{
	struct fault_store *s = impl;
	*ret_count = 0;
	if (s->doom != STORE_OK && !rolls_back())
		return STORE_OK;
	return inner->trim(s->impl, log, floor, max, ret_count);
}

static enum store_status fault_commit(void *impl)
{
	struct fault_store *s = impl;
	if (s->doom == STORE_OK)
		return inner->commit(s->impl);
	inner->rollback(s->impl);
	return s->doom;
}

static void fault_rollback(void *impl)
{
	inner->rollback(((struct fault_store *)impl)->impl);
}

static void fault_tidy(void *impl)
{
	inner->tidy(((struct fault_store *)impl)->impl);
}

static bool fault_has_space(void *impl, uint64_t reserve)
{
	return fault_strike(FAULT_SPACE, 0) == STORE_OK &&
	       inner->has_space(((struct fault_store *)impl)->impl, reserve);
}

static bool fault_make_room(void *impl)
{
	return inner->make_room(((struct fault_store *)impl)->impl);
}

static void fault_each_dropped(void *impl, store_log_fn fn, void *arg)
{
	inner->each_dropped(((struct fault_store *)impl)->impl, fn, arg);
}

static uint64_t fault_size(void *impl)
{
	return inner->size(((struct fault_store *)impl)->impl);
}

/* ---- readers ---- */

static struct store_reader *fault_reader_open(void *impl)
{
	struct store_reader *reader = inner->reader_open(((struct fault_store *)impl)->impl);
	if (!reader)
		return NULL;
	struct fault_reader *wrapper = mem_new(1, sizeof(*wrapper));
	*wrapper = (struct fault_reader){.base.engine = &store_engine_fault, .inner = reader};
	return &wrapper->base;
}

static int fault_backup(void *impl, const struct backup_options *options,
	struct backup_contents *ret_contents, struct err_text *err)
{
	struct fault_store *s = impl;
	if (!inner->backup) {
		err_say(err, "the store is in memory alone");
		return err_raise(-ENOTSUP);
	}
	int r = inner->backup(s->impl, options, ret_contents, err);
	return r < 0 ? err_pass(r) : 0;
}

static void fault_reader_close(struct store_reader *reader)
{
	inner->reader_close(inner_of(reader));
	free(GC_CONTAINER_OF(reader, struct fault_reader, base));
}

static void fault_read_begin(struct store_reader *reader)
{
	inner->read_begin(inner_of(reader));
}

static void fault_read_end(struct store_reader *reader)
{
	inner->read_end(inner_of(reader));
}

struct passing {
	store_event_fn fn;
	void *arg;
	unsigned left; /* events until it fails */
	bool struck;
};

static bool pass_event(void *arg, const struct store_event *event)
{
	struct passing *p = arg;
	p->struck = p->left == 0;
	if (p->struck)
		return false;
	p->left--;
	return p->fn(p->arg, event);
}

static enum store_status fault_read(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	struct passing passing = {.fn = fn, .arg = arg};
	enum store_status fault = fault_strike_read(range->log, &passing.left);
	if (fault == STORE_OK)
		return inner->read(inner_of(reader), range, fn, arg);
	enum store_status status = inner->read(inner_of(reader), range, pass_event, &passing);
	return passing.struck ? fault : status;
}

static enum store_status fault_read_referring(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	return inner->read_referring(inner_of(reader), range, fn, arg);
}

static enum store_status fault_read_author(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	return inner->read_author(inner_of(reader), range, fn, arg);
}

static enum store_status fault_count(struct store_reader *reader, const struct store_range *range,
	uint64_t but_author, uint32_t *ret_count)
{
	return inner->count(inner_of(reader), range, but_author, ret_count);
}

static enum store_status fault_seq_at(
	struct store_reader *reader, uint64_t log, uint64_t time_us, uint64_t *ret_seq)
{
	return inner->seq_at(inner_of(reader), log, time_us, ret_seq);
}

static enum store_status fault_heads(struct store_reader *reader, store_head_fn fn, void *arg)
{
	return inner->heads(inner_of(reader), fn, arg);
}

static enum store_status fault_head(
	struct store_reader *reader, uint64_t log, struct store_head *ret_head)
{
	return inner->head(inner_of(reader), log, ret_head);
}

static enum store_status fault_scan(struct store_reader *reader, const struct store_search *search,
	store_record_fn fn, void *arg)
{
	return inner->scan(inner_of(reader), search, fn, arg);
}

static enum store_status fault_check(
	struct store_reader *reader, int64_t budget_ms, store_flaw_fn fn, void *arg, bool *ret_done)
{
	return inner->check(inner_of(reader), budget_ms, fn, arg, ret_done);
}

/* ---- opening ---- */

static int fault_open(const struct store_options *options, void **ret_impl, struct err_text *err)
{
	void *impl = NULL;
	int r = inner->open(options, &impl, err);
	if (r < 0)
		return err_pass(r);
	struct fault_store *s = mem_new(1, sizeof(*s));
	s->impl = impl;
	*ret_impl = s;
	return 0;
}

static void fault_close(void *impl)
{
	struct fault_store *s = impl;
	inner->close(s->impl);
	free(s);
}

const struct store_engine *fault_engine(
	const char *name, const struct store_engine *(*find)(const char *name))
{
	static const char PREFIX[] = "fault:";
	bool asked = strncmp(name, PREFIX, sizeof(PREFIX) - 1) == 0;
	const struct store_engine *plain = find(asked ? name + sizeof(PREFIX) - 1 : name);
	if (!plain || (!asked && !fault_plan_file()))
		return plain;
	inner = plain;
	return &store_engine_fault;
}

const struct store_engine store_engine_fault = {
	.name = "fault",
	.open = fault_open,
	.close = fault_close,
	.begin = fault_begin,
	.apply = fault_apply,
	.trim = fault_trim,
	.commit = fault_commit,
	.rollback = fault_rollback,
	.tidy = fault_tidy,
	.has_space = fault_has_space,
	.make_room = fault_make_room,
	.each_dropped = fault_each_dropped,
	.size = fault_size,
	.backup = fault_backup,
	.reader_open = fault_reader_open,
	.reader_close = fault_reader_close,
	.read_begin = fault_read_begin,
	.read_end = fault_read_end,
	.read = fault_read,
	.read_referring = fault_read_referring,
	.read_author = fault_read_author,
	.count = fault_count,
	.seq_at = fault_seq_at,
	.heads = fault_heads,
	.head = fault_head,
	.scan = fault_scan,
	.check = fault_check,
};
