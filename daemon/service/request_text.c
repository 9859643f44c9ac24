/* By reflection, so that a new field needs nothing here; a new secret only a telling name. */
#include "service/request_text.h"

#include "base/macros.h"
#include "base/mem.h"
#include "proto/field.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A field is secret when a word of its name is one of these. */
static const char *const secrets[] = {"code", "hash", "invite", "password", "secret", "token"};

static bool is_secret(const char *name)
{
	while (*name) {
		size_t len = strcspn(name, "_");
		for (size_t i = 0; i < GC_LENGTH(secrets); i++)
			if (strlen(secrets[i]) == len && strncmp(name, secrets[i], len) == 0)
				return true;
		name += len + (name[len] == '_');
	}
	return false;
}

/* ---- one value ---- */

static bool is_word(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f)
			return false;
	return text[0] != '\0';
}

/* Where to cut valid UTF-8, at `max` bytes or before. */
static size_t cut_at(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);
	if (len <= max)
		return len;
	for (len = max; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return len;
}

static void put_text(FILE *out, const char *text)
{
	size_t len = cut_at(text, REQUEST_TEXT_VALUE_BYTES);
	bool word = is_word(text);
	if (!word)
		(void)fputc('"', out);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\')
			(void)fputc('\\', out);
		(void)fputc(c < ' ' || c == 0x7f ? '?' : c, out);
	}
	if (text[len])
		(void)fputs("...", out);
	if (!word)
		(void)fputc('"', out);
}

static void put_bytes(FILE *out, const ProtobufCBinaryData *bytes)
{
	size_t max = REQUEST_TEXT_VALUE_BYTES / 2;
	for (size_t i = 0; i < bytes->len && i < max; i++)
		(void)fprintf(out, "%02x", bytes->data[i]);
	if (bytes->len > max)
		(void)fputs("...", out);
}

static void put_enum(FILE *out, const ProtobufCFieldDescriptor *field, int value)
{
	const ProtobufCEnumValue *found =
		protobuf_c_enum_descriptor_get_value(field->descriptor, value);
	if (found)
		(void)fputs(found->name, out);
	else
		(void)fprintf(out, "%d", value);
}

static void put_value(FILE *out, const ProtobufCFieldDescriptor *field, const void *value)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		(void)fprintf(out, "%" PRId32, *(const int32_t *)value);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		(void)fprintf(out, "%" PRId64, *(const int64_t *)value);
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		(void)fprintf(out, "%" PRIu32, *(const uint32_t *)value);
		break;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		(void)fprintf(out, "%" PRIu64, *(const uint64_t *)value);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		(void)fputs(*(const protobuf_c_boolean *)value ? "true" : "false", out);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		put_enum(out, field, *(const int *)value);
		break;
	case PROTOBUF_C_TYPE_STRING:
		put_text(out, *(char *const *)value);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		put_bytes(out, value);
		break;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
	case PROTOBUF_C_TYPE_MESSAGE: /* its fields are written instead */
		break;
	}
}

/* ---- fields ---- */

static void put_field(FILE *out, const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field)
{
	const char *base = (const char *)msg;
	const void *member = base + field->offset;
	(void)fprintf(out, "%s=", field->name);
	if (field->label != PROTOBUF_C_LABEL_REPEATED) {
		put_value(out, field, member);
		return;
	}
	size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
	const char *items = *(char *const *)member;
	for (size_t i = 0; i < count && i < REQUEST_TEXT_ITEMS_MAX; i++) {
		if (i > 0)
			(void)fputc(',', out);
		put_value(out, field, items + i * field_size(field->type));
	}
	if (count > REQUEST_TEXT_ITEMS_MAX)
		(void)fputs(",...", out);
}

/* A request's own "no" is said, since it is what was asked for: "suspended=false" restores an account.
 * But set_* only tells which of the other fields count, and those of a message within are many. */
static bool says_no(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_BOOL && strncmp(field->name, "set_", 4) != 0;
}

struct line {
	char *out;
	size_t size;
	size_t len;
};

/* False: it doesn't fit, nor would what follows. */
static bool add_field(
	struct line *line, const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	GC_ASSERT(out); /* fails for want of memory alone, as mem_new would */
	if (line->len > 0)
		(void)fputc(' ', out);
	put_field(out, msg, field);
	(void)fclose(out);
	bool fits = text && len < line->size - line->len;
	if (fits)
		memcpy(line->out + line->len, text, len + 1);
	line->len += fits ? len : 0;
	free(text);
	return fits;
}

/* Messages have a bounded depth by the contract's schema. */
static bool add_fields(struct line *line, const ProtobufCMessage *msg, bool within)
{
	bool fits = true;
	for (unsigned i = 0; fits && i < msg->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &msg->descriptor->fields[i];
		const void *member = (const char *)msg + field->offset;
		if (is_secret(field->name) ||
			(!field_is_set(msg, field) && (within || !says_no(field))))
			continue;
		if (field->type != PROTOBUF_C_TYPE_MESSAGE)
			fits = add_field(line, msg, field);
		else if (field->label != PROTOBUF_C_LABEL_REPEATED)
			fits = add_fields(line, *(ProtobufCMessage *const *)member, true);
	}
	return fits;
}

void request_text(const ProtobufCMessage *msg, char *out, size_t size)
{
	struct line line = {.out = out, .size = size};
	GC_ASSERT(size > 0);
	out[0] = '\0';
	(void)add_fields(&line, msg, false);
}
