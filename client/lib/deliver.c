/* What the application takes out of the queue, and how that moves its places in the rooms. */
#include "lib/priv.h"

#include "base/mem.h"

#include <string.h>

int gchat_fd(struct gchat *g)
{
	return g->events.fd;
}

void gchat_event_free(struct gchat_event *event)
{
	gchat_free(event);
}

static void note_welcome(struct cursors *c, const struct gchat_welcome *welcome)
{
	cursors_keep(c, welcome->rooms, welcome->room_count);
	for (size_t i = 0; i < welcome->room_count; i++)
		if (!cursors_find(c, welcome->rooms[i].room_id))
			cursors_set(c, welcome->rooms[i].room_id, welcome->rooms[i].head_seq);
}

/* Under the mutex. False: the event says nothing of places. */
static bool move_places(struct cursors *c, const struct gchat_event *event)
{
	if (event->kind == GCHAT_EVENT_ENTRY)
		cursors_set(c, event->entry.room_id, event->entry.seq);
	else if (event->kind == GCHAT_EVENT_GAP)
		cursors_advance(c, event->gap.room_id, event->gap.to_seq);
	else if (event->kind == GCHAT_EVENT_WELCOME)
		note_welcome(c, &event->welcome);
	else if (event->kind == GCHAT_EVENT_RESET && event->reset.seq == 0 &&
		 strcmp(event->reset.reason, "NOT_A_MEMBER") == 0)
		cursors_drop(c, event->reset.room_id);
	else if (event->kind == GCHAT_EVENT_RESET)
		cursors_set(c, event->reset.room_id, event->reset.seq);
	else
		return false;
	return true;
}

void deliver_note(struct gchat *g, const struct gchat_event *event)
{
	gchat_lock(g);
	bool was_dirty = g->shared.is_dirty;
	if (move_places(&g->shared.delivered, event))
		g->shared.is_dirty = true;
	bool is_first = !was_dirty && g->shared.is_dirty && g->shared.cursor_path;
	gchat_unlock(g);
	if (is_first)
		queue_wake(&g->queue); /* so that the places are written before long */
}

int gchat_next(struct gchat *g, int timeout_ms, struct gchat_event **ret)
{
	struct gchat_event *event = event_queue_wait(&g->events, timeout_ms);
	if (!event)
		return 0;
	deliver_note(g, event);
	if (atomic_load(&g->is_read_paused) && !event_queue_is_full(&g->events))
		queue_wake(&g->queue);
	*ret = event;
	return 1;
}

/* Takes a copy of the delivered places if they are to be written. Owned path, or NULL. */
static char *take_places(struct gchat *g, struct cursors *ret)
{
	*ret = (struct cursors){0};
	gchat_lock(g);
	char *path = g->shared.is_dirty ? mem_strdup(g->shared.cursor_path) : NULL;
	if (path)
		cursors_copy(ret, &g->shared.delivered);
	g->shared.is_dirty = false;
	gchat_unlock(g);
	return path;
}

void deliver_save(struct gchat *g, bool is_last)
{
	struct mono now = clock_mono();
	if (!is_last && now.us < g->stream.save_at.us)
		return;
	struct cursors places;
	char *path GC_CLEANUP(mem_freep) = take_places(g, &places);
	if (!path)
		return;
	g->stream.save_at = clock_mono_add_ms(now, STREAM_SAVE_MS);
	if (cursors_save(&places, path) < 0) { /* the disk is full? again in a moment */
		gchat_lock(g);
		g->shared.is_dirty = true;
		gchat_unlock(g);
	}
	cursors_deinit(&places);
}
