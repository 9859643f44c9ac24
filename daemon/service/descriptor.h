/*
 * An index over an encoded FileDescriptorSet: files by name, symbols by full name. Reads just the
 * few fields of descriptor.proto that name things, with a reader of its own, so that no descriptor
 * library is linked. Immutable after descriptor_set_new: any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DESCRIPTOR_FILES_MAX = 64,
	DESCRIPTOR_DEPENDENCIES_MAX = 16, /* direct imports of one file */
};

enum descriptor_kind {
	DESCRIPTOR_MESSAGE,
	DESCRIPTOR_ENUM,
	DESCRIPTOR_SERVICE,
	DESCRIPTOR_MEMBER, /* a field, oneof, enum value or method */
};

struct descriptor_file {
	char *name; /* owned */
	const uint8_t *bytes; /* borrowed from the set: the encoded FileDescriptorProto */
	size_t len;
	char *dependencies[DESCRIPTOR_DEPENDENCIES_MAX]; /* owned names */
	size_t dependency_count;
};

struct descriptor_symbol {
	char *name; /* owned, full: "gchat.v1.Chat.Connect" */
	enum descriptor_kind kind;
	size_t file; /* index into files */
};

struct descriptor_set {
	struct descriptor_file files[DESCRIPTOR_FILES_MAX];
	size_t file_count;
	struct descriptor_symbol *symbols; /* owned, sorted by name */
	size_t symbol_count;
};

/* Indexes `bytes`, borrowed: valid while the object lives. NULL: malformed or over a maximum. */
struct descriptor_set *descriptor_set_new(const uint8_t *bytes, size_t len);
/* NULL is allowed; returns NULL. */
struct descriptor_set *descriptor_set_free(struct descriptor_set *set);

/* The file of that name, or NULL. Borrowed. */
const struct descriptor_file *descriptor_find_file(
	const struct descriptor_set *set, const char *name);
/* The symbol of that full name, or NULL. Borrowed. */
const struct descriptor_symbol *descriptor_find_symbol(
	const struct descriptor_set *set, const char *name);

/* Marks `file` and all it needs, each once, the file first. `ret_files` has room for
 * DESCRIPTOR_FILES_MAX; returns how many. */
size_t descriptor_collect(const struct descriptor_set *set, const struct descriptor_file *file,
	const struct descriptor_file **ret_files);
