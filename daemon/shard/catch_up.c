/* Catching up: a cursor that is behind the tail gets a piece of the log from the store. */
#include "shard/pump.h"

#include "base/metrics.h"
#include "shard/session.h"
#include "store/store.h"

/* Reader thread: the event's wire form goes behind those before it. */
static bool on_event(void *arg, const struct store_event *stored)
{
	struct catch_up *c = arg;
	if (c->last > 0 && stored->seq != c->last + 1)
		return false; /* trimmed under our hands: the next plan says so */
	if (c->last == 0 && stored->seq != c->from)
		return false;
	struct event *event = event_from_stored(c->room_id, stored);
	bool fits = c->wire.len == 0 || c->wire.len + event->wire_len <= c->max_bytes;
	if (fits) {
		control_add(&c->wire, event->wire, event->wire_len);
		c->last = stored->seq;
	}
	(void)event_unref(event);
	return fits && c->wire.len < c->max_bytes;
}

static void run(struct store_job *job, struct store_reader *reader)
{
	struct catch_up *c = GC_CONTAINER_OF(job, struct catch_up, job);
	struct session *s = GC_CONTAINER_OF(c, struct session, catch_up);
	c->status = store_read(reader, c->room_id, c->from, c->to, c->max_events, on_event, c);
	shard_post(s->shard, &c->mail);
}

/* Shard thread: what was read becomes the front of the next message. */
static void take(struct session *s, struct subscription *sub)
{
	struct catch_up *c = &s->catch_up;
	if (c->last > 0) {
		control_add(&s->control, c->wire.data, c->wire.len);
		s->control_has_events = true;
		cursor_advance(&sub->cursor, c->last);
		s->events_out += c->last - c->from + 1;
		metric_add(METRIC_EVENTS_OUT, c->last - c->from + 1);
	} else if (c->status == STORE_UNAVAILABLE) {
		session_end(s, REASON_UNAVAILABLE, NULL); /* it comes back, with a pause */
	} else if (c->status == STORE_DAMAGED ||
		   sub->cursor.next >= subscription_span(sub).first_seq) {
		struct room *room =
			directory_find_room(s->shard->hub->options.directory, c->room_id);
		if (room)
			room_mark_damaged(room);
		(void)room_unref(room);
		session_skip(
			sub, sub->cursor.next, REASON_DAMAGED); /* it should be there and isn't */
	}
}

static void on_read(struct mail *mail)
{
	struct catch_up *c = GC_CONTAINER_OF(mail, struct catch_up, mail);
	struct session *s = GC_CONTAINER_OF(c, struct session, catch_up);
	struct subscription *sub = subscription_find(s, c->room_id);
	s->catching_up = false;
	if (sub && s->state == SESSION_LIVE && sub->cursor.next == c->from)
		take(s, sub);
	control_deinit(&c->wire);
	struct subscription *each;
	struct subscription *tmp;
	HASH_ITER (hh, s->subscriptions, each, tmp)
		subscription_mark(each); /* others may have waited for their turn */
	session_release(s);
}

void catch_up_start(struct subscription *sub, uint64_t to)
{
	struct session *s = sub->session;
	struct catch_up *c = &s->catch_up;
	*c = (struct catch_up){.job.run = run,
		.mail.deliver = on_read,
		.room_id = sub->room_id,
		.from = sub->cursor.next,
		.to = to,
		.max_bytes = s->shard->limits.batch_bytes,
		.max_events = s->shard->limits.batch_events};
	if (c->max_events > STORE_PAGE_MAX)
		c->max_events = STORE_PAGE_MAX;
	s->catching_up = true;
	session_hold(s);
	metric_add(METRIC_CATCHUP_READS, 1);
	store_run(s->shard->hub->options.store, &c->job);
}
