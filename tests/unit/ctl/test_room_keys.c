/* What can be set for a room: each key, its range, and what is said about a wrong one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "ctl/exit.h"
#include "ctl/room_keys.h"

/* Reads the words of a line; what was said about it is in `said`. */
static int read_line(const char *line, struct room_values *ret, char *said, size_t size)
{
	static char text[512];
	char *words[16];
	char *save = NULL;
	int count = 0;
	FILE *err = fmemopen(said, size, "w");

	assert_non_null(err);
	(void)snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	int r = room_keys_read(words, count, ret, err);
	(void)fclose(err);
	return r;
}

static void every_key_is_read_into_its_place(void **state)
{
	struct room_values v;
	char said[256] = "";

	(void)state;
	assert_int_equal(read_line("title=T topic=a=b visibility=private read-only=yes "
				   "slow-mode=2m message-bytes=500 members=40 retention-days=30 "
				   "retention-events=1000",
				 &v, said, sizeof(said)),
		EXIT_DONE);
	assert_int_equal(v.given, (1U << _ROOM_KEY_MAX) - 1);
	assert_string_equal(v.title, "T");
	assert_string_equal(v.topic, "a=b");
	assert_int_equal(v.visibility, GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE);
	assert_true(v.settings.read_only);
	assert_int_equal(v.settings.slow_mode_s, 120);
	assert_int_equal(v.settings.text_bytes_max, 500);
	assert_int_equal(v.settings.members_max, 40);
	assert_int_equal(v.settings.retention_days, 30);
	assert_int_equal(v.settings.retention_events, 1000);
}

static void what_is_off_or_the_servers_has_a_word(void **state)
{
	struct room_values v;
	char said[256] = "";

	(void)state;
	assert_int_equal(read_line("read-only=no slow-mode=off members=default topic=", &v, said,
				 sizeof(said)),
		EXIT_DONE);
	assert_false(v.settings.read_only);
	assert_int_equal(v.settings.slow_mode_s, 0);
	assert_int_equal(v.settings.members_max, 0);
	assert_string_equal(v.topic, "");
	assert_int_equal(v.given, 1U << ROOM_KEY_READ_ONLY | 1U << ROOM_KEY_SLOW_MODE |
					  1U << ROOM_KEY_MEMBERS | 1U << ROOM_KEY_TOPIC);
}

static void a_wrong_word_is_explained(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"read-onyl=yes", "did you mean 'read-only'?"},
		{"=yes", "see gchatctl room set --help"},
		{"something-else-altogether=1", "see gchatctl room set --help"},
		{"read-only", "read-only wants a value"},
		{"read-only=perhaps", "allowed: yes, no"},
		{"visibility=direct", "allowed: public, private"},
		{"visibility=", "allowed: public, private"},
		{"slow-mode=0", "off, or up to 86400 s"},
		{"slow-mode=2d", "off, or up to 86400 s"},
		{"slow-mode=soon", "off, or up to 86400 s"},
		{"members=0", "1 to 1000000, or default"},
		{"members=-1", "1 to 1000000, or default"},
		{"members=1000001", "1 to 1000000, or default"},
		{"members=12x", "1 to 1000000, or default"},
		{"message-bytes=16385", "1 to 16384, or default"},
		{"retention-days=36501", "1 to 36500, or default"},
		{"retention-events=99999999999999999999999", "1 to 1000000000, or default"},
		{"members=3 members=4", "members is given twice"},
	};
	struct room_values v;

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(cases); i++) {
		char said[256] = "";
		assert_int_equal(read_line(cases[i].line, &v, said, sizeof(said)), EXIT_USAGE);
		if (!strstr(said, cases[i].says))
			fail_msg("%s: %s", cases[i].line, said);
	}
}

static void a_text_has_its_length(void **state)
{
	struct room_values v;
	char line[160] = "title=";
	char said[256] = "";

	(void)state;
	memset(line + 6, 'x', 128);
	assert_int_equal(read_line(line, &v, said, sizeof(said)), EXIT_DONE);
	line[6 + 128] = 'x';
	assert_int_equal(read_line(line, &v, said, sizeof(said)), EXIT_USAGE);
	assert_non_null(strstr(said, "at most 128 bytes"));
}

static void what_a_room_has_is_printed_as_it_is_given(void **state)
{
	static char title[] = "T";
	static const char *const expected[_ROOM_KEY_MAX] = {
		"T", "", "private", "yes", "1 min 30 s", "500", "default", "default", "9"};
	Gchat__V1__Room room;
	Gchat__V1__RoomSettings settings;
	Gchat__V1__AdminRoom admin_room;
	char out[ROOM_KEY_VALUE_BYTES];

	(void)state;
	gchat__v1__room__init(&room);
	gchat__v1__room_settings__init(&settings);
	gchat__v1__admin_room__init(&admin_room);
	admin_room.room = &room;
	admin_room.settings = &settings;
	room.title = title;
	room.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE;
	settings.read_only = true;
	settings.slow_mode_s = 90;
	settings.text_bytes_max = 500;
	settings.retention_events = 9;
	for (unsigned key = 0; key < _ROOM_KEY_MAX; key++) {
		room_key_print((enum room_key)key, &admin_room, out);
		assert_string_equal(out, expected[key]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_read_into_its_place),
		cmocka_unit_test(what_is_off_or_the_servers_has_a_word),
		cmocka_unit_test(a_wrong_word_is_explained),
		cmocka_unit_test(a_text_has_its_length),
		cmocka_unit_test(what_a_room_has_is_printed_as_it_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
