/*
 * A walk over descriptor.proto's messages, driven by a table: which field of which message holds
 * what else has a name. Field numbers are those of google/protobuf/descriptor.proto.
 */
#include "service/descriptor.h"

#include "base/macros.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	SET_FILE = 1, /* FileDescriptorSet.file */
	FILE_PACKAGE = 2,
	FILE_DEPENDENCY = 3,
	ANY_NAME = 1, /* the same in all of them */

	WIRE_VARINT = 0,
	WIRE_64BIT = 1,
	WIRE_BYTES = 2,
	WIRE_32BIT = 5,

	DEPTH_MAX = 16, /* messages in messages */
	NAME_BYTES = 512, /* one full name with its NUL */
	SYMBOLS_MAX = 16 * 1024, /* in one set */
	FIELD_MAX = (1 << 29) - 1 /* the largest field number there can be */
};

/* What is left of the bytes. */
struct span {
	const uint8_t *at;
	size_t len;
};

struct field {
	uint32_t number;
	unsigned wire;
	struct span value; /* of WIRE_BYTES */
};

/* What a message of descriptor.proto describes. */
enum node {
	NODE_FILE,
	NODE_MESSAGE,
	NODE_ENUM,
	NODE_SERVICE,
	NODE_MEMBER,
	NODE_VALUE, /* an enum's value: named beside its enum, as in C++ */
};

struct edge {
	enum node from;
	uint32_t field;
	enum node to;
};

static const struct edge edges[] = {
	{NODE_FILE, 4, NODE_MESSAGE},
	{NODE_FILE, 5, NODE_ENUM},
	{NODE_FILE, 6, NODE_SERVICE},
	{NODE_FILE, 7, NODE_MEMBER}, /* extension */
	{NODE_MESSAGE, 2, NODE_MEMBER},
	{NODE_MESSAGE, 3, NODE_MESSAGE},
	{NODE_MESSAGE, 4, NODE_ENUM},
	{NODE_MESSAGE, 6, NODE_MEMBER}, /* extension */
	{NODE_MESSAGE, 8, NODE_MEMBER}, /* oneof */
	{NODE_ENUM, 2, NODE_VALUE},
	{NODE_SERVICE, 2, NODE_MEMBER},
};

/* ---- reading ---- */

