/* The table of services and the two bytes of an answer. */
#include "service/health.h"

#include "base/macros.h"

#include <string.h>

struct entry {
	const char *service;
	bool on_admin; /* known on the admin socket */
	bool on_tls; /* known on the TLS port */
};

/* clang-format off */
static const struct entry table[] = {
	{"",                                         true,  true},
	{"gchat.v1.Admin",                           true,  false},
	{"gchat.v1.Auth",                            false, true},
	{"gchat.v1.Chat",                            false, true},
	{"grpc.health.v1.Health",                    true,  true},
	{"grpc.reflection.v1.ServerReflection",      true,  true},
	{"grpc.reflection.v1alpha.ServerReflection", true,  true},
};
/* clang-format on */

enum {
	TAG_STATUS = 1 << 3, /* field 1, varint */
};

bool health_set(struct health *health, bool serving)
{
	return atomic_exchange(&health->serving, serving) != serving;
}

bool health_is_serving(const struct health *health)
{
	return atomic_load(&health->serving);
}

enum health_status health_answer(const struct health *health, const char *service, bool admin)
{
	for (size_t i = 0; i < GC_LENGTH(table); i++) {
		if (strcmp(table[i].service, service) != 0)
			continue;
		if (!(admin ? table[i].on_admin : table[i].on_tls))
			break;
		return health_is_serving(health) ? HEALTH_SERVING : HEALTH_NOT_SERVING;
	}
	return HEALTH_SERVICE_UNKNOWN;
}

size_t health_encode(enum health_status status, uint8_t ret_bytes[HEALTH_RESPONSE_BYTES])
{
	if (status == HEALTH_UNKNOWN)
		return 0; /* the default value of proto3 is not sent */
	ret_bytes[0] = TAG_STATUS;
	ret_bytes[1] = (uint8_t)status;
	return 2;
}
