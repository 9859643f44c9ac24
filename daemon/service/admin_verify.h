/* Admin.Verify. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_verify(struct call *call, const ProtobufCMessage *msg);
