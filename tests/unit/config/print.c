/* The canonical form names everything and loses nothing. */
#include "text.h"

#include "base/mem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_stable(const char *text)
{
	struct config *config = text_parse(text);
	GC_CLEANUP(mem_freep) char *once = text_print(config);
	struct config *again = text_parse(once);
	GC_CLEANUP(mem_freep) char *twice = text_print(again);
	assert_string_equal(once, twice);
	config_free(config);
	config_free(again);
}

static void the_defaults_parse_to_themselves(void **state)
{
	(void)state;
	expect_stable("");
}

static void every_awkward_character_survives(void **state)
{
	(void)state;
	static const char text[] = "server: { message_of_the_day = \"\\\\ \\\" \\n\\t {};=# // /* "
				   "\xc3\xa9 \xf0\x9f\x98\x80\"; };";
	static const char motd[] = "\\ \" \n\t {};=# // /* \xc3\xa9 \xf0\x9f\x98\x80";
	expect_stable(text);
	struct config *config = text_parse(text);
	assert_string_equal(config->server.message_of_the_day, motd);
	config_free(config);
}

static void every_key_stands_in_it_once_with_its_help(void **state)
{
	(void)state;
	size_t count;
	const struct config_key *keys = config_keys(&count);
	struct config *config = text_parse("");
	GC_CLEANUP(mem_freep) char *text = text_print(config);
	for (size_t i = 0; i < count; i++) {
		char line[64];
		(void)snprintf(line, sizeof(line), "\n\t%s = ", strchr(keys[i].path, '.') + 1);
		assert_non_null(strstr(text, line));
		assert_non_null(strstr(text, keys[i].help));
	}
	config_free(config);
}

static void it_says_range_default_and_how_a_change_is_applied(void **state)
{
	(void)state;
	struct config *config = text_parse("server: { shards = 4; drain_ms = 5; };");
	GC_CLEANUP(mem_freep) char *text = text_print(config);
	assert_non_null(strstr(text, "\n\t# (0 to 256 threads; default 0; needs a restart)\n"
				     "\tshards = 4;\n"));
	assert_non_null(strstr(text, "\n\t# (0 to 600000 ms; default 3000; a reload applies it)\n"
				     "\tdrain_ms = 5;\n"));
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_parse_to_themselves),
		cmocka_unit_test(every_awkward_character_survives),
		cmocka_unit_test(every_key_stands_in_it_once_with_its_help),
		cmocka_unit_test(it_says_range_default_and_how_a_change_is_applied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
