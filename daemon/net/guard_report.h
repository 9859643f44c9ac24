/*
 * What the guard did, for people: each cause has its counter, its line in the log (limited by itself,
 * so that one attack does not hide another) and the name of the setting that it is about. Any thread.
 */
#pragma once

#include "net/guard.h"

/* `address` is in words, e.g. "127.0.0.1:46932"; borrowed. */
void guard_report_refused(enum guard_reason reason, const char *address);
/* `peer` is gRPC's form, e.g. "ipv4:127.0.0.1:46932"; borrowed. */
void guard_report_cut(enum guard_reason reason, const char *peer);
