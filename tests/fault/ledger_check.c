/* What must hold when all is quiet. */
#include "ledger_priv.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	SHOWN_MAX = 20, /* lines of ledger_show */
};

static const char *const stage_names[_STAGE_MAX] = {"talk", "hall"};

/* The kind of entry that a request leaves in the log. */
static uint32_t kind_of(uint32_t request)
{
	static const enum gchat_entry_kind kinds[] = {
		[GCHAT_REQUEST_SEND] = GCHAT_ENTRY_MESSAGE,
		[GCHAT_REQUEST_EDIT] = GCHAT_ENTRY_EDIT,
		[GCHAT_REQUEST_DELETE] = GCHAT_ENTRY_DELETION,
		[GCHAT_REQUEST_REACT] = GCHAT_ENTRY_REACTION,
		[GCHAT_REQUEST_JOIN] = GCHAT_ENTRY_JOINED,
		[GCHAT_REQUEST_LEAVE] = GCHAT_ENTRY_LEFT,
	};

	return request < GC_LENGTH(kinds) ? kinds[request] : GCHAT_ENTRY_UNKNOWN;
}

/* Whether what stands at `seq` can be what `author` asked for. */
static bool stands(struct log *log, uint64_t seq, uint64_t author, uint32_t request)
{
	const struct slot *slot = ledger_slot(log, seq);

	return slot->seen && slot->line.author_id == author &&
	       (!slot->whole || slot->line.kind == kind_of(request));
}

static void check_op(struct ledger *l, unsigned actor, unsigned number)
{
	struct reader *r = &l->readers[actor];
	const struct op *op = &r->ops[number];
	struct log *log = &l->logs[op->stage];

	if (op->seen_seq && (op->state == OP_NONE || op->seen_stage != op->stage))
		ledger_blame(l, "actor %u op %u stands at %s %" PRIu64 ", where it wasn't said",
			actor, number, stage_names[op->seen_stage], op->seen_seq);
	else if (op->state == OP_ASKED)
		ledger_blame(l, "actor %u op %u was never answered", actor, number);
	else if (op->state == OP_REFUSED && op->seen_seq)
		ledger_blame(l, "actor %u op %u was refused, and stands in the %s at %" PRIu64,
			actor, number, stage_names[op->stage], op->seen_seq);
	if (op->state != OP_COMMITTED)
		return;
	if (op->seen_seq && op->seen_seq != op->seq)
		ledger_blame(l,
			"actor %u op %u: acknowledged at %s %" PRIu64 ", stands at %" PRIu64, actor,
			number, stage_names[op->stage], op->seq, op->seen_seq);
	else if (!stands(log, op->seq, r->fold.members[actor], op->request))
		ledger_blame(l, "actor %u op %u: acknowledged at %s %" PRIu64 ", isn't there",
			actor, number, stage_names[op->stage], op->seq);
	else if (ledger_slot(log, op->seq)->whole && op->request != GCHAT_REQUEST_SEND &&
		 ledger_slot(log, op->seq)->line.target_seq != op->target_seq)
		ledger_blame(l, "actor %u op %u: %s %" PRIu64 " is about another message", actor,
			number, stage_names[op->stage], op->seq);
}

/* Someone has deleted it, or what it refers to. */
static bool is_rightly_erased(const struct log *log, uint64_t seq)
{
	const struct fold *f = &log->fold;
	const struct slot *slot = &log->slots[seq];
	uint64_t target = slot->line.target_seq ? slot->line.target_seq : seq;

	if (slot->whole)
		return target < f->size && f->messages[target].deleted;
	for (uint64_t i = 1; i <= f->head && i < f->size; i++) {
		if (i <= seq && f->messages[i].deleted)
			return true; /* what it referred to is gone with it */
	}
	return false;
}

static void check_slot(struct ledger *l, enum stage stage, uint64_t seq)
{
	struct log *log = &l->logs[stage];
	const struct slot *slot = &log->slots[seq];

	if (seq > 1 && slot->line.time_us < log->slots[seq - 1].line.time_us)
		ledger_blame(l, "%s %" PRIu64 ": its time is before that of the one before it",
			stage_names[stage], seq);
	if (slot->claimed_author && !stands(log, seq, slot->claimed_author, slot->claimed_request))
		ledger_blame(l, "%s %" PRIu64 " was acknowledged as something else (request %u)",
			stage_names[stage], seq, slot->claimed_request);
	if (slot->erased && !is_rightly_erased(log, seq))
		ledger_blame(l, "%s %" PRIu64 " is erased, and nobody deleted it",
			stage_names[stage], seq);
}

