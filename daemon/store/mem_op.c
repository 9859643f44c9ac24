/* The "mem" engine's writing: an op is judged, and then can't fail. */
#include "store/mem_priv.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- client ids ---- */

static struct mem_client_key client_key(uint64_t author, const uint8_t *client_id)
{
	struct mem_client_key key = {.author = author};
	memcpy(key.client_id, client_id, sizeof(key.client_id));
	return key;
}

static struct mem_client *find_client(
	const struct mem_store *s, uint64_t author, const uint8_t *client_id)
{
	struct mem_client_key key = client_key(author, client_id);
	struct mem_client *client = NULL;
	HASH_FIND(hh, s->clients, &key, sizeof(key), client);
	return client;
}

static void add_client(struct mem_store *s, const struct store_append *a)
{
	struct mem_client *client = mem_new(1, sizeof(*client));
	*client = (struct mem_client){
		.key = client_key(a->author, a->client_id), .log = a->log, .seq = a->seq};
	HASH_ADD(hh, s->clients, key, sizeof(client->key), client);
}

static void remove_client(struct mem_store *s, const struct mem_event *e)
{
	struct mem_client *client = find_client(s, e->author, e->client_id);
	GC_ASSERT(client); /* each kept event with an id has its entry */
	HASH_DEL(s->clients, client);
	free(client);
}

/* ---- logs ---- */

static struct mem_log *add_log(struct mem_store *s, uint64_t number)
{
	struct mem_log *log = mem_new(1, sizeof(*log));
	*log = (struct mem_log){.log = number, .floor = 1};
	s->logs = mem_grow(s->logs, s->log_count + 1, sizeof(*s->logs));
	size_t i = s->log_count++;
	for (; i > 0 && s->logs[i - 1]->log > number; i--)
		s->logs[i] = s->logs[i - 1];
	s->logs[i] = log;
	return log;
}

static void remove_events(struct mem_store *s, struct mem_log *log, uint64_t floor)
{
	size_t count = (size_t)(floor - log->floor);
	for (size_t i = 0; i < count; i++) {
		if (log->events[i].has_client_id)
			remove_client(s, &log->events[i]);
		free(log->events[i].body);
	}
	size_t kept = (size_t)(log->head + 1 - floor);
	if (kept > 0)
		memmove(log->events, log->events + count, kept * sizeof(*log->events));
	log->floor = floor;
}

void mem_drop_log(struct mem_store *s, uint64_t number)
{
	struct mem_log *log = mem_find_log(s, number);
	if (!log)
		return;
	remove_events(s, log, log->head + 1);
	size_t i = 0;
	while (s->logs[i] != log)
		i++;
	memmove(&s->logs[i], &s->logs[i + 1], (--s->log_count - i) * sizeof(log));
	free(log->events);
	free(log);
}

enum store_status mem_trim(
	void *impl, uint64_t number, uint64_t floor, size_t max, size_t *ret_count)
{
	struct mem_store *s = impl;
	struct mem_log *log = mem_find_log(s, number);
	*ret_count = 0;
	if (!log)
		return STORE_OK;
	if (floor > log->head + 1)
		floor = log->head + 1;
	if (floor <= log->floor)
		return STORE_OK;
	*ret_count = (size_t)(floor - log->floor) < max ? (size_t)(floor - log->floor) : max;
	remove_events(s, log, log->floor + *ret_count);
	return STORE_OK;
}

/* ---- judging ---- */

static enum store_status check_duplicate(const struct mem_store *s, struct store_append *a)
{
	const struct mem_client *client =
		a->client_id ? find_client(s, a->author, a->client_id) : NULL;
	if (!client)
		return STORE_OK;
	const struct mem_event *first = mem_find_event(mem_find_log(s, client->log), client->seq);
	a->seq = client->seq;
	a->time_us = first->time_us;
	if (client->log != a->log)
		return STORE_MISMATCH;
	if (first->flags & STORE_EVENT_ERASED)
		return STORE_DUPLICATE;
	bool same = first->body_len == a->body_len &&
		    (a->body_len == 0 || memcmp(first->body, a->body, a->body_len) == 0);
	return same ? STORE_DUPLICATE : STORE_MISMATCH;
}

static bool condition_holds(const struct mem_store *s, const struct store_put *put)
{
	struct store_search search = {
		.kind = put->kind, .key = put->key, .key_len = put->key_len, .exact = true};
	size_t place = mem_record_place(s, put->kind, put->key, put->key_len);
	bool present = place < s->record_count && mem_record_matches(s->records[place], &search);
	return put->condition == STORE_ANY || present == (put->condition == STORE_PRESENT);
}

