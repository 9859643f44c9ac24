/* Explain: the trace of rights.c for every right, as one answer. */
#include "base/mem.h"
#include "service/admin_moderation.h"
#include "service/call.h"
#include "service/restriction_page.h"

#include <stdlib.h>

/* Literals, which protobuf-c does not write to. */
static char *text_of(const char *literal)
{
	return (char *)(uintptr_t)literal;
}

/* One right's part of the answer. */
struct part {
	Gchat__V1__RightTrace message;
	Gchat__V1__RuleTrace rules[_RULE_MAX];
	Gchat__V1__RuleTrace *list[_RULE_MAX];
};

static void fill_rule(const struct rights_step *step, Gchat__V1__RuleTrace *out)
{
	gchat__v1__rule_trace__init(out);
	out->rule = text_of(rights_rule_name(step->rule));
	out->verdict = text_of(rights_verdict_name(step->verdict));
	out->text = text_of(rights_rule_text(step->rule, step->verdict != RIGHTS_ALLOW));
}

static enum rights_verdict verdict_of(const struct rights_trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->steps[i].verdict != RIGHTS_ALLOW)
			return trace->steps[i].verdict;
	return RIGHTS_ALLOW;
}

static void fill_part(const struct rights_ask *ask, enum right right, struct part *part)
{
	struct rights_trace trace;
	rights_explain(ask, right, &trace);
	for (size_t i = 0; i < trace.count; i++) {
		fill_rule(&trace.steps[i], &part->rules[i]);
		part->list[i] = &part->rules[i];
	}
	gchat__v1__right_trace__init(&part->message);
	part->message.right = text_of(rights_name(right));
	part->message.verdict = text_of(rights_verdict_name(verdict_of(&trace)));
	if (trace.reason != REASON_NONE)
		part->message.reason = text_of(reason_name(trace.reason));
	part->message.rules = part->list;
	part->message.n_rules = trace.count;
}

/* Fills the rights that apply: those on the server, and in the room where there is one. */
static size_t fill_parts(
	const struct rights_ask *ask, struct part *parts, Gchat__V1__RightTrace **list)
{
	size_t count = 0;
	for (unsigned right = 0; right < _RIGHT_MAX; right++) {
		if (!ask->room && rights_needs_room((enum right)right))
			continue;
		fill_part(ask, (enum right)right, &parts[count]);
		list[count] = &parts[count].message;
		count++;
	}
	return count;
}

static void reply(struct call *call, const struct rights_ask *ask)
{
	struct directory *d = call->service->directory;
	struct part *parts = mem_new(_RIGHT_MAX, sizeof(*parts));
	Gchat__V1__RightTrace *list[_RIGHT_MAX];
	struct restriction_rows bans;
	struct restriction_rows mutes;
	uint64_t room_id = ask->room ? ask->room->id : 0;
	restriction_rows_of(d, RESTRICTION_BAN, room_id, ask->actor->id, &bans);
	restriction_rows_of(d, RESTRICTION_MUTE, room_id, ask->actor->id, &mutes);
	Gchat__V1__ExplainResponse response;
	gchat__v1__explain_response__init(&response);
	if (ask->room)
		response.role = room_role_of(ask->room, ask->actor->id);
	response.rights = list;
	response.n_rights = fill_parts(ask, parts, list);
	response.bans = bans.list;
	response.n_bans = bans.page.count;
	response.mutes = mutes.list;
	response.n_mutes = mutes.page.count;
	call_reply(call, &response.base);
	restriction_rows_deinit(&mutes);
	restriction_rows_deinit(&bans);
	free(parts);
}

void admin_explain(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ExplainRequest *r = CALL_REQUEST(Gchat__V1__ExplainRequest, msg);
	struct account *account = call_find_user(call, r->user);
	if (!account)
		return;
	struct room *room = r->room[0] ? call_find_room(call, 0, r->room) : NULL;
	if (room || !r->room[0])
		reply(call, &(struct rights_ask){.directory = call->service->directory,
				    .room = room,
				    .actor = account});
	(void)room_unref(room);
	(void)account_unref(account);
}
