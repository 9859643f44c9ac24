/* Texts are copied and cut to what an entry has room for. */
#include "service/watch_notes.h"

#include "gchat/v1/event.pb-c.h"
#include "net/accept.h"
#include "service/call.h"
#include "shard/session.h"

#include <string.h>

#define COPY(to, from) copy((to), sizeof(to), (from))

/* Cut between characters: what isn't UTF-8 would make the whole answer malformed. */
static void copy(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);
	if (len >= size) {
		len = size - 1;
		while (len > 0 && ((unsigned char)from[len] & 0xC0) == 0x80)
			len--;
	}
	memcpy(to, from, len);
	to[len] = '\0';
}

/* ---- rooms ---- */

static const char *role_name(Gchat__V1__Role role)
{
	static const char *const names[] = {
		[GCHAT__V1__ROLE__ROLE_READER] = "reader",
		[GCHAT__V1__ROLE__ROLE_MEMBER] = "member",
		[GCHAT__V1__ROLE__ROLE_MODERATOR] = "moderator",
		[GCHAT__V1__ROLE__ROLE_OWNER] = "owner",
	};
	return (size_t)role < GC_LENGTH(names) && names[role] ? names[role] : "";
}

/* Whom it happened to: the author is who did it. */
static void by_author(struct watch_entry *entry, enum watch_kind kind, const char *user)
{
	entry->kind = kind;
	memcpy(entry->actor, entry->user, sizeof(entry->actor));
	COPY(entry->user, user);
}

/* False: nothing that is shown by itself. */
static bool fill_body(struct watch_entry *entry, const Gchat__V1__Event *body)
{
	switch (body->body_case) {
	case GCHAT__V1__EVENT__BODY_JOINED:
		entry->kind = WATCH_JOINED;
		COPY(entry->text, role_name(body->joined->role));
		return true;
	case GCHAT__V1__EVENT__BODY_LEFT:
		entry->kind = WATCH_LEFT;
		return true;
	case GCHAT__V1__EVENT__BODY_REMOVED:
		by_author(entry, WATCH_REMOVED, body->removed->user);
		COPY(entry->text, body->removed->reason);
		return true;
	case GCHAT__V1__EVENT__BODY_INVITED:
		by_author(entry, WATCH_INVITED, body->invited->user);
		return true;
	case GCHAT__V1__EVENT__BODY_ROLE_CHANGED:
		by_author(entry, WATCH_ROLE_CHANGED, body->role_changed->user);
		COPY(entry->text, role_name(body->role_changed->role));
		return true;
	case GCHAT__V1__EVENT__BODY_ROOM_CHANGED:
		entry->kind = WATCH_ROOM_CHANGED;
		COPY(entry->text, body->room_changed->title);
		return true;
	case GCHAT__V1__EVENT__BODY_MUTED:
		by_author(
			entry, body->muted->muted ? WATCH_MUTED : WATCH_UNMUTED, body->muted->user);
		COPY(entry->text, body->muted->reason);
		return true;
	case GCHAT__V1__EVENT__BODY_MESSAGE:
	case GCHAT__V1__EVENT__BODY_EDIT:
	case GCHAT__V1__EVENT__BODY_DELETION:
	case GCHAT__V1__EVENT__BODY_REACTION:
	case GCHAT__V1__EVENT__BODY_ERASED:
	case GCHAT__V1__EVENT__BODY__NOT_SET:
	case _GCHAT__V1__EVENT__BODY__CASE_IS_INT_SIZE:
		break;
	}
	return false;
}

void watch_notes_event(void *arg, const struct write *write, const struct event *event)
{
	struct hub *hub = arg;
	struct watch *watch = &((struct service *)hub->options.arg)->watch;
	/* Hot path: messages, and what refers to one (edits, reactions, deletions). */
	if ((event->flags & STORE_EVENT_COUNTED) || event->target_seq != 0) {
		watch_count_message(watch, write->room->id, write->room->name);
		return;
	}
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__event__descriptor, event_body(event), event->body_len);
	if (!msg)
		return;
	const Gchat__V1__Event *body = (const void *)msg;
	struct watch_entry entry = {0};
	COPY(entry.room, write->room->name);
	COPY(entry.user, body->author);
	if (event->seq == 1) { /* its owner joins: the room is new */
		entry.kind = WATCH_ROOM_CREATED;
		watch_note(watch, &entry);
	}
	if (fill_body(&entry, body))
		watch_note(watch, &entry);
	codec_free(msg);
}

void watch_notes_room_deleted(struct call *call, const char *room)
{
	struct watch_entry entry = {.kind = WATCH_ROOM_DELETED};
	COPY(entry.room, room);
	if (call->account)
		COPY(entry.user, atomic_load(&call->account->name));
	watch_note(&call->service->watch, &entry);
}

/* ---- sessions ---- */

static void fill_address(struct watch_entry *entry, const char *peer)
{
	char address[ACCEPTOR_ADDRESS_BYTES];
	acceptor_address(peer, address);
	COPY(entry->address, address);
}

static struct watch_entry entry_of(const struct session *session, enum watch_kind kind)
{
	struct watch_entry entry = {.kind = kind, .session_id = session->id};
	COPY(entry.user, atomic_load(&session->account->name));
	COPY(entry.text, session->client);
	fill_address(&entry, session->peer);
	return entry;
}

void watch_notes_session(void *arg, const struct session *session, bool opened)
{
	struct service *service = arg;
	struct watch_entry entry =
		entry_of(session, opened ? WATCH_SESSION_OPENED : WATCH_SESSION_CLOSED);
	if (session->end_reason != REASON_NONE)
		COPY(entry.reason, reason_name(session->end_reason));
	watch_note(&service->watch, &entry);
}

void watch_notes_refusal(void *arg, const struct session *session, enum reason reason)
{
	struct service *service = arg;
	struct watch_entry entry = entry_of(session, WATCH_REFUSED);
	COPY(entry.reason, reason_name(reason));
	COPY(entry.text, "Connect");
	watch_note_refusal(&service->watch, &entry);
}

/* ---- calls ---- */

void watch_notes_sign_in(struct call *call, const char *user)
{
	struct watch_entry entry = {.kind = WATCH_SIGNED_IN};
	COPY(entry.user, user);
	fill_address(&entry, call->peer);
	watch_note(&call->service->watch, &entry);
}

void watch_notes_refused_call(struct call *call, enum reason reason)
{
	struct watch_entry entry = {.kind = WATCH_REFUSED};
	const char *slash = call->method ? strrchr(call->method->name, '/') : NULL;
	if (call->admin) /* what changes something is noted with its outcome, the rest is theirs */
		return;
	COPY(entry.reason, reason_name(reason));
	COPY(entry.text, slash ? slash + 1 : "");
	if (call->account)
		COPY(entry.user, atomic_load(&call->account->name));
	fill_address(&entry, call->peer);
	watch_note_refusal(&call->service->watch, &entry);
}

void watch_notes_admin(struct call *call, const char *who, const char *action, const char *object,
	const char *outcome)
{
	struct watch_entry entry = {.kind = WATCH_ADMIN};
	COPY(entry.actor, who);
	COPY(entry.reason, outcome);
	COPY(entry.text, action);
	size_t len = strlen(entry.text);
	if (object[0] && len + 1 < sizeof(entry.text)) {
		entry.text[len++] = ' ';
		copy(entry.text + len, sizeof(entry.text) - len, object);
	}
	watch_note(&call->service->watch, &entry);
}
