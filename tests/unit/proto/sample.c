/* A small encoder that walks a descriptor. */
#include "sample.h"

#include "base/macros.h"
#include "gchat/v1/admin.pb-c.h"
#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "gchat/v1/record.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "grpc/reflection/v1alpha/reflection.pb-c.h"

#include <stdbool.h>
#include <string.h>

enum {
	WIRE_VARINT = 0,
	WIRE_64BIT = 1,
	WIRE_BYTES = 2,
	WIRE_32BIT = 5,
	PART_BYTES_MAX = 4 * 1024,
	REPEATED_COUNT = 2,
};

static const char text[] = "na\xc3\xafve \xf0\x9f\x99\x82";

static size_t put_varint(uint8_t *out, uint64_t value)
{
	size_t n = 0;
	for (; value >= 0x80; value >>= 7)
		out[n++] = (uint8_t)(value | 0x80);
	out[n++] = (uint8_t)value;
	return n;
}

static size_t put_fixed(uint8_t *out, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(value >> (8 * i));
	return size;
}

static size_t put_tag(uint8_t *out, uint32_t field, unsigned wire)
{
	return put_varint(out, (uint64_t)field << 3 | wire);
}

size_t sample_put_bytes(uint8_t *out, uint32_t field, const void *data, size_t len)
{
	size_t n = put_tag(out, field, WIRE_BYTES);
	n += put_varint(out + n, len);
	if (len)
		memcpy(out + n, data, len);
	return n + len;
}

size_t sample_put_varint(uint8_t *out, uint32_t field, uint64_t value)
{
	size_t n = put_tag(out, field, WIRE_VARINT);
	return n + put_varint(out + n, value);
}

static bool is_fixed64(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_FIXED64 || field->type == PROTOBUF_C_TYPE_SFIXED64 ||
	       field->type == PROTOBUF_C_TYPE_DOUBLE;
}

static bool is_fixed32(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_FIXED32 || field->type == PROTOBUF_C_TYPE_SFIXED32 ||
	       field->type == PROTOBUF_C_TYPE_FLOAT;
}

/* A scalar without its tag; 1 is a value of every enum and of bool. */
static size_t put_scalar(uint8_t *out, const ProtobufCFieldDescriptor *field)
{
	if (is_fixed64(field))
		return put_fixed(out, 0x0123456789abcdef, 8);
	if (is_fixed32(field))
		return put_fixed(out, 0x01234567, 4);
	bool wide = field->type == PROTOBUF_C_TYPE_UINT64;
	return put_varint(out, wide ? UINT64_MAX : 1);
}

static unsigned scalar_wire(const ProtobufCFieldDescriptor *field)
{
	if (is_fixed64(field))
		return WIRE_64BIT;
	return is_fixed32(field) ? WIRE_32BIT : WIRE_VARINT;
}

static size_t put_packed(uint8_t *out, const ProtobufCFieldDescriptor *field)
{
	uint8_t all[REPEATED_COUNT * 10];
	size_t len = 0;
	for (int i = 0; i < REPEATED_COUNT; i++)
		len += put_scalar(all + len, field);
	return sample_put_bytes(out, field->id, all, len);
}

static size_t put_one(uint8_t *out, const ProtobufCFieldDescriptor *field, unsigned pick)
{
	if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES)
		return sample_put_bytes(out, field->id, text, sizeof(text) - 1);
	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		uint8_t part[PART_BYTES_MAX];
		size_t len = sample_write(field->descriptor, pick, part);
		return sample_put_bytes(out, field->id, part, len);
	}
	size_t n = put_tag(out, field->id, scalar_wire(field));
	return n + put_scalar(out + n, field);
}

static size_t put_field(uint8_t *out, const ProtobufCFieldDescriptor *field, unsigned pick)
{
	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return put_one(out, field, pick);
	if (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED)
		return put_packed(out, field);
	size_t len = 0;
	for (int i = 0; i < REPEATED_COUNT; i++)
		len += put_one(out + len, field, pick);
	return len;
}

/* How many fields share this one's oneof, and which of them it is. */
static unsigned count_alternatives(const ProtobufCMessageDescriptor *type,
	const ProtobufCFieldDescriptor *field, unsigned *index)
{
	unsigned count = 0;
	for (unsigned i = 0; i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *other = &type->fields[i];
		if (!(other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) ||
			other->quantifier_offset != field->quantifier_offset)
			continue;
		if (other == field)
			*index = count;
		count++;
	}
	return count;
}

static bool is_picked(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field,
	unsigned pick)
{
	unsigned index = 0;
	if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
		return true;
	return pick % count_alternatives(type, field, &index) == index;
}

size_t sample_write(const ProtobufCMessageDescriptor *type, unsigned pick, uint8_t *out)
{
	size_t len = 0;
	for (unsigned i = 0; i < type->n_fields; i++)
		if (is_picked(type, &type->fields[i], pick))
			len += put_field(out + len, &type->fields[i], pick);
	return len;
}

unsigned sample_picks(const ProtobufCMessageDescriptor *type)
{
	unsigned most = 1, index;
	for (unsigned i = 0; i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->fields[i];
		unsigned count = 1;
		if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
			count = count_alternatives(type, field, &index);
		else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
			count = sample_picks(field->descriptor);
		most = count > most ? count : most;
	}
	return most == 1 ? 1 : 2 * most; /* twice: for the oneofs of two inside the alternatives */
}

static void each_of_service(const ProtobufCServiceDescriptor *service,
	void (*fn)(const ProtobufCMessageDescriptor *type))
{
	for (unsigned i = 0; i < service->n_methods; i++) {
		fn(service->methods[i].input);
		fn(service->methods[i].output);
	}
}

void sample_each_type(void (*fn)(const ProtobufCMessageDescriptor *type))
{
	static const ProtobufCServiceDescriptor *const services[] = {
		&gchat__v1__chat__descriptor,
		&gchat__v1__auth__descriptor,
		&gchat__v1__admin__descriptor,
		&grpc__health__v1__health__descriptor,
		&grpc__reflection__v1__server_reflection__descriptor,
		&grpc__reflection__v1alpha__server_reflection__descriptor,
	};
	static const ProtobufCMessageDescriptor *const records[] = {
		&gchat__v1__event__descriptor,
		&gchat__v1__account_record__descriptor,
		&gchat__v1__user_name_record__descriptor,
		&gchat__v1__token_record__descriptor,
		&gchat__v1__room_record__descriptor,
		&gchat__v1__room_name_record__descriptor,
		&gchat__v1__member_record__descriptor,
		&gchat__v1__invite_record__descriptor,
		&gchat__v1__marker_record__descriptor,
		&gchat__v1__avatar_record__descriptor,
	};
	for (size_t i = 0; i < GC_LENGTH(services); i++)
		each_of_service(services[i], fn);
	for (size_t i = 0; i < GC_LENGTH(records); i++)
		fn(records[i]);
}
