/* Words for the contract's enums, and packing of what handlers share. */
#pragma once

#include "gchat/v1/chat.pb-c.h"
#include <stdbool.h>

/* Lower-case words; "?" for a value this program doesn't know. Static storage. */
const char *words_role(Gchat__V1__Role role);
const char *words_visibility(Gchat__V1__Visibility visibility);
/* The value of a word; of visibilities only those that can be asked for. False: there is none. */
bool words_find_role(const char *word, Gchat__V1__Role *ret);
bool words_find_visibility(const char *word, Gchat__V1__Visibility *ret);
const char *words_presence(Gchat__V1__PresenceState presence);
