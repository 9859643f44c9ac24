/* Lists, page by page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/command.h"
#include "ctl/exit.h"
#include "ctl/list.h"

enum {
	PAGES = 3,
	PAGE_ROWS = 2,
};

static const struct field fields[] = {
	{"user", "USER", FIELD_TEXT},
	{"lag", "LAG", FIELD_COUNT},
};

static int fetched; /* pages */

/* u0 60, u1 50, ... u5 10. */
static int fetch(const struct command_call *call, struct rows *rows, char **page_token)
{
	char name[16];

	(void)call;
	for (int i = 0; i < PAGE_ROWS; i++) {
		int n = fetched * PAGE_ROWS + i;
		(void)snprintf(name, sizeof(name), "u%d", n);
		rows_text(rows, name);
		rows_number(rows, 10 * (uint64_t)(PAGES * PAGE_ROWS - n));
	}
	fetched++;
	free(*page_token);
	*page_token = fetched < PAGES ? mem_strdup("more") : NULL;
	return EXIT_DONE;
}

static const struct list_spec spec = {
	.noun = "user", .fields = fields, .field_count = GC_LENGTH(fields), .fetch = fetch};

/* Runs the list with the options given; what it printed is owned. */
static char *run(struct options *options, enum output_format format, int expected)
{
	char *text = NULL;
	size_t len = 0;
	struct output output = {.format = format, .out = open_memstream(&text, &len)};
	struct command_call call = {.options = options, .output = &output};

	fetched = 0;
	assert_int_equal(list_run(&call, &spec), expected);
	(void)fclose(output.out);
	return text;
}

static void add(struct options *options, const char *name, const char *text, uint64_t number)
{
	const struct option_row *row = options_of_lists;

	while (strcmp(row->name, name) != 0)
		row++;
	options->given[options->given_count++] =
		(struct option_given){.row = row, .text = text, .number = number};
}

static void all_pages_are_printed_in_order(void **state)
{
	struct options options = {0};
	char *text = run(&options, OUTPUT_PLAIN, EXIT_DONE);

	(void)state;
	assert_string_equal(text, "u0\t60\nu1\t50\nu2\t40\nu3\t30\nu4\t20\nu5\t10\n");
	free(text);
}

static void a_limit_ends_the_fetching(void **state)
{
	struct options options = {0};

	(void)state;
	add(&options, "limit", "3", 3);
	char *text = run(&options, OUTPUT_PLAIN, EXIT_DONE);
	assert_string_equal(text, "u0\t60\nu1\t50\nu2\t40\n");
	assert_int_equal(fetched, 2);
	free(text);
}

static void a_sorted_list_is_the_first_of_all_pages(void **state)
{
	struct options options = {0};

	(void)state;
	add(&options, "sort", "lag", 0);
	add(&options, "limit", "2", 2);
	char *text = run(&options, OUTPUT_PLAIN, EXIT_DONE);
	assert_string_equal(text, "u5\t10\nu4\t20\n");
	assert_int_equal(fetched, PAGES);
	free(text);
}

static void a_filter_looks_at_every_page(void **state)
{
	struct options options = {0};

	(void)state;
	add(&options, "filter", "lag<45", 0);
	add(&options, "filter", "user!=u4", 0);
	char *text = run(&options, OUTPUT_PLAIN, EXIT_DONE);
	assert_string_equal(text, "u2\t40\nu3\t30\nu5\t10\n");
	free(text);
}

static void columns_come_in_the_order_asked_for(void **state)
{
	struct options options = {0};

	(void)state;
	add(&options, "columns", "LAG,user", 0);
	add(&options, "limit", "1", 1);
	char *text = run(&options, OUTPUT_PLAIN, EXIT_DONE);
	assert_string_equal(text, "60\tu0\n");
	free(text);
	text = run(&options, OUTPUT_JSONL, EXIT_DONE);
	assert_string_equal(text, "{\"lag\":60,\"user\":\"u0\"}\n");
	free(text);
}

static void an_unknown_column_prints_nothing(void **state)
{
	struct options options = {0};

	(void)state;
	add(&options, "columns", "user,lga", 0);
	char *text = run(&options, OUTPUT_JSON, EXIT_USAGE);
	assert_string_equal(text, "");
	assert_int_equal(fetched, 0);
	free(text);
}

static void a_json_list_of_many_pages_is_one_array(void **state)
{
	struct options options = {0};

	(void)state;
	add(&options, "columns", "user", 0);
	add(&options, "limit", "3", 3);
	char *text = run(&options, OUTPUT_JSON, EXIT_DONE);
	assert_string_equal(text, "[\n  {\n    \"user\": \"u0\"\n  },\n"
				  "  {\n    \"user\": \"u1\"\n  },\n"
				  "  {\n    \"user\": \"u2\"\n  }\n]\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pages_are_printed_in_order),
		cmocka_unit_test(a_limit_ends_the_fetching),
		cmocka_unit_test(a_sorted_list_is_the_first_of_all_pages),
		cmocka_unit_test(a_filter_looks_at_every_page),
		cmocka_unit_test(columns_come_in_the_order_asked_for),
		cmocka_unit_test(an_unknown_column_prints_nothing),
		cmocka_unit_test(a_json_list_of_many_pages_is_one_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
