/*
 *   expire_start --> the slice's records --> store_submit --> on_done: out of memory --> the next slice
 *
 * A slice is submitted while no ban or mute is (restriction_submit_sweep): else a new one, for the same
 * target, might be committed first and be deleted by this.
 */
#include "room/expire.h"

#include "base/clock.h"
#include "base/mem.h"
#include "room/directory.h"
#include "room/restriction.h"
#include "store/store.h"

#include <stdlib.h>

struct slice {
	struct store_op op;
	struct directory *directory; /* borrowed: outlives the store's writes */
	size_t count;
	struct restriction items[EXPIRE_SLICE];
	struct record_key keys[EXPIRE_SLICE];
	struct store_put puts[EXPIRE_SLICE];
};

/* Writer thread. What could not be deleted is found again by the next sweep. */
static void on_done(struct store_op *op, enum store_status status)
{
	struct slice *s = GC_CONTAINER_OF(op, struct slice, op);
	struct directory *d = s->directory;
	bool more = status == STORE_OK && s->count == EXPIRE_SLICE;
	for (size_t i = 0; i < s->count && status == STORE_OK; i++)
		restriction_remove(d, s->items[i].kind, &s->items[i].target, s->items[i].id);
	free(s);
	if (more)
		expire_start(d);
}

/* Under the book's writes_mu: nothing new is being written. */
static void submit(void *arg)
{
	struct directory *d = arg;
	struct slice *s = mem_new(1, sizeof(*s));
	s->directory = d;
	s->op.on_done = on_done;
	s->count = restriction_list_expired(d, clock_wall_us(), s->items, EXPIRE_SLICE);
	for (size_t i = 0; i < s->count; i++) {
		s->keys[i] = restriction_key(&s->items[i].target);
		s->puts[i] = (struct store_put){
			.kind = (uint32_t)restriction_record_kind(s->items[i].kind),
			.key = s->keys[i].bytes,
			.key_len = s->keys[i].len};
	}
	s->op.puts = s->puts;
	s->op.put_count = s->count;
	if (s->count > 0)
		store_submit(d->store, &s->op);
	else
		free(s);
}

void expire_start(struct directory *d)
{
	restriction_submit_sweep(d, submit, d);
}