static void check_log(struct ledger *l, enum stage stage, uint64_t head)
{
	struct log *log = &l->logs[stage];

	if (log->head > head)
		ledger_blame(l, "%s ends at %" PRIu64 ", someone has read %" PRIu64,
			stage_names[stage], head, log->head);
	for (uint64_t seq = log->fold.head + 1; seq <= head; seq++) {
		if (!ledger_slot(log, seq)->seen) {
			ledger_blame(l, "%s %" PRIu64 " is missing", stage_names[stage], seq);
			return;
		}
		fold_take(&log->fold, &log->slots[seq].line);
	}
	for (uint64_t seq = 1; seq <= head; seq++)
		check_slot(l, stage, seq);
	if (log->fold.strange)
		ledger_blame(l, "%s: an entry about someone no one knows", stage_names[stage]);
}

/* Has read all, and has come to what the whole log comes to. */
static void check_reader(struct ledger *l, unsigned actor)
{
	const struct reader *r = &l->readers[actor];
	const struct log *talk = &l->logs[STAGE_TALK];
	const struct log *hall = &l->logs[STAGE_HALL];

	if (r->places[STAGE_TALK] != talk->head)
		ledger_blame(l, "actor %u has read %" PRIu64 " of %" PRIu64, actor,
			r->places[STAGE_TALK], talk->head);
	if (r->places[STAGE_HALL] && hall->fold.roles[actor] != GCHAT_ROLE_NONE &&
		r->places[STAGE_HALL] != hall->head)
		ledger_blame(l, "actor %u has read %" PRIu64 " of %" PRIu64 " in the hall", actor,
			r->places[STAGE_HALL], hall->head);
	uint64_t seq = fold_differs(&r->fold, &talk->fold, r->since);
	if (seq)
		ledger_blame(l,
			"actor %u came to another state of talk %" PRIu64
			" than the log (text %" PRIx64 " and %" PRIx64 ", reactions %" PRIx64
			" and %" PRIx64 ")",
			actor, seq, r->fold.messages[seq].text, talk->fold.messages[seq].text,
			r->fold.messages[seq].reactions, talk->fold.messages[seq].reactions);
}

void ledger_check(struct ledger *l, const uint64_t heads[_STAGE_MAX])
{
	for (enum stage stage = STAGE_TALK; stage < _STAGE_MAX; stage++)
		check_log(l, stage, heads[stage]);
	for (unsigned i = 0; i < ACTORS_MAX && !l->fault[0]; i++) {
		const struct reader *r = &l->readers[i];
		for (unsigned n = 1; n < r->size; n++)
			check_op(l, i, n);
		if (r->fold.members[i])
			check_reader(l, i);
	}
}

/* ---- what others want to know ---- */

uint64_t ledger_place(const struct ledger *l, unsigned actor, enum stage stage)
{
	return l->readers[actor].places[stage];
}

unsigned ledger_last_number(const struct ledger *l, unsigned actor)
{
	return l->readers[actor].last_number;
}

uint64_t ledger_marked(const struct ledger *l, unsigned actor, enum stage stage)
{
	return l->readers[actor].marked[stage];
}

const struct fold *ledger_fold(const struct ledger *l, enum stage stage)
{
	return &l->logs[stage].fold;
}

unsigned ledger_unread(const struct ledger *l, enum stage stage, uint64_t seq, uint64_t but_account)
{
	const struct log *log = &l->logs[stage];
	unsigned count = 0;

	for (uint64_t i = seq + 1; i <= log->fold.head; i++) {
		const struct line *line = &log->slots[i].line;
		count += line->kind == GCHAT_ENTRY_MESSAGE && line->author_id != but_account &&
			 !log->fold.messages[i].deleted;
	}
	return count;
}

void ledger_show(const struct ledger *l, enum stage stage, uint64_t seq)
{
	const struct log *log = &l->logs[stage];

	for (uint64_t i = seq ? seq : 1; i <= log->head && i < seq + SHOWN_MAX; i++) {
		const struct line *line = &log->slots[i].line;
		unsigned author = fold_actor(&log->fold, line->author_id);
		unsigned about = fold_actor(&log->fold, line->account_id);
		(void)fprintf(stderr,
			"%s %" PRIu64 ": kind %u by actor %u, about %d, target %" PRIu64 "\n",
			stage_names[stage], i, line->kind, author,
			line->account_id && about < ACTORS_MAX ? (int)about : -1, line->target_seq);
	}
}

struct ledger_counts ledger_counts_now(const struct ledger *l)
{
	struct ledger_counts c = {.entries = l->entries, .after_exit = l->after_exit};

	for (unsigned i = 0; i < ACTORS_MAX; i++) {
		const struct reader *r = &l->readers[i];
		for (unsigned n = 1; n <= r->last_number; n++) {
			c.asked += r->ops[n].state != OP_NONE;
			c.committed += r->ops[n].state == OP_COMMITTED;
			c.refused += r->ops[n].state == OP_REFUSED || r->ops[n].state == OP_UNCLEAR;
			c.lost += r->ops[n].state == OP_LOST;
		}
	}
	for (int i = 0; i < _STAGE_MAX; i++)
		c.heads += l->logs[i].head;
	return c;
}
