/*
 * A growing piece of a ServerFrame: elements of its fields one behind the other, which is what a
 * message is. One thread at a time.
 */
#pragma once

#include "proto/codec.h"
#include <stddef.h>
#include <stdint.h>

struct control {
	uint8_t *data; /* owned */
	size_t len;
	size_t capacity;
};

/* Room for `more` bytes; returns where they go. They count once they are written. */
uint8_t *control_grow(struct control *control, size_t more);
/* Appends bytes that are a piece of a ServerFrame already. */
void control_add(struct control *control, const uint8_t *wire, size_t len);
/* Appends one element of the field. */
void control_put(struct control *control, unsigned field, const ProtobufCMessage *msg);
void control_deinit(struct control *control);
