/* ExportEvents; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_export_events(struct call *call, const ProtobufCMessage *msg);
