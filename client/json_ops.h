/* What the handlers of script mode's requests share. Private to json_*.c. */
#pragma once

#include "client/json_mode.h"

/* Fields of a request. All return 0, or -EIO with call->error filled; the `some` ones leave *ret as
 * it is where the field is missing or null. Strings are borrowed from the request. */
int json_bad_field(struct json_call *call, const char *field, const char *why);
int json_get_text(struct json_call *call, const char *field, const char **ret);
int json_get_some_text(struct json_call *call, const char *field, const char **ret);
int json_get_number(struct json_call *call, const char *field, uint64_t *ret);
int json_get_some_number(struct json_call *call, const char *field, uint64_t *ret);
int json_get_some_flag(struct json_call *call, const char *field, bool *ret);
/* "room_id", or "room" with a name that is looked up where it isn't known. */
int json_get_room(struct json_call *call, uint64_t *ret);

/* Borrowed. */
struct gchat *json_client(const struct json_call *call);

/* Requests that are calls of their own (json_call.c); they block for the answer. */
/* Moderating a room (json_moderate.c). */
int json_op_ban(struct json_call *call);
int json_op_bans(struct json_call *call);
int json_op_mute(struct json_call *call);
int json_op_mutes(struct json_call *call);
int json_op_role(struct json_call *call);
int json_op_unban(struct json_call *call);
int json_op_unmute(struct json_call *call);

int json_op_create(struct json_call *call);
int json_op_direct(struct json_call *call);
int json_op_history(struct json_call *call);
int json_op_kick(struct json_call *call);
int json_op_members(struct json_call *call);
int json_op_profile(struct json_call *call);
int json_op_rooms(struct json_call *call);
int json_op_server(struct json_call *call);
