/* Handlers of the Admin service; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;

void admin_get_metrics(struct call *call, const ProtobufCMessage *msg);
void admin_get_status(struct call *call, const ProtobufCMessage *msg);
void admin_list_sessions(struct call *call, const ProtobufCMessage *msg);
void admin_end_session(struct call *call, const ProtobufCMessage *msg);
void admin_get_certificate(struct call *call, const ProtobufCMessage *msg);
void admin_rotate_certificate(struct call *call, const ProtobufCMessage *msg);
