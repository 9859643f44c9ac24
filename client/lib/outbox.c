/*
 * The list in memory and its file.
 *
 *   any thread:  add -> append record, sync -> list (QUEUED)
 *   stream:      take_next (SENT) -> wire -> reply -> settle -> append "done" (not synced: a lost
 *                one only means that the server is asked again, and it knows the id)
 */
#include "lib/outbox.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "lib/memory.h"
#include "proto/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void lock(struct outbox *o)
{
	(void)pthread_mutex_lock(&o->shared.mu); /* cannot fail: plain, never held twice */
}

static void unlock(struct outbox *o)
{
	(void)pthread_mutex_unlock(&o->shared.mu);
}

/* Appends whole or not at all. Under mu. */
static int append(struct outbox *o, const uint8_t *record, size_t len)
{
	ssize_t n = pwrite(o->shared.fd, record, len, (off_t)o->shared.file_bytes);
	if (n == (ssize_t)len) {
		o->shared.file_bytes += len;
		return 0;
	}
	int e = n < 0 ? errno : ENOSPC;
	(void)!ftruncate(
		o->shared.fd, (off_t)o->shared.file_bytes); /* else the next one overwrites */
	return err_raise(-e);
}

/* Notes in the file that an entry is done; its two records are dead weight then. Under mu. */
static void append_done(struct outbox *o, const struct outbox_entry *entry)
{
	if (o->shared.fd < 0)
		return;
	size_t len;
	uint8_t *record GC_CLEANUP(mem_freep) =
		outbox_record_make(OUTBOX_RECORD_DONE, entry->id, GCHAT_ID_BYTES, &len);
	(void)append(o, record, len); /* lost: the server is asked again and knows the id */
	o->shared.dead_bytes += len + entry->len;
}

/* All open entries as one piece of file. Under mu. Owned. */
static uint8_t *image_of(struct outbox *o, size_t *ret_len)
{
	uint8_t *image = NULL;
	size_t len = 0;
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, &o->shared.entries, next) {
		size_t size;
		uint8_t *record GC_CLEANUP(mem_freep) = outbox_record_added(entry, &size);
		image = mem_grow(image, len + size, 1);
		memcpy(image + len, record, size);
		len += size;
	}
	*ret_len = len;
	return image;
}

/* Writes the file anew without what is done, where that is most of it. With `append` held. */
static int compact(struct outbox *o)
{
	lock(o);
	size_t len = 0;
	bool is_needed = o->shared.dead_bytes > OUTBOX_DEAD_BYTES &&
			 o->shared.dead_bytes > o->shared.file_bytes / 2;
	uint8_t *image GC_CLEANUP(mem_freep) = is_needed ? image_of(o, &len) : NULL;
	unlock(o);
	if (!is_needed)
		return 0;
	int r = fd_write_file(o->path, image ? image : (const uint8_t *)"", len, 0600);
	if (r < 0)
		return err_pass(r);
	int fd = open(o->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return err_raise(-errno);
	lock(o);
	(void)close(o->shared.fd); /* the old file is gone already */
	o->shared.fd = fd;
	o->shared.file_bytes = len;
	o->shared.dead_bytes = 0;
	unlock(o);
	return 0;
}

/* On disk when this returns 0. With `append` held. */
static int append_synced(struct outbox *o, const struct outbox_entry *entry)
{
	int r = compact(o);
	if (r < 0)
		return err_pass(r);
	size_t len;
	uint8_t *record GC_CLEANUP(mem_freep) = outbox_record_added(entry, &len);
	lock(o);
	r = append(o, record, len);
	unlock(o);
	if (r < 0)
		return err_pass(r);
	if (fdatasync(o->shared.fd) == 0) /* fd changes with `append` held alone */
		return 0;
	int e = errno;
	lock(o);
	append_done(o, entry);
	unlock(o);
	return err_raise(-e);
}

static int insert(struct outbox *o, struct outbox_entry *entry)
{
	if (outbox_count(o) >= GCHAT_OUTBOX_MAX)
		return -ENOSPC;
	int r = o->path[0] ? append_synced(o, entry) : 0;
	if (r < 0)
		return err_pass(r);
	lock(o);
	TAILQ_INSERT_TAIL(&o->shared.entries, entry, next);
	o->shared.count++;
	unlock(o);
	return 0;
}

int outbox_insert(struct outbox *o, struct outbox_entry *entry)
{
	(void)pthread_mutex_lock(&o->append);
	int r = insert(o, entry);
	(void)pthread_mutex_unlock(&o->append);
	if (r < 0)
		outbox_entry_free(entry);
	return r;
}

int outbox_add(struct outbox *o, const Gchat__V1__ClientFrame *frame)
{
	struct outbox_entry *entry = outbox_entry_new(frame);
	GC_ASSERT(entry); /* anything else is a wrong frame, our own mistake */
	return outbox_insert(o, entry);
}

/* The first that isn't on the wire. Under mu. */
static struct outbox_entry *first_waiting(struct outbox *o)
{
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, &o->shared.entries, next)
		if (entry->state != OUTBOX_SENT)
			return entry;
	return NULL;
}

