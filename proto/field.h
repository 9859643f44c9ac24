/*
 * Looking at messages by their descriptors: what protobuf-c lays out and doesn't say in a function.
 * For messages of proto3. Any thread.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes of one value of the type within a message, or within the array of a repeated field. */
size_t field_size(ProtobufCType type);
/* Whether the field is there: it has items, is the one chosen of its oneof, or differs from its type's
 * default. */
bool field_is_set(const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field);
