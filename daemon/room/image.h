/*
 * Whether uploaded bytes are an avatar that other people's programs can be given: a whole PNG or
 * JPEG file of sane size. Structure is checked to the end (a PNG's chunks with their checksums, a
 * JPEG's markers up to the last), pixels are not decoded, so hostile input costs one pass over its
 * bytes and no memory. Pure functions, any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum image_kind {
	IMAGE_PNG,
	IMAGE_JPEG,
	_IMAGE_KIND_MAX,
};

enum image_status {
	IMAGE_OK,
	IMAGE_TOO_LARGE, /* over LIMIT_AVATAR_BYTES */
	IMAGE_UNKNOWN, /* neither PNG nor JPEG by its signature */
	IMAGE_DAMAGED, /* cut short, wrong checksum, or not built as its format says */
	IMAGE_BAD_SIDES, /* a side is 0 or over LIMIT_AVATAR_SIDE_MAX pixels */
	_IMAGE_STATUS_MAX,
};

struct image_info {
	enum image_kind kind;
	const char *media_type; /* "image/png" or "image/jpeg"; static storage */
	uint32_t width; /* pixels */
	uint32_t height; /* pixels */
};

/* Checks a whole file. *ret is written with IMAGE_OK only. */
enum image_status image_check(const uint8_t *data, size_t len, struct image_info *ret);

/* Why an image was refused, as part of a sentence. Static storage. */
const char *image_status_text(enum image_status status);
