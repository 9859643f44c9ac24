/* The Chat.Connect stream: opening it, and its frames. Shard thread. */
#pragma once

#include "service/call.h"
#include "shard/session.h"

/* method.open of Connect: one more session of the account, or TOO_MANY_SESSIONS. */
void chat_stream_open(struct service *service, struct incoming *in, struct account *account,
	unsigned long long token_id);
