/* By reflection: a new field needs nothing here. */
#include "ctl/proto_json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "proto/field.h"

static json_t *of_u64(uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	return json_string(text);
}

static json_t *of_i64(int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	return json_string(text);
}

/* RFC 4648, with padding. */
static json_t *of_bytes(const ProtobufCBinaryData *bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = mem_new((bytes->len + 2) / 3 * 4 + 1, 1);
	char *out = text;

	for (size_t i = 0; i < bytes->len; i += 3) {
		size_t left = bytes->len - i;
		uint32_t word = (uint32_t)bytes->data[i] << 16;
		if (left > 1)
			word |= (uint32_t)bytes->data[i + 1] << 8;
		if (left > 2)
			word |= bytes->data[i + 2];
		*out++ = digits[word >> 18];
		*out++ = digits[word >> 12 & 0x3f];
		*out++ = left > 1 ? digits[word >> 6 & 0x3f] : '=';
		*out++ = left > 2 ? digits[word & 0x3f] : '=';
	}
	json_t *json = json_string(text);
	free(text);
	return json;
}

static json_t *of_enum(const ProtobufCFieldDescriptor *field, int value)
{
	const ProtobufCEnumValue *found =
		protobuf_c_enum_descriptor_get_value(field->descriptor, value);

	return found ? json_string(found->name) : json_integer(value);
}

static json_t *of_value(const ProtobufCFieldDescriptor *field, const void *value)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		return json_integer(*(const int32_t *)value);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return of_i64(*(const int64_t *)value);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return json_integer(*(const uint32_t *)value);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return of_u64(*(const uint64_t *)value);
	case PROTOBUF_C_TYPE_FLOAT:
		return json_real((double)*(const float *)value);
	case PROTOBUF_C_TYPE_DOUBLE:
		return json_real(*(const double *)value);
	case PROTOBUF_C_TYPE_BOOL:
		return json_boolean(*(const protobuf_c_boolean *)value);
	case PROTOBUF_C_TYPE_ENUM:
		return of_enum(field, *(const int *)value);
	case PROTOBUF_C_TYPE_STRING:
		return json_string(*(char *const *)value);
	case PROTOBUF_C_TYPE_BYTES:
		return of_bytes(value);
	case PROTOBUF_C_TYPE_MESSAGE:
		return proto_json(*(ProtobufCMessage *const *)value);
	}
	return json_null();
}

static json_t *of_list(const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field)
{
	const char *base = (const char *)msg;
	const void *quantifier = base + field->quantifier_offset;
	const void *member = base + field->offset;
	size_t count = *(const size_t *)quantifier;
	const char *items = *(char *const *)member;
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
			list, of_value(field, items + i * field_size(field->type)));
	return list;
}

json_t *proto_json(const ProtobufCMessage *msg)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < msg->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &msg->descriptor->fields[i];
		const void *member = (const char *)msg + field->offset;
		if (!field_is_set(msg, field))
			continue;
		(void)json_object_set_new(object, field->name,
			field->label == PROTOBUF_C_LABEL_REPEATED ? of_list(msg, field)
								  : of_value(field, member));
	}
	return object;
}
