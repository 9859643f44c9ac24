/*
 * Which files pass as avatars. Pictures made by libpng and libjpeg are the fuzz corpus's seeds
 * (good-*, bad-*); the smallest of each kind are built here, to be bent one field at a time.
 */
#include "room/image.h"

#include "base/fd.h"
#include "base/mem.h"
#include "proto/limits.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

enum {
	FILE_BYTES_MAX = 4096,
};

/* A file under construction. */
struct draft {
	uint8_t data[FILE_BYTES_MAX];
	size_t len;
};

static void put(struct draft *d, const void *bytes, size_t len)
{
	memcpy(d->data + d->len, bytes, len);
	d->len += len;
}

static void put_u32(struct draft *d, uint32_t n)
{
	uint8_t bytes[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
	put(d, bytes, sizeof(bytes));
}

static void put_chunk(struct draft *d, const char *type, const void *data, size_t len)
{
	put_u32(d, (uint32_t)len);
	size_t start = d->len;
	put(d, type, 4);
	put(d, data, len);
	put_u32(d, (uint32_t)crc32(0, d->data + start, (uInt)(d->len - start)));
}

static void put_header(struct draft *d, uint32_t width, uint32_t height, uint8_t colour)
{
	struct draft body = {0};
	put_u32(&body, width);
	put_u32(&body, height);
	put(&body, (uint8_t[]){8, colour, 0, 0, 0}, 5);
	put_chunk(d, "IHDR", body.data, body.len);
}

static struct draft make_png(uint32_t width, uint32_t height)
{
	struct draft d = {0};
	put(&d, "\x89PNG\r\n\x1a\n", 8);
	put_header(&d, width, height, 2);
	put_chunk(&d, "IDAT", "pixels", 6);
	put_chunk(&d, "IEND", "", 0);
	return d;
}

static struct draft make_jpeg(uint8_t width, uint8_t height)
{
	struct draft d = {0};
	put(&d, "\xff\xd8\xff\xe0\x00\x04JF", 8);
	put(&d, (uint8_t[]){0xff, 0xc0, 0, 11, 8, 0, height, 0, width, 1, 1, 0x11, 0}, 13);
	put(&d, (uint8_t[]){0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0}, 10);
	put(&d, "data\xff\x00more\xff\xd0last\xff\xd9", 18);
	return d;
}

static enum image_status check(const struct draft *d)
{
	struct image_info info;
	uint8_t *exact = mem_dup(d->data, d->len); /* so that a read past it is seen */
	enum image_status status = image_check(exact, d->len, &info);
	free(exact);
	return status;
}

static void a_png_tells_its_kind_and_sides(void **state)
{
	(void)state;
	struct image_info info;
	struct draft d = make_png(640, 480);
	assert_int_equal(image_check(d.data, d.len, &info), IMAGE_OK);
	assert_int_equal(info.kind, IMAGE_PNG);
	assert_string_equal(info.media_type, "image/png");
	assert_int_equal(info.width, 640);
	assert_int_equal(info.height, 480);
}

static void a_jpeg_tells_its_kind_and_sides(void **state)
{
	(void)state;
	struct image_info info;
	struct draft d = make_jpeg(20, 10);
	assert_int_equal(image_check(d.data, d.len, &info), IMAGE_OK);
	assert_int_equal(info.kind, IMAGE_JPEG);
	assert_string_equal(info.media_type, "image/jpeg");
	assert_int_equal(info.width, 20);
	assert_int_equal(info.height, 10);
}

static void sides_are_from_1_to_the_limit(void **state)
{
	(void)state;
	static const struct {
		uint32_t width, height;
		enum image_status want;
	} cases[] = {
		{1, 1, IMAGE_OK},
		{LIMIT_AVATAR_SIDE_MAX, LIMIT_AVATAR_SIDE_MAX, IMAGE_OK},
		{LIMIT_AVATAR_SIDE_MAX + 1, 1, IMAGE_BAD_SIDES},
		{1, LIMIT_AVATAR_SIDE_MAX + 1, IMAGE_BAD_SIDES},
		{0, 1, IMAGE_BAD_SIDES},
		{1, 0, IMAGE_BAD_SIDES},
		{UINT32_MAX, UINT32_MAX, IMAGE_BAD_SIDES},
	};
	for (size_t i = 0; i < GC_LENGTH(cases); i++) {
		struct draft d = make_png(cases[i].width, cases[i].height);
		assert_int_equal(check(&d), cases[i].want);
	}
	struct draft flat = make_jpeg(4, 0);
	assert_int_equal(check(&flat), IMAGE_BAD_SIDES);
}

static void check_cuts(const struct draft *whole)
{
	struct draft d = *whole;
	while (d.len-- > 0) {
		enum image_status status = check(&d);
		assert_true(status == IMAGE_DAMAGED || (d.len < 8 && status == IMAGE_UNKNOWN));
	}
}

static void a_file_cut_at_any_byte_is_refused(void **state)
{
	(void)state;
	struct draft png = make_png(4, 4), jpeg = make_jpeg(4, 4);
	check_cuts(&png);
	check_cuts(&jpeg);
}

static void a_png_with_any_bit_flipped_is_refused(void **state)
{
	(void)state;
	struct draft d = make_png(4, 4);
	for (size_t bit = 0; bit < 8 * d.len; bit++) {
		d.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(check(&d), IMAGE_OK);
		d.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void bytes_after_the_end_are_refused(void **state)
{
	(void)state;
	struct draft png = make_png(4, 4), jpeg = make_jpeg(4, 4);
	put(&png, "x", 1);
	put(&jpeg, "x", 1);
	assert_int_equal(check(&png), IMAGE_DAMAGED);
	assert_int_equal(check(&jpeg), IMAGE_DAMAGED);
}

static void a_colour_type_that_does_not_exist_is_refused(void **state)
{
	(void)state;
	for (unsigned colour = 0; colour < 256; colour++) {
		struct draft d = {0};
		put(&d, "\x89PNG\r\n\x1a\n", 8);
		put_header(&d, 4, 4, (uint8_t)colour);
		put_chunk(&d, "IDAT", "pixels", 6);
		put_chunk(&d, "IEND", "", 0);
		bool known =
			colour == 0 || colour == 2 || colour == 3 || colour == 4 || colour == 6;
		assert_int_equal(check(&d), known ? IMAGE_OK : IMAGE_DAMAGED);
	}
}

static void a_jpeg_of_two_frames_is_refused(void **state)
{
	(void)state;
	static const uint8_t frame[] = {0xff, 0xc0, 0, 11, 8, 0, 4, 0, 4, 1, 1, 0x11, 0};
	struct draft d = {0};
	put(&d, "\xff\xd8", 2);
	put(&d, frame, sizeof(frame));
	put(&d, frame, sizeof(frame));
	put(&d, (uint8_t[]){0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0}, 10);
	put(&d, "data\xff\xd9", 6);
	assert_int_equal(check(&d), IMAGE_DAMAGED);
}

static void a_jpeg_in_jpeg_is_refused(void **state)
{
	(void)state;
	struct draft d = make_jpeg(4, 4), outer = {0};
	put(&outer, "\xff\xd8", 2);
	put(&outer, d.data, d.len);
	assert_int_equal(check(&outer), IMAGE_DAMAGED);
}

static void other_files_are_unknown(void **state)
{
	(void)state;
	static const char *const others[] = {"", "GIF89a", "<svg/>", "RIFF....WEBP", "\xff\xd8"};
	for (size_t i = 0; i < GC_LENGTH(others); i++) {
		struct draft d = {0};
		put(&d, others[i], strlen(others[i]));
		assert_int_equal(check(&d), IMAGE_UNKNOWN);
	}
}

static void a_file_over_the_limit_is_too_large_whatever_it_is(void **state)
{
	(void)state;
	struct image_info info;
	uint8_t *big = mem_new(1, LIMIT_AVATAR_BYTES + 1);
	assert_int_equal(image_check(big, LIMIT_AVATAR_BYTES + 1, &info), IMAGE_TOO_LARGE);
	assert_int_equal(image_check(big, LIMIT_AVATAR_BYTES, &info), IMAGE_UNKNOWN);
	free(big);
}

static void check_file(const char *name)
{
	char path[4096], *data;
	size_t len;
	struct image_info info;
	(void)snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
	assert_int_equal(fd_read_file(path, LIMIT_AVATAR_BYTES, &data, &len), 0);
	enum image_status status = image_check((const uint8_t *)data, len, &info);
	bool good = strncmp(name, "good-", 5) == 0;
	if (good != (status == IMAGE_OK))
		fail_msg("%s: %s", name, image_status_text(status));
	if (good)
		assert_int_equal(info.kind == IMAGE_PNG, strstr(name, "png") != NULL);
	free(data);
}

static void pictures_of_libpng_and_libjpeg_pass_and_bent_ones_do_not(void **state)
{
	(void)state;
	size_t count = 0;
	DIR *folder = opendir(CORPUS);
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		if (strncmp(entry->d_name, "good-", 5) == 0 ||
			strncmp(entry->d_name, "bad-", 4) == 0) {
			check_file(entry->d_name);
			count++;
		}
	closedir(folder);
	assert_true(count > 20);
}

static void every_status_has_a_text(void **state)
{
	(void)state;
	for (int s = 0; s < _IMAGE_STATUS_MAX; s++)
		assert_true(strlen(image_status_text((enum image_status)s)) > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_png_tells_its_kind_and_sides),
		cmocka_unit_test(a_jpeg_tells_its_kind_and_sides),
		cmocka_unit_test(sides_are_from_1_to_the_limit),
		cmocka_unit_test(a_file_cut_at_any_byte_is_refused),
		cmocka_unit_test(a_png_with_any_bit_flipped_is_refused),
		cmocka_unit_test(bytes_after_the_end_are_refused),
		cmocka_unit_test(a_colour_type_that_does_not_exist_is_refused),
		cmocka_unit_test(a_jpeg_of_two_frames_is_refused),
		cmocka_unit_test(a_jpeg_in_jpeg_is_refused),
		cmocka_unit_test(other_files_are_unknown),
		cmocka_unit_test(a_file_over_the_limit_is_too_large_whatever_it_is),
		cmocka_unit_test(pictures_of_libpng_and_libjpeg_pass_and_bent_ones_do_not),
		cmocka_unit_test(every_status_has_a_text),
	};
	return cmocka_run_group_tests_name("room.image", tests, NULL, NULL);
}
