/* Every key of the table is read, and refused outside what it allows. */
#include "text.h"

#include "base/mem.h"
#include "config/value.h"
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	VALUE_BYTES = 8192,
};

/* Calls fn for each key of the type. */
static void for_each(enum config_key_type type, void (*fn)(const struct config_key *key))
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	for (size_t i = 0; i < count; i++)
		if (keys[i].type == type)
			fn(&keys[i]);
}

/* The only message that this value gives must name the key and this reason. */
static void expect_refused(const struct config_key *key, const char *value, const char *why)
{
	GC_CLEANUP(mem_freep) char *text = text_setting(key->path, value);
	GC_CLEANUP(mem_freep) char *errors = text_errors(text);
	char begin[128];
	(void)snprintf(begin, sizeof(begin), "test:1: %s: ", key->path);
	if (strncmp(errors, begin, strlen(begin)) != 0 || !strstr(errors, why))
		fail_msg("%s: wanted '%s', got '%s'", text, why, errors);
	assert_ptr_equal(strchr(errors, '\n'), errors + strlen(errors) - 1);
}

/* The value must be taken, or meet no other error than a rule between settings. */
static void expect_taken(const struct config_key *key, const char *value)
{
	GC_CLEANUP(mem_freep) char *text = text_setting(key->path, value);
	GC_CLEANUP(mem_freep) char *errors = text_errors(text);
	assert_null(strstr(errors, "out of range"));
	assert_null(strstr(errors, "not "));
	if (errors[0])
		return;
	struct config *config = text_parse(text);
	GC_CLEANUP(mem_freep) char *got = value_text(config, key);
	assert_string_equal(got, value);
	config_free(config);
}

static void int_range(const struct config_key *key)
{
	char value[32];
	(void)snprintf(value, sizeof(value), "%" PRId64, key->min);
	expect_taken(key, value);
	(void)snprintf(value, sizeof(value), "%" PRId64, key->max);
	expect_taken(key, value);
	(void)snprintf(value, sizeof(value), "%" PRId64, key->min - 1);
	expect_refused(key, value, ": out of range (allowed: ");
	(void)snprintf(value, sizeof(value), "%" PRId64, key->max + 1);
	expect_refused(key, value, ": out of range (allowed: ");
}

static void each_number_is_taken_up_to_its_edges_and_not_beyond(void **state)
{
	(void)state;
	for_each(CONFIG_KEY_INT, int_range);
}

static void int_type(const struct config_key *key)
{
	expect_refused(key, "\"5\"", ": not a whole number (allowed: ");
	expect_refused(key, "5.0", ": not a whole number (allowed: ");
	expect_refused(key, "true", ": not a whole number (allowed: ");
	expect_refused(key, "[ 5 ]", ": not a whole number (allowed: ");
	expect_refused(key, "{ }", ": not a whole number (allowed: ");
}

static void each_number_must_be_a_whole_number(void **state)
{
	(void)state;
	for_each(CONFIG_KEY_INT, int_type);
}

static void int_width(const struct config_key *key)
{
	/* cut to 32 bits these would be the default, and taken */
	char value[32];
	(void)snprintf(value, sizeof(value), "%" PRId64, key->fallback + (INT64_C(1) << 32));
	expect_refused(key, value, ": the number is too large (allowed: ");
	(void)snprintf(value, sizeof(value), "0x1%08" PRIx64, key->fallback);
	expect_refused(key, value, ": the number is too large (allowed: ");
}

static void no_number_is_cut_to_32_bits_unnoticed(void **state)
{
	(void)state;
	for_each(CONFIG_KEY_INT, int_width);
}

static void bool_values(const struct config_key *key)
{
	expect_taken(key, "true");
	expect_taken(key, "false");
	expect_refused(key, "1", ": neither true nor false (allowed: true, false)");
	expect_refused(key, "\"true\"", ": neither true nor false (allowed: true, false)");
}

static void each_switch_is_true_or_false_and_nothing_else(void **state)
{
	(void)state;
	for_each(CONFIG_KEY_BOOL, bool_values);
}

static void word_values(const struct config_key *key)
{
	if (!key->words)
		return;
	for (const struct config_word *word = key->words; word->word; word++) {
		char value[64];
		(void)snprintf(value, sizeof(value), "\"%s\"", word->word);
		expect_taken(key, value);
	}
	expect_refused(key, "\"\"", ": not one of the words (allowed: ");
	expect_refused(key, "\"something\"", ": not one of the words (allowed: ");
	expect_refused(key, "1", ": not one of the words (allowed: ");
}

static void each_word_of_a_key_is_taken_and_no_other(void **state)
{
	(void)state;
	for_each(CONFIG_KEY_WORD, word_values);
	for_each(CONFIG_KEY_STRING, word_values);
}

static void string_values(const struct config_key *key)
{
	char value[VALUE_BYTES];
	if (key->words)
		return;
	expect_refused(key, "5", ": not a string (allowed: ");
	expect_refused(key, "[ \"a\" ]", ": not a string (allowed: ");
	if (key->min > 0)
		expect_refused(key, "\"\"", ": too short (allowed: ");
	memset(value, '/', sizeof(value));
	value[0] = '"';
	value[key->max + 2] = '"';
	value[key->max + 3] = '\0';
	expect_refused(key, value, ": too long (allowed: ");
}

