/* One step after the other: rooms by pieces of their logs, kinds of records, the structure. */
#include "room/verify.h"

#include "base/mem.h"
#include "gchat/v1/event.pb-c.h"
#include "gchat/v1/record.pb-c.h"
#include "proto/codec.h"
#include "room/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kinds whose values are messages; the others are plain numbers, or empty. */
static const struct {
	enum record_kind kind;
	const ProtobufCMessageDescriptor *type; /* NULL: not one */
	const char *name;
} kinds[] = {
	{RECORD_META, NULL, "meta"},
	{RECORD_ACCOUNT, &gchat__v1__account_record__descriptor, "account"},
	{RECORD_USER_NAME, &gchat__v1__user_name_record__descriptor, "user name"},
	{RECORD_TOKEN, &gchat__v1__token_record__descriptor, "token"},
	{RECORD_ROOM, &gchat__v1__room_record__descriptor, "room"},
	{RECORD_ROOM_NAME, &gchat__v1__room_name_record__descriptor, "room name"},
	{RECORD_MEMBER, &gchat__v1__member_record__descriptor, "member"},
	{RECORD_INVITE, &gchat__v1__invite_record__descriptor, "invite"},
	{RECORD_MARKER, &gchat__v1__marker_record__descriptor, "read marker"},
	{RECORD_AVATAR, &gchat__v1__avatar_record__descriptor, "avatar"},
	{RECORD_BAN, &gchat__v1__restriction_record__descriptor, "ban"},
	{RECORD_MUTE, &gchat__v1__restriction_record__descriptor, "mute"},
	{RECORD_INVITATION, NULL, "invitation"},
	{RECORD_ERASURE, &gchat__v1__erasure_record__descriptor, "erasure"},
};

void verify_init(struct verify *v, struct directory *directory)
{
	*v = (struct verify){.directory = directory};
	v->problems = mem_new(VERIFY_PROBLEMS_MAX, sizeof(*v->problems));
}

void verify_deinit(struct verify *v)
{
	v->room = room_unref(v->room);
	for (size_t i = 0; i < v->suspect_count; i++)
		(void)room_unref(v->suspects[i].room);
	free(v->suspects);
	v->suspects = NULL;
	v->suspect_count = 0;
	free(v->logs);
	free(v->problems);
	v->logs = NULL;
	v->problems = NULL;
}

/* ---- problems ---- */

static void add_problem(struct verify *v, struct room *room, struct verify_problem problem,
	const char *fmt, ...) GC_PRINTF(4, 5);

static void add_problem(
	struct verify *v, struct room *room, struct verify_problem problem, const char *fmt, ...)
{
	va_list args;
	if (room)
		room_mark_damaged(room);
	else
		v->all_damaged = true;
	if (v->problem_total++ >= VERIFY_PROBLEMS_MAX)
		return;
	if (room)
		memcpy(problem.room, room->name, sizeof(problem.room));
	va_start(args, fmt);
	(void)vsnprintf(problem.text, sizeof(problem.text), fmt, args);
	va_end(args);
	v->problems[v->problem_count++] = problem;
}

static void add_range(struct verify *v, uint64_t first, uint64_t last, const char *text)
{
	uint64_t log = v->logs[v->at];
	const struct verify_problem problem = {
		.room_id = log == AUDIT_LOG ? 0 : log, .first_seq = first, .last_seq = last};
	add_problem(v, v->room, problem, "%s%s", log == AUDIT_LOG ? "audit log: " : "", text);
}

/* ---- events ---- */

struct piece {
	struct verify *v;
	uint64_t expected; /* the seq that comes next */
	size_t count;
};

static bool is_decodable(uint64_t log, const struct store_event *event)
{
	if (event->flags & STORE_EVENT_ERASED)
		return true;
	if (log == AUDIT_LOG)
		return audit_is_entry(event->body, event->body_len);
	ProtobufCMessage *body =
		codec_load(&gchat__v1__event__descriptor, event->body, event->body_len);
	codec_free(body);
	return body;
}

