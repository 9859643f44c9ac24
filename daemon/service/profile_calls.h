/* Handlers of the Chat service about profiles and avatars; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void profile_get_many(struct call *call, const ProtobufCMessage *msg);
void profile_update(struct call *call, const ProtobufCMessage *msg);
void profile_set_avatar(struct call *call, const ProtobufCMessage *msg);
void profile_delete_avatar(struct call *call, const ProtobufCMessage *msg);
void profile_get_avatar(struct call *call, const ProtobufCMessage *msg);