static enum store_status check_target(const struct mem_store *s, const struct store_append *a)
{
	if (a->target_seq == 0)
		return STORE_OK;
	const struct mem_event *target = mem_find_event(mem_find_log(s, a->log), a->target_seq);
	if (!target || !(target->flags & STORE_EVENT_COUNTED))
		return STORE_NO_TARGET;
	if (a->target_same_author && target->author != a->author)
		return STORE_NOT_AUTHOR;
	return STORE_OK;
}

static enum store_status judge(const struct mem_store *s, struct store_op *op)
{
	enum store_status status = STORE_OK;
	for (size_t i = 0; status == STORE_OK && i < op->append_count; i++)
		status = check_duplicate(s, &op->appends[i]);
	for (size_t i = 0; status == STORE_OK && i < op->put_count; i++) {
		op->conflict = i;
		status = condition_holds(s, &op->puts[i]) ? STORE_OK : STORE_CONFLICT;
	}
	for (size_t i = 0; status == STORE_OK && i < op->append_count; i++)
		status = check_target(s, &op->appends[i]);
	return status;
}

/* ---- writing ---- */

static void write_record(struct mem_store *s, const struct store_put *put)
{
	struct store_search search = {
		.kind = put->kind, .key = put->key, .key_len = put->key_len, .exact = true};
	size_t i = mem_record_place(s, put->kind, put->key, put->key_len);
	size_t size = sizeof(struct mem_record *);
	if (i < s->record_count && mem_record_matches(s->records[i], &search)) {
		free(s->records[i]->value);
		free(s->records[i]);
		memmove(&s->records[i], &s->records[i + 1], (--s->record_count - i) * size);
	}
	if (!put->value)
		return;
	struct mem_record *record = mem_new(1, sizeof(*record));
	record->kind = put->kind;
	record->key_len = put->key_len;
	memcpy(record->key, put->key, put->key_len);
	record->value = mem_dup(put->value, put->value_len);
	record->value_len = put->value_len;
	s->records = mem_grow(s->records, s->record_count + 1, size);
	memmove(&s->records[i + 1], &s->records[i], (s->record_count++ - i) * size);
	s->records[i] = record;
}

static void erase(struct mem_event *e)
{
	free(e->body);
	e->body = NULL;
	e->body_len = 0;
	e->flags = (e->flags & ~(uint32_t)STORE_EVENT_COUNTED) | STORE_EVENT_ERASED;
}

static void erase_target(const struct mem_log *log, uint64_t target_seq, uint64_t before)
{
	for (uint64_t seq = log->floor; seq < before; seq++) {
		struct mem_event *e = mem_find_event(log, seq);
		if (seq == target_seq || e->target_seq == target_seq)
			erase(e);
	}
}

static void erase_one(const struct mem_store *s, const struct store_erase *e)
{
	const struct mem_log *log = mem_find_log(s, e->log);
	if (mem_find_event(log, e->seq))
		erase_target(log, e->seq, log->head + 1);
}

static struct mem_event *new_event(struct mem_log *log)
{
	size_t count = (size_t)(log->head + 1 - log->floor);
	if (count == log->size) {
		log->size = log->size ? 2 * log->size : 16;
		log->events = mem_grow(log->events, log->size, sizeof(*log->events));
	}
	log->head++;
	return &log->events[count];
}

static void append(struct mem_store *s, struct store_append *a)
{
	struct mem_log *log = mem_find_log(s, a->log);
	if (!log)
		log = add_log(s, a->log);
	if (log->last_time < s->now_us)
		log->last_time = s->now_us;
	struct mem_event *e = new_event(log);
	*e = (struct mem_event){
		.author = a->author,
		.time_us = log->last_time,
		.target_seq = a->target_seq,
		.flags = a->flags,
		.has_client_id = a->client_id,
		.body = mem_dup(a->body, a->body_len),
		.body_len = a->body_len,
	};
	a->seq = log->head;
	a->time_us = log->last_time;
	if (a->client_id) {
		memcpy(e->client_id, a->client_id, sizeof(e->client_id));
		add_client(s, a);
	}
	if (a->erase_target)
		erase_target(log, a->target_seq, a->seq);
}

enum store_status mem_apply(void *impl, struct store_op *op)
{
	struct mem_store *s = impl;
	enum store_status status = judge(s, op);
	if (status != STORE_OK)
		return status;
	for (size_t i = 0; i < op->put_count; i++)
		write_record(s, &op->puts[i]);
	for (size_t i = 0; i < op->append_count; i++)
		append(s, &op->appends[i]);
	for (size_t i = 0; i < op->erase_count; i++)
		erase_one(s, &op->erases[i]);
	if (op->drop_log != 0)
		mem_drop_log(s, op->drop_log);
	return STORE_OK;
}
