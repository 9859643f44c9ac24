/* Words for the contract's enums, and packing of what handlers share. */
#pragma once

#include "gchat/v1/chat.pb-c.h"

/* Lower-case words; "?" for a value this program doesn't know. Static storage. */
const char *words_role(Gchat__V1__Role role);
const char *words_visibility(Gchat__V1__Visibility visibility);
const char *words_presence(Gchat__V1__PresenceState presence);
