/*
 * Two tables under one mutex: by seq, what the first reader found there (every other must find the
 * same); by sender and number, where that message was acknowledged and where it was found.
 */
#include "support/check.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/grown.h"

enum {
	NAME_BYTES = 32,
	FAULT_BYTES = 512,
	TABLE_MIN = 1024,
};

/* What stands at one seq. */
struct place {
	uint64_t print; /* a hash of all that matters; 0: not seen yet */
	unsigned sender;
	unsigned number; /* 0: not a message of a checked sender */
};

struct message {
	uint64_t acked_seq; /* 0: not acknowledged */
	uint64_t seen_seq; /* 0: not found in the log yet */
};

struct sender {
	struct message *messages; /* owned; [number] */
	size_t size;
	unsigned sent;
	unsigned acked;
};

struct reader {
	char name[NAME_BYTES];
	uint64_t seq;
};

struct check {
	uint64_t room_id;
	struct {
		pthread_mutex_t mu;
		struct place *places; /* owned; [seq] */
		size_t places_size;
		uint64_t head;
		uint64_t duplicates;
		uint64_t entries;
		struct sender senders[CHECK_SENDERS_MAX];
		struct reader readers[CHECK_READERS_MAX];
		unsigned reader_count;
		char fault[FAULT_BYTES];
	} shared;
};

struct check *check_new(uint64_t room_id)
{
	struct check *c = mem_new(1, sizeof(*c));

	c->room_id = room_id;
	int r = pthread_mutex_init(&c->shared.mu, NULL);
	GC_ASSERT(r == 0);
	return c;
}

void check_free(struct check *c)
{
	for (unsigned i = 0; i < CHECK_SENDERS_MAX; i++)
		free(c->shared.senders[i].messages);
	free(c->shared.places);
	(void)pthread_mutex_destroy(&c->shared.mu); /* nobody holds it */
	free(c);
}

static void lock(struct check *c)
{
	int r = pthread_mutex_lock(&c->shared.mu);
	GC_ASSERT(r == 0);
}

static void unlock(struct check *c)
{
	int r = pthread_mutex_unlock(&c->shared.mu);
	GC_ASSERT(r == 0);
}

