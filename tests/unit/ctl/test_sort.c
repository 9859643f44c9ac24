/* The order of rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "ctl/exit.h"
#include "ctl/options.h"
#include "ctl/sort.h"

static const struct field fields[] = {
	{"user", "USER", FIELD_TEXT},
	{"lag", "LAG", FIELD_COUNT},
};

static void fill(struct rows *rows)
{
	static const struct {
		const char *user;
		uint64_t lag;
	} all[] = {{"cid", 5}, {"Ann", 7}, {"bob", 5}, {"ann", UINT64_MAX}, {"dan", 0}};

	rows_init(rows, fields, GC_LENGTH(fields));
	for (size_t i = 0; i < GC_LENGTH(all); i++) {
		rows_text(rows, all[i].user);
		rows_number(rows, all[i].lag);
	}
}

static int read_sort(const char *text, struct sort *ret)
{
	static const struct option_row row = {.name = "sort", .argument = "X", .kind = OPTION_TEXT};
	struct options options = {.given = {{.row = &row, .text = text}}, .given_count = 1};
	struct rows shape;
	char said[1024];
	FILE *err = fmemopen(said, sizeof(said), "w");

	rows_init(&shape, fields, GC_LENGTH(fields));
	int r = sort_read(&options, &shape, ret, err);
	(void)fclose(err);
	return r;
}

/* The users in the order that `text` asks for. */
static void check(const char *text, const char *expected)
{
	struct sort sort;
	struct rows rows;
	char users[64] = "";

	fill(&rows);
	assert_int_equal(read_sort(text, &sort), EXIT_DONE);
	sort_rows(&sort, &rows);
	for (size_t i = 0; i < rows_count(&rows); i++) {
		(void)strcat(users, i ? " " : "");
		(void)strcat(users, rows_get(&rows, i, 0)->text);
	}
	assert_string_equal(users, expected);
	rows_deinit(&rows);
}

static void text_is_sorted_without_regard_to_case_first(void **state)
{
	(void)state;
	check("user", "Ann ann bob cid dan");
	check("-user", "dan cid bob ann Ann");
}

static void numbers_are_sorted_as_numbers_and_equal_ones_stay(void **state)
{
	(void)state;
	check("lag", "dan cid bob Ann ann");
	check("-lag", "ann Ann cid bob dan");
}

static void later_keys_decide_among_equals(void **state)
{
	(void)state;
	check("lag,user", "dan bob cid Ann ann");
	check("LAG,-USER", "dan cid bob Ann ann");
}

static void unknown_and_too_many_keys_are_refused(void **state)
{
	struct sort sort;

	(void)state;
	assert_int_equal(read_sort("nope", &sort), EXIT_USAGE);
	assert_int_equal(read_sort("", &sort), EXIT_USAGE);
	assert_int_equal(read_sort("-", &sort), EXIT_USAGE);
	assert_int_equal(read_sort("lag,", &sort), EXIT_USAGE);
	assert_int_equal(read_sort("lag,lag,lag,lag,lag,lag,lag,lag,lag", &sort), EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_sorted_without_regard_to_case_first),
		cmocka_unit_test(numbers_are_sorted_as_numbers_and_equal_ones_stay),
		cmocka_unit_test(later_keys_decide_among_equals),
		cmocka_unit_test(unknown_and_too_many_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
