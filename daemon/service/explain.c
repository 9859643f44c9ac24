/* Explain: the trace of rights.c for every right, as one answer. */
#include "base/mem.h"
#include "service/admin_moderation.h"
#include "service/call.h"
#include "service/restriction_page.h"

#include <stdio.h>
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

/* The rules that a ban or a mute stands behind: with until when, why, and by whom. */
static const struct {
	enum rights_rule rule;
	enum restriction_kind kind;
	bool in_room;
} restricting[] = {
	{RULE_BANNED, RESTRICTION_BAN, false},
	{RULE_ROOM_BANNED, RESTRICTION_BAN, true},
	{RULE_MUTED, RESTRICTION_MUTE, false},
	{RULE_ROOM_MUTED, RESTRICTION_MUTE, true},
};

struct details {
	char texts[GC_LENGTH(restricting)][RESTRICTION_TEXT_BYTES + 128]; /* "": none in force */
};

static void fill_details(const struct rights_ask *ask, struct details *ret)
{
	for (size_t i = 0; i < GC_LENGTH(restricting); i++) {
		struct restriction_target target = {.account_id = ask->actor->id};
		struct restriction r;
		char when[RESTRICTION_WHEN_BYTES];
		ret->texts[i][0] = '\0';
		if (restricting[i].in_room && !ask->room)
			continue;
		target.room_id = restricting[i].in_room ? ask->room->id : 0;
		if (!restriction_find(ask->directory, restricting[i].kind, &target, &r))
			continue;
		restriction_print(&r, when);
		(void)snprintf(ret->texts[i], sizeof(ret->texts[i]), "%s %s (by %s)",
			rights_rule_text(restricting[i].rule, true), when, r.author);
	}
}

static char *sentence_of(const struct rights_step *step, struct details *details)
{
	bool stands = step->verdict != RIGHTS_ALLOW;
	for (size_t i = 0; i < GC_LENGTH(restricting); i++)
		if (stands && restricting[i].rule == step->rule && details->texts[i][0])
			return details->texts[i];
	return text_of(rights_rule_text(step->rule, stands));
}

static void fill_rule(
	const struct rights_step *step, struct details *details, Gchat__V1__RuleTrace *out)
{
	gchat__v1__rule_trace__init(out);
	out->rule = text_of(rights_rule_name(step->rule));
	out->verdict = text_of(rights_verdict_name(step->verdict));
	out->text = sentence_of(step, details);
}

static enum rights_verdict verdict_of(const struct rights_trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->steps[i].verdict != RIGHTS_ALLOW)
			return trace->steps[i].verdict;
	return RIGHTS_ALLOW;
}

static void fill_part(
	const struct rights_ask *ask, enum right right, struct details *details, struct part *part)
{
	struct rights_trace trace;
	rights_explain(ask, right, &trace);
	for (size_t i = 0; i < trace.count; i++) {
		fill_rule(&trace.steps[i], details, &part->rules[i]);
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
static size_t fill_parts(const struct rights_ask *ask, struct details *details, struct part *parts,
	Gchat__V1__RightTrace **list)
{
	size_t count = 0;
	for (unsigned right = 0; right < _RIGHT_MAX; right++) {
		if (!ask->room && rights_needs_room((enum right)right))
			continue;
		fill_part(ask, (enum right)right, details, &parts[count]);
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
	struct details details;
	uint64_t room_id = ask->room ? ask->room->id : 0;
	restriction_rows_of(d, RESTRICTION_BAN, room_id, ask->actor->id, &bans);
	restriction_rows_of(d, RESTRICTION_MUTE, room_id, ask->actor->id, &mutes);
	Gchat__V1__ExplainResponse response;
	gchat__v1__explain_response__init(&response);
	if (ask->room)
		response.role = room_role_of(ask->room, ask->actor->id);
	response.rights = list;
	fill_details(ask, &details);
	response.n_rights = fill_parts(ask, &details, parts, list);
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