static bool on_event(void *arg, const struct store_event *event)
{
	struct piece *p = arg;
	if (event->seq > p->expected)
		add_range(p->v, p->expected, event->seq - 1, "events are missing");
	if (!is_decodable(p->v->logs[p->v->at], event))
		add_range(p->v, event->seq, event->seq, "an event can't be decoded");
	p->expected = event->seq + 1;
	p->count++;
	return true;
}

static bool ignore_event(void *arg, const struct store_event *event)
{
	(void)arg;
	(void)event;
	return false;
}

static bool is_readable(struct verify *v, struct store_reader *reader, uint64_t seq)
{
	return store_read(reader, v->logs[v->at], seq, seq, 1, ignore_event, NULL) != STORE_DAMAGED;
}

/* Where reading works again behind the damage at `seq`, by steps that double and then halve; at
 * most head + 1. What lies between is one page as a rule. */
static uint64_t behind_damage(
	struct verify *v, struct store_reader *reader, uint64_t seq, uint64_t head)
{
	uint64_t bad = seq;
	uint64_t step = 1;
	while (bad + step <= head && !is_readable(v, reader, bad + step)) {
		bad += step;
		step *= 2;
	}
	uint64_t good = bad + step <= head ? bad + step : head + 1;
	while (good - bad > 1) {
		uint64_t middle = bad + (good - bad) / 2;
		if (is_readable(v, reader, middle))
			good = middle;
		else
			bad = middle;
	}
	return good;
}

static void read_piece(struct verify *v, struct store_reader *reader, const struct store_head *head)
{
	struct piece piece = {.v = v, .expected = v->next > head->first ? v->next : head->first};
	uint64_t to = piece.expected + VERIFY_EVENTS - 1;
	to = to < head->head ? to : head->head;
	if (piece.expected <= to)
		v->status = store_read(
			reader, head->log, piece.expected, to, VERIFY_EVENTS, on_event, &piece);
	v->events += piece.count;
	v->next = to + 1;
	if (v->status == STORE_OK && piece.expected <= to)
		add_range(v, piece.expected, to, "events are missing");
	if (v->status != STORE_DAMAGED)
		return;
	v->next = behind_damage(v, reader, piece.expected, head->head);
	add_range(v, piece.expected, v->next - 1, "events can't be read");
}

/* Before the room's log is read: what is found later counts against it. */
static void suspect(struct verify *v, struct room *room)
{
	if (!room_is_damaged(room))
		return;
	if (v->suspect_count == v->suspect_size) {
		v->suspect_size = v->suspect_size ? 2 * v->suspect_size : 16;
		v->suspects = mem_grow(v->suspects, v->suspect_size, sizeof(*v->suspects));
	}
	v->suspects[v->suspect_count++] = (struct verify_suspect){
		.room = room_ref(room), .finds = atomic_load(&room->damage_finds)};
}

static void mend_suspects(struct verify *v)
{
	for (size_t i = 0; i < v->suspect_count && !v->all_damaged; i++)
		v->mended += room_mend(v->suspects[i].room, v->suspects[i].finds);
}

/* The head in memory is asked for first: what is in memory is in the store already. */
static void begin_log(struct verify *v)
{
	struct room_info info = {0};
	v->room = room_unref(v->room);
	v->room = directory_find_room(v->directory, v->logs[v->at]);
	if (v->room) {
		suspect(v, v->room);
		room_get_info(v->room, &info);
	}
	v->head = info.head_seq;
	v->next = 1;
	v->rooms += v->logs[v->at] != AUDIT_LOG;
}

static void next_log(struct verify *v)
{
	v->at++;
	v->next = 0;
}