/* Under the mutex: keeps the first fault alone. */
static void GC_PRINTF(2, 3) blame(struct check *c, const char *fmt, ...)
{
	va_list ap;

	if (c->shared.fault[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(c->shared.fault, sizeof(c->shared.fault), fmt, ap);
	va_end(ap);
}

void check_blame(struct check *c, const char *fmt, ...)
{
	char text[FAULT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lock(c);
	blame(c, "%s", text);
	unlock(c);
}

static struct place *place_at(struct check *c, uint64_t seq)
{
	c->shared.places = grown(
		c->shared.places, &c->shared.places_size, TABLE_MIN, seq, sizeof(struct place));
	return &c->shared.places[seq];
}

static struct message *message_at(struct check *c, unsigned sender, unsigned number)
{
	struct sender *s = &c->shared.senders[sender];

	s->messages = grown(s->messages, &s->size, TABLE_MIN, number, sizeof(struct message));
	return &s->messages[number];
}

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(1099511628211); /* FNV-1a */
	return hash;
}

static uint64_t print_of(const struct gchat_entry *e)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	uint32_t kind = e->kind;

	hash = mix(hash, &kind, sizeof(kind));
	hash = mix(hash, &e->author_id, sizeof(e->author_id));
	hash = mix(hash, &e->time_us, sizeof(e->time_us));
	hash = mix(hash, e->id, sizeof(e->id));
	hash = mix(hash, e->text, strlen(e->text));
	return hash ? hash : 1;
}

unsigned check_add_reader(struct check *c, const char *name, struct gchat *g)
{
	struct gchat_cursor cursors[16];
	size_t count = gchat_get_cursors(g, cursors, GC_LENGTH(cursors));

	lock(c);
	GC_ASSERT(c->shared.reader_count < CHECK_READERS_MAX);
	unsigned index = c->shared.reader_count++;
	struct reader *r = &c->shared.readers[index];
	(void)snprintf(r->name, sizeof(r->name), "%s", name);
	for (size_t i = 0; i < count && i < GC_LENGTH(cursors); i++) {
		if (cursors[i].room_id == c->room_id)
			r->seq = cursors[i].seq;
	}
	if (r->seq == 0)
		blame(c, "%s has no cursor in the room", name);
	unlock(c);
	return index;
}

unsigned check_next_text(struct check *c, unsigned sender, char ret_text[CHECK_TEXT_BYTES])
{
	GC_ASSERT(sender < CHECK_SENDERS_MAX);
	lock(c);
	unsigned number = ++c->shared.senders[sender].sent;
	(void)message_at(c, sender, number);
	unlock(c);
	(void)snprintf(ret_text, CHECK_TEXT_BYTES, "sender %u number %u", sender, number);
	return number;
}

void check_acked(struct check *c, unsigned sender, unsigned number, const struct gchat_reply *reply)
{
	lock(c);
	struct message *m = message_at(c, sender, number);
	if (m->acked_seq)
		blame(c, "sender %u number %u was acknowledged twice", sender, number);
	if (m->seen_seq && m->seen_seq != reply->seq)
		blame(c, "sender %u number %u: acknowledged at %" PRIu64 ", seen at %" PRIu64,
			sender, number, reply->seq, m->seen_seq);
	m->acked_seq = reply->seq;
	c->shared.senders[sender].acked++;
	c->shared.duplicates += reply->duplicate;
	unlock(c);
}

/* The first look at a seq. */
static void learn(struct check *c, struct place *p, const struct gchat_entry *e)
{
	p->print = print_of(e);
	if (e->seq > c->shared.head)
		c->shared.head = e->seq;
	if (e->kind != GCHAT_ENTRY_MESSAGE ||
		sscanf(e->text, "sender %u number %u", &p->sender, &p->number) != 2)
		return;
	if (p->sender >= CHECK_SENDERS_MAX || p->number > c->shared.senders[p->sender].sent) {
		blame(c, "seq %" PRIu64 ": \"%s\" was never sent", e->seq, e->text);
		p->number = 0;
		return;
	}
	struct message *m = message_at(c, p->sender, p->number);
	if (m->seen_seq)
		blame(c, "\"%s\" stands at %" PRIu64 " and again at %" PRIu64, e->text, m->seen_seq,
			e->seq);
	if (m->acked_seq && m->acked_seq != e->seq)
		blame(c, "\"%s\" was acknowledged at %" PRIu64 " and stands at %" PRIu64, e->text,
			m->acked_seq, e->seq);
	m->seen_seq = e->seq;
}

/* Under the mutex. */
static void compare(struct check *c, const char *who, const struct gchat_entry *e)
{
	struct place *p = place_at(c, e->seq);

	if (p->print == 0)
		learn(c, p, e);
	else if (p->print != print_of(e))
		blame(c, "%s: seq %" PRIu64 " is \"%s\" by %s, others saw something else", who,
			e->seq, e->text, e->author);
}

static void take_entry(struct check *c, unsigned reader, const struct gchat_entry *e)
{
	struct reader *r = &c->shared.readers[reader];

	if (e->seq != r->seq + 1)
		blame(c, "%s: seq %" PRIu64 " came after %" PRIu64, r->name, e->seq, r->seq);
	compare(c, r->name, e);
	r->seq = e->seq;
	c->shared.entries++;
}

void check_event(struct check *c, unsigned reader, const struct gchat_event *event)
{
	const char *name = c->shared.readers[reader].name;

	lock(c);
	if (event->kind == GCHAT_EVENT_ENTRY && event->entry.room_id == c->room_id)
		take_entry(c, reader, &event->entry);
	else if (event->kind == GCHAT_EVENT_GAP)
		blame(c, "%s: gap from %" PRIu64 " to %" PRIu64 ": %s", name, event->gap.from_seq,
			event->gap.to_seq, event->gap.reason);
	else if (event->kind == GCHAT_EVENT_RESET)
		blame(c, "%s: reset to %" PRIu64 ": %s", name, event->reset.seq,
			event->reset.reason);
	else if (event->kind == GCHAT_EVENT_STATE && event->state.state == GCHAT_STATE_REFUSED)
		blame(c, "%s: refused: %s: %s", name, event->state.error.reason,
			event->state.error.message);
	unlock(c);
}

const char *check_fault(struct check *c)
{
	lock(c);
	const char *fault = c->shared.fault[0] ? c->shared.fault : NULL; /* never written again */
	unlock(c);
	return fault;
}

uint64_t check_place(struct check *c, unsigned reader)
{
	lock(c);
	uint64_t seq = c->shared.readers[reader].seq;
	unlock(c);
	return seq;
}

static struct check_counts count(const struct check *c)
{
	struct check_counts n = {.head = c->shared.head,
		.duplicates = c->shared.duplicates,
		.entries = c->shared.entries};

	for (unsigned i = 0; i < CHECK_SENDERS_MAX; i++) {
		n.sent += c->shared.senders[i].sent;
		n.acked += c->shared.senders[i].acked;
	}
	return n;
}

struct check_counts check_counts_now(struct check *c)
{
	lock(c);
	struct check_counts n = count(c);
	unlock(c);
	return n;
}

/* Under the mutex: every acknowledged message has been seen by someone, so the head is the head. */
static bool head_is_known(const struct check *c)
{
	for (unsigned i = 0; i < CHECK_SENDERS_MAX; i++) {
		const struct sender *s = &c->shared.senders[i];
		for (unsigned n = 1; n <= s->sent; n++) {
			if (s->messages[n].seen_seq == 0)
				return false;
		}
	}
	return true;
}

bool check_is_settled(struct check *c)
{
	lock(c);
	struct check_counts n = count(c);
	bool settled = n.sent == n.acked && head_is_known(c);
	for (unsigned i = 0; i < c->shared.reader_count; i++)
		settled = settled && c->shared.readers[i].seq == c->shared.head;
	settled = settled || c->shared.fault[0]; /* waiting longer mends nothing */
	unlock(c);
	return settled;
}

/* ---- the end ---- */

/* All of the log, page by page; its head. */
static uint64_t read_log(struct check *c, struct td *td, struct gchat *g)
{
	uint64_t seq = 0;
	uint64_t head = 1;

	while (seq < head) {
		struct gchat_history_query query = {.room_id = c->room_id,
			.place = GCHAT_PLACE_AFTER,
			.seq = seq,
			.page_size = 500};
		struct gchat_history *page = NULL;
		struct gchat_error error = {0};
		if (gchat_history(g, &query, &page, &error) != 0 || page->count == 0)
			td_fail(td, "history after %" PRIu64 ": %s: %s", seq, error.reason,
				error.message);
		head = page->head_seq;
		lock(c);
		for (size_t i = 0; i < page->count; i++) {
			if (page->entries[i].seq != ++seq)
				blame(c, "history: seq %" PRIu64 " in the place of %" PRIu64,
					page->entries[i].seq, seq);
			compare(c, "history", &page->entries[i]);
		}
		unlock(c);
		gchat_free(page);
	}
	return head;
}

/* Every message that was sent stands in the log once, where its acknowledgement said. */
static void check_messages(struct check *c)
{
	for (unsigned i = 0; i < CHECK_SENDERS_MAX; i++) {
		const struct sender *s = &c->shared.senders[i];
		uint64_t before = 0;
		for (unsigned n = 1; n <= s->sent; n++) {
			const struct message *m = &s->messages[n];
			if (m->acked_seq == 0 || m->seen_seq != m->acked_seq)
				blame(c,
					"sender %u number %u: acknowledged at %" PRIu64
					", found at %" PRIu64,
					i, n, m->acked_seq, m->seen_seq);
			if (m->seen_seq < before)
				blame(c, "sender %u: number %u stands before number %u", i, n,
					n - 1);
			before = m->seen_seq;
		}
	}
}

void check_finish(struct check *c, struct td *td, struct gchat *g)
{
	uint64_t head = read_log(c, td, g);

	lock(c);
	if (head != c->shared.head)
		blame(c, "the log ends at %" PRIu64 ", readers have seen %" PRIu64, head,
			c->shared.head);
	check_messages(c);
	for (unsigned i = 0; i < c->shared.reader_count; i++) {
		const struct reader *r = &c->shared.readers[i];
		if (r->seq != head)
			blame(c, "%s has seen %" PRIu64 " of %" PRIu64, r->name, r->seq, head);
	}
	unlock(c);
	const char *fault = check_fault(c);
	if (fault)
		td_fail(td, "%s", fault);
}
