/* What libconfig gets wrong is found before it reads, and only that. */
#include "config/scan.h"

#include "base/mem.h"
#include "text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static bool refused[CONFIG_KEYS_MAX];

/* How many numbers of this text are refused. */
static size_t scan(const char *text)
{
	struct config_errors errors = {.count = 0};
	memset(refused, 0, sizeof(refused));
	scan_text(text, "test", refused, &errors);
	size_t count = errors.count;
	config_errors_deinit(&errors);
	return count;
}

static void a_number_fits_up_to_32_bits_or_64_with_a_suffix(void **state)
{
	(void)state;
	assert_int_equal(scan("limits: { rooms = 2147483647; };"), 0);
	assert_int_equal(scan("limits: { rooms = 2147483648; };"), 1);
	assert_int_equal(scan("limits: { rooms = -2147483648; };"), 0);
	assert_int_equal(scan("limits: { rooms = -2147483649; };"), 1);
	assert_int_equal(scan("limits: { rooms = 0x7FFFFFFF; };"), 0);
	assert_int_equal(scan("limits: { rooms = 0x80000000; };"), 1);
	assert_int_equal(scan("limits: { rooms = 9223372036854775807L; };"), 0);
	assert_int_equal(scan("limits: { rooms = 9223372036854775808L; };"), 1);
	assert_int_equal(scan("limits: { rooms = 1e300; };"), 0); /* a wrong type, said later */
}

static void the_key_of_a_refused_number_is_marked(void **state)
{
	(void)state;
	const struct config_key *key = config_key_find("limits.rooms");
	assert_int_equal(scan("limits: { rooms = 99999999999; };"), 1);
	assert_true(refused[config_key_index(key)]);
	assert_int_equal(scan("limits: { roomz = 99999999999; };"), 0);
}

static void numbers_in_comments_strings_and_names_are_not_numbers(void **state)
{
	(void)state;
	assert_int_equal(scan("limits: {\n# rooms = 99999999999;\n// rooms = 99999999999;\n"
			      "/* rooms = 99999999999;\n*/ };\n"
			      "server: { name = \"rooms = 99999999999 \\\" 99999999999\"; "
			      "x99999999999 = 1; };"),
		0);
}

static void text_that_ends_anywhere_is_survived(void **state)
{
	(void)state;
	static const char whole[] = "limits: { rooms = -12 /* x */ # y\n; s = \"a\\b\"; // z\n};";
	char cut[sizeof(whole)];
	for (size_t len = 0; len < sizeof(whole); len++) {
		memcpy(cut, whole, len);
		cut[len] = '\0';
		assert_int_equal(scan(cut), 0);
	}
}

/* Loads a file with this text, in a folder of its own; the messages, owned by the caller. */
static char *load_errors(const char *text, bool with_folder)
{
	char folder[] = "/tmp/gchat-scan-XXXXXX";
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	char path[64], inner[64];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/f", folder);
	(void)snprintf(inner, sizeof(inner), "%s/inner", folder);
	FILE *out = fopen(path, "we");
	assert_non_null(out);
	(void)fputs(text, out);
	assert_int_equal(fclose(out), 0);
	if (with_folder)
		assert_int_equal(mkdir(inner, 0700), 0);
	int r = config_load(path, &config, &errors);
	assert_int_equal(r != 0, errors.count != 0);
	char *line = mem_strdup(errors.count ? errors.lines[0] + strlen(path) : "");
	config_errors_deinit(&errors);
	config_free(config);
	(void)unlink(path);
	(void)rmdir(inner);
	(void)rmdir(folder);
	return line;
}

static void including_a_folder_is_an_error_and_not_the_end(void **state)
{
	(void)state;
	GC_CLEANUP(mem_freep) char *line = load_errors("\n@include \"inner\"\n", true);
	assert_string_equal(line, ":2: @include: inner: Is a directory");
}

static void including_what_is_not_there_names_file_and_line(void **state)
{
	(void)state;
	GC_CLEANUP(mem_freep) char *line = load_errors("\n\n  @include \"inner\"\n", false);
	assert_string_equal(line, ":3: @include: inner: No such file or directory");
}

static void an_include_in_a_comment_or_a_string_is_none(void **state)
{
	(void)state;
	GC_CLEANUP(mem_freep)
	char *line = load_errors("/*\n@include \"inner\"\n*/\n"
				 "server: { message_of_the_day = \"\n"
				 "@include \"; };\n",
		false);
	assert_string_equal(line, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_fits_up_to_32_bits_or_64_with_a_suffix),
		cmocka_unit_test(the_key_of_a_refused_number_is_marked),
		cmocka_unit_test(numbers_in_comments_strings_and_names_are_not_numbers),
		cmocka_unit_test(text_that_ends_anywhere_is_survived),
		cmocka_unit_test(including_a_folder_is_an_error_and_not_the_end),
		cmocka_unit_test(including_what_is_not_there_names_file_and_line),
		cmocka_unit_test(an_include_in_a_comment_or_a_string_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
