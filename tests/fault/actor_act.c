/* What an actor does, by chance: a table of acts with weights. */
#include "actor_priv.h"

#include <stdio.h>
#include <string.h>

enum {
	BURST_ONE_IN = 20, /* times it says many things at once */
	BURST = 12,
	HALL_ONE_IN = 4, /* talking is done in the hall so often */
	TAKE_BACK_ONE_IN = 3,
	EARLIER_ONE_IN = 10, /* marks as read something older than the newest */
};

struct deed {
	enum stage stage;
	uint64_t room_id;
	uint64_t target_seq;
	char text[ACTOR_TEXT_BYTES];
};

static uint64_t pick(struct life *l, const struct recent *recent)
{
	unsigned known = recent->next < LIFE_RECENT ? recent->next : LIFE_RECENT;

	return known ? recent->seqs[chance_below(&l->chance, known)] : 0;
}

/* Says what will be asked for, before the library knows. */
static unsigned announce(struct life *l, struct deed *deed, uint32_t request)
{
	struct report r = {.kind = REPORT_INTENT,
		.number = l->next_number++,
		.request = request,
		.room_id = deed->room_id,
		.target_seq = deed->target_seq};

	op_text(deed->text, l->plan.index, r.number);
	life_report(&r);
	return r.number;
}

static void expect(
	struct life *l, unsigned number, uint32_t request, const struct deed *deed, uint64_t tag)
{
	life_wait_for(l, tag, request, deed->room_id)->number = number;
}

static void say(struct life *l, struct deed *deed)
{
	uint64_t tag = 0;
	unsigned number = announce(l, deed, GCHAT_REQUEST_SEND);
	int r = gchat_send(l->g, deed->room_id, deed->text, 0, &tag);

	if (r < 0)
		life_trouble("send", r, NULL);
	expect(l, number, GCHAT_REQUEST_SEND, deed, tag);
}

static void edit(struct life *l, struct deed *deed)
{
	uint64_t tag = 0;

	deed->target_seq = pick(l, &l->own[deed->stage]);
	if (!deed->target_seq)
		return;
	unsigned number = announce(l, deed, GCHAT_REQUEST_EDIT);
	int r = gchat_edit(l->g, deed->room_id, deed->target_seq, deed->text, &tag);
	if (r < 0)
		life_trouble("edit", r, NULL);
	expect(l, number, GCHAT_REQUEST_EDIT, deed, tag);
}

/* Its own; the owner deletes others' too. */
static void erase(struct life *l, struct deed *deed)
{
	uint64_t tag = 0;
	bool others = l->plan.index == 0 && chance_one_in(&l->chance, 2);

	deed->target_seq = pick(l, others ? &l->any[deed->stage] : &l->own[deed->stage]);
	if (!deed->target_seq)
		return;
	unsigned number = announce(l, deed, GCHAT_REQUEST_DELETE);
	int r = gchat_delete(l->g, deed->room_id, deed->target_seq, deed->text, &tag);
	if (r < 0)
		life_trouble("delete", r, NULL);
	expect(l, number, GCHAT_REQUEST_DELETE, deed, tag);
}

static void react(struct life *l, struct deed *deed)
{
	uint64_t tag = 0;
	const char *emoji = op_emoji(chance_below(&l->chance, ACTOR_EMOJI_MAX));

	deed->target_seq = pick(l, &l->any[deed->stage]);
	if (!deed->target_seq)
		return;
	unsigned number = announce(l, deed, GCHAT_REQUEST_REACT);
	int r = gchat_react(l->g, deed->room_id, deed->target_seq, emoji,
		chance_one_in(&l->chance, TAKE_BACK_ONE_IN), &tag);
	if (r < 0)
		life_trouble("react", r, NULL);
	expect(l, number, GCHAT_REQUEST_REACT, deed, tag);
}