static void check_head(struct verify *v, const struct store_head *head)
{
	if (v->status == STORE_DAMAGED)
		add_range(v, 0, 0, "the log's head can't be read");
	else if (v->status == STORE_OK && head->head > 0 && head->head < v->head)
		add_range(v, head->head + 1, v->head, "events are missing at the end");
}

static void step_log(struct verify *v, struct store_reader *reader)
{
	uint64_t log = v->logs[v->at];
	bool first = v->next == 0;
	struct store_head head = {.log = log};
	if (first)
		begin_log(v);
	v->status = store_head(reader, log, &head);
	if (first)
		check_head(v, &head);
	if (v->status != STORE_OK || head.head == 0 || v->next > head.head) {
		next_log(v); /* also one that was dropped meanwhile */
		return;
	}
	read_piece(v, reader, &head);
}

/* ---- records ---- */

static bool on_record(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)key;
	(void)key_len;
	struct verify *v = arg;
	v->records++;
	const ProtobufCMessageDescriptor *type = kinds[v->at].type;
	if (!type)
		return true;
	ProtobufCMessage *record = codec_load(type, value, value_len);
	if (!record)
		add_problem(v, NULL, (struct verify_problem){0}, "a record can't be decoded: %s",
			kinds[v->at].name);
	codec_free(record);
	return true;
}

static void step_records(struct verify *v, struct store_reader *reader)
{
	v->status = store_scan(reader, kinds[v->at].kind, NULL, 0, on_record, v);
	if (v->status == STORE_DAMAGED)
		add_problem(v, NULL, (struct verify_problem){0}, "records can't be read: %s",
			kinds[v->at].name);
	v->at++;
}

/* ---- the structure ---- */

static bool on_flaw(void *arg, const struct store_flaw *flaw)
{
	struct verify *v = arg;
	struct room *room = flaw->log ? directory_find_room(v->directory, flaw->log) : NULL;
	const struct verify_problem problem = {
		.room_id = flaw->log, .first_seq = flaw->seq, .last_seq = flaw->seq};
	add_problem(v, room, problem, "%s", flaw->text);
	(void)room_unref(room);
	return v->problem_total < 2 * (uint64_t)VERIFY_PROBLEMS_MAX;
}

/* ---- all of it ---- */

static bool on_head(void *arg, const struct store_head *head)
{
	struct verify *v = arg;
	if (v->log_count == v->log_size) {
		v->log_size = v->log_size ? 2 * v->log_size : 64;
		v->logs = mem_grow(v->logs, v->log_size, sizeof(*v->logs));
	}
	v->logs[v->log_count++] = head->log;
	return true;
}

static void enter(struct verify *v, unsigned phase)
{
	v->phase = phase;
	v->at = 0;
}

static void step_rooms(struct verify *v, struct store_reader *reader)
{
	if (!v->listed) {
		v->listed = true;
		v->status = store_heads(reader, on_head, v);
		if (v->status == STORE_DAMAGED)
			add_problem(v, NULL, (struct verify_problem){0},
				"the table of logs can't be read");
		return;
	}
	if (v->at < v->log_count)
		step_log(v, reader);
	else
		enter(v, VERIFY_RECORDS);
}

bool verify_step(struct verify *v, struct store_reader *reader)
{
	v->status = STORE_OK;
	switch (v->phase) {
	case VERIFY_ROOMS:
		step_rooms(v, reader);
		break;
	case VERIFY_RECORDS:
		step_records(v, reader);
		if (v->at == GC_LENGTH(kinds))
			enter(v, VERIFY_STRUCTURE);
		break;
	case VERIFY_STRUCTURE:
		v->status =
			store_check(reader, VERIFY_STRUCTURE_MS, on_flaw, v, &v->structure_done);
		enter(v, VERIFY_DONE);
		if (v->status == STORE_OK)
			mend_suspects(v);
		break;
	case VERIFY_DONE:
		break;
	}
	return v->phase != VERIFY_DONE && v->status != STORE_UNAVAILABLE;
}
