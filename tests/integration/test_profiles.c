/*
 * What an account shows of itself, and who is told when it changes; avatars.
 */
#include "cmocka_std.h"

#include <string.h>

#include "raw.h"

enum {
	IMAGE_BYTES_MAX = 300 * 1024,
	CHUNK_BYTES = 48 * 1024,
};

static const struct td_client_options watching = {.want_profiles = true};

/* ---- a PNG by hand ---- */

struct image {
	size_t len;
	uint8_t data[IMAGE_BYTES_MAX];
};

static uint32_t crc_of(const uint8_t *data, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

static void put_u32(struct image *image, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		image->data[image->len++] = (uint8_t)(value >> shift);
}

/* A chunk; data NULL: that many dots. */
static void put_chunk(struct image *image, const char *type, const uint8_t *data, size_t len)
{
	put_u32(image, (uint32_t)len);
	size_t start = image->len;
	memcpy(image->data + image->len, type, 4);
	image->len += 4;
	if (data)
		memcpy(image->data + image->len, data, len);
	else
		memset(image->data + image->len, '.', len);
	image->len += len;
	put_u32(image, crc_of(image->data + start, 4 + len));
}

/* A white PNG of side x side, with a comment of so many bytes. Static storage. */
static struct image *make_png(uint8_t side, size_t padding)
{
	static struct image image;
	static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	const uint8_t header[] = {0, 0, 0, side, 0, 0, 0, side, 8, 0, 0, 0, 0};
	static const uint8_t pixels[] = {0x78, 0x9c, 0x63, 0xf8, 0x0f, 0, 1, 1, 1, 0};

	image.len = sizeof(signature);
	memcpy(image.data, signature, sizeof(signature));
	put_chunk(&image, "IHDR", header, sizeof(header));
	if (padding)
		put_chunk(&image, "tEXt", NULL, padding);
	put_chunk(&image, "IDAT", pixels, sizeof(pixels));
	put_chunk(&image, "IEND", NULL, 0);
	return &image;
}

/* ---- names and status ---- */

static struct gchat_profile *update(struct td_client *c, const char *name, const char *status)
{
	struct gchat_profile *profile = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_update_profile(td_gchat(c), name, status, &profile, &error), &error,
		"update profile");
	return profile;
}

static void a_changed_profile_is_pushed_to_those_who_share_a_room(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect_with(td, "bob", &watching);
	struct td_client *cat = td_connect(td, "cat"); /* doesn't want profiles */
	struct td_client *eve = td_connect_with(td, "eve", &watching); /* shares no room */
	(void)td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	(void)td_join(cat, "lobby");
	gchat_free(update(ann, "Ann of the North", "out for tea 🍵"));
	const struct gchat_profile *profile = &td_expect_event(bob, GCHAT_EVENT_PROFILE)->profile;
	assert_string_equal(profile->user, "ann");
	assert_string_equal(profile->display_name, "Ann of the North");
	assert_string_equal(profile->status_text, "out for tea 🍵");
	td_barrier(cat);
	td_barrier(eve);
	td_expect_none(cat, GCHAT_EVENT_PROFILE);
	td_expect_none(eve, GCHAT_EVENT_PROFILE);
	td_stop(td);
}

static void one_change_is_told_once_however_many_rooms_are_shared(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect_with(td, "bob", &watching);
	static const char *const rooms[] = {"one", "two", "three"};

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(rooms); i++) {
		(void)td_create_room(ann, rooms[i]);
		(void)td_join(bob, rooms[i]);
	}
	gchat_free(update(ann, "Ann", NULL));
	(void)td_expect_event(bob, GCHAT_EVENT_PROFILE);
	td_barrier(bob);
	td_expect_none(bob, GCHAT_EVENT_PROFILE);
	td_stop(td);
}

