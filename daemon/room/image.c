/*
 * Walking a PNG's chunks and a JPEG's segments. Both readers move a span forward over the bytes and
 * never look past its end:
 *
 *   PNG   signature, IHDR, chunk..., IEND             chunk   = length, type, data, CRC
 *   JPEG  SOI, segment..., SOF, ..., SOS data..., EOI segment = FF, marker, length, data
 *
 * References: PNG (ISO/IEC 15948) sections 5 and 11; JPEG (ITU-T T.81) annex B.
 */
#include "room/image.h"

#include "base/macros.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

enum {
	PNG_CHUNK_OVERHEAD = 12, /* length, type and checksum */
	PNG_HEADER_BYTES = 13, /* data of IHDR */

	JPEG_TEM = 0x01, /* stands alone */
	JPEG_SOF_FIRST = 0xc0,
	JPEG_SOF_LAST = 0xcf,
	JPEG_DHT = 0xc4, /* these three sit among the SOFs */
	JPEG_JPG = 0xc8,
	JPEG_DAC = 0xcc,
	JPEG_RST_FIRST = 0xd0,
	JPEG_RST_LAST = 0xd7,
	JPEG_SOI = 0xd8,
	JPEG_EOI = 0xd9,
	JPEG_SOS = 0xda,
	JPEG_FRAME_BYTES = 6, /* precision, height, width, component count */
	JPEG_COMPONENT_BYTES = 3,
	JPEG_COMPONENTS_MAX = 4,
};

static const uint8_t png_signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
static const uint8_t jpeg_signature[] = {0xff, JPEG_SOI, 0xff};

/* What is left of the file. */
struct span {
	const uint8_t *at;
	size_t len;
};

struct png_chunk {
	const uint8_t *type; /* 4 letters, then the data */
	const uint8_t *data;
	uint32_t len; /* of the data */
};

/* What has been seen of a JPEG. */
struct jpeg {
	bool frame;
	bool scan;
	bool end;
};

static bool is_type(const uint8_t *data, size_t len, const uint8_t *signature, size_t size)
{
	return len >= size && memcmp(data, signature, size) == 0;
}

static uint32_t get_u16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get_u32(const uint8_t *p)
{
	return get_u16(p) << 16 | get_u16(p + 2);
}

static void skip(struct span *s, size_t n)
{
	s->at += n;
	s->len -= n;
}

static enum image_status check_sides(uint32_t width, uint32_t height, struct image_info *info)
{
	if (width < 1 || height < 1 || width > LIMIT_AVATAR_SIDE_MAX ||
		height > LIMIT_AVATAR_SIDE_MAX)
		return IMAGE_BAD_SIDES;
	info->width = width;
	info->height = height;
	return IMAGE_OK;
}

/* ---- PNG ---- */

static bool png_type_valid(const uint8_t *type)
{
	for (int i = 0; i < 4; i++)
		if (!((type[i] >= 'A' && type[i] <= 'Z') || (type[i] >= 'a' && type[i] <= 'z')))
			return false;
	return true;
}

static bool png_take_chunk(struct span *s, struct png_chunk *ret)
{
	if (s->len < PNG_CHUNK_OVERHEAD)
		return false;
	uint32_t len = get_u32(s->at);
	if (len > s->len - PNG_CHUNK_OVERHEAD)
		return false;
	*ret = (struct png_chunk){.type = s->at + 4, .data = s->at + 8, .len = len};
	if (!png_type_valid(ret->type))
		return false;
	if (crc32(0, ret->type, 4 + len) != get_u32(ret->data + len))
		return false;
	skip(s, PNG_CHUNK_OVERHEAD + (size_t)len);
	return true;
}

static bool png_chunk_is(const struct png_chunk *chunk, const char *type)
{
	return memcmp(chunk->type, type, 4) == 0;
}

/* The depths that each colour type allows, as bits; table 11.1 of the standard. */
static bool png_colour_valid(uint8_t depth, uint8_t colour)
{
	static const uint32_t depths[] = {
		[0] = 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8 | 1u << 16, /* grey */
		[2] = 1u << 8 | 1u << 16, /* RGB */
		[3] = 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8, /* palette */
		[4] = 1u << 8 | 1u << 16, /* grey, alpha */
		[6] = 1u << 8 | 1u << 16, /* RGB, alpha */
	};
	return colour < GC_LENGTH(depths) && depth <= 16 && (depths[colour] >> depth & 1);
}

static enum image_status png_check_header(const struct png_chunk *chunk, struct image_info *info)
{
	const uint8_t *d = chunk->data;
	if (!png_chunk_is(chunk, "IHDR") || chunk->len != PNG_HEADER_BYTES)
		return IMAGE_DAMAGED;
	/* compression, filter and interlace methods */
	if (!png_colour_valid(d[8], d[9]) || d[10] != 0 || d[11] != 0 || d[12] > 1)
		return IMAGE_DAMAGED;
	return check_sides(get_u32(d), get_u32(d + 4), info);
}

static enum image_status png_check(struct span s, struct image_info *info)
{
	struct png_chunk chunk;
	bool has_pixels = false;
	skip(&s, sizeof(png_signature));
	if (!png_take_chunk(&s, &chunk))
		return IMAGE_DAMAGED;
	enum image_status status = png_check_header(&chunk, info);
	if (status != IMAGE_OK)
		return status;
	while (png_take_chunk(&s, &chunk)) {
		if (png_chunk_is(&chunk, "IHDR"))
			return IMAGE_DAMAGED;
		if (png_chunk_is(&chunk, "IDAT"))
			has_pixels = has_pixels || chunk.len > 0;
		if (png_chunk_is(&chunk, "IEND"))
			return has_pixels && chunk.len == 0 && s.len == 0 ? IMAGE_OK
									  : IMAGE_DAMAGED;
	}
	return IMAGE_DAMAGED;
}

