/* Reading what is in memory. Each function: under the lock, taken by read_begin. */
#include "store/mem_priv.h"

#include <string.h>

static const struct mem_store *store_of(struct store_reader *reader)
{
	return GC_CONTAINER_OF(reader, struct mem_reader, base)->store;
}

struct mem_log *mem_find_log(const struct mem_store *store, uint64_t log)
{
	size_t low = 0;
	size_t high = store->log_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (store->logs[middle]->log < log)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < store->log_count && store->logs[low]->log == log;
	return found ? store->logs[low] : NULL;
}

struct mem_event *mem_find_event(const struct mem_log *log, uint64_t seq)
{
	return log && seq >= log->floor && seq <= log->head ? &log->events[seq - log->floor] : NULL;
}

static bool deliver(const struct mem_event *e, uint64_t seq, store_event_fn fn, void *arg)
{
	struct store_event event = {
		.seq = seq,
		.time_us = e->time_us,
		.author = e->author,
		.target_seq = e->target_seq,
		.flags = e->flags,
		.client_id = e->has_client_id ? e->client_id : NULL,
		.body = e->body,
		.body_len = e->body_len,
	};
	return fn(arg, &event);
}

enum store_status mem_read(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	const struct mem_log *log = mem_find_log(store_of(reader), range->log);
	size_t left = range->max;
	if (!log)
		return STORE_OK;
	uint64_t seq = range->from > log->floor ? range->from : log->floor;
	for (; seq <= range->to && seq <= log->head && left > 0; seq++, left--)
		if (!deliver(&log->events[seq - log->floor], seq, fn, arg))
			break;
	return STORE_OK;
}

enum store_status mem_read_referring(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	const struct mem_log *log = mem_find_log(store_of(reader), range->log);
	size_t left = range->max;
	for (uint64_t seq = range->after + 1; log && seq <= log->head && left > 0; seq++) {
		const struct mem_event *e = mem_find_event(log, seq);
		if (!e || e->target_seq < range->from || e->target_seq > range->to)
			continue;
		if (!deliver(e, seq, fn, arg))
			break;
		left--;
	}
	return STORE_OK;
}

enum store_status mem_read_author(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	const struct mem_log *log = mem_find_log(store_of(reader), range->log);
	size_t left = range->max;
	if (!log)
		return STORE_OK;
	uint64_t seq = range->from > log->floor ? range->from : log->floor;
	for (; seq <= range->to && seq <= log->head && left > 0; seq++) {
		const struct mem_event *e = &log->events[seq - log->floor];
		if (e->author != range->author || (e->flags & STORE_EVENT_ERASED))
			continue;
		if (!deliver(e, seq, fn, arg))
			break;
		left--;
	}
	return STORE_OK;
}

enum store_status mem_count(struct store_reader *reader, const struct store_range *range,
	uint64_t but_author, uint32_t *ret_count)
{
	const struct mem_log *log = mem_find_log(store_of(reader), range->log);
	uint32_t count = 0;
	for (uint64_t seq = range->after + 1; log && seq <= log->head && count < range->max;
		seq++) {
		const struct mem_event *e = mem_find_event(log, seq);
		count += e && (e->flags & STORE_EVENT_COUNTED) && e->author != but_author;
	}
	*ret_count = count;
	return STORE_OK;
}

enum store_status mem_seq_at(
	struct store_reader *reader, uint64_t log_number, uint64_t time_us, uint64_t *ret_seq)
{
	const struct mem_log *log = mem_find_log(store_of(reader), log_number);
	if (!log)
		return STORE_OK;
	uint64_t seq = log->floor;
	while (seq <= log->head && log->events[seq - log->floor].time_us < time_us)
		seq++;
	*ret_seq = seq;
	return STORE_OK;
}

static struct store_head head_of(const struct mem_log *log)
{
	return (struct store_head){.log = log->log, .head = log->head, .first = log->floor};
}

enum store_status mem_heads(struct store_reader *reader, store_head_fn fn, void *arg)
{
	const struct mem_store *store = store_of(reader);
	for (size_t i = 0; i < store->log_count; i++) {
		struct store_head head = head_of(store->logs[i]);
		if (!fn(arg, &head))
			break;
	}
	return STORE_OK;
}

enum store_status mem_head(
	struct store_reader *reader, uint64_t log_number, struct store_head *ret_head)
{
	const struct mem_log *log = mem_find_log(store_of(reader), log_number);
	if (log)
		*ret_head = head_of(log);
	return STORE_OK;
}

static int compare(const struct mem_record *record, uint32_t kind, const uint8_t *key, size_t len)
{
	if (record->kind != kind)
		return record->kind < kind ? -1 : 1;
	size_t common = record->key_len < len ? record->key_len : len;
	int order = common ? memcmp(record->key, key, common) : 0;
	if (order != 0)
		return order;
	return (record->key_len > len) - (record->key_len < len);
}

size_t mem_record_place(
	const struct mem_store *store, uint32_t kind, const uint8_t *key, size_t key_len)
{
	size_t low = 0;
	size_t high = store->record_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(store->records[middle], kind, key, key_len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool mem_record_matches(const struct mem_record *record, const struct store_search *search)
{
	if (record->kind != search->kind || record->key_len < search->key_len)
		return false;
	if (search->exact && record->key_len != search->key_len)
		return false;
	return search->key_len == 0 || memcmp(record->key, search->key, search->key_len) == 0;
}

enum store_status mem_scan(struct store_reader *reader, const struct store_search *search,
	store_record_fn fn, void *arg)
{
	const struct mem_store *store = store_of(reader);
	size_t i = mem_record_place(store, search->kind, search->key, search->key_len);
	for (; i < store->record_count && mem_record_matches(store->records[i], search); i++) {
		const struct mem_record *r = store->records[i];
		if (!fn(arg, r->key, r->key_len, r->value, r->value_len))
			break;
	}
	return STORE_OK;
}

/* Memory has no structure that could be damaged. */
enum store_status mem_check(
	struct store_reader *reader, int64_t budget_ms, store_flaw_fn fn, void *arg, bool *ret_done)
{
	(void)reader;
	(void)budget_ms;
	(void)fn;
	(void)arg;
	*ret_done = true;
	return STORE_OK;
}
