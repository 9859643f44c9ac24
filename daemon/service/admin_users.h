/* Handlers of the Admin service about accounts and their tokens; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

/* admin_users.c: looking */
void admin_list_users(struct call *call, const ProtobufCMessage *msg);
void admin_get_user(struct call *call, const ProtobufCMessage *msg);
void admin_list_user_tokens(struct call *call, const ProtobufCMessage *msg);

/* admin_accounts.c: changing */
void admin_add_user(struct call *call, const ProtobufCMessage *msg);
void admin_set_password(struct call *call, const ProtobufCMessage *msg);
void admin_suspend_user(struct call *call, const ProtobufCMessage *msg);
void admin_rename_user(struct call *call, const ProtobufCMessage *msg);
void admin_delete_user(struct call *call, const ProtobufCMessage *msg);
void admin_revoke_user_token(struct call *call, const ProtobufCMessage *msg);
