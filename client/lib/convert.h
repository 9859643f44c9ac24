/*
 * From messages of the contract to the public structs. Texts are copied into the memory of `owner`
 * (memory_new); a missing message gives a zeroed struct with empty texts. One thread at a time.
 */
#pragma once

#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "lib/gchat.h"

struct gchat_room convert_room(void *owner, const Gchat__V1__Room *msg);
struct gchat_room convert_room_state(void *owner, const Gchat__V1__RoomState *msg);
struct gchat_member convert_member(void *owner, const Gchat__V1__Member *msg);
struct gchat_profile convert_profile(void *owner, const Gchat__V1__Profile *msg);
struct gchat_limits convert_limits(const Gchat__V1__Limits *msg);
struct gchat_entry convert_entry(void *owner, const Gchat__V1__Event *msg);
enum gchat_role convert_role(Gchat__V1__Role role);
enum gchat_presence convert_presence(Gchat__V1__PresenceState state);
struct gchat_error convert_error(const Gchat__V1__Error *msg);

/* Whole arrays, owned by `owner`. */
const struct gchat_room *convert_rooms(void *owner, Gchat__V1__Room *const *msgs, size_t count);
const struct gchat_member *convert_members(
	void *owner, Gchat__V1__Member *const *msgs, size_t count);
const struct gchat_entry *convert_entries(void *owner, Gchat__V1__Event *const *msgs, size_t count);
const char *const *convert_texts(void *owner, char *const *texts, size_t count);