static void each_string_has_a_shortest_and_a_longest_form(void **state)
{
	(void)state;
	for_each(CONFIG_KEY_STRING, string_values);
}

static void list_values(const struct config_key *key)
{
	char value[VALUE_BYTES] = "[ \"a\"";
	for (int i = 0; i < CONFIG_LIST_MAX; i++)
		strcat(value, ", \"a\"");
	strcat(value, " ]");
	expect_refused(key, value, ": too many (allowed: ");
	expect_refused(key, "\"a\"", ": not a list (allowed: a list of strings)");
	expect_refused(key, "[ 1 ]", ": not a string (allowed: a list of strings)");
	expect_refused(key, "( ( \"a\" ) )", ": not a string (allowed: a list of strings)");
	if (key->min > 0)
		expect_refused(key, "[]", ": too few (allowed: ");
	else
		expect_taken(key, "[]");
}

static void each_list_holds_strings_and_not_too_many(void **state)
{
	(void)state;
	for_each(CONFIG_KEY_LIST, list_values);
}

static void a_list_replaces_its_default(void **state)
{
	(void)state;
	struct config *config =
		text_parse("listen: { addresses = ( \"127.0.0.1:1\", \"[::1]:2\" ); };");
	assert_int_equal(config->listen.addresses.count, 2);
	assert_string_equal(config->listen.addresses.items[0], "127.0.0.1:1");
	assert_string_equal(config->listen.addresses.items[1], "[::1]:2");
	config_free(config);
}

static void an_empty_text_gives_the_defaults(void **state)
{
	(void)state;
	struct config *config = text_parse("");
	assert_string_equal(config->server.name, "gchat");
	assert_int_equal(config->limits.text_bytes, 16384);
	assert_int_equal(config->accounts.registration, CONFIG_REGISTRATION_INVITE);
	assert_int_equal(config->log.level, CONFIG_LOG_INFO);
	assert_false(config->accounts.guests);
	config_free(config);
}

static void no_file_at_all_gives_the_defaults(void **state)
{
	(void)state;
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	assert_int_equal(config_load(NULL, &config, &errors), 0);
	GC_CLEANUP(mem_freep) char *got = text_print(config);
	struct config *empty = text_parse("");
	GC_CLEANUP(mem_freep) char *wanted = text_print(empty);
	assert_string_equal(got, wanted);
	config_free(config);
	config_free(empty);
}

/* Where gchat is installed there may be one. */
static void the_usual_file_need_not_be_there_but_another_must(void **state)
{
	(void)state;
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	if (access(GCHAT_CONFIG_FILE, F_OK) < 0) {
		assert_int_equal(config_load(GCHAT_CONFIG_FILE, &config, &errors), 0);
		assert_string_equal(config->server.name, "gchat");
		config_free(config);
	}
	assert_int_equal(config_load("/nonexistent/gchatd.conf", &config, &errors), -EINVAL);
	assert_int_equal(errors.count, 1);
	config_errors_deinit(&errors);
}

static void one_error_does_not_hide_the_next(void **state)
{
	(void)state;
	GC_CLEANUP(mem_freep)
	char *errors = text_errors("server: {\n shards = -1;\n nmae = 1;\n};\n"
				   "tls: {\n key = \"/k\";\n};\nlgo: { };\n");
	assert_string_equal(errors,
		"test:2: server.shards: -1: out of range (allowed: 0 to 256 threads)\n"
		"test:3: server.nmae: unknown key, the nearest is server.name\n"
		"test:8: lgo: unknown group, the nearest is log\n"
		"test:6: tls.key: \"/k\": tls.certificate is not set (allowed: both or neither)\n");
}

static void a_syntax_error_has_its_line(void **state)
{
	(void)state;
	GC_CLEANUP(mem_freep) char *errors = text_errors("server: {\n shards = 1;\n");
	assert_string_equal(errors, "test:3: syntax error\n");
}

static void a_refused_text_leaves_no_configuration(void **state)
{
	(void)state;
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	assert_int_not_equal(config_parse("x = 1;", "test", &config, &errors), 0);
	assert_null(config);
	config_errors_deinit(&errors);
}

static void text_cannot_include_a_file(void **state)
{
	(void)state;
	GC_CLEANUP(mem_freep) char *errors = text_errors("\n@include \"/etc/passwd\"\n");
	assert_string_equal(errors, "test:2: @include: this text cannot include files\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_number_is_taken_up_to_its_edges_and_not_beyond),
		cmocka_unit_test(each_number_must_be_a_whole_number),
		cmocka_unit_test(no_number_is_cut_to_32_bits_unnoticed),
		cmocka_unit_test(each_switch_is_true_or_false_and_nothing_else),
		cmocka_unit_test(each_word_of_a_key_is_taken_and_no_other),
		cmocka_unit_test(each_string_has_a_shortest_and_a_longest_form),
		cmocka_unit_test(each_list_holds_strings_and_not_too_many),
		cmocka_unit_test(a_list_replaces_its_default),
		cmocka_unit_test(an_empty_text_gives_the_defaults),
		cmocka_unit_test(no_file_at_all_gives_the_defaults),
		cmocka_unit_test(the_usual_file_need_not_be_there_but_another_must),
		cmocka_unit_test(one_error_does_not_hide_the_next),
		cmocka_unit_test(a_syntax_error_has_its_line),
		cmocka_unit_test(a_refused_text_leaves_no_configuration),
		cmocka_unit_test(text_cannot_include_a_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
