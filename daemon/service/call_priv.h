/* Shared by call.c (the life of a call), call_answer.c and call_wait.c only. */
#pragma once

#include "service/call.h"

/* One more thing holds the call; the last that lets go frees it. Shard thread. */
void call_hold(struct call *call);
void call_release(struct call *call);

/* Charges an answer of so many bytes before it is kept, but for what has been charged. False: over
 * limits.unsent_bytes of the account. Any thread. */
bool call_keep(struct call *call, size_t len) GC_MUST_CHECK;
/* Answers that: who is told to wait ... */
void call_refuse_answer(struct call *call);
/* ... and has not waited, which is answered SHARD_LATER_MS from now. */
void call_refuse_early(struct call *call);
/* As call_fail_later, SHARD_LATER_MS from now. */
void call_fail_late(struct call *call, enum reason reason, uint32_t retry_after_ms);
