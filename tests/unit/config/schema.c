/* The table is in order, complete and right about its own defaults. */
#include "config/schema.h"

#include "config/value.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct config_key *keys;
static size_t count;

static int get_keys(void **state)
{
	(void)state;
	keys = config_keys(&count);
	return count == 0;
}

static size_t group_len(const struct config_key *key)
{
	return strcspn(key->path, ".");
}

static bool same_group(const struct config_key *a, const struct config_key *b)
{
	return group_len(a) == group_len(b) && strncmp(a->path, b->path, group_len(a)) == 0;
}

static void every_path_is_a_group_and_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *name = keys[i].path + group_len(&keys[i]) + 1;
		assert_int_equal(keys[i].path[group_len(&keys[i])], '.');
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		assert_true(strlen(name) > 0);
	}
}

static void every_key_is_found_by_its_path_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(config_key_find(keys[i].path), &keys[i]);
		assert_int_equal(config_key_index(&keys[i]), i);
	}
	assert_null(config_key_find("server"));
	assert_null(config_key_find(""));
}

static void the_keys_of_a_group_stand_together_in_the_order_of_the_struct(void **state)
{
	(void)state;
	for (size_t i = 1; i < count; i++) {
		assert_true(keys[i].offset > keys[i - 1].offset);
		for (size_t k = 0; k + 1 < i && !same_group(&keys[i], &keys[i - 1]); k++)
			assert_false(same_group(&keys[i], &keys[k]));
	}
}

static void every_byte_of_the_struct_belongs_to_a_key(void **state)
{
	(void)state;
	static const size_t sizes[] = {
		[CONFIG_KEY_INT] = sizeof(int64_t),
		[CONFIG_KEY_BOOL] = sizeof(int64_t), /* with its padding */
		[CONFIG_KEY_STRING] = sizeof(char *),
		[CONFIG_KEY_WORD] = sizeof(int64_t),
		[CONFIG_KEY_LIST] = sizeof(struct config_list),
	};
	size_t next = 0;
	for (size_t i = 0; i < count; i++) {
		assert_in_range(next - keys[i].offset + sizeof(int64_t), 1, sizeof(int64_t));
		next = keys[i].offset + sizes[keys[i].type];
	}
	assert_int_equal(next, offsetof(struct config, sources));
}

static void every_key_says_what_it_is_for_in_one_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(keys[i].help);
		assert_in_range(len, 10, 90);
		assert_int_not_equal(keys[i].help[len - 1], '.');
		assert_non_null(keys[i].unit);
	}
}

static void every_number_has_a_unit_and_a_default_in_its_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (keys[i].type != CONFIG_KEY_INT)
			continue;
		assert_true(strlen(keys[i].unit) > 0);
		assert_true(keys[i].min < keys[i].max);
		assert_true(keys[i].fallback >= keys[i].min && keys[i].fallback <= keys[i].max);
		assert_true(keys[i].max <= INT32_MAX); /* or it would need the suffix L */
	}
}

static void every_default_string_passes_its_own_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *text = keys[i].fallback_text;
		if (keys[i].type != CONFIG_KEY_STRING)
			continue;
		assert_in_range(strlen(text), keys[i].min, keys[i].max);
		assert_true(!keys[i].check || !keys[i].check(text));
		assert_int_equal(!keys[i].check, !keys[i].allowed);
	}
}

static void every_key_with_words_defaults_to_one_of_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_true(keys[i].words || keys[i].type != CONFIG_KEY_WORD);
		if (!keys[i].words)
			continue;
		char *text = value_default_text(&keys[i]);
		char allowed[256];
		config_key_allowed(&keys[i], allowed, sizeof(allowed));
		assert_non_null(strstr(allowed, text));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_is_a_group_and_a_name),
		cmocka_unit_test(every_key_is_found_by_its_path_alone),
		cmocka_unit_test(the_keys_of_a_group_stand_together_in_the_order_of_the_struct),
		cmocka_unit_test(every_byte_of_the_struct_belongs_to_a_key),
		cmocka_unit_test(every_key_says_what_it_is_for_in_one_sentence),
		cmocka_unit_test(every_number_has_a_unit_and_a_default_in_its_range),
		cmocka_unit_test(every_default_string_passes_its_own_check),
		cmocka_unit_test(every_key_with_words_defaults_to_one_of_them),
	};
	return cmocka_run_group_tests(tests, get_keys, NULL);
}
