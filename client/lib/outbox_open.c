/* Slots: which file is ours, and taking over those that no one holds any more. */
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
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int format_path(char path[PATH_MAX], const char *stem, unsigned slot, const char *end)
{
	int n = snprintf(path, PATH_MAX, "%s.%u%s", stem, slot, end);
	return n < 0 || n >= PATH_MAX ? err_raise(-ENAMETOOLONG) : 0;
}

/* Locks a slot. 1: *ret_fd holds it; 0: another does; or negative errno. */
static int lock_slot(const char *stem, unsigned slot, int *ret_fd)
{
	char path[PATH_MAX];
	int r = format_path(path, stem, slot, ".lock");
	if (r < 0)
		return err_pass(r);
	int fd GC_FD = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_raise(-errno);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : err_raise(-errno);
	*ret_fd = fd_take(&fd);
	return 1;
}

/* Locks the first free slot. */
static int take_slot(struct outbox *o, const char *stem)
{
	for (unsigned slot = 0; slot < OUTBOX_SLOTS_MAX; slot++) {
		int r = lock_slot(stem, slot, &o->lock_fd);
		if (r < 0)
			return err_pass(r);
		if (r > 0) {
			o->slot = slot;
			return format_path(o->path, stem, slot, "");
		}
	}
	return err_raise(-EBUSY);
}

static int open_file(struct outbox *o)
{
	size_t count = 0;
	size_t bytes = 0;
	int r = access(o->path, F_OK) < 0 ? fd_write_file(o->path, "", 0, 0600) : 0;
	if (r == 0)
		r = outbox_file_load(o->path, &o->shared.entries, &count, &bytes);
	if (r < 0)
		return err_pass(r);
	int fd GC_FD = open(o->path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0 || fsync(fd) < 0)
		return err_raise(-errno);
	struct outbox_entry *entry;
	size_t live = 0;
	TAILQ_FOREACH (entry, &o->shared.entries, next)
		live += entry->len;
	o->shared.count = count;
	o->shared.file_bytes = bytes;
	o->shared.dead_bytes = bytes > live ? bytes - live : 0;
	o->shared.fd = fd_take(&fd);
	return 0;
}

static void raise_tags(struct outbox *o, uint64_t *next_tag)
{
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, &o->shared.entries, next)
		if (entry->tag >= *next_tag)
			*next_tag = entry->tag + 1;
}

/* Adds an entry of another slot under a tag of our own. */
static int adopt_entry(struct outbox *o, const struct outbox_entry *entry, uint64_t tag)
{
	if (outbox_find(o, entry->id))
		return 0; /* taken over before, with a crash before the other file was emptied */
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__client_frame__descriptor, entry->frame, entry->len);
	GC_ASSERT(msg); /* it was decoded when it was loaded */
	Gchat__V1__ClientFrame *frame = (void *)msg;
	frame->request_id = tag;
	struct outbox_entry *ours = outbox_entry_new(frame);
	codec_free(msg);
	GC_ASSERT(ours); /* as above */
	ours->earlier = true;
	ours->time_us = entry->time_us;
	return outbox_insert(o, ours);
}

static void free_entries(struct outbox_entries *entries)
{
	struct outbox_entry *entry;
	while ((entry = TAILQ_FIRST(entries))) {
		TAILQ_REMOVE(entries, entry, next);
		outbox_entry_free(entry);
	}
}

/* Takes over what the file at `path` holds, then empties it. Its slot is locked. */
static int adopt_file(struct outbox *o, const char *path, uint64_t *next_tag)
{
	struct outbox_entries entries = TAILQ_HEAD_INITIALIZER(entries);
	size_t count;
	size_t bytes;
	int r = outbox_file_load(path, &entries, &count, &bytes);
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, &entries, next) {
		if (r < 0)
			break;
		r = adopt_entry(o, entry, (*next_tag)++);
	}
	if (r == 0)
		r = truncate(path, 0) < 0 ? err_raise(-errno) : 0;
	free_entries(&entries);
	return r;
}

