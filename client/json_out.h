/*
 * Script mode, outwards: one JSON object a line. Text is exact, but everything that a terminal
 * would obey, hide or reorder is escaped. Objects are built here and nowhere else. Main thread.
 */
#pragma once

#include "lib/gchat.h"
#include <jansson.h>

enum {
	JSON_PROTOCOL_VERSION = 1,
};

/* Prints and frees. */
void json_print(json_t *object);

/* All owned by the caller (json_decref). */
json_t *json_hello(void);
json_t *json_of_error(const struct gchat_error *error);
json_t *json_of_entry(const struct gchat_entry *e);
json_t *json_of_room(const struct gchat_room *room);
json_t *json_of_member(const struct gchat_member *member);
json_t *json_of_restriction(const struct gchat_restriction *restriction);
json_t *json_of_profile(const struct gchat_profile *profile);
/* An event with its "type" and "event"; NULL for replies, which json_of_reply makes. */
json_t *json_of_event(const struct gchat_event *event);
/* {"type":"reply","id":...,"ok":true}; `id` is copied. */
json_t *json_of_ok(const json_t *id);
json_t *json_of_failure(const json_t *id, const struct gchat_error *error);
json_t *json_of_reply(const json_t *id, const struct gchat_reply *reply);

/* Parts that objects are made of. Text that is not UTF-8 is made so. */
json_t *json_typed(const char *type, const char *event);
void json_set_text(json_t *object, const char *key, const char *text);
void json_set_number(json_t *object, const char *key, uint64_t number);
void json_set_flag(json_t *object, const char *key, bool flag);
/* RFC 3339, UTC; nothing for 0. */
void json_set_time(json_t *object, const char *key, uint64_t time_us);
