/*
 * Encodings of any message of the contract, made from its descriptor alone: every field set, each
 * alternative of a oneof in its turn. Independent of the code under test: bytes are written here.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SAMPLE_BYTES_MAX = 16 * 1024,
};

/* How many `pick`s there are, so that every alternative of every oneof comes up. */
unsigned sample_picks(const ProtobufCMessageDescriptor *type);

/* Writes into `out`, which has SAMPLE_BYTES_MAX; returns the length. */
size_t sample_write(const ProtobufCMessageDescriptor *type, unsigned pick, uint8_t *out);

/* Writes one length-delimited field; returns its length. */
size_t sample_put_bytes(uint8_t *out, uint32_t field, const void *data, size_t len);
/* Writes one varint field; returns its length. */
size_t sample_put_varint(uint8_t *out, uint32_t field, uint64_t value);

/* Calls fn for the input and the output of every method of the contract, and each kind of record. */
void sample_each_type(void (*fn)(const ProtobufCMessageDescriptor *type));
