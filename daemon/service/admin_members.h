/* Handlers of Admin about the members of rooms. Shard thread. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_list_members(struct call *call, const ProtobufCMessage *msg);
void admin_add_member(struct call *call, const ProtobufCMessage *msg);
void admin_remove_member(struct call *call, const ProtobufCMessage *msg);
void admin_set_role(struct call *call, const ProtobufCMessage *msg);
