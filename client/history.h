/* Pages of a room's log as a person wants to see them. Pure. */
#pragma once

#include "lib/gchat.h"

/* Entry `i` of a page, with the text of its newest edit where that came after the page. What it
 * points at belongs to the page. */
struct gchat_entry history_entry(const struct gchat_history *page, size_t i);
