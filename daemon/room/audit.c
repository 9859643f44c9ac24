/* Entries to bytes and back; pages from the newest entry towards the oldest. */
#include "room/audit.h"

#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"
#include "proto/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLICE = 500, /* entries read at once */
};

/* ---- bytes ---- */

struct record_value audit_encode(const struct audit_entry *entry)
{
	struct audit_entry copy = *entry;
	Gchat__V1__AuditRecord record;
	gchat__v1__audit_record__init(&record);
	record.uid = copy.uid;
	record.pid = copy.pid;
	record.user = copy.user;
	record.action = copy.action;
	record.object = copy.object;
	record.outcome = copy.outcome;
	return record_encode(&record.base);
}

bool audit_decode(const struct store_event *event, struct audit_entry *ret)
{
	Gchat__V1__AuditRecord *record = (void *)codec_load(
		&gchat__v1__audit_record__descriptor, event->body, event->body_len);
	if (!record)
		return false;
	*ret = (struct audit_entry){.seq = event->seq,
		.time_us = event->time_us,
		.uid = record->uid,
		.pid = record->pid};
	(void)snprintf(ret->user, sizeof(ret->user), "%s", record->user);
	(void)snprintf(ret->action, sizeof(ret->action), "%s", record->action);
	(void)snprintf(ret->object, sizeof(ret->object), "%s", record->object);
	(void)snprintf(ret->outcome, sizeof(ret->outcome), "%s", record->outcome);
	codec_free(&record->base);
	return true;
}

bool audit_is_entry(const uint8_t *body, size_t len)
{
	ProtobufCMessage *record = codec_load(&gchat__v1__audit_record__descriptor, body, len);
	codec_free(record);
	return record;
}

/* ---- pages ---- */

static bool fits(const struct audit_filter *filter, const struct audit_entry *entry)
{
	return entry->time_us >= filter->since_us &&
	       (filter->until_us == 0 || entry->time_us < filter->until_us) &&
	       (!filter->by_uid || entry->uid == filter->uid) &&
	       (!filter->user[0] || strcmp(filter->user, entry->user) == 0) &&
	       (!filter->action[0] || strcmp(filter->action, entry->action) == 0) &&
	       (!filter->object[0] || strstr(entry->object, filter->object));
}

/* Entries of one slice that fit, oldest first. */
struct slice {
	const struct audit_filter *filter;
	struct audit_entry *entries; /* SLICE of them */
	size_t count;
	uint64_t read; /* the last seq that could be read */
};

static bool on_event(void *arg, const struct store_event *event)
{
	struct slice *slice = arg;
	struct audit_entry *entry = &slice->entries[slice->count];
	slice->read = event->seq;
	if (audit_decode(event, entry) && fits(slice->filter, entry))
		slice->count++;
	return true;
}

/* What is damaged is left out, as `verify` tells. */
static enum store_status read_slice(
	struct store_reader *reader, uint64_t from, uint64_t to, struct slice *slice)
{
	enum store_status status = STORE_DAMAGED;
	slice->count = 0;
	while (status == STORE_DAMAGED && from <= to) {
		slice->read = from - 1;
		status = store_read(
			reader, AUDIT_LOG, from, to, (size_t)(to - from + 1), on_event, slice);
		from = slice->read + 2;
	}
	return status == STORE_DAMAGED ? STORE_OK : status;
}

/* Newest first; false when the page is full, and then *ret_next is where the next one goes on. */
static bool take_slice(
	const struct slice *slice, size_t max, struct audit_page *page, uint64_t *ret_next)
{
	for (size_t i = slice->count; i-- > 0;) {
		if (page->count == max)
			return false;
		page->entries[page->count++] = slice->entries[i];
		*ret_next = slice->entries[i].seq;
	}
	return true;
}

/* Where to begin and to end: below `before` and `until_us`, not below `since_us`. */
static enum store_status find_range(struct store_reader *reader, const struct audit_filter *filter,
	uint64_t before, uint64_t *ret_first, uint64_t *ret_end)
{
	struct store_head head;
	uint64_t seq = 0;
	enum store_status status = store_head(reader, AUDIT_LOG, &head);
	*ret_first = head.first;
	*ret_end = before > 0 && before <= head.head ? before : head.head + 1;
	if (status == STORE_OK && filter->since_us > 0) {
		status = store_seq_at(reader, AUDIT_LOG, filter->since_us, &seq);
		*ret_first = seq > *ret_first ? seq : *ret_first;
	}
	if (status == STORE_OK && filter->until_us > 0) {
		status = store_seq_at(reader, AUDIT_LOG, filter->until_us, &seq);
		*ret_end = seq < *ret_end ? seq : *ret_end;
	}
	return status;
}

enum store_status audit_read(struct store_reader *reader, const struct audit_filter *filter,
	uint64_t before, size_t max, struct audit_page *page)
{
	uint64_t first = 0;
	uint64_t end = 0;
	size_t scanned = 0;
	*page = (struct audit_page){.entries = mem_new(max, sizeof(*page->entries))};
	enum store_status status = find_range(reader, filter, before, &first, &end);
	struct slice slice = {.filter = filter, .entries = mem_new(SLICE, sizeof(*slice.entries))};
	while (status == STORE_OK && end > first && scanned < AUDIT_SCAN_MAX) {
		uint64_t from = end - first > SLICE ? end - SLICE : first;
		status = read_slice(reader, from, end - 1, &slice);
		scanned += (size_t)(end - from);
		if (!take_slice(&slice, max, page, &end))
			break;
		end = from;
	}
	page->next = status == STORE_OK && end > first ? end : 0;
	free(slice.entries);
	return status;
}

void audit_page_deinit(struct audit_page *page)
{
	free(page->entries);
	*page = (struct audit_page){0};
}

/* ---- retention ---- */

struct sweep {
	struct store_job job;
	struct store *store; /* borrowed */
	uint64_t oldest_us;
};

static void run_sweep(struct store_job *job, struct store_reader *reader)
{
	struct sweep *sweep = GC_CONTAINER_OF(job, struct sweep, job);
	struct store_head head;
	uint64_t floor = 0;
	if (store_head(reader, AUDIT_LOG, &head) == STORE_OK &&
		store_seq_at(reader, AUDIT_LOG, sweep->oldest_us, &floor) == STORE_OK &&
		floor > head.first)
		store_trim(sweep->store, AUDIT_LOG, floor);
	free(sweep);
}

void audit_sweep(struct store *store, uint64_t oldest_us)
{
	struct sweep *sweep = mem_new(1, sizeof(*sweep));
	*sweep = (struct sweep){.job.run = run_sweep, .store = store, .oldest_us = oldest_us};
	store_run(store, &sweep->job);
}
