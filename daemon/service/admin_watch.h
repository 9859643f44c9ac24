/* WaitEvents; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_wait_events(struct call *call, const ProtobufCMessage *msg);
