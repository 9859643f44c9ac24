/* Backup; method.handle, see methods.h. */
#pragma once

#include <protobuf-c/protobuf-c.h>

struct call;
struct service;

void admin_backup(struct call *call, const ProtobufCMessage *msg);
/* Waits for the thread of the last one. Once no call is under way; main thread. */
void admin_backup_join(struct service *service);
