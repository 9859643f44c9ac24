/* Sealed events for the tests of logs. */
#pragma once

#include "room/event.h"

/* A message of the room 1 with `text_bytes` of text that says its seq, referring to `target`. */
struct event *log_event(uint64_t seq, uint64_t target, size_t text_bytes);
