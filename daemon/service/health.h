/*
 * grpc.health.v1, its pure part: which services this server knows, and whether it serves. All go
 * together: SERVING once started, NOT_SERVING from the first step of a shutdown or while draining.
 * Who watches is kept by the caller. The state is atomic: any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum health_status { /* numbers of HealthCheckResponse.ServingStatus */
	HEALTH_UNKNOWN = 0,
	HEALTH_SERVING = 1,
	HEALTH_NOT_SERVING = 2,
	HEALTH_SERVICE_UNKNOWN = 3,
};

enum {
	HEALTH_RESPONSE_BYTES = 2, /* largest encoded HealthCheckResponse */
};

struct health {
	atomic_bool serving;
};

/* True when the state changed, so that watchers are to be told. A zeroed struct is not serving. */
bool health_set(struct health *health, bool serving);
bool health_is_serving(const struct health *health);

/* The status of a service, by full name or "" for the server as a whole; HEALTH_SERVICE_UNKNOWN
 * for one that isn't served there. `admin`: asked on the admin socket. For Check answer that as
 * NOT_FOUND; Watch sends it. */
enum health_status health_answer(const struct health *health, const char *service, bool admin);

/* Encodes a HealthCheckResponse; returns its length. */
size_t health_encode(enum health_status status, uint8_t ret_bytes[HEALTH_RESPONSE_BYTES]);
