/*
 * A message of the contract as JSON: protobuf's own mapping with the contract's names, so that what is
 * written needs no other documentation. Fields at their default are left out, 64-bit numbers are
 * strings, bytes are base64, enums are names. Any thread.
 */
#pragma once

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

/* Owned: json_decref. */
json_t *proto_json(const ProtobufCMessage *msg);
