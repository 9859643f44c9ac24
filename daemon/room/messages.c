/* What is said: messages, edits, deletions, reactions. The hot path's check is op_send. */
#include "room/ops.h"

#include "room/name.h"

#include <string.h>

/* An event's fixed part: who does it, under which id. */
static Gchat__V1__Event event_by(const struct write *write, const uint8_t *client_id)
{
	Gchat__V1__Event event;
	gchat__v1__event__init(&event);
	event.author_id = write->actor->id;
	event.author = write->actor->name;
	/* the encoder only reads: the cast takes nothing away */
	event.client_msg_id = (ProtobufCBinaryData){
		.data = (uint8_t *)(uintptr_t)client_id, .len = STORE_CLIENT_ID_BYTES};
	return event;
}

static enum reason check_text(const struct write *write, const char *text)
{
	struct directory_limits limits;
	size_t len = strlen(text);
	if (len == 0)
		return REASON_INVALID_ARGUMENT;
	directory_get_limits(write->directory, &limits);
	return len > limits.text_bytes ? REASON_TEXT_TOO_LONG : REASON_NONE;
}

static enum reason check(const struct write *write, enum reason first)
{
	return first != REASON_NONE ? first : room_check_write(write->room, write->actor->id);
}

/* The same for what refers to an earlier message; whether that is one, the store knows. */
static enum reason check_target(
	const struct write *write, const struct op_message *m, enum reason first)
{
	enum reason reason = check(write, first);
	return reason == REASON_NONE && m->target_seq == 0 ? REASON_UNKNOWN_MESSAGE : reason;
}

/* Hot path. */
enum reason op_send(struct write *write, const struct op_message *m)
{
	enum reason reason = check(write, check_text(write, m->text));
	if (reason != REASON_NONE)
		return reason;
	Gchat__V1__Message message;
	gchat__v1__message__init(&message);
	message.text = m->text;
	message.reply_to = m->target_seq;
	Gchat__V1__Event event = event_by(write, m->client_id);
	event.body_case = GCHAT__V1__EVENT__BODY_MESSAGE;
	event.message = &message;
	write_add_event(write, event_new(&event, 0, STORE_EVENT_COUNTED), m->client_id);
	return REASON_NONE;
}

enum reason op_edit(struct write *write, const struct op_message *m)
{
	enum reason reason = check_target(write, m, check_text(write, m->text));
	if (reason != REASON_NONE)
		return reason;
	Gchat__V1__Edit edit;
	gchat__v1__edit__init(&edit);
	edit.text = m->text;
	edit.target_seq = m->target_seq;
	Gchat__V1__Event event = event_by(write, m->client_id);
	event.body_case = GCHAT__V1__EVENT__BODY_EDIT;
	event.edit = &edit;
	write_add_event(write, event_new(&event, m->target_seq, 0), m->client_id);
	write->appends[0].target_same_author = true;
	return REASON_NONE;
}

enum reason op_delete(struct write *write, const struct op_message *m)
{
	enum reason reason = check_target(write, m,
		strlen(m->reason) > LIMIT_REASON_BYTES ? REASON_TEXT_TOO_LONG : REASON_NONE);
	if (reason != REASON_NONE)
		return reason;
	Gchat__V1__Deletion deletion;
	gchat__v1__deletion__init(&deletion);
	deletion.reason = m->reason;
	deletion.target_seq = m->target_seq;
	Gchat__V1__Event event = event_by(write, m->client_id);
	event.body_case = GCHAT__V1__EVENT__BODY_DELETION;
	event.deletion = &deletion;
	write_add_event(write, event_new(&event, m->target_seq, 0), m->client_id);
	write->appends[0].erase_target = true;
	write->appends[0].target_same_author =
		room_role_of(write->room, write->actor->id) < GCHAT__V1__ROLE__ROLE_MODERATOR;
	return REASON_NONE;
}

enum reason op_react(struct write *write, const struct op_message *m)
{
	enum reason reason = check_target(
		write, m, name_is_emoji(m->emoji) ? REASON_NONE : REASON_INVALID_ARGUMENT);
	if (reason != REASON_NONE)
		return reason;
	Gchat__V1__Reaction reaction;
	gchat__v1__reaction__init(&reaction);
	reaction.emoji = m->emoji;
	reaction.removed = m->remove;
	reaction.target_seq = m->target_seq;
	Gchat__V1__Event event = event_by(write, m->client_id);
	event.body_case = GCHAT__V1__EVENT__BODY_REACTION;
	event.reaction = &reaction;
	write_add_event(write, event_new(&event, m->target_seq, 0), m->client_id);
	return REASON_NONE;
}

enum reason op_charge(struct account *account, size_t bytes, uint32_t *ret_wait_ms)
{
	struct mono now = clock_mono();
	if (!bucket_take(&account->messages, 1, now, ret_wait_ms))
		return REASON_RATE_LIMITED;
	if (bucket_take(&account->bytes, bytes, now, ret_wait_ms))
		return REASON_NONE;
	bucket_give_back(&account->messages, 1); /* the message wasn't taken */
	return REASON_RATE_LIMITED;
}
