/*
 * Messages written as text, for tables of them: "room_id=$hall user=bob role=ROLE_READER", fields by
 * name with a blank between. A value that begins with '$' is looked up. Bytes are taken as they stand;
 * "id" for bytes gives 16 new ones. A repeated field gets one more item each time it is named.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>

/* The value of "$name", borrowed until the next call; NULL: there is none. */
typedef const char *(*spell_fn)(void *arg, const char *name);

/* Owned: codec_free. Fails the test where the text does not fit the type. */
ProtobufCMessage *spell_message(
	const ProtobufCMessageDescriptor *type, const char *text, spell_fn look_up, void *arg);
