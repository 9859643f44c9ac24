/* The shipped configuration and the manual page say what the table says. */
#include "text.h"

#include "base/fd.h"
#include "base/mem.h"
#include "config/value.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	FILE_BYTES = 1024 * 1024,
	LINE_BYTES = 256,
};

static char *read_file(const char *path)
{
	char *text = NULL;
	size_t len;
	assert_int_equal(fd_read_file(path, FILE_BYTES, &text, &len), 0);
	return text;
}

/* The file with its settings uncommented: '#' goes where no blank follows it. */
static char *uncommented(void)
{
	char *text = read_file(CONF_FOLDER "/gchatd.conf");
	for (char *c = text; c && *c; c = strchr(c, '\n')) {
		c += *c == '\n';
		if (c[0] == '#' && c[1] != ' ' && c[1] != '\n')
			c[0] = ' ';
	}
	return text;
}

static void the_shipped_file_is_right_and_sets_nothing(void **state)
{
	(void)state;
	GC_CLEANUP(mem_freep) char *text = read_file(CONF_FOLDER "/gchatd.conf");
	struct config *config = text_parse(text);
	struct config *empty = text_parse("");
	GC_CLEANUP(mem_freep) char *got = text_print(config);
	GC_CLEANUP(mem_freep) char *wanted = text_print(empty);
	assert_string_equal(got, wanted);
	config_free(config);
	config_free(empty);
}

static void what_it_comments_out_is_every_key_at_its_default(void **state)
{
	(void)state;
	size_t count;
	const struct config_key *keys = config_keys(&count);
	GC_CLEANUP(mem_freep) char *text = uncommented();
	struct config *config = text_parse(text);
	for (size_t i = 0; i < count; i++) {
		char line[LINE_BYTES];
		GC_CLEANUP(mem_freep) char *got = value_text(config, &keys[i]);
		GC_CLEANUP(mem_freep) char *fallback = value_default_text(&keys[i]);
		assert_string_equal(got, fallback);
		(void)snprintf(line, sizeof(line), "\n \t%s = %s;\n", strchr(keys[i].path, '.') + 1,
			fallback);
		if (!strstr(text, line))
			fail_msg("gchatd.conf does not show %s at %s", keys[i].path, fallback);
	}
	config_free(config);
}

/* With filled text on one line; requests keep theirs. */
static char *manual(void)
{
	char *text = read_file(CONF_FOLDER "/gchatd.conf.5");
	for (char *c = text; *c; c++)
		if (*c == '\n' && c[1] != '.')
			*c = ' ';
	return text;
}

static void the_manual_page_has_every_key_with_range_default_and_reload(void **state)
{
	(void)state;
	size_t count;
	const struct config_key *keys = config_keys(&count);
	GC_CLEANUP(mem_freep) char *text = manual();
	for (size_t i = 0; i < count; i++) {
		char item[LINE_BYTES], allowed[LINE_BYTES], facts[2 * LINE_BYTES];
		(void)snprintf(item, sizeof(item), "\n.It Ic %s ", keys[i].path);
		const char *begin = strstr(text, item);
		if (!begin)
			fail_msg("gchatd.conf.5 does not name %s", keys[i].path);
		const char *end = strstr(begin + 1, "\n.It Ic ");
		GC_CLEANUP(mem_freep) char *entry = mem_strdup(begin);
		if (end)
			entry[end - begin] = '\0';
		GC_CLEANUP(mem_freep) char *fallback = value_default_text(&keys[i]);
		config_key_allowed(&keys[i], allowed, sizeof(allowed));
		(void)snprintf(facts, sizeof(facts), "; default %s; %s.", fallback,
			keys[i].live ? "reload" : "restart");
		if (!strstr(entry, facts) || !strstr(entry, keys[i].help))
			fail_msg("gchatd.conf.5 is wrong about %s: %s", keys[i].path, facts);
		if (keys[i].type != CONFIG_KEY_BOOL && !strstr(entry, allowed + 1))
			fail_msg("gchatd.conf.5: %s allows %s", keys[i].path, allowed);
	}
}

static void the_manual_page_names_nothing_that_is_gone(void **state)
{
	(void)state;
	static const char mark[] = "\n.It Ic ";
	char *text = manual();
	const char *begin = text;
	while ((begin = strstr(begin, mark))) {
		char path[LINE_BYTES];
		begin += strlen(mark);
		(void)snprintf(path, sizeof(path), "%.*s", (int)strcspn(begin, " \n"), begin);
		if (!config_key_find(path))
			fail_msg("gchatd.conf.5 names %s, which does not exist", path);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_file_is_right_and_sets_nothing),
		cmocka_unit_test(what_it_comments_out_is_every_key_at_its_default),
		cmocka_unit_test(the_manual_page_has_every_key_with_range_default_and_reload),
		cmocka_unit_test(the_manual_page_names_nothing_that_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
