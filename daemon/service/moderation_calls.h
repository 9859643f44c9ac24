/* Bans and mutes by those who moderate a room; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void moderation_ban(struct call *call, const ProtobufCMessage *msg);
void moderation_unban(struct call *call, const ProtobufCMessage *msg);
void moderation_mute(struct call *call, const ProtobufCMessage *msg);
void moderation_list_bans(struct call *call, const ProtobufCMessage *msg);
