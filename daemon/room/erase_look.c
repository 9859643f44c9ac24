/* Finding what someone has said, window by window. */
#include "room/erase_priv.h"

#include "base/mem.h"
#include "gchat/v1/event.pb-c.h"
#include "proto/codec.h"

static bool is_room(struct eraser *e, uint64_t log)
{
	struct room *room = directory_find_room(e->directory, log);
	(void)room_unref(room);
	return room;
}

static bool on_head(void *arg, const struct store_head *head)
{
	enum {
		LOGS_MIN = 64
	};
	struct eraser *e = arg;
	if (head->log < e->at.log || !is_room(e, head->log)) /* the other logs aren't of people */
		return true;
	if (e->log_count % LOGS_MIN == 0)
		e->logs = mem_grow(e->logs, e->log_count + LOGS_MIN, sizeof(*e->logs));
	e->logs[e->log_count++] = *head;
	return true;
}

static enum store_status find_logs(struct eraser *e, struct store_reader *reader)
{
	e->logs = mem_new(1, sizeof(*e->logs));
	e->log_count = e->log_at = 0;
	e->window = ERASE_WINDOW;
	return store_heads(reader, on_head, e);
}

/* What someone has said; who came and went stays, and what moderators did. */
static bool is_content(const struct store_event *event)
{
	Gchat__V1__Event *body =
		(void *)codec_load(&gchat__v1__event__descriptor, event->body, event->body_len);
	bool content = !body || body->body_case == GCHAT__V1__EVENT__BODY_MESSAGE ||
		       body->body_case == GCHAT__V1__EVENT__BODY_EDIT ||
		       body->body_case == GCHAT__V1__EVENT__BODY_REACTION;
	codec_free((void *)body);
	return content;
}

static bool on_event(void *arg, const struct store_event *event)
{
	struct eraser *e = arg;
	e->at.seq = event->seq + 1;
	e->seen++;
	if (is_content(event))
		e->erases[e->op.erase_count++] =
			(struct store_erase){.log = e->at.log, .seq = event->seq};
	return e->op.erase_count < STORE_ERASE_MAX;
}

/* A window of the log that it stands at. Of damage it is told only that it is in the window: that is
 * halved until it is the damaged event alone, which is passed over. */
static enum store_status look(struct eraser *e, struct store_reader *reader)
{
	const struct store_head *head = &e->logs[e->log_at];
	struct erasure before = e->at;
	size_t found = e->op.erase_count;
	e->seen = 0;
	if (e->at.seq < head->first)
		e->at.seq = head->first;
	uint64_t from = e->at.seq;
	uint64_t end = from + e->window < head->head + 1 ? from + e->window : head->head + 1;
	const struct store_authored what = {
		.log = head->log, .author = e->at.account_id, .from = from, .to = end - 1};
	enum store_status status =
		from < end ? store_read_author(reader, &what, STORE_PAGE_MAX, on_event, e)
			   : STORE_OK;
	if (status == STORE_OK && e->op.erase_count < STORE_ERASE_MAX && e->seen < STORE_PAGE_MAX)
		e->at.seq = end;
	if (status == STORE_DAMAGED && e->window > 1) {
		e->at = before;
		e->op.erase_count = found;
		e->window /= 2;
		return STORE_OK;
	}
	if (status == STORE_DAMAGED) {
		e->at.seq = from + 1;
		e->at.unreadable++;
		status = STORE_OK;
	}
	e->window = ERASE_WINDOW;
	return status;
}

/* Past what is behind it; false: nothing is left. */
static bool next_log(struct eraser *e)
{
	while (e->log_at < e->log_count) {
		const struct store_head *head = &e->logs[e->log_at];
		if (head->log != e->at.log) {
			e->at.log = head->log;
			e->at.seq = 1;
		}
		if (e->at.seq <= head->head)
			return true;
		e->log_at++;
	}
	return false;
}

enum store_status erase_look_on(struct eraser *e, struct store_reader *reader)
{
	enum store_status status = e->logs ? STORE_OK : find_logs(e, reader);
	e->done = false;
	for (int i = 0; status == STORE_OK && !e->done && i < ERASE_WINDOWS_MAX &&
			e->op.erase_count < STORE_ERASE_MAX;
		i++) {
		e->done = !next_log(e);
		if (!e->done)
			status = look(e, reader);
	}
	return status;
}