/* What can't be taken over now (full, unreadable) stays where it is for a later process. */
static void adopt_slots(struct outbox *o, const char *stem, uint64_t *next_tag)
{
	for (unsigned slot = 0; slot < OUTBOX_SLOTS_MAX; slot++) {
		char path[PATH_MAX];
		struct stat st;
		int fd GC_FD = -1;
		if (slot == o->slot || format_path(path, stem, slot, "") < 0)
			continue;
		if (stat(path, &st) < 0 || st.st_size == 0 || lock_slot(stem, slot, &fd) <= 0)
			continue;
		(void)adopt_file(o, path, next_tag);
	}
}

static int open_slot(struct outbox *o, const char *stem, uint64_t *next_tag)
{
	int r = take_slot(o, stem);
	if (r < 0)
		return err_pass(r);
	r = open_file(o);
	if (r < 0)
		return err_pass(r);
	raise_tags(o, next_tag);
	return 0;
}

int outbox_open(struct outbox *o, const char *stem, uint64_t *next_tag)
{
	if (o->is_open)
		return err_raise(-EALREADY);
	*o = (struct outbox){.is_open = true, .lock_fd = -1, .shared.fd = -1};
	TAILQ_INIT(&o->shared.entries);
	(void)pthread_mutex_init(&o->append, NULL); /* cannot fail without attributes */
	(void)pthread_mutex_init(&o->shared.mu, NULL);
	int r = stem ? open_slot(o, stem, next_tag) : 0;
	if (r < 0) {
		outbox_close(o);
		return err_pass(r);
	}
	if (stem)
		adopt_slots(o, stem, next_tag);
	return 0;
}

void outbox_close(struct outbox *o)
{
	if (!o->is_open)
		return;
	free_entries(&o->shared.entries);
	fd_closep(&o->shared.fd);
	fd_closep(&o->lock_fd);
	(void)pthread_mutex_destroy(&o->append);
	(void)pthread_mutex_destroy(&o->shared.mu);
	*o = (struct outbox){0};
}

static void describe(
	void *owner, const Gchat__V1__ClientFrame *frame, struct gchat_outbox_item *ret)
{
	const char *text = NULL;
	if (ret->request == GCHAT_REQUEST_SEND) {
		ret->room_id = frame->send->room_id;
		ret->target_seq = frame->send->reply_to;
		text = frame->send->text;
	} else if (ret->request == GCHAT_REQUEST_EDIT) {
		ret->room_id = frame->edit->room_id;
		ret->target_seq = frame->edit->target_seq;
		text = frame->edit->text;
	} else if (ret->request == GCHAT_REQUEST_DELETE) {
		ret->room_id = frame->delete_->room_id;
		ret->target_seq = frame->delete_->target_seq;
		text = frame->delete_->reason;
	} else {
		ret->room_id = frame->react->room_id;
		ret->target_seq = frame->react->target_seq;
		text = frame->react->emoji;
	}
	ret->text = memory_text(owner, text);
}

static void list_entry(void *owner, const struct outbox_entry *entry, struct gchat_outbox_item *ret)
{
	*ret = (struct gchat_outbox_item){.tag = entry->tag,
		.request = entry->request,
		.text = "",
		.time_us = entry->time_us,
		.earlier = entry->earlier};
	for (unsigned i = 0; i < GCHAT_ID_BYTES; i++)
		ret->id[i] = entry->id[i];
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__client_frame__descriptor, entry->frame, entry->len);
	if (msg)
		describe(owner, (void *)msg, ret);
	codec_free(msg);
}

struct gchat_outbox_list *outbox_list(struct outbox *o)
{
	struct gchat_outbox_list *list = memory_new(sizeof(*list));
	if (!o->is_open)
		return list;
	(void)pthread_mutex_lock(&o->shared.mu);
	struct gchat_outbox_item *items = memory_add(list, o->shared.count, sizeof(*items));
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, &o->shared.entries, next)
		list_entry(list, entry, &items[list->count++]);
	(void)pthread_mutex_unlock(&o->shared.mu);
	list->items = items;
	return list;
}
