/* One set of rows through every face. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/macros.h"
#include "ctl/output.h"

static const struct field fields[] = {
	{"user", "USER", FIELD_TEXT},
	{"id", "ID", FIELD_ID},
	{"count", "COUNT", FIELD_COUNT},
	{"memory.bytes", "MEMORY", FIELD_BYTES},
	{"memory.since", "SINCE", FIELD_TIME},
	{"names", "NAMES", FIELD_LIST},
};

struct paper {
	char *text; /* owned */
	size_t len;
	struct output output;
};

static void fill(struct rows *rows)
{
	rows_init(rows, fields, GC_LENGTH(fields));
	rows_text(rows, "ann");
	rows_number(rows, 18446744073709551615U);
	rows_number(rows, 7);
	rows_number(rows, 1536);
	rows_number(rows, 1700000000000000U);
	rows_text(rows, "a.example\nb.example");
}

static void add_hostile(struct rows *rows)
{
	rows_text(rows, "\033[2Jb\tob\xE2\x80\xAE");
	rows_number(rows, 1);
	rows_number(rows, 0);
	rows_number(rows, 0);
	rows_number(rows, 0);
	rows_text(rows, "");
}

static void take_paper(struct paper *p, enum output_format format)
{
	*p = (struct paper){0};
	p->output = (struct output){.format = format, .legend = true};
	p->output.out = open_memstream(&p->text, &p->len);
}

/* On a terminal of that width, details giving way; owned by the caller. */
static char *print_narrow(const struct rows *rows, size_t width, const char *details)
{
	struct paper p;

	take_paper(&p, OUTPUT_TABLE);
	p.output.terminal = true;
	p.output.width = width;
	struct listing listing = listing_start(&p.output, "user", rows->fields, rows->field_count);
	listing.details = details;
	assert_int_equal(listing_page(&listing, rows), 0);
	assert_int_equal(listing_end(&listing), 0);
	(void)fclose(p.output.out);
	return p.text;
}

/* Prints `rows` and gives the text; owned by the caller. */
static char *print_list(const struct rows *rows, enum output_format format, bool legend)
{
	struct paper p;

	take_paper(&p, format);
	p.output.legend = legend;
	assert_int_equal(output_list(&p.output, rows, "user"), 0);
	(void)fclose(p.output.out);
	return p.text;
}

static void a_table_is_aligned_and_counted(void **state)
{
	struct rows rows;

	(void)state;
	fill(&rows);
	char *text = print_list(&rows, OUTPUT_TABLE, true);
	assert_non_null(strstr(text, "USER  ID                    COUNT   MEMORY  SINCE"));
	assert_non_null(
		strstr(text, "ann   18446744073709551615      7  1.5 KiB  2023-11-14T22:13:20Z"));
	assert_non_null(strstr(text, "\n1 user.\n"));
	free(text);
	rows_deinit(&rows);
}

static void without_a_legend_only_rows_are_printed(void **state)
{
	struct rows rows;

	(void)state;
	fill(&rows);
	char *text = print_list(&rows, OUTPUT_TABLE, false);
	assert_null(strstr(text, "USER"));
	assert_null(strstr(text, "1 user"));
	assert_int_equal(strncmp(text, "ann ", 4), 0);
	free(text);
	rows_deinit(&rows);
}

static void an_empty_list_says_so(void **state)
{
	struct rows rows;

	(void)state;
	rows_init(&rows, fields, GC_LENGTH(fields));
	char *text = print_list(&rows, OUTPUT_TABLE, true);
	assert_string_equal(text, "0 users.\n");
	free(text);
	text = print_list(&rows, OUTPUT_JSON, true);
	assert_string_equal(text, "[]\n");
	free(text);
	rows_deinit(&rows);
}

static void text_from_others_cannot_reach_the_terminal(void **state)
{
	static const enum output_format formats[] = {
		OUTPUT_TABLE, OUTPUT_PLAIN, OUTPUT_JSON, OUTPUT_JSONL};
	struct rows rows;

	(void)state;
	fill(&rows);
	add_hostile(&rows);
	for (size_t i = 0; i < GC_LENGTH(formats); i++) {
		char *text = print_list(&rows, formats[i], true);
		assert_null(strchr(text, '\033'));
		assert_null(strstr(text, "\xE2\x80\xAE"));
		free(text);
	}
	rows_deinit(&rows);
}

static void json_keeps_every_character_and_type(void **state)
{
	struct rows rows;

	(void)state;
	fill(&rows);
	add_hostile(&rows);
	char *text = print_list(&rows, OUTPUT_JSON, true);
	json_t *list = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(list), 2);
	json_t *first = json_array_get(list, 0);
	json_t *memory = json_object_get(first, "memory");
	assert_string_equal(
		json_string_value(json_object_get(first, "id")), "18446744073709551615");
	assert_int_equal(json_integer_value(json_object_get(first, "count")), 7);
	assert_int_equal(json_integer_value(json_object_get(memory, "bytes")), 1536);
	assert_int_equal(json_array_size(json_object_get(first, "names")), 2);
	json_t *second = json_array_get(list, 1);
	assert_string_equal(
		json_string_value(json_object_get(second, "user")), "\033[2Jb\tob\xE2\x80\xAE");
	assert_true(json_is_null(json_object_get(json_object_get(second, "memory"), "since")));
	json_decref(list);
	free(text);
	rows_deinit(&rows);
}

