/* links: gchat_lib */
/*
 * The client's outbox as a crash, or someone else, may have left it: pieces (support/parts.h) become
 * records with right checks in the files of two slots, and what is left over is a torn tail. Opened,
 * listed, sent, settled; opened again it holds what it held before.
 */
#include "lib/outbox.h"
#include "base/fd.h"
#include "base/macros.h"
#include "base/mem.h"
#include "support/parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SLOTS = 2,
	PATH_BYTES = 64,
	RECORDS_MAX = 64,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/dev/shm/gchat-fuzz-XXXXXX";

static void remove_files(void)
{
	for (int slot = 0; slot < SLOTS; slot++) {
		char path[PATH_BYTES];
		(void)snprintf(path, sizeof(path), "%s/o.%d", folder, slot);
		(void)unlink(path); /* what isn't there needn't go */
		(void)snprintf(path, sizeof(path), "%s/o.%d.lock", folder, slot);
		(void)unlink(path);
	}
}

static void remove_folder(void)
{
	remove_files();
	(void)rmdir(folder);
}

static void make_folder(void)
{
	static bool made;
	if (made)
		return;
	GC_ASSERT(mkdtemp(folder));
	(void)atexit(remove_folder);
	made = true;
}

static int open_slot(int slot)
{
	char path[PATH_BYTES];
	(void)snprintf(path, sizeof(path), "%s/o.%d", folder, slot);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	GC_ASSERT(fd >= 0);
	return fd;
}

static void put(int fd, const uint8_t *data, size_t len)
{
	GC_ASSERT(len == 0 || write(fd, data, len) == (ssize_t)len);
}

/* A record's first byte: its slot, its type and whether its check is right. */
static void write_files(struct parts *parts)
{
	int fds[SLOTS];
	const uint8_t *bytes;
	size_t len;
	for (int i = 0; i < SLOTS; i++)
		fds[i] = open_slot(i);
	for (unsigned i = 0; i < RECORDS_MAX && parts_take(parts, &bytes, &len); i++) {
		if (len == 0)
			continue;
		size_t record_len;
		uint8_t *record =
			outbox_record_make((bytes[0] >> 1) % 4, bytes + 1, len - 1, &record_len);
		record[5] ^= bytes[0] & 0x80;
		put(fds[bytes[0] % SLOTS], record, record_len);
		free(record);
	}
	put(fds[0], parts->data, parts->len);
	for (int i = 0; i < SLOTS; i++)
		(void)close(fds[i]);
}

static size_t use(struct outbox *o)
{
	struct gchat_outbox_list *list = outbox_list(o);
	GC_ASSERT(list->count == outbox_count(o));
	for (size_t i = 0; i < list->count; i++)
		GC_ASSERT(list->items[i].tag != 0 && outbox_find(o, list->items[i].id) != 0);
	gchat_free(list);
	const struct outbox_entry *first = outbox_take_next(o, clock_mono());
	size_t count = outbox_count(o);
	if (first && (first->id[0] & 1)) {
		outbox_entry_free(outbox_settle(o, first->tag));
		GC_ASSERT(outbox_count(o) == count - 1);
	} else if (first) {
		(void)outbox_delay(o, first->tag, clock_mono());
	}
	outbox_rewind(o);
	return outbox_count(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts parts = {.data = data, .len = size};
	struct outbox o = {.is_open = false};
	uint64_t next_tag = 1;
	char stem[PATH_BYTES];
	make_folder();
	remove_files();
	write_files(&parts);
	(void)snprintf(stem, sizeof(stem), "%s/o", folder);
	GC_ASSERT(outbox_open(&o, stem, &next_tag) == 0);
	size_t kept = use(&o);
	outbox_close(&o);
	GC_ASSERT(outbox_open(&o, stem, &next_tag) == 0);
	/* tags at the very end of their range were made by nobody: what follows them is not kept */
	GC_ASSERT(next_tag != 0 && (next_tag > OUTBOX_TAG_MAX || outbox_count(&o) == kept));
	outbox_close(&o);
	return 0;
}
