/* Protobuf by hand: tags, varints and the order of fields as in chat.proto and event.proto. */
#include "wire.h"

#include "base/err.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
	TYPE_VARINT = 0,
	TYPE_FIXED64 = 1,
	TYPE_BYTES = 2,
	TYPE_FIXED32 = 5,

	FRAME_EVENTS = 1,
	FRAME_REPLIES = 2,
	FRAME_WELCOME = 3,
	FRAME_GOING_AWAY = 10,
	EVENT_ROOM_ID = 1,
	EVENT_SEQ = 2,
	EVENT_MESSAGE = 8,
	MESSAGE_TEXT = 1,
	REPLY_REQUEST_ID = 1,
};

struct field {
	uint32_t number;
	uint32_t type;
	uint64_t value; /* of a number */
	const uint8_t *data;
	size_t len; /* of bytes */
};

struct span {
	const uint8_t *at;
	const uint8_t *end;
};

static bool varint_long(struct span *s, uint64_t *ret)
{
	uint64_t v = 0;
	for (unsigned shift = 0; s->at < s->end && shift < 64; shift += 7) {
		uint8_t b = *s->at++;
		v |= (uint64_t)(b & 127) << shift;
		if (!(b & 128)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

/* Nearly all tags and lengths are one byte. */
static inline bool varint(struct span *s, uint64_t *ret)
{
	if (s->at == s->end || *s->at & 128)
		return varint_long(s, ret);
	*ret = *s->at++;
	return true;
}

static inline bool skip(struct span *s, size_t n)
{
	if ((size_t)(s->end - s->at) < n)
		return false;
	s->at += n;
	return true;
}

static inline bool field_next(struct span *s, struct field *f)
{
	uint64_t tag = 0;
	uint64_t len = 0;
	if (!varint(s, &tag))
		return false;
	f->number = (uint32_t)(tag >> 3);
	f->type = tag & 7;
	f->data = s->at;
	if (f->type == TYPE_VARINT)
		return varint(s, &f->value);
	if (f->type == TYPE_FIXED32)
		return skip(s, 4);
	if (f->type == TYPE_FIXED64) {
		if (!skip(s, 8))
			return false;
		memcpy(&f->value, f->data, 8);
		f->value = le64toh(f->value);
		return true;
	}
	if (f->type != TYPE_BYTES || !varint(s, &len))
		return false;
	f->data = s->at;
	f->len = len;
	return skip(s, len);
}

static bool walk_message(const struct field *message, struct wire_event *event)
{
	struct span s = {message->data, message->data + message->len};
	struct field f;
	while (s.at < s.end) {
		if (!field_next(&s, &f))
			return false;
		if (f.number == MESSAGE_TEXT) {
			event->text = f.data;
			event->text_len = f.len;
		}
	}
	return true;
}

/* Hot path. */
static bool walk_event(const struct field *of, const struct wire_visitor *visitor, void *arg)
{
	struct span s = {of->data, of->data + of->len};
	struct wire_event event = {0};
	struct field f;
	while (s.at < s.end) {
		if (!field_next(&s, &f))
			return false;
		if (f.number == EVENT_ROOM_ID)
			event.room_id = f.value;
		else if (f.number == EVENT_SEQ)
			event.seq = f.value;
		else if (f.number == EVENT_MESSAGE && !walk_message(&f, &event))
			return false;
	}
	visitor->on_event(arg, &event);
	return true;
}

static bool walk_reply(const struct field *of, const struct wire_visitor *visitor, void *arg)
{
	struct span s = {of->data, of->data + of->len};
	struct wire_reply reply = {0};
	struct field f;
	while (s.at < s.end) {
		if (!field_next(&s, &f))
			return false;
		if (f.number == REPLY_REQUEST_ID) {
			reply.request_id = f.value;
			continue;
		}
		reply.result = f.number;
		reply.body = f.data;
		reply.body_len = f.len;
	}
	visitor->on_reply(arg, &reply);
	return true;
}

static bool walk_field(const struct field *f, const struct wire_visitor *visitor, void *arg)
{
	if (f->number == FRAME_EVENTS)
		return walk_event(f, visitor, arg);
	if (f->number == FRAME_REPLIES)
		return walk_reply(f, visitor, arg);
	if (f->number == FRAME_WELCOME)
		visitor->on_welcome(arg);
	if (f->number == FRAME_GOING_AWAY)
		visitor->on_going_away(arg);
	return true;
}

int wire_walk_frame(const uint8_t *data, size_t len, const struct wire_visitor *visitor, void *arg)
{
	struct span s = {data, data + len};
	struct field f;
	while (s.at < s.end)
		if (!field_next(&s, &f) || !walk_field(&f, visitor, arg))
			return err_raise(-EBADMSG);
	return 0;
}

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		*p++ = (uint8_t)(v | 128);
	*p++ = (uint8_t)v;
	return p;
}

static uint8_t *put_tag(uint8_t *p, uint32_t number, uint32_t type)
{
	return put_varint(p, number << 3 | type);
}

static uint8_t *put_bytes(uint8_t *p, uint32_t number, const void *data, size_t len)
{
	p = put_varint(put_tag(p, number, TYPE_BYTES), len);
	memcpy(p, data, len);
	return p + len;
}

size_t wire_put_send(uint8_t *out, const struct wire_send *send)
{
	uint8_t head[32];
	uint64_t room_id = htole64(send->room_id);
	uint8_t *p = put_tag(head, 1, TYPE_FIXED64);
	memcpy(p, &room_id, 8);
	p = put_bytes(p + 8, 2, send->client_msg_id, WIRE_ID_BYTES);
	p = put_varint(put_tag(p, 3, TYPE_BYTES), send->text_len);
	size_t head_len = (size_t)(p - head);
	p = put_varint(put_tag(out, 1, TYPE_VARINT), send->request_id);
	p = put_varint(put_tag(p, 3, TYPE_BYTES), head_len + send->text_len);
	memcpy(p, head, head_len);
	memcpy(p + head_len, send->text, send->text_len);
	return (size_t)(p - out) + head_len + send->text_len;
}
