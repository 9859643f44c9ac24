/* links: fuzz_world */
/*
 * Hostile bytes in the store: pieces (support/parts.h) become records (kind, length of the key, key,
 * value) and events, and the daemon starts on them. It refuses, or runs: everyone who is loaded says
 * hello, speaks in each room, and reads all of it.
 */
#include "support/parts.h"
#include "support/world.h"

#include "base/macros.h"
#include "base/mem.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

enum {
	PIECES_MAX = 40,
	KIND_EVENT = 0,
	LOGS = 3, /* numbers of logs that events go to */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One piece on its way into the store. */
struct piece {
	struct store_op op;
	struct store_put put;
	struct store_append append;
};

static void on_done(struct store_op *op, enum store_status status)
{
	(void)op;
	(void)status;
}

static void fill_event(struct piece *piece, const uint8_t *data, size_t len)
{
	piece->append = (struct store_append){.log = 1U + data[1] % LOGS,
		.author = data[1] / LOGS,
		.flags = data[1] & 1 ? STORE_EVENT_COUNTED : 0,
		.body = data + 2,
		.body_len = len - 2};
	piece->op.appends = &piece->append;
	piece->op.append_count = 1;
}

/* Kind, length of the key; key and value. */
static void fill_record(struct piece *piece, const uint8_t *data, size_t len)
{
	size_t key_len = data[1] % STORE_KEY_BYTES_MAX + 1U;
	if (key_len > len - 2)
		key_len = len - 2;
	piece->put = (struct store_put){.kind = data[0],
		.key = data + 2,
		.key_len = key_len,
		.value = data + 2 + key_len,
		.value_len = len - 2 - key_len};
	piece->op.puts = &piece->put;
	piece->op.put_count = 1;
}

static void fill_store(void *arg, struct store *store)
{
	struct parts *parts = arg;
	static struct piece pieces[PIECES_MAX];
	const uint8_t *data;
	size_t len;
	size_t count = 0;
	while (count < PIECES_MAX && parts_take(parts, &data, &len)) {
		if (len < 3)
			continue;
		struct piece *piece = &pieces[count++];
		*piece = (struct piece){.op.on_done = on_done};
		if (data[0] == KIND_EVENT)
			fill_event(piece, data, len);
		else
			fill_record(piece, data, len);
		store_submit(store, &piece->op);
	}
}

/* A frame that speaks in the room, or marks it as read up to its head. */
static void say(struct world_stream *stream, uint64_t room_id, uint64_t head)
{
	static char text[] = "hi";
	static uint8_t id[LIMIT_CLIENT_MSG_ID_BYTES];
	size_t len;
	Gchat__V1__Send send;
	Gchat__V1__MarkRead mark;
	Gchat__V1__ClientFrame frame;
	gchat__v1__send__init(&send);
	gchat__v1__mark_read__init(&mark);
	gchat__v1__client_frame__init(&frame);
	id[0]++;
	frame.request_id = 1;
	mark.room_id = send.room_id = room_id;
	mark.seq = head;
	send.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	send.text = text;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SEND;
	frame.send = &send;
	if (head > 0) {
		frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_MARK_READ;
		frame.mark_read = &mark;
	}
	uint8_t *bytes = codec_encode_new(&frame.base, &len);
	line_say(stream->line, bytes, len);
	free(bytes);
}

static void join(struct world_stream *stream, uint64_t room_id)
{
	size_t len;
	Gchat__V1__Join msg;
	Gchat__V1__ClientFrame frame;
	gchat__v1__join__init(&msg);
	gchat__v1__client_frame__init(&frame);
	frame.request_id = 2;
	msg.room_case = GCHAT__V1__JOIN__ROOM_ROOM_ID;
	msg.room_id = room_id;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_JOIN;
	frame.join = &msg;
	uint8_t *bytes = codec_encode_new(&frame.base, &len);
	line_say(stream->line, bytes, len);
	free(bytes);
}

static void use(struct world *w)
{
	size_t count;
	struct room **rooms = directory_all_rooms(w->directory, &count);
	for (size_t i = 0; i < _WORLD_PERSON_MAX && w->people[i]; i++) {
		struct world_stream *stream = world_stream(w, (enum world_person)i, true);
		world_settle(w);
		for (size_t k = 0; k < count; k++) {
			join(stream, rooms[k]->id);
			say(stream, rooms[k]->id, 0);
			say(stream, rooms[k]->id, rooms[k]->shared.log.head);
			world_settle(w);
		}
	}
	for (size_t k = 0; k < count; k++)
		(void)room_unref(rooms[k]);
	free(rooms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts parts = {.data = data, .len = size};
	bool tight = parts_take_byte(&parts) & 1;
	struct world *w = world_new(
		&(struct world_options){.tight = tight, .fill = fill_store, .arg = &parts});
	if (!w)
		return 0;
	use(w);
	world_free(w);
	return 0;
}
