/* Everything that gchat_next gives but replies, as objects. */
#include "client/json_out.h"

#include "base/macros.h"
#include "client/fault.h"
#include "client/render.h"
#include <errno.h>
#include <stdlib.h>

/* clang-format off */
static const char *const STATE_NAMES[] = {
	[GCHAT_STATE_CONNECTING] = "connecting", [GCHAT_STATE_ONLINE] = "online",
	[GCHAT_STATE_RECONNECTING] = "reconnecting", [GCHAT_STATE_REFUSED] = "refused",
	[GCHAT_STATE_CLOSED] = "closed",
};
/* clang-format on */

static json_t *cleaned_error(const struct gchat_error *error)
{
	struct gchat_error clean = *error;
	fault_fill(&clean, -EIO);
	return json_of_error(&clean);
}

static json_t *of_state(const struct gchat_state_event *state)
{
	json_t *object = json_typed("event", "state");
	bool known = (size_t)state->state < GC_LENGTH(STATE_NAMES);
	json_set_text(object, "state", known ? STATE_NAMES[state->state] : "unknown");
	if (state->state == GCHAT_STATE_RECONNECTING) {
		json_set_number(object, "attempt", state->attempt);
		json_set_number(object, "delay_ms", state->delay_ms);
	}
	if (*state->error.reason)
		json_object_set_new(object, "error", cleaned_error(&state->error));
	return object;
}

static json_t *of_welcome(const struct gchat_welcome *welcome)
{
	json_t *object = json_typed("event", "welcome"), *rooms = json_array();
	json_object_set_new(object, "account", json_of_profile(&welcome->account));
	for (size_t i = 0; i < welcome->room_count; i++)
		json_array_append_new(rooms, json_of_room(&welcome->rooms[i]));
	json_object_set_new(object, "rooms", rooms);
	json_set_text(object, "durability", welcome->durability);
	json_set_text(object, "server", welcome->server);
	json_set_number(object, "session_id", welcome->session_id);
	json_set_flag(object, "resumed", welcome->resumed);
	json_set_time(object, "time", welcome->time_us);
	return object;
}

static json_t *of_snapshot(const struct gchat_snapshot *snapshot)
{
	json_t *object = json_typed("event", "members"), *members = json_array();
	json_set_number(object, "room_id", snapshot->room_id);
	for (size_t i = 0; i < snapshot->count; i++)
		json_array_append_new(members, json_of_member(&snapshot->members[i]));
	json_object_set_new(object, "members", members);
	json_set_number(object, "member_count", snapshot->member_count);
	json_set_flag(object, "complete", snapshot->complete);
	return object;
}

static json_t *of_presence(const struct gchat_presence_event *presence)
{
	json_t *object = json_typed("event", "presence");
	json_set_text(object, "user", presence->user);
	json_set_number(object, "user_id", presence->account_id);
	json_set_text(object, "presence", render_presence(presence->presence));
	return object;
}

static json_t *of_typing(const struct gchat_typing *typing)
{
	json_t *object = json_typed("event", "typing");
	json_set_number(object, "room_id", typing->room_id);
	json_set_text(object, "user", typing->user);
	json_set_number(object, "user_id", typing->account_id);
	json_set_flag(object, "typing", typing->typing);
	return object;
}

static json_t *of_gap(const struct gchat_gap *gap)
{
	json_t *object = json_typed("event", "gap");
	json_set_number(object, "room_id", gap->room_id);
	json_set_number(object, "from_seq", gap->from_seq);
	json_set_number(object, "to_seq", gap->to_seq);
	json_set_text(object, "reason", gap->reason);
	return object;
}

static json_t *of_reset(const struct gchat_reset *reset)
{
	json_t *object = json_typed("event", "reset");
	json_set_number(object, "room_id", reset->room_id);
	json_set_number(object, "seq", reset->seq);
	json_set_text(object, "reason", reset->reason);
	return object;
}

static json_t *of_read_marker(const struct gchat_read_marker *marker)
{
	json_t *object = json_typed("event", "read_marker");
	json_set_number(object, "room_id", marker->room_id);
	json_set_number(object, "read_seq", marker->read_seq);
	json_set_number(object, "unread", marker->unread);
	return object;
}

static json_t *of_going_away(const struct gchat_going_away *going)
{
	json_t *object = json_typed("event", "going_away");
	json_set_number(object, "reconnect_after_ms", going->reconnect_after_ms);
	json_set_text(object, "reason", going->reason);
	json_set_text(object, "text", going->message);
	return object;
}

static json_t *of_notice(const struct gchat_notice *notice)
{
	json_t *object = json_typed("event", "notice");
	json_set_text(object, "text", notice->text);
	json_set_time(object, "time", notice->time_us);
	return object;
}

json_t *json_of_event(const struct gchat_event *event)
{
	switch (event->kind) {
	case GCHAT_EVENT_STATE:
		return of_state(&event->state);
	case GCHAT_EVENT_WELCOME:
		return of_welcome(&event->welcome);
	case GCHAT_EVENT_ENTRY:
		return json_of_entry(&event->entry);
	case GCHAT_EVENT_REPLY:
		return NULL;
	case GCHAT_EVENT_SNAPSHOT:
		return of_snapshot(&event->snapshot);
	case GCHAT_EVENT_PRESENCE:
		return of_presence(&event->presence);
	case GCHAT_EVENT_TYPING:
		return of_typing(&event->typing);
	case GCHAT_EVENT_PROFILE: {
		json_t *object = json_typed("event", "profile"), *profile;
		profile = json_of_profile(&event->profile);
		json_object_update(object, profile);
		json_decref(profile);
		return object;
	}
	case GCHAT_EVENT_GAP:
		return of_gap(&event->gap);
	case GCHAT_EVENT_RESET:
		return of_reset(&event->reset);
	case GCHAT_EVENT_READ_MARKER:
		return of_read_marker(&event->read_marker);
	case GCHAT_EVENT_GOING_AWAY:
		return of_going_away(&event->going_away);
	case GCHAT_EVENT_NOTICE:
		return of_notice(&event->notice);
	}
	return NULL;
}