static void mark(struct life *l, struct deed *deed)
{
	uint64_t tag = 0;
	uint64_t seq = l->heads[deed->stage];

	if (seq > 1 && chance_one_in(&l->chance, EARLIER_ONE_IN))
		seq -= 1 + chance_below(
				   &l->chance, seq < LIFE_RECENT ? (unsigned)seq - 1 : LIFE_RECENT);
	if (seq && gchat_mark_read(l->g, deed->room_id, seq, &tag) == 0)
		life_wait_for(l, tag, GCHAT_REQUEST_MARK_READ, deed->room_id)->seq = seq;
}

static bool is_moving(const struct life *l)
{
	unsigned i = 0;

	while (i < l->waiting_count && l->waiting[i].request != GCHAT_REQUEST_JOIN &&
		l->waiting[i].request != GCHAT_REQUEST_LEAVE)
		i++;
	return i < l->waiting_count;
}

/* In or out of the hall; the owner stays. */
static void move(struct life *l, struct deed *deed)
{
	uint64_t room_id = l->plan.rooms[STAGE_HALL];
	uint64_t tag = 0;

	(void)deed;
	if (l->plan.index == 0 || is_moving(l))
		return;
	if (!l->is_in[STAGE_HALL] && gchat_join(l->g, room_id, NULL, &tag) == 0)
		(void)life_wait_for(l, tag, GCHAT_REQUEST_JOIN, room_id);
	else if (l->is_in[STAGE_HALL] && gchat_leave(l->g, room_id, &tag) == 0)
		(void)life_wait_for(l, tag, GCHAT_REQUEST_LEAVE, room_id);
}

/* The owner puts someone out of the hall, or gives another role. A call that waits for its answer:
 * it may fail in any way that a broken network explains. */
static void rule(struct life *l, struct deed *deed)
{
	char user[ACTOR_USER_BYTES];
	struct gchat_error error = {0};
	uint64_t room_id = l->plan.rooms[STAGE_HALL];
	static const enum gchat_role roles[] = {GCHAT_ROLE_MEMBER, GCHAT_ROLE_MODERATOR};

	(void)deed;
	if (l->plan.index != 0 || l->plan.count < 2)
		return;
	(void)snprintf(
		user, sizeof(user), "actor%u", 1 + chance_below(&l->chance, l->plan.count - 1));
	if (chance_one_in(&l->chance, 2))
		(void)gchat_remove_member(l->g, room_id, user, NULL, &error);
	else
		(void)gchat_set_role(
			l->g, room_id, user, roles[chance_below(&l->chance, 2)], &error);
}

static const struct act {
	void (*run)(struct life *l, struct deed *deed);
	unsigned weight;
} acts[] = {
	{say, 56},
	{edit, 10},
	{erase, 4},
	{react, 14},
	{mark, 10},
	{move, 5},
	{rule, 1},
};

static void act_once(struct life *l)
{
	struct deed deed = {.stage = STAGE_TALK};
	size_t i = 0;
	unsigned at = chance_below(&l->chance, 100); /* the sum of the weights */

	if (l->is_in[STAGE_HALL] && chance_one_in(&l->chance, HALL_ONE_IN))
		deed.stage = STAGE_HALL;
	deed.room_id = l->plan.rooms[deed.stage];
	for (; at >= acts[i].weight; i++)
		at -= acts[i].weight;
	acts[i].run(l, &deed);
}

/* In each room it belongs to, after all. */
static void enter(struct life *l)
{
	uint64_t tag = 0;

	if (l->online && !is_moving(l) &&
		gchat_join(l->g, l->plan.rooms[STAGE_TALK], NULL, &tag) == 0)
		(void)life_wait_for(l, tag, GCHAT_REQUEST_JOIN, l->plan.rooms[STAGE_TALK]);
}

void life_act(struct life *l)
{
	unsigned times = chance_one_in(&l->chance, BURST_ONE_IN) ? BURST : 1;

	if (!l->is_in[STAGE_TALK]) {
		enter(l); /* its first life; later ones begin offline, and know they are in */
		return;
	}
	while (times-- > 0 && l->waiting_count < LIFE_WINDOW)
		act_once(l);
}
