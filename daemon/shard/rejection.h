/* How often each reason was given as an answer. Any thread. */
#pragma once

#include "proto/reason.h"

struct metric_sink;

void rejection_note(enum reason reason);
uint64_t rejection_count(enum reason reason);
/* As a family with the label "reason". */
void rejections_emit(const struct metric_sink *sink);