static void a_profile_changes_where_asked_and_stays_after_a_restart(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_sign_in(td, "ann", NULL);
	const char *user = "ann";
	struct gchat_profile_query query = {.users = &user, .user_count = 1};
	struct gchat_profile_list *list = NULL;
	struct gchat_error error = {0};

	(void)state;
	gchat_free(update(ann, "Ann", "busy"));
	gchat_free(update(ann, NULL, "free"));
	td_restart(td);
	td_check(ann, gchat_profiles(td_gchat(ann), &query, &list, &error), &error, "profiles");
	assert_int_equal(list->count, 1);
	assert_string_equal(list->profiles[0].display_name, "Ann");
	assert_string_equal(list->profiles[0].status_text, "free");
	gchat_free(list);
	td_stop(td);
}

static void texts_of_a_profile_that_are_too_long_are_refused(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_sign_in(td, "ann", NULL);
	struct gchat_profile *profile = NULL;
	struct gchat_error error = {0};
	char text[258];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	td_check_refused(ann, gchat_update_profile(td_gchat(ann), NULL, text, &profile, &error),
		&error, "TEXT_TOO_LONG");
	text[65] = '\0';
	td_check_refused(ann, gchat_update_profile(td_gchat(ann), text, NULL, &profile, &error),
		&error, "TEXT_TOO_LONG");
	td_stop(td);
}

/* ---- avatars ---- */

static void expect_avatar(
	struct td_client *c, const uint8_t *hash, const struct image *image, const char *type)
{
	struct gchat_avatar *avatar = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_get_avatar(td_gchat(c), hash, &avatar, &error), &error, "get avatar");
	assert_int_equal(avatar->len, image->len);
	assert_memory_equal(avatar->image, image->data, image->len);
	assert_string_equal(avatar->media_type, type);
	gchat_free(avatar);
}

static void an_avatar_of_many_chunks_is_pushed_and_fetched_by_its_hash(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect_with(td, "bob", &watching);
	const struct image *image = make_png(8, (size_t)4 * CHUNK_BYTES);
	uint8_t hash[GCHAT_HASH_BYTES];
	struct gchat_error error = {0};

	(void)state;
	(void)td_create_room(ann, "lobby");
	(void)td_join(bob, "lobby");
	td_check(ann, gchat_set_avatar(td_gchat(ann), image->data, image->len, hash, &error),
		&error, "set avatar");
	const struct gchat_profile *profile = &td_expect_event(bob, GCHAT_EVENT_PROFILE)->profile;
	assert_true(profile->has_avatar);
	assert_memory_equal(profile->avatar_hash, hash, sizeof(hash));
	expect_avatar(bob, hash, image, "image/png");
	td_restart(td);
	expect_avatar(bob, hash, image, "image/png");
	td_stop(td);
}

static void an_avatar_taken_away_is_told(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect_with(td, "bob", &watching);
	const struct image *image = make_png(8, 0);
	struct gchat_error error = {0};

	(void)state;
	(void)td_create_room(ann, "lobby");
	(void)td_join(bob, "lobby");
	td_check(ann, gchat_set_avatar(td_gchat(ann), image->data, image->len, NULL, &error),
		&error, "set avatar");
	assert_true(td_expect_event(bob, GCHAT_EVENT_PROFILE)->profile.has_avatar);
	td_check(ann, gchat_delete_avatar(td_gchat(ann), &error), &error, "delete avatar");
	assert_false(td_expect_event(bob, GCHAT_EVENT_PROFILE)->profile.has_avatar);
	td_stop(td);
}

static void a_bad_image_is_refused_and_the_old_one_stays(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_sign_in(td, "ann", NULL);
	struct image *image = make_png(8, 100);
	uint8_t hash[GCHAT_HASH_BYTES];
	struct gchat_error error = {0};

	(void)state;
	td_check(ann, gchat_set_avatar(td_gchat(ann), image->data, image->len, hash, &error),
		&error, "set avatar");
	image->data[60] ^= 1; /* one bit */
	td_check_refused(ann,
		gchat_set_avatar(td_gchat(ann), image->data, image->len, NULL, &error), &error,
		"BAD_IMAGE");
	td_check_refused(ann,
		gchat_set_avatar(td_gchat(ann), image->data, image->len / 2, NULL, &error), &error,
		"BAD_IMAGE");
	td_check_refused(ann, gchat_set_avatar(td_gchat(ann), "GIF89a", 6, NULL, &error), &error,
		"BAD_IMAGE");
	image = make_png(0, 0);
	td_check_refused(ann,
		gchat_set_avatar(td_gchat(ann), image->data, image->len, NULL, &error), &error,
		"BAD_IMAGE");
	expect_avatar(ann, hash, make_png(8, 100), "image/png");
	td_stop(td);
}

