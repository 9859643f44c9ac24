/* Running the server: log level, broadcasts, draining; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_set_log_level(struct call *call, const ProtobufCMessage *msg);
void admin_broadcast(struct call *call, const ProtobufCMessage *msg);
void admin_drain(struct call *call, const ProtobufCMessage *msg);
