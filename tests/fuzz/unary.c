/* links: gchat_proto */
/* The first byte picks a method of the contract, the others are its request. */
#include "again.h"
#include "gchat/v1/admin.pb-c.h"
#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "proto/limits.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCServiceDescriptor *const services[] = {
	&gchat__v1__chat__descriptor,
	&gchat__v1__auth__descriptor,
	&gchat__v1__admin__descriptor,
	&grpc__health__v1__health__descriptor,
	&grpc__reflection__v1__server_reflection__descriptor,
};

/* The request type of method number `pick`, counted over all services and around. */
static const ProtobufCMessageDescriptor *pick_type(unsigned pick)
{
	for (;;) {
		for (size_t i = 0; i < GC_LENGTH(services); i++) {
			if (pick < services[i]->n_methods)
				return services[i]->methods[pick].input;
			pick -= services[i]->n_methods;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct codec_arena arena;
	ProtobufCMessage *msg;
	if (size == 0)
		return 0;
	if (!arena.block)
		codec_arena_init(&arena);
	if (codec_decode(&arena, pick_type(data[0]), data + 1, size - 1, &msg) == CODEC_OK)
		again_check(msg);
	GC_ASSERT(arena.used <= LIMIT_DECODE_BYTES);
	return 0;
}
