/* Kicking, banning, muting by administrators, and why someone may do what; method.handle, see
 * methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_kick(struct call *call, const ProtobufCMessage *msg);
void admin_ban(struct call *call, const ProtobufCMessage *msg);
void admin_unban(struct call *call, const ProtobufCMessage *msg);
void admin_list_bans(struct call *call, const ProtobufCMessage *msg);
void admin_mute(struct call *call, const ProtobufCMessage *msg);
void admin_list_mutes(struct call *call, const ProtobufCMessage *msg);
/* explain.c */
void admin_explain(struct call *call, const ProtobufCMessage *msg);