/* ---- JPEG ---- */

/* Moves past fill bytes to the marker's code. */
static bool jpeg_take_marker(struct span *s, uint8_t *ret)
{
	if (s->len < 2 || s->at[0] != 0xff)
		return false;
	while (s->len > 0 && s->at[0] == 0xff)
		skip(s, 1);
	if (s->len == 0 || s->at[0] == 0)
		return false;
	*ret = s->at[0];
	skip(s, 1);
	return true;
}

static bool jpeg_take_segment(struct span *s, struct span *ret)
{
	if (s->len < 2)
		return false;
	uint32_t len = get_u16(s->at); /* counts itself */
	if (len < 2 || len > s->len)
		return false;
	*ret = (struct span){.at = s->at + 2, .len = len - 2};
	skip(s, len);
	return true;
}

/* Moves past entropy-coded data to the next marker that isn't a restart. */
static void jpeg_skip_scan(struct span *s)
{
	while (s->len >= 2) {
		const uint8_t *next = memchr(s->at, 0xff, s->len - 1);
		if (!next)
			break;
		skip(s, (size_t)(next - s->at));
		uint8_t code = s->at[1];
		if (code == 0 || (code >= JPEG_RST_FIRST && code <= JPEG_RST_LAST))
			skip(s, 2);
		else
			return;
	}
	skip(s, s->len);
}

static bool jpeg_is_frame(uint8_t marker)
{
	return marker >= JPEG_SOF_FIRST && marker <= JPEG_SOF_LAST && marker != JPEG_DHT &&
	       marker != JPEG_JPG && marker != JPEG_DAC;
}

static enum image_status jpeg_on_frame(
	struct jpeg *jpeg, struct span segment, struct image_info *info)
{
	if (jpeg->frame || segment.len < JPEG_FRAME_BYTES)
		return IMAGE_DAMAGED;
	uint8_t components = segment.at[5];
	if (components < 1 || components > JPEG_COMPONENTS_MAX ||
		segment.len != JPEG_FRAME_BYTES + JPEG_COMPONENT_BYTES * (size_t)components)
		return IMAGE_DAMAGED;
	jpeg->frame = true;
	return check_sides(get_u16(segment.at + 3), get_u16(segment.at + 1), info);
}

static enum image_status jpeg_on_marker(
	struct jpeg *jpeg, uint8_t marker, struct span *s, struct image_info *info)
{
	struct span segment;
	if (marker == JPEG_EOI) {
		jpeg->end = true;
		return jpeg->scan && s->len == 0 ? IMAGE_OK : IMAGE_DAMAGED;
	}
	if (marker == JPEG_SOI || marker == JPEG_TEM ||
		(marker >= JPEG_RST_FIRST && marker <= JPEG_RST_LAST))
		return IMAGE_DAMAGED; /* stand alone, and have no place between segments */
	if (!jpeg_take_segment(s, &segment))
		return IMAGE_DAMAGED;
	if (jpeg_is_frame(marker))
		return jpeg_on_frame(jpeg, segment, info);
	if (marker != JPEG_SOS)
		return IMAGE_OK;
	if (!jpeg->frame)
		return IMAGE_DAMAGED;
	jpeg->scan = true;
	jpeg_skip_scan(s);
	return IMAGE_OK;
}

static enum image_status jpeg_check(struct span s, struct image_info *info)
{
	struct jpeg jpeg = {0};
	uint8_t marker;
	skip(&s, 2);
	while (!jpeg.end) {
		if (!jpeg_take_marker(&s, &marker))
			return IMAGE_DAMAGED;
		enum image_status status = jpeg_on_marker(&jpeg, marker, &s, info);
		if (status != IMAGE_OK)
			return status;
	}
	return IMAGE_OK;
}

/* ---- both ---- */

enum image_status image_check(const uint8_t *data, size_t len, struct image_info *ret)
{
	struct image_info info = {.kind = IMAGE_PNG, .media_type = "image/png"};
	struct span s = {.at = data, .len = len};
	enum image_status status = IMAGE_UNKNOWN;
	if (len > LIMIT_AVATAR_BYTES)
		return IMAGE_TOO_LARGE;
	if (is_type(data, len, png_signature, sizeof(png_signature))) {
		status = png_check(s, &info);
	} else if (is_type(data, len, jpeg_signature, sizeof(jpeg_signature))) {
		info.kind = IMAGE_JPEG;
		info.media_type = "image/jpeg";
		status = jpeg_check(s, &info);
	}
	if (status == IMAGE_OK)
		*ret = info;
	return status;
}

const char *image_status_text(enum image_status status)
{
	static const char *const texts[_IMAGE_STATUS_MAX] = {
		[IMAGE_OK] = "it is acceptable",
		[IMAGE_TOO_LARGE] = "the file is over 256 KiB",
		[IMAGE_UNKNOWN] = "it is neither PNG nor JPEG",
		[IMAGE_DAMAGED] = "the file is damaged or incomplete",
		[IMAGE_BAD_SIDES] = "its sides are not between 1 and 1024 pixels",
	};
	GC_ASSERT(status >= 0 && status < _IMAGE_STATUS_MAX);
	return texts[status];
}
