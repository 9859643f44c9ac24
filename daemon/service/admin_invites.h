/* Handlers of the Admin service about who may come in; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_create_invite(struct call *call, const ProtobufCMessage *msg);
void admin_list_invites(struct call *call, const ProtobufCMessage *msg);
void admin_revoke_invite(struct call *call, const ProtobufCMessage *msg);
void admin_set_lockdown(struct call *call, const ProtobufCMessage *msg);
