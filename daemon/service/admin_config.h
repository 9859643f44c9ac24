/* The configuration shown, checked and read again; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_get_config(struct call *call, const ProtobufCMessage *msg);
void admin_check_config(struct call *call, const ProtobufCMessage *msg);
void admin_reload_config(struct call *call, const ProtobufCMessage *msg);