static void json_lines_are_one_object_each(void **state)
{
	struct rows rows;

	(void)state;
	fill(&rows);
	add_hostile(&rows);
	char *text = print_list(&rows, OUTPUT_JSONL, true);
	char *newline = strchr(text, '\n');
	assert_non_null(newline);
	*newline = '\0';
	json_t *one = json_loads(text, 0, NULL);
	assert_non_null(one);
	json_decref(one);
	free(text);
	rows_deinit(&rows);
}

static void plain_rows_have_a_tab_between_exact_values(void **state)
{
	struct rows rows;

	(void)state;
	fill(&rows);
	char *text = print_list(&rows, OUTPUT_PLAIN, false);
	assert_string_equal(text, "ann\t18446744073709551615\t7\t1536\t2023-11-14T22:13:20Z\t"
				  "a.example b.example\n");
	free(text);
	rows_deinit(&rows);
}

static void a_record_has_one_labelled_line_per_value(void **state)
{
	struct rows rows;
	struct paper p;

	(void)state;
	fill(&rows);
	take_paper(&p, OUTPUT_TABLE);
	p.output.relative = true;
	p.output.now_us = 1700000000000000U + 3UL * 3600UL * 1000000UL;
	assert_int_equal(output_record(&p.output, &rows), 0);
	(void)fclose(p.output.out);
	assert_non_null(strstr(p.text, "  USER: ann\n"));
	assert_non_null(strstr(p.text, " SINCE: 3 h ago\n"));
	assert_non_null(strstr(p.text, " NAMES: a.example\n        b.example\n"));
	free(p.text);
	rows_deinit(&rows);
}

static void a_full_disk_is_a_failure(void **state)
{
	struct rows rows;
	struct output output = {.format = OUTPUT_JSON, .legend = true};

	(void)state;
	fill(&rows);
	output.out = fopen("/dev/full", "we");
	assert_non_null(output.out);
	assert_true(output_list(&output, &rows, "user") < 0);
	(void)fclose(output.out);
	rows_deinit(&rows);
}

/* No line is longer than `width`, but for the count. */
static void assert_fits(const char *text, size_t width)
{
	while (*text && *text != '\n') {
		size_t len = strcspn(text, "\n");
		if (len > width)
			fail_msg("%zu columns: %.*s", len, (int)len, text);
		text += len + 1;
	}
}

static void a_narrow_terminal_loses_details_first(void **state)
{
	struct rows rows;

	(void)state;
	fill(&rows);
	char *text = print_narrow(&rows, 66, "id,memory.since");
	assert_fits(text, 66);
	assert_null(strstr(text, "ID"));
	assert_non_null(strstr(text, "SINCE"));
	assert_non_null(strstr(text, "1 column left out"));
	free(text);
	text = print_narrow(&rows, 44, "id,memory.since");
	assert_fits(text, 44);
	assert_null(strstr(text, "SINCE"));
	assert_non_null(strstr(text, "2 columns left out"));
	free(text);
	rows_deinit(&rows);
}

static void a_wide_terminal_loses_nothing(void **state)
{
	struct rows rows;

	(void)state;
	fill(&rows);
	char *text = print_narrow(&rows, 140, "id,memory.since");
	assert_non_null(strstr(text, "18446744073709551615"));
	assert_null(strstr(text, "left out"));
	free(text);
	rows_deinit(&rows);
}

static void columns_of_later_pages_stand_below_those_of_the_first(void **state)
{
	struct rows rows;
	struct paper p;

	(void)state;
	take_paper(&p, OUTPUT_TABLE);
	struct listing listing = listing_start(&p.output, "user", fields, 2);
	rows_init(&rows, fields, 2);
	rows_text(&rows, "a-long-name");
	rows_number(&rows, 1);
	assert_int_equal(listing_page(&listing, &rows), 0);
	rows_clear(&rows);
	rows_text(&rows, "b");
	rows_number(&rows, 22);
	assert_int_equal(listing_page(&listing, &rows), 0);
	assert_int_equal(listing_end(&listing), 0);
	(void)fclose(p.output.out);
	assert_string_equal(p.text, "USER         ID\n"
				    "a-long-name  1\n"
				    "b            22\n"
				    "\n2 users.\n");
	free(p.text);
	rows_deinit(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_aligned_and_counted),
		cmocka_unit_test(without_a_legend_only_rows_are_printed),
		cmocka_unit_test(an_empty_list_says_so),
		cmocka_unit_test(text_from_others_cannot_reach_the_terminal),
		cmocka_unit_test(json_keeps_every_character_and_type),
		cmocka_unit_test(json_lines_are_one_object_each),
		cmocka_unit_test(plain_rows_have_a_tab_between_exact_values),
		cmocka_unit_test(a_record_has_one_labelled_line_per_value),
		cmocka_unit_test(a_full_disk_is_a_failure),
		cmocka_unit_test(a_narrow_terminal_loses_details_first),
		cmocka_unit_test(a_wide_terminal_loses_nothing),
		cmocka_unit_test(columns_of_later_pages_stand_below_those_of_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
