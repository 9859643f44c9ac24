/* Handlers of the Auth service; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void auth_get_server_info(struct call *call, const ProtobufCMessage *msg);
void auth_create_account(struct call *call, const ProtobufCMessage *msg);
void auth_login(struct call *call, const ProtobufCMessage *msg);
void auth_login_guest(struct call *call, const ProtobufCMessage *msg);
void auth_logout(struct call *call, const ProtobufCMessage *msg);
void auth_change_password(struct call *call, const ProtobufCMessage *msg);
void auth_list_tokens(struct call *call, const ProtobufCMessage *msg);
void auth_revoke_token(struct call *call, const ProtobufCMessage *msg);
