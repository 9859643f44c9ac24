/* Handlers of Admin about rooms. Shard thread. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_list_rooms(struct call *call, const ProtobufCMessage *msg);
void admin_get_room_details(struct call *call, const ProtobufCMessage *msg);
void admin_create_room(struct call *call, const ProtobufCMessage *msg);
void admin_update_room(struct call *call, const ProtobufCMessage *msg);
void admin_delete_room(struct call *call, const ProtobufCMessage *msg);
