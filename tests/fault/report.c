/* Entries as lines, ops as texts. */
#include "report.h"

#include <stdio.h>
#include <string.h>

static const char *const emojis[ACTOR_EMOJI_MAX] = {"👍", "🎉", "🙈", "❤"};

const char *op_emoji(unsigned which)
{
	return emojis[which];
}

void op_text(char ret[ACTOR_TEXT_BYTES], unsigned actor, unsigned number)
{
	(void)snprintf(ret, ACTOR_TEXT_BYTES, "actor %u op %u", actor, number);
}

bool op_parse(const char *text, unsigned *ret_actor, unsigned *ret_number)
{
	return sscanf(text, "actor %u op %u", ret_actor, ret_number) == 2 &&
	       *ret_actor<ACTORS_MAX && * ret_number> 0;
}

static uint64_t mix(uint64_t hash, const char *text)
{
	for (const char *p = text; *p; p++)
		hash = (hash ^ (uint8_t)*p) * UINT64_C(1099511628211); /* FNV-1a */
	return hash * UINT64_C(1099511628211);
}

static uint8_t which_emoji(const char *text)
{
	uint8_t which = 0;

	while (which < ACTOR_EMOJI_MAX && strcmp(text, emojis[which]) != 0)
		which++;
	return which;
}

struct line line_of(const struct gchat_entry *e)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	struct line line = {
		.seq = e->seq,
		.time_us = e->time_us,
		.author_id = e->author_id,
		.target_seq = e->target_seq,
		.account_id = e->account_id,
		.text = mix(mix(mix(hash, e->text), e->reason), e->emoji),
		.kind = e->kind,
		.role = e->role,
		.emoji = which_emoji(e->emoji),
		.taken_back = e->taken_back,
		.has_id = e->has_id,
	};

	memcpy(line.id, e->id, sizeof(line.id));
	return line;
}
