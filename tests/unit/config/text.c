/* See text.h. */
#include "text.h"

#include "base/mem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct config *text_parse(const char *text)
{
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	int r = config_parse(text, "test", &config, &errors);
	if (r)
		print_error("%s\n", errors.lines[0]);
	assert_int_equal(r, 0);
	assert_int_equal(errors.count, 0);
	return config;
}

char *text_errors(const char *text)
{
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	char *lines = NULL;
	size_t len;
	FILE *out = open_memstream(&lines, &len);
	assert_non_null(out);
	int r = config_parse(text, "test", &config, &errors);
	assert_int_equal(r != 0, errors.count != 0);
	config_errors_print(&errors, out);
	assert_int_equal(fclose(out), 0);
	config_errors_deinit(&errors);
	config_free(config);
	return lines;
}

char *text_print(const struct config *config)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	config_print(config, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

char *text_setting(const char *path, const char *value)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	(void)fprintf(out, "%.*s: { %s = %s; };", (int)strcspn(path, "."), path,
		strchr(path, '.') + 1, value);
	assert_int_equal(fclose(out), 0);
	return text;
}
