/* ListAudit; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_list_audit(struct call *call, const ProtobufCMessage *msg);