static struct h2_status put_chunk_call(
	struct raw *raw, const char *token, const struct image *image, uint32_t offset, size_t len)
{
	Gchat__V1__SetAvatarRequest request;
	gchat__v1__set_avatar_request__init(&request);
	static uint8_t chunk[CHUNK_BYTES + 1];
	struct h2_status status;

	memcpy(chunk, image->data + offset, len);
	request.total_bytes = (uint32_t)image->len;
	request.offset = offset;
	request.chunk = (ProtobufCBinaryData){.data = chunk, .len = len};
	codec_free(raw_ask(raw, "/gchat.v1.Chat/SetAvatar", token, &request.base,
		&gchat__v1__set_avatar_response__descriptor, &status));
	return status;
}

static void chunks_out_of_order_or_too_large_are_refused(void **state)
{
	struct td *td = td_start(NULL);
	struct raw *raw = raw_open(td);
	const struct image *image = make_png(8, (size_t)2 * CHUNK_BYTES);
	char token[RAW_TOKEN_BYTES];

	(void)state;
	raw_sign_up(td, "ann", token);
	assert_string_equal(put_chunk_call(raw, token, image, 100, 100).reason, "INVALID_ARGUMENT");
	assert_int_equal(put_chunk_call(raw, token, image, 0, 100).code, 0);
	assert_string_equal(put_chunk_call(raw, token, image, 200, 100).reason, "INVALID_ARGUMENT");
	assert_string_equal(
		put_chunk_call(raw, token, image, 0, CHUNK_BYTES + 1).reason, "INVALID_ARGUMENT");
	raw_close(raw);
	td_stop(td);
}

static void an_image_over_the_limit_is_refused(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *bob = td_sign_in(td, "bob", NULL);
	struct raw *raw = raw_open(td);
	const struct image *image = make_png(8, (size_t)256 * 1024);
	struct gchat_error error = {0};
	char token[RAW_TOKEN_BYTES];

	(void)state;
	raw_sign_up(td, "ann", token);
	assert_string_equal(put_chunk_call(raw, token, image, 0, 100).reason, "INVALID_ARGUMENT");
	td_check_refused(bob,
		gchat_set_avatar(td_gchat(bob), image->data, image->len, NULL, &error), &error,
		"BAD_IMAGE");
	raw_close(raw);
	td_stop(td);
}

static void a_hash_that_nobody_has_is_not_found(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_sign_in(td, "ann", NULL);
	const uint8_t hash[GCHAT_HASH_BYTES] = {1, 2, 3};
	struct gchat_avatar *avatar = NULL;
	struct gchat_error error = {0};

	(void)state;
	td_check_refused(
		ann, gchat_get_avatar(td_gchat(ann), hash, &avatar, &error), &error, "NOT_FOUND");
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_changed_profile_is_pushed_to_those_who_share_a_room, td_teardown),
		cmocka_unit_test_teardown(
			one_change_is_told_once_however_many_rooms_are_shared, td_teardown),
		cmocka_unit_test_teardown(
			a_profile_changes_where_asked_and_stays_after_a_restart, td_teardown),
		cmocka_unit_test_teardown(
			texts_of_a_profile_that_are_too_long_are_refused, td_teardown),
		cmocka_unit_test_teardown(
			an_avatar_of_many_chunks_is_pushed_and_fetched_by_its_hash, td_teardown),
		cmocka_unit_test_teardown(an_avatar_taken_away_is_told, td_teardown),
		cmocka_unit_test_teardown(
			a_bad_image_is_refused_and_the_old_one_stays, td_teardown),
		cmocka_unit_test_teardown(an_image_over_the_limit_is_refused, td_teardown),
		cmocka_unit_test_teardown(
			chunks_out_of_order_or_too_large_are_refused, td_teardown),
		cmocka_unit_test_teardown(a_hash_that_nobody_has_is_not_found, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
