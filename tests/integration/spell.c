/* By the descriptors that protoc-c makes. */
#include "spell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "support/td.h"

enum {
	WORD_BYTES = 512,
	ID_BYTES = 16,
	ITEM_BYTES = 8, /* of what is repeated: a pointer or 64 bits */
};

/* What a field's value is, in the message itself. */
static void *at(ProtobufCMessage *message, unsigned offset)
{
	return (uint8_t *)message + offset;
}

static void set_bytes(ProtobufCBinaryData *out, const char *value)
{
	out->len = strcmp(value, "id") == 0 ? ID_BYTES : strlen(value);
	out->data = mem_new(out->len, 1);
	memcpy(out->data, value, strlen(value));
	if (strcmp(value, "id") == 0 && getrandom(out->data, ID_BYTES, 0) != ID_BYTES)
		td_fail(NULL, "no random bytes");
}

static int enum_value(const ProtobufCFieldDescriptor *field, const char *value)
{
	const ProtobufCEnumDescriptor *type = field->descriptor;
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value_by_name(type, value);
	if (!found)
		td_fail(NULL, "%s: no %s", value, type->name);
	return found->value;
}

static void set_scalar(const ProtobufCFieldDescriptor *field, void *out, const char *value)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		*(char **)out = mem_strdup(value);
		return;
	case PROTOBUF_C_TYPE_BYTES:
		set_bytes(out, value);
		return;
	case PROTOBUF_C_TYPE_ENUM:
		*(int *)out = enum_value(field, value);
		return;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)out = strcmp(value, "true") == 0;
		return;
	case PROTOBUF_C_TYPE_UINT32:
		*(uint32_t *)out = (uint32_t)strtoul(value, NULL, 10);
		return;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		*(uint64_t *)out = strtoull(value, NULL, 10);
		return;
	case PROTOBUF_C_TYPE_MESSAGE:
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		break;
	}
	td_fail(NULL, "%s: a type that is never spelled", field->name);
}

/* One item more. */
static void append(ProtobufCMessage *m, const ProtobufCFieldDescriptor *field, const char *value)
{
	size_t *count = at(m, field->quantifier_offset);
	uint8_t **items = at(m, field->offset);
	*items = mem_grow(*items, *count + 1, ITEM_BYTES);
	set_scalar(field, *items + *count * ITEM_BYTES, value);
	++*count;
}

static void set(ProtobufCMessage *m, const char *name, const char *value)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
	if (!field)
		td_fail(NULL, "%s has no field %s", m->descriptor->name, name);
	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		append(m, field, value);
		return;
	}
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		*(uint32_t *)at(m, field->quantifier_offset) = field->id;
	set_scalar(field, at(m, field->offset), value);
}

ProtobufCMessage *spell_message(
	const ProtobufCMessageDescriptor *type, const char *text, spell_fn look_up, void *arg)
{
	char word[WORD_BYTES];
	int taken = 0;
	ProtobufCMessage *message = mem_new(1, type->sizeof_message);
	type->message_init(message);
	while (sscanf(text, " %511s%n", word, &taken) == 1) {
		char *value = strchr(word, '=');
		if (!value)
			td_fail(NULL, "%s: not name=value", word);
		*value++ = '\0';
		const char *found = value[0] == '$' ? look_up(arg, value + 1) : value;
		if (!found)
			td_fail(NULL, "%s: nothing of that name", value);
		set(message, word, found);
		text += taken;
	}
	return message;
}
