/* The small streams beside Chat.Connect: health's Watch and reflection; method.open. Shard thread. */
#pragma once

#include "service/call.h"

void stream_health_watch(struct service *service, struct incoming *in, struct account *account,
	unsigned long long token_id);
void stream_reflection(struct service *service, struct incoming *in, struct account *account,
	unsigned long long token_id);

/* Health's Check; method.handle. */
void health_check(struct call *call, const ProtobufCMessage *msg);
