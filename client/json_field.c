/* A field is there and of its type, or the request is refused with the field's name. */
#include "client/json_ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int json_bad_field(struct json_call *call, const char *field, const char *why)
{
	call->error = (struct gchat_error){.code = 3, .reason = "INVALID_ARGUMENT"};
	snprintf(call->error.message, sizeof(call->error.message), "%s: %s", field, why);
	return -EIO;
}

int json_get_text(struct json_call *call, const char *field, const char **ret)
{
	const json_t *value = json_object_get(call->request, field);
	if (!json_is_string(value))
		return json_bad_field(call, field, "a string is needed");
	if (strlen(json_string_value(value)) != json_string_length(value))
		return json_bad_field(call, field, "must not hold a NUL");
	*ret = json_string_value(value);
	return 0;
}

/* Missing or null leaves *ret as it is. */
int json_get_some_text(struct json_call *call, const char *field, const char **ret)
{
	const json_t *value = json_object_get(call->request, field);
	return !value || json_is_null(value) ? 0 : json_get_text(call, field, ret);
}

int json_get_some_number(struct json_call *call, const char *field, uint64_t *ret)
{
	const json_t *value = json_object_get(call->request, field);
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return json_bad_field(call, field, "a number from 0 on is needed");
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

int json_get_number(struct json_call *call, const char *field, uint64_t *ret)
{
	if (!json_object_get(call->request, field))
		return json_bad_field(call, field, "a number is needed");
	return json_get_some_number(call, field, ret);
}

int json_get_some_flag(struct json_call *call, const char *field, bool *ret)
{
	const json_t *value = json_object_get(call->request, field);
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_boolean(value))
		return json_bad_field(call, field, "true or false is needed");
	*ret = json_is_true(value);
	return 0;
}

/* "room_id", or "room" with a name that is looked up where it isn't known. */
int json_get_room(struct json_call *call, uint64_t *ret)
{
	struct rooms *rooms = &call->mode->rooms;
	const char *name;
	if (json_object_get(call->request, "room_id"))
		return json_get_number(call, "room_id", ret);
	int r = json_get_text(call, "room", &name);
	if (r < 0)
		return r;
	const struct room *known = rooms_find_name(rooms, name);
	if (known) {
		*ret = known->room_id;
		return 0;
	}
	struct gchat_room *found;
	r = session_find_room(&call->mode->session, name, &found, &call->error);
	if (r < 0)
		return -EIO; /* session_find_room has filled the error */
	*ret = found->room_id;
	(void)rooms_put(rooms, found); /* the next time it is known */
	gchat_free(found);
	return 0;
}

struct gchat *json_client(const struct json_call *call)
{
	return call->mode->session.g;
}
