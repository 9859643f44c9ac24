/*
 * Server reflection, its pure part: from a request to the bytes of the response, out of an encoded
 * FileDescriptorSet. v1 and v1alpha have the same wire form, so requests of both are decoded as
 * v1's and responses of v1 answer both. Answers and errors are those of gRPC's own implementation.
 * Immutable after reflection_new: any thread.
 */
#pragma once

#include "grpc/reflection/v1/reflection.pb-c.h"
#include <stddef.h>
#include <stdint.h>

struct reflection;

/* Indexes `set`, borrowed: valid while the object lives. `services` (full names, `count` of them;
 * borrowed likewise) are what list_services tells. NULL: the set is malformed. */
struct reflection *reflection_new(
	const uint8_t *set, size_t len, const char *const *services, size_t count);

/* NULL is allowed; returns NULL. */
struct reflection *reflection_free(struct reflection *r);

/* The encoded ServerReflectionResponse to one request; errors are responses too. Its size is that
 * of the request and of the set at most. Owned by the caller: free(3). */
uint8_t *reflection_answer(const struct reflection *r,
	const Grpc__Reflection__V1__ServerReflectionRequest *request, size_t *ret_len);
