/* Reading and building metadata pairs, and the trailing metadata that carries an error. */
#pragma once

#include "proto/reason.h"
#include <grpc/grpc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METADATA_KEY_REASON      "gchat-reason"
#define METADATA_KEY_RETRY_AFTER "gchat-retry-after-ms"
#define METADATA_BEARER          "Bearer "

/* Copies the value of `key` into buf as a string. False: absent or longer than `size` - 1. */
bool metadata_get(const grpc_metadata_array *array, const char *key, char *buf, size_t size);

/* A pair with a static key and a copied value. The value is owned: metadata_unref. */
grpc_metadata metadata_make(const char *key, const char *value);
void metadata_unref(grpc_metadata *pair);
