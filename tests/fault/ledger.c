/*
 *	reports --> ops (by actor and number)      \
 *	                                             compared in ledger_check.c
 *	entries --> slots (by room and seq), folds /
 */
#include "ledger_priv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/grown.h"

static const char *const stage_names[_STAGE_MAX] = {"talk", "hall"};

struct ledger *ledger_new(const uint64_t rooms[_STAGE_MAX], const uint64_t accounts[ACTORS_MAX])
{
	struct ledger *l = mem_new(1, sizeof(*l));

	for (int i = 0; i < _STAGE_MAX; i++) {
		l->logs[i].room_id = rooms[i];
		fold_init(&l->logs[i].fold, accounts);
	}
	for (unsigned i = 0; i < ACTORS_MAX; i++)
		fold_init(&l->readers[i].fold, accounts);
	return l;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	for (int i = 0; i < _STAGE_MAX; i++) {
		free(l->logs[i].slots);
		fold_deinit(&l->logs[i].fold);
	}
	for (unsigned i = 0; i < ACTORS_MAX; i++) {
		free(l->readers[i].ops);
		fold_deinit(&l->readers[i].fold);
	}
	free(l->ids.items);
	free(l);
}

void ledger_blame(struct ledger *l, const char *fmt, ...)
{
	va_list ap;

	if (l->fault[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(l->fault, sizeof(l->fault), fmt, ap);
	va_end(ap);
}

const char *ledger_fault(const struct ledger *l)
{
	return l->fault[0] ? l->fault : NULL;
}

/* ---- tables ---- */

struct op *ledger_op(struct ledger *l, unsigned actor, unsigned number)
{
	struct reader *r = &l->readers[actor];

	r->ops = grown(r->ops, &r->size, LEDGER_TABLE_MIN, number, sizeof(*r->ops));
	return &r->ops[number];
}

struct slot *ledger_slot(struct log *log, uint64_t seq)
{
	log->slots = grown(log->slots, &log->size, LEDGER_TABLE_MIN, seq, sizeof(*log->slots));
	return &log->slots[seq];
}

static struct id_place *find_id(struct id_set *set, const uint8_t id[GCHAT_ID_BYTES])
{
	uint64_t hash = 0;

	memcpy(&hash, id + GCHAT_ID_BYTES - sizeof(hash), sizeof(hash)); /* random in a UUIDv7 */
	size_t i = hash % set->size;
	while (set->items[i].seq && memcmp(set->items[i].id, id, GCHAT_ID_BYTES) != 0)
		i = (i + 1) % set->size;
	return &set->items[i];
}

static void grow_ids(struct id_set *set)
{
	struct id_set bigger = {.size = set->size ? set->size * 2 : LEDGER_TABLE_MIN};

	bigger.items = mem_new(bigger.size, sizeof(*bigger.items));
	for (size_t i = 0; i < set->size; i++) {
		if (set->items[i].seq)
			*find_id(&bigger, set->items[i].id) = set->items[i];
	}
	bigger.count = set->count;
	free(set->items);
	*set = bigger;
}

bool ledger_note_id(struct ledger *l, enum stage stage, const struct line *line)
{
	if (l->ids.count * 2 >= l->ids.size)
		grow_ids(&l->ids);
	struct id_place *p = find_id(&l->ids, line->id);
	if (p->seq)
		return p->stage == stage && p->seq == line->seq;
	*p = (struct id_place){.seq = line->seq, .stage = stage};
	memcpy(p->id, line->id, sizeof(p->id));
	l->ids.count++;
	return true;
}

/* ---- entries ---- */

/* The op that an entry came from, by its text. It may be known here before its intent: they come by
 * different pipes. */
static void match_op(struct ledger *l, enum stage stage, const struct line *line, const char *text)
{
	unsigned actor = 0;
	unsigned number = 0;

	if (!op_parse(text, &actor, &number))
		return;
	struct op *op = ledger_op(l, actor, number);
	if (op->seen_seq && (op->seen_seq != line->seq || op->seen_stage != stage))
		ledger_blame(l, "\"%s\" stands at %s %" PRIu64 " and at %s %" PRIu64, text,
			stage_names[op->seen_stage], op->seen_seq, stage_names[stage], line->seq);
	op->seen_seq = line->seq;
	op->seen_stage = stage;
}

static bool same_content(const struct line *a, const struct line *b)
{
	return a->kind == b->kind && a->target_seq == b->target_seq && a->text == b->text &&
	       a->account_id == b->account_id && a->role == b->role && a->emoji == b->emoji &&
	       a->taken_back == b->taken_back && a->has_id == b->has_id &&
	       memcmp(a->id, b->id, sizeof(a->id)) == 0;
}

void ledger_learn(struct ledger *l, enum stage stage, const struct line *line, const char *text)
{
	struct log *log = &l->logs[stage];
	struct slot *slot = ledger_slot(log, line->seq);
	bool erased = line->kind == GCHAT_ENTRY_ERASED;

	if (line->seq > log->head)
		log->head = line->seq;
	if (slot->seen &&
		(slot->line.author_id != line->author_id || slot->line.time_us != line->time_us))
		ledger_blame(l, "%s %" PRIu64 ": two who read it differ in author or time",
			stage_names[stage], line->seq);
	if (slot->whole && !erased && !same_content(&slot->line, line))
		ledger_blame(l, "%s %" PRIu64 ": two who read it differ (kinds %u and %u, \"%s\")",
			stage_names[stage], line->seq, slot->line.kind, line->kind, text);
	if (!slot->seen || (!slot->whole && !erased))
		slot->line = *line;
	if (!slot->whole && !erased) {
		if (line->has_id && !ledger_note_id(l, stage, line))
			ledger_blame(l, "%s %" PRIu64 ": its client's id stands elsewhere, too",
				stage_names[stage], line->seq);
		match_op(l, stage, line, text);
	}
	slot->seen = true;
	slot->whole |= !erased;
	slot->erased |= erased;
}

static enum stage stage_of(struct ledger *l, uint64_t room_id)
{
	enum stage stage = STAGE_TALK;

	while (stage < _STAGE_MAX && l->logs[stage].room_id != room_id)
		stage++;
	if (stage == _STAGE_MAX)
		ledger_blame(l, "a room no one made: %" PRIu64, room_id);
	return stage == _STAGE_MAX ? STAGE_TALK : stage;
}

static bool ends_own_membership(const struct reader *r, unsigned actor, const struct line *line)
{
	uint64_t self = r->fold.members[actor];

	return (line->kind == GCHAT_ENTRY_LEFT && line->author_id == self) ||
	       (line->kind == GCHAT_ENTRY_REMOVED && line->account_id == self);
}

static void take_entry(struct ledger *l, unsigned actor, const struct report *report)
{
	struct reader *r = &l->readers[actor];
	enum stage stage = stage_of(l, report->room_id);
	const struct line *line = &report->line;
	uint64_t place = r->places[stage];
	/* Who left and came back in one break starts anew. */
	bool own_joining =
		line->kind == GCHAT_ENTRY_JOINED && line->author_id == r->fold.members[actor];

	if (r->outside[stage] && !own_joining) {
		l->after_exit++;
		ledger_blame(l, "actor %u, %s: seq %" PRIu64 " came after its own exit", actor,
			stage_names[stage], line->seq);
	}
	if (place && line->seq != place + 1 && !(own_joining && line->seq > place))
		ledger_blame(l, "actor %u, %s: seq %" PRIu64 " came after %" PRIu64, actor,
			stage_names[stage], line->seq, place);
	ledger_learn(l, stage, line, report->text);
	r->outside[stage] =
		(r->outside[stage] && !own_joining) || ends_own_membership(r, actor, line);
	r->places[stage] = r->outside[stage] ? 0 : line->seq;
	if (own_joining || r->outside[stage])
		r->marked[stage] = 0;
	if (stage == STAGE_TALK) {
		fold_take(&r->fold, line);
		if (!r->since)
			r->since = line->seq;
	}
	l->entries++;
}

/* ---- ops ---- */

static void take_intent(struct ledger *l, unsigned actor, const struct report *report)
{
	struct reader *r = &l->readers[actor];

	if (report->number <= r->last_number)
		ledger_blame(l, "actor %u uses number %u twice", actor, report->number);
	r->last_number = report->number;
	struct op *op = ledger_op(l, actor, report->number);
	op->state = OP_ASKED;
	op->stage = stage_of(l, report->room_id);
	op->request = report->request;
	op->target_seq = report->target_seq;
}

static void take_committed(struct ledger *l, unsigned actor, const struct report *report)
{
	struct log *log = &l->logs[stage_of(l, report->room_id)];

	if (report->number == 0) {
		struct slot *slot = ledger_slot(log, report->seq);
		slot->claimed_author = l->readers[actor].fold.members[actor];
		slot->claimed_request = report->request;
		return;
	}
	struct op *op = ledger_op(l, actor, report->number);
	if (op->state != OP_ASKED)
		ledger_blame(l, "actor %u op %u: acknowledged, but it wasn't waiting (%d)", actor,
			report->number, op->state);
	/* Asked again by a life that was killed before it noted the first acknowledgement. */
	if (op->seq && op->seq != report->seq)
		ledger_blame(l, "actor %u op %u: acknowledged at %" PRIu64 ", then at %" PRIu64,
			actor, report->number, op->seq, report->seq);
	op->state = OP_COMMITTED;
	op->seq = report->seq;
}

/* Refusals that a fault or another actor explains. */
static enum op_state judge_refusal(
	struct ledger *l, unsigned actor, const struct op *op, const struct report *report)
{
	/* Sent twice, committed once, and the membership ended between: rights are looked at first. */
	if (op->stage == STAGE_HALL && strcmp(report->text, "NOT_A_MEMBER") == 0)
		return OP_UNCLEAR;
	if (strcmp(report->text, "UNKNOWN_MESSAGE") == 0 && op->request != GCHAT_REQUEST_SEND)
		return OP_REFUSED; /* deleted meanwhile */
	ledger_blame(l, "actor %u op %u: refused: %s", actor, report->number, report->text);
	return OP_REFUSED;
}

static void take_refused(struct ledger *l, unsigned actor, const struct report *report)
{
	if (report->number == 0)
		return; /* a reaction of an earlier life */
	struct op *op = ledger_op(l, actor, report->number);
	op->state = judge_refusal(l, actor, op, report);
}

void ledger_take(struct ledger *l, unsigned actor, const struct report *report)
{
	switch (report->kind) {
	case REPORT_INTENT:
		take_intent(l, actor, report);
		break;
	case REPORT_PENDING:
		ledger_op(l, actor, report->number)->state = OP_ASKED;
		break;
	case REPORT_COMMITTED:
		take_committed(l, actor, report);
		break;
	case REPORT_REFUSED:
		take_refused(l, actor, report);
		break;
	case REPORT_ENTRY:
		take_entry(l, actor, report);
		break;
	case REPORT_MEMBER:
		l->readers[actor].outside[stage_of(l, report->room_id)] = false;
		break;
	case REPORT_PLACE_LOST: {
		enum stage stage = stage_of(l, report->room_id);
		if (stage == STAGE_TALK)
			ledger_blame(
				l, "actor %u lost its place in the talk: %s", actor, report->text);
		l->readers[actor].places[stage] = 0;
		l->readers[actor].marked[stage] = 0;
		break;
	}
	case REPORT_MARKED:
		if (report->seq > l->readers[actor].marked[stage_of(l, report->room_id)])
			l->readers[actor].marked[stage_of(l, report->room_id)] = report->seq;
		break;
	case REPORT_QUIET:
		break;
	case REPORT_TROUBLE:
		ledger_blame(l, "actor %u: %s", actor, report->text);
		break;
	}
}

void ledger_bury(struct ledger *l, unsigned actor)
{
	struct reader *r = &l->readers[actor];

	for (unsigned n = 1; n <= r->last_number; n++) {
		if (r->ops[n].state == OP_ASKED)
			r->ops[n].state = OP_LOST;
	}
}
