/* Handlers of the Chat service about rooms and members; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

struct call;
struct write;

void room_list(struct call *call, const ProtobufCMessage *msg);
void room_get(struct call *call, const ProtobufCMessage *msg);
void room_create(struct call *call, const ProtobufCMessage *msg);
void room_update(struct call *call, const ProtobufCMessage *msg);
void room_delete(struct call *call, const ProtobufCMessage *msg);
void room_open_direct(struct call *call, const ProtobufCMessage *msg);
void room_remove_member(struct call *call, const ProtobufCMessage *msg);
void room_set_member_role(struct call *call, const ProtobufCMessage *msg);
void room_list_members(struct call *call, const ProtobufCMessage *msg);
void room_list_read_markers(struct call *call, const ProtobufCMessage *msg);

/* A write of the caller's about a room, or about an account in one: charged, with what it needs; NULL:
 * answered with a refusal. */
struct write *room_begin_change(struct call *call, uint64_t room_id);
struct write *room_begin_member_change(struct call *call, uint64_t room_id, const char *user);
