/* Entry by entry. */
#include "fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	FOLD_MESSAGES_MIN = 1024,
};

void fold_init(struct fold *f, const uint64_t accounts[ACTORS_MAX])
{
	*f = (struct fold){.size = FOLD_MESSAGES_MIN};
	f->messages = mem_new(f->size, sizeof(*f->messages));
	memcpy(f->members, accounts, sizeof(f->members));
}

void fold_deinit(struct fold *f)
{
	free(f->messages);
	f->messages = NULL;
}

unsigned fold_actor(const struct fold *f, uint64_t account_id)
{
	unsigned i = 0;

	while (i < ACTORS_MAX && f->members[i] != account_id)
		i++;
	return i;
}

static struct message_state *message_at(struct fold *f, uint64_t seq)
{
	size_t old = f->size;

	if (seq >= old) {
		while (f->size <= seq)
			f->size *= 2;
		f->messages = mem_grow(f->messages, f->size, sizeof(*f->messages));
		memset(f->messages + old, 0, (f->size - old) * sizeof(*f->messages));
	}
	return &f->messages[seq];
}

static void react(struct fold *f, struct message_state *m, const struct line *line)
{
	unsigned actor = fold_actor(f, line->author_id);

	if (actor == ACTORS_MAX || line->emoji >= ACTOR_EMOJI_MAX) {
		f->strange = true;
		return;
	}
	uint64_t bit = UINT64_C(1) << (actor * ACTOR_EMOJI_MAX + line->emoji);
	m->reactions = line->taken_back ? m->reactions & ~bit : m->reactions | bit;
}

static void set_role(struct fold *f, uint64_t account_id, uint32_t role)
{
	unsigned actor = fold_actor(f, account_id);

	if (actor == ACTORS_MAX)
		f->strange = true;
	else
		f->roles[actor] = role;
}

static void change_message(struct fold *f, const struct line *line)
{
	uint64_t seq = line->kind == GCHAT_ENTRY_MESSAGE ? line->seq : line->target_seq;
	struct message_state *m = message_at(f, seq);

	if (m->deleted)
		return; /* seen by those who read it before the deletion alone */
	if (line->kind == GCHAT_ENTRY_REACTION)
		react(f, m, line);
	else if (line->kind == GCHAT_ENTRY_DELETION)
		*m = (struct message_state){.deleted = true};
	else
		m->text = line->text;
}

void fold_take(struct fold *f, const struct line *line)
{
	f->head = line->seq;
	switch ((enum gchat_entry_kind)line->kind) {
	case GCHAT_ENTRY_MESSAGE:
	case GCHAT_ENTRY_EDIT:
	case GCHAT_ENTRY_DELETION:
	case GCHAT_ENTRY_REACTION:
		change_message(f, line);
		break;
	case GCHAT_ENTRY_JOINED:
		set_role(f, line->author_id, line->role);
		break;
	case GCHAT_ENTRY_LEFT:
		set_role(f, line->author_id, GCHAT_ROLE_NONE);
		break;
	case GCHAT_ENTRY_REMOVED:
		set_role(f, line->account_id, GCHAT_ROLE_NONE);
		break;
	case GCHAT_ENTRY_ROLE:
		set_role(f, line->account_id, line->role);
		break;
	case GCHAT_ENTRY_UNKNOWN:
	case GCHAT_ENTRY_INVITED:
	case GCHAT_ENTRY_ROOM_CHANGED:
	case GCHAT_ENTRY_ERASED:
	case GCHAT_ENTRY_MUTED:
		break;
	}
}

static struct message_state state_at(const struct fold *f, uint64_t seq)
{
	return seq < f->size ? f->messages[seq] : (struct message_state){0};
}

uint64_t fold_differs(const struct fold *a, const struct fold *b, uint64_t from)
{
	uint64_t head = a->head > b->head ? a->head : b->head;

	for (uint64_t seq = from; seq <= head; seq++) {
		struct message_state x = state_at(a, seq);
		struct message_state y = state_at(b, seq);
		if (x.text != y.text || x.reactions != y.reactions || x.deleted != y.deleted)
			return seq;
	}
	return 0;
}