static bool take_varint(struct span *s, uint64_t *ret)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 10 && s->len > 0; i++) {
		uint8_t byte = *s->at++;
		s->len--;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool take_bytes(struct span *s, uint64_t count, struct span *ret)
{
	if (count > s->len)
		return false;
	*ret = (struct span){.at = s->at, .len = (size_t)count};
	s->at += count;
	s->len -= (size_t)count;
	return true;
}

static bool take_field(struct span *s, struct field *ret)
{
	uint64_t tag, n;
	struct span unused;
	if (!take_varint(s, &tag) || tag >> 3 == 0 || tag >> 3 > FIELD_MAX)
		return false;
	*ret = (struct field){.number = (uint32_t)(tag >> 3), .wire = (unsigned)(tag & 7)};
	switch (ret->wire) {
	case WIRE_VARINT:
		return take_varint(s, &n);
	case WIRE_64BIT:
		return take_bytes(s, 8, &unused);
	case WIRE_32BIT:
		return take_bytes(s, 4, &unused);
	case WIRE_BYTES:
		return take_varint(s, &n) && take_bytes(s, n, &ret->value);
	default:
		return false; /* descriptor.proto has no groups */
	}
}

/* The first bytes field of that number; an absent one is empty. False: malformed. */
static bool find_field(struct span s, uint32_t number, struct span *ret)
{
	struct field f;
	*ret = (struct span){0};
	while (s.len > 0) {
		if (!take_field(&s, &f))
			return false;
		if (f.number == number && f.wire == WIRE_BYTES) {
			*ret = f.value;
			return true;
		}
	}
	return true;
}

/* ---- the index ---- */

static char *dup_text(struct span text)
{
	char *copy = mem_new(1, text.len + 1);
	if (text.len)
		memcpy(copy, text.at, text.len);
	return copy;
}

/* Writes "scope.name", or "name" in the empty scope. */
static bool join(const char *scope, struct span name, char ret[NAME_BYTES])
{
	size_t len = strlen(scope);
	if (name.len == 0 || len + name.len + 2 > NAME_BYTES)
		return false;
	memcpy(ret, scope, len);
	if (len)
		ret[len++] = '.';
	memcpy(ret + len, name.at, name.len);
	ret[len + name.len] = '\0';
	return true;
}

static enum descriptor_kind node_kind(enum node node)
{
	if (node == NODE_MESSAGE)
		return DESCRIPTOR_MESSAGE;
	if (node == NODE_ENUM)
		return DESCRIPTOR_ENUM;
	return node == NODE_SERVICE ? DESCRIPTOR_SERVICE : DESCRIPTOR_MEMBER;
}

static bool add_symbol(struct descriptor_set *set, enum node node, const char *name)
{
	if (set->symbol_count == SYMBOLS_MAX)
		return false;
	if ((set->symbol_count & (set->symbol_count - 1)) == 0) /* a power of two: full */
		set->symbols = mem_grow(set->symbols, set->symbol_count ? 2 * set->symbol_count : 1,
			sizeof(*set->symbols));
	set->symbols[set->symbol_count++] = (struct descriptor_symbol){
		.name = mem_strdup(name), .kind = node_kind(node), .file = set->file_count - 1};
	return true;
}

static const struct edge *find_edge(enum node from, uint32_t field)
{
	for (size_t i = 0; i < GC_LENGTH(edges); i++)
		if (edges[i].from == from && edges[i].field == field)
			return &edges[i];
	return NULL;
}

static bool walk(struct descriptor_set *set, enum node node, struct span body, const char *scope,
	unsigned depth);

/* Adds one named thing and what is in it. `outer` is the scope around its parent. */
static bool walk_child(struct descriptor_set *set, enum node node, struct span body,
	const char *scope, const char *outer, unsigned depth)
{
	char full[NAME_BYTES];
	struct span name;
	if (depth > DEPTH_MAX || !find_field(body, ANY_NAME, &name))
		return false;
	if (!join(node == NODE_VALUE ? outer : scope, name, full) || !add_symbol(set, node, full))
		return false;
	return walk(set, node, body, full, depth);
}

static bool walk(struct descriptor_set *set, enum node node, struct span body, const char *scope,
	unsigned depth)
{
	char outer[NAME_BYTES] = "";
	const char *dot = strrchr(scope, '.');
	if (dot)
		memcpy(outer, scope, (size_t)(dot - scope));
	while (body.len > 0) {
		struct field f;
		if (!take_field(&body, &f))
			return false;
		const struct edge *edge = find_edge(node, f.number);
		if (edge && f.wire == WIRE_BYTES &&
			!walk_child(set, edge->to, f.value, scope, outer, depth + 1))
			return false;
	}
	return true;
}

static bool add_dependencies(struct descriptor_file *file, struct span body)
{
	while (body.len > 0) {
		struct field f;
		if (!take_field(&body, &f))
			return false;
		if (f.number != FILE_DEPENDENCY || f.wire != WIRE_BYTES)
			continue;
		if (file->dependency_count == DESCRIPTOR_DEPENDENCIES_MAX)
			return false;
		file->dependencies[file->dependency_count++] = dup_text(f.value);
	}
	return true;
}

static bool add_file(struct descriptor_set *set, struct span body)
{
	struct span name, package;
	char scope[NAME_BYTES] = "";
	if (set->file_count == DESCRIPTOR_FILES_MAX || !find_field(body, ANY_NAME, &name) ||
		!find_field(body, FILE_PACKAGE, &package))
		return false;
	if (name.len == 0 || (package.len && !join("", package, scope)))
		return false;
	struct descriptor_file *file = &set->files[set->file_count++];
	*file = (struct descriptor_file){.name = dup_text(name), .bytes = body.at, .len = body.len};
	return add_dependencies(file, body) && walk(set, NODE_FILE, body, scope, 0);
}

static int compare_symbols(const void *a, const void *b)
{
	const struct descriptor_symbol *left = a, *right = b;
	return strcmp(left->name, right->name);
}

struct descriptor_set *descriptor_set_new(const uint8_t *bytes, size_t len)
{
	struct descriptor_set *set = mem_new(1, sizeof(*set));
	struct span s = {.at = bytes, .len = len};
	while (s.len > 0) {
		struct field f;
		if (!take_field(&s, &f) || f.number != SET_FILE || f.wire != WIRE_BYTES ||
			!add_file(set, f.value))
			return descriptor_set_free(set);
	}
	if (set->symbol_count)
		qsort(set->symbols, set->symbol_count, sizeof(*set->symbols), compare_symbols);
	return set;
}

struct descriptor_set *descriptor_set_free(struct descriptor_set *set)
{
	if (!set)
		return NULL;
	for (size_t i = 0; i < set->file_count; i++) {
		for (size_t j = 0; j < set->files[i].dependency_count; j++)
			free(set->files[i].dependencies[j]);
		free(set->files[i].name);
	}
	for (size_t i = 0; i < set->symbol_count; i++)
		free(set->symbols[i].name);
	free(set->symbols);
	free(set);
	return NULL;
}

/* ---- looking up ---- */

const struct descriptor_file *descriptor_find_file(
	const struct descriptor_set *set, const char *name)
{
	for (size_t i = 0; i < set->file_count; i++)
		if (strcmp(set->files[i].name, name) == 0)
			return &set->files[i];
	return NULL;
}

const struct descriptor_symbol *descriptor_find_symbol(
	const struct descriptor_set *set, const char *name)
{
	size_t low = 0, high = set->symbol_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, set->symbols[middle].name);
		if (order == 0)
			return &set->symbols[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool is_listed(const struct descriptor_file *const *files, size_t count,
	const struct descriptor_file *file)
{
	for (size_t i = 0; i < count; i++)
		if (files[i] == file)
			return true;
	return false;
}

size_t descriptor_collect(const struct descriptor_set *set, const struct descriptor_file *file,
	const struct descriptor_file **ret_files)
{
	size_t count = 0;
	ret_files[count++] = file;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < ret_files[i]->dependency_count; j++) {
			const struct descriptor_file *next =
				descriptor_find_file(set, ret_files[i]->dependencies[j]);
			if (next && !is_listed(ret_files, count, next))
				ret_files[count++] = next;
		}
	}
	return count;
}
