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
	unsigned own = atomic_load_explicit(&write->room->text_bytes_max, memory_order_relaxed);
	return len > room_settings_lower((uint32_t)limits.text_bytes, own) ? REASON_TEXT_TOO_LONG
									   : REASON_NONE;
}

/* For what refers to an earlier message; whether that is one, the store knows. */
static enum reason check_target(const struct op_message *m, enum reason first)
{
	return first == REASON_NONE && m->target_seq == 0 ? REASON_UNKNOWN_MESSAGE : first;
}

/* Whether the actor may write to the room, asked when the event is complete: who may no longer can
 * have said the same before, and not have heard that it was taken. The store looks for that first;
 * then it finds a condition that nothing fulfils, and the refusal holds. */
static enum reason check_may(struct write *write, enum right right)
{
	static const uint8_t no_such_key = 0xff; /* keys of RECORD_META are an enum id_kind */
	enum reason reason = write_check_right(write, right);
	if (right == RIGHT_SEND && (reason == REASON_NONE || reason == REASON_SLOW_MODE)) {
		write->retry_ms = room_take_turn(write->room, write->actor->id);
		reason = write->retry_ms > 0 ? REASON_SLOW_MODE : REASON_NONE;
	}
	if (reason == REASON_NONE || reason == REASON_UNKNOWN_ROOM)
		return reason;
	write->reason = reason; /* on a conflict */
	write_put(
		write, RECORD_META, record_key_bytes(&no_such_key, 1), RECORD_NONE, STORE_PRESENT);
	return REASON_NONE;
}

/* Hot path. */
enum reason op_send(struct write *write, const struct op_message *m)
{
	enum reason reason = check_text(write, m->text);
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
	return check_may(write, RIGHT_SEND);
}

enum reason op_edit(struct write *write, const struct op_message *m)
{
	enum reason reason = check_target(m, check_text(write, m->text));
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
	return check_may(write, RIGHT_EDIT);
}

enum reason op_delete(struct write *write, const struct op_message *m)
{
	enum reason reason = check_target(
		m, strlen(m->reason) > LIMIT_REASON_BYTES ? REASON_TEXT_TOO_LONG : REASON_NONE);
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
		write_check_right(write, RIGHT_DELETE_OTHERS) != REASON_NONE;
	return check_may(write, RIGHT_DELETE_OWN);
}

enum reason op_react(struct write *write, const struct op_message *m)
{
	enum reason reason =
		check_target(m, name_is_emoji(m->emoji) ? REASON_NONE : REASON_INVALID_ARGUMENT);
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
	return check_may(write, RIGHT_REACT);
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
