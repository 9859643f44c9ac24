/* links: fuzz_world */
/*
 * A script of what peers do to a whole daemon (support/world.h): frames on Chat streams, unary and
 * Admin calls, reflection and health streams, any method with any header; peers that hold, finish
 * and vanish, a store that is slow, retention. A step is a byte for who and what, a length, and that
 * many bytes. What must hold is asserted by the world after each step and at the end.
 */
#include "support/world.h"

#include "base/macros.h"
#include "service/methods.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	STEPS_MAX = 48,
	WITHOUT_REST = 0x40, /* the next step comes before this one has been taken in */
	LENGTH_REST = 255, /* all that is left */
};

struct script {
	const uint8_t *data;
	size_t len;
};

struct step {
	enum world_person person;
	unsigned action;
	const uint8_t *data;
	size_t len;
	bool settle;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take_step(struct script *script, struct step *ret_step)
{
	if (script->len < 2)
		return false;
	uint8_t what = script->data[0];
	size_t len = script->data[1];
	script->data += 2;
	script->len -= 2;
	if (len == LENGTH_REST || len > script->len)
		len = script->len;
	*ret_step = (struct step){.person = what % _WORLD_PERSON_MAX,
		.action = what >> 2 & 15,
		.data = script->data,
		.len = len,
		.settle = !(what & WITHOUT_REST)};
	script->data += len;
	script->len -= len;
	return true;
}

/* The person's newest stream that is open. */
static struct world_stream *find_stream(struct world *w, enum world_person person)
{
	for (size_t i = w->stream_count; i > 0; i--)
		if (w->streams[i - 1].person == person && !line_has_ended(w->streams[i - 1].line))
			return &w->streams[i - 1];
	return NULL;
}

static void say_frame(struct world *w, const struct step *step)
{
	struct world_stream *stream = find_stream(w, step->person);
	if (!stream)
		stream = world_stream(w, step->person, true);
	if (stream)
		line_say(stream->line, step->data, step->len);
}

static void open_raw(struct world *w, const struct step *step)
{
	struct world_stream *stream = world_stream(w, step->person, false);
	if (stream)
		line_say(stream->line, step->data, step->len);
}

/* Files that a rotation names are the administrator's: a fuzzer must not choose them. */
static bool is_harmless(const struct method *method, size_t len)
{
	return strcmp(method->name, "/gchat.v1.Admin/RotateCertificate") != 0 || len == 0;
}

/* The first byte picks the method. */
static void call_unary(struct world *w, const struct step *step, bool admin)
{
	size_t count;
	const struct method *table = method_table(&count);
	if (step->len == 0)
		return;
	const struct method *method = &table[step->data[0] % count];
	if (method->handle && is_harmless(method, step->len - 1))
		world_unary(w, method->name, admin ? NULL : world_authorization(w, step->person),
			admin, step->data + 1, step->len - 1);
}

static void ignore_message(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
}

static void ignore_status(void *arg, grpc_status_code code)
{
	(void)arg;
	(void)code;
}

/* One message on a stream of reflection or health, and its end. */
static void ask(struct world *w, const struct step *step)
{
	static const char *const methods[] = {"/grpc.health.v1.Health/Watch",
		"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
		"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};
	if (step->len == 0)
		return;
	struct line *line = line_new(
		&(struct line_eyes){.on_message = ignore_message, .on_status = ignore_status});
	world_call(w, line, methods[step->data[0] % GC_LENGTH(methods)], NULL,
		step->person == WORLD_ADA);
	line_say(line, step->data + 1, step->len - 1);
	world_settle(w);
	service_set_serving(w->service, step->data[0] & 0x80);
	world_settle(w);
	if (step->data[0] & 0x40)
		line_finish(line);
	else
		line_cut(line);
	world_settle(w);
	line_cut(line); /* a watch goes on until its caller goes */
	world_settle(w);
	GC_ASSERT(line_is_over(line));
	line_free(line);
}

/* Any method, any header: "METHOD\0HEADER\0MESSAGE". */
static void call_raw(struct world *w, const struct step *step)
{
	char method[SHARD_METHOD_BYTES];
	char header[256];
	const uint8_t *end = memchr(step->data, 0, step->len);
	if (!end)
		return;
	(void)snprintf(method, sizeof(method), "%s", (const char *)step->data);
	const uint8_t *rest = end + 1;
	size_t len = (size_t)(step->data + step->len - rest);
	end = memchr(rest, 0, len);
	(void)snprintf(header, sizeof(header), "%.*s",
		end ? (int)(end - rest) : (int)(len < sizeof(header) ? len : sizeof(header) - 1),
		(const char *)rest);
	const struct method *known = method_find(method);
	if (!known || (known->handle && is_harmless(known, 1)))
		world_unary(w, method, header, step->person == WORLD_ADA, end ? end + 1 : rest,
			end ? (size_t)(rest + len - end - 1) : 0);
}

static void leave(struct world *w, const struct step *step)
{
	struct world_stream *stream = find_stream(w, step->person);
	if (!stream)
		return;
	if (step->len & 1)
		line_finish(stream->line);
	else
		line_cut(stream->line);
}

static void hold_line(struct world *w, const struct step *step)
{
	struct world_stream *stream = find_stream(w, step->person);
	if (stream)
		line_hold(stream->line, step->len & 1);
}

/* As the sweep does it: readers get a gap, then the store follows. */
static void trim(struct world *w, const struct step *step)
{
	struct room *room = directory_find_room(w->directory, 1 + (step->person & 1U));
	if (!room)
		return;
	room_lock(room);
	uint64_t floor = room->shared.first_seq + step->len;
	bool moves = floor <= room->shared.log.head + 1 && step->len > 0;
	if (moves)
		room->shared.first_seq = floor;
	room_unlock(room);
	if (moves)
		store_trim(w->store, room->id, floor);
	(void)room_unref(room);
}

static void take(struct world *w, const struct step *step)
{
	switch (step->action) {
	case 0:
		open_raw(w, step);
		break;
	case 1:
		call_unary(w, step, false);
		break;
	case 2:
		call_unary(w, step, true);
		break;
	case 3:
		ask(w, step);
		break;
	case 4:
		call_raw(w, step);
		break;
	case 5:
		leave(w, step);
		break;
	case 6:
		hold_line(w, step);
		break;
	case 7:
		world_hold(w, step->len & 1);
		break;
	case 8:
		trim(w, step);
		break;
	default:
		say_frame(w, step);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct script script = {.data = data + 1, .len = size - 1};
	struct step step;
	struct world *w =
		world_new(&(struct world_options){.tight = data[0] & 1, .closed = data[0] & 2});
	for (unsigned i = 0; i < STEPS_MAX && take_step(&script, &step); i++) {
		take(w, &step);
		if (step.settle)
			world_settle(w);
	}
	world_free(w);
	return 0;
}
