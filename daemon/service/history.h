/* GetHistory; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void history_get(struct call *call, const ProtobufCMessage *msg);
