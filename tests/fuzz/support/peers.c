/* Peers of a world: their streams and calls. */
#include "world.h"

#include "proto/codec.h"
#include "rpc/metadata.h"

#include <grpc/support/alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void world_call(struct world *w, struct line *line, const char *method, const char *authorization,
	bool admin)
{
	static unsigned turn;
	struct incoming in = {.shard = &w->hub->shards[turn++ % WORLD_SHARDS],
		.call = line_call(line),
		.admin = admin};
	(void)snprintf(in.method, sizeof(in.method), "%s", method);
	(void)snprintf(in.peer, sizeof(in.peer), "%s", admin ? "fd:7" : "ipv4:127.0.0.1:7");
	grpc_metadata_array_init(&in.metadata);
	grpc_metadata pair;
	if (authorization) {
		pair = metadata_make("authorization", authorization);
		in.metadata.metadata = gpr_malloc(sizeof(pair));
		in.metadata.metadata[0] = pair;
		in.metadata.count = in.metadata.capacity = 1;
	}
	w->hub->options.on_call(w->hub->options.arg, &in);
	if (authorization)
		metadata_unref(&pair);
}

const char *world_authorization(struct world *w, enum world_person person)
{
	static char value[TOKEN_TEXT_BYTES + 8];
	(void)snprintf(value, sizeof(value), "Bearer %s", w->tokens[person].text);
	return value;
}

static void on_status(void *arg, grpc_status_code code)
{
	(void)arg;
	GC_ASSERT(code <= GRPC_STATUS_UNAUTHENTICATED);
}

static void say_hello(struct line *line)
{
	Gchat__V1__Hello hello;
	Gchat__V1__ClientFrame frame;
	char client[] = "fuzz";
	size_t len;
	gchat__v1__hello__init(&hello);
	gchat__v1__client_frame__init(&frame);
	hello.protocol_version = LIMIT_PROTOCOL_VERSION;
	hello.client = client;
	hello.want_presence = hello.want_typing = hello.want_profiles = hello.want_members = true;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	uint8_t *bytes = codec_encode_new(&frame.base, &len);
	line_say(line, bytes, len);
	free(bytes);
}

struct world_stream *world_stream(struct world *w, enum world_person person, bool hello)
{
	if (w->stream_count == WORLD_STREAMS_MAX)
		return NULL;
	struct world_stream *stream = &w->streams[w->stream_count++];
	*stream = (struct world_stream){.world = w, .person = person};
	stream->line = line_new(&(struct line_eyes){
		.on_message = viewer_on_message, .on_status = on_status, .arg = stream});
	world_call(
		w, stream->line, "/gchat.v1.Chat/Connect", world_authorization(w, person), false);
	if (hello)
		say_hello(stream->line);
	return stream;
}

static void on_answer(void *arg, const uint8_t *data, size_t len)
{
	(void)data;
	GC_ASSERT(len <= 2U * SERVICE_HISTORY_BYTES + LIMIT_MESSAGE_BYTES);
	++*(unsigned *)arg;
}

enum {
	PATIENCE_MS = 5000 /* with a call that has several steps */
};

void world_unary(struct world *w, const char *method, const char *authorization, bool admin,
	const uint8_t *request, size_t len)
{
	unsigned answers = 0;
	struct line *line = line_new(&(struct line_eyes){
		.on_message = on_answer, .on_status = on_status, .arg = &answers});
	world_call(w, line, method, authorization, admin);
	line_say(line, request, len);
	line_finish(line);
	bool held = w->blocker;
	world_settle(w);
	if (held && !line_is_over(line)) {
		world_hold(w, false); /* it waits for what is held */
		world_settle(w);
	}
	/* what goes from thread to thread in several steps may be between two of them */
	for (unsigned i = 0; i < PATIENCE_MS && !line_is_over(line); i++) {
		usleep(1000);
		world_settle(w);
	}
	GC_ASSERT(answers <= 1 && line_has_ended(line) && line_is_over(line));
	line_free(line);
}