/* The one whose turn it is, or NULL while the window is full. Under mu. */
static struct outbox_entry *find_turn(struct outbox *o)
{
	return o->shared.in_flight < OUTBOX_WINDOW ? first_waiting(o) : NULL;
}

const struct outbox_entry *outbox_take_next(struct outbox *o, struct mono now)
{
	lock(o);
	struct outbox_entry *entry = find_turn(o);
	if (entry && entry->state == OUTBOX_DELAYED && entry->retry_at.us > now.us)
		entry = NULL; /* and those behind it wait with it */
	if (entry) {
		entry->state = OUTBOX_SENT;
		entry->sent_at = now;
		o->shared.in_flight++;
	}
	unlock(o);
	return entry;
}

bool outbox_next_due(struct outbox *o, struct mono *ret)
{
	lock(o);
	const struct outbox_entry *entry = find_turn(o);
	bool is_due = entry && entry->state == OUTBOX_DELAYED;
	if (is_due)
		*ret = entry->retry_at;
	unlock(o);
	return is_due;
}

void outbox_rewind(struct outbox *o)
{
	if (!o->is_open)
		return;
	lock(o);
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, &o->shared.entries, next)
		if (entry->state == OUTBOX_SENT)
			entry->state = OUTBOX_QUEUED;
	o->shared.in_flight = 0;
	unlock(o);
}

/* Under mu. */
static struct outbox_entry *find_tag(struct outbox *o, uint64_t tag)
{
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, &o->shared.entries, next)
		if (entry->tag == tag)
			return entry;
	return NULL;
}

/* Under mu. */
static void leave_wire(struct outbox *o, const struct outbox_entry *entry)
{
	if (entry->state == OUTBOX_SENT)
		o->shared.in_flight--;
}

/* Under mu. */
static void take_out(struct outbox *o, struct outbox_entry *entry)
{
	leave_wire(o, entry);
	TAILQ_REMOVE(&o->shared.entries, entry, next);
	o->shared.count--;
	append_done(o, entry);
}

struct outbox_entry *outbox_settle(struct outbox *o, uint64_t tag)
{
	if (!o->is_open)
		return NULL;
	lock(o);
	struct outbox_entry *entry = find_tag(o, tag);
	if (entry)
		take_out(o, entry);
	unlock(o);
	return entry;
}

const struct outbox_entry *outbox_delay(struct outbox *o, uint64_t tag, struct mono retry_at)
{
	if (!o->is_open)
		return NULL;
	lock(o);
	struct outbox_entry *entry = find_tag(o, tag);
	if (entry) {
		leave_wire(o, entry);
		entry->state = OUTBOX_DELAYED;
		entry->retry_at = retry_at;
	}
	unlock(o);
	return entry;
}

uint64_t outbox_find(struct outbox *o, const uint8_t id[GCHAT_ID_BYTES])
{
	if (!o->is_open)
		return 0;
	uint64_t tag = 0;
	lock(o);
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, &o->shared.entries, next) {
		if (memcmp(entry->id, id, GCHAT_ID_BYTES) == 0) {
			tag = entry->tag;
			break;
		}
	}
	unlock(o);
	return tag;
}

size_t outbox_count(struct outbox *o)
{
	if (!o->is_open)
		return 0;
	lock(o);
	size_t count = o->shared.count;
	unlock(o);
	return count;
}

int outbox_drop(struct outbox *o, uint64_t tag)
{
	if (!o->is_open)
		return -ENOENT;
	lock(o);
	struct outbox_entry *entry = find_tag(o, tag);
	bool is_busy = entry && entry->state == OUTBOX_SENT;
	if (entry && !is_busy)
		take_out(o, entry);
	unlock(o);
	if (is_busy)
		return -EBUSY;
	outbox_entry_free(entry);
	return entry ? 0 : -ENOENT;
}
