/*
 * A call that changes something is recorded in the audit log (room/audit.h) when it is answered, and
 * the answer goes out once that is committed: what an administrator was told is in the log. Where the
 * log can't be written (a full disk), the answer goes out all the same, for the change has been made,
 * and the journal has the entry with a warning. Which calls: `audit` in the table of methods.
 *
 *   handled: object  ->  answered: outcome  ->  [who, by name]  ->  [commit]  ->  the answer goes out
 */
#pragma once

#include "proto/reason.h"
#include <protobuf-c/protobuf-c.h>

struct call;

/* The call is about to be handled; `msg` NULL: it could not be decoded. Shard thread. */
void audit_begin(struct call *call, const ProtobufCMessage *msg);
/* It came to this: records it, then calls `then`, on the call's shard. The call is held by the caller
 * until then. */
void audit_end(struct call *call, enum reason outcome, void (*then)(struct call *call));
