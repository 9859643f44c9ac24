/*
 * What is kept beside the logs: records of a kind under a key. The kinds and the forms of keys are
 * for ever; the values are the messages of gchat/v1/record.proto. Any thread.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RECORD_KEY_BYTES_MAX = 72
};

/* Kinds of records in the store. Numbers are for ever. */
enum record_kind {
	RECORD_META = 1,
	RECORD_ACCOUNT = 2,
	RECORD_USER_NAME = 3,
	RECORD_TOKEN = 4,
	RECORD_ROOM = 5,
	RECORD_ROOM_NAME = 6,
	RECORD_MEMBER = 7,
	RECORD_INVITE = 8,
	RECORD_MARKER = 9,
	RECORD_AVATAR = 10,
	RECORD_BAN = 11,
	RECORD_MUTE = 12,
	RECORD_INVITATION = 13,
	RECORD_ERASURE = 20,
};

struct record_key {
	uint8_t bytes[RECORD_KEY_BYTES_MAX];
	size_t len;
};

/* Numbers are big-endian, so that keys sort by them. */
struct record_key record_key_id(uint64_t id);
struct record_key record_key_pair(uint64_t first, uint64_t second);
struct record_key record_key_bytes(const void *bytes, size_t len);

/* The value of a record; data NULL: no record, delete it. */
struct record_value {
	void *data; /* owned */
	size_t len;
};

#define RECORD_NONE ((struct record_value){NULL, 0})

/* The encoded message. Owned by the caller: free(3) its data. */
struct record_value record_encode(const ProtobufCMessage *msg);
/* A number, as keys have them. */
struct record_value record_number(uint64_t number);
