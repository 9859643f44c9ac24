/* What --filter lets through, and what it says of what it can't read. */
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
#include "ctl/filter.h"
#include "ctl/options.h"

#define DAY_US (86400ULL * 1000000)
#define NOW_US (1700000000ULL * 1000000) /* 2023-11-14T22:13:20Z */

static const struct field fields[] = {
	{"user", "USER", FIELD_TEXT},
	{"lag", "LAG", FIELD_COUNT},
	{"store.bytes", "SIZE", FIELD_BYTES},
	{"seen", "SEEN", FIELD_TIME},
	{"names", "NAMES", FIELD_LIST},
	{"muted", "MUTED", FIELD_FLAG},
	{"rtt_us", "RTT", FIELD_MICROS},
	{"keep_s", "KEEP", FIELD_SECONDS},
	{"id", "ID", FIELD_ID},
};

/* ann; a lag of 10; 64 KiB; seen 3 days ago; a.example b.example; muted; 20 ms; 30 days; 7. */
static void fill(struct rows *rows)
{
	rows_init(rows, fields, GC_LENGTH(fields));
	rows_text(rows, "ann");
	rows_number(rows, 10);
	rows_number(rows, 65536);
	rows_number(rows, NOW_US - 3 * DAY_US);
	rows_text(rows, "a.example\nb.example");
	rows_flag(rows, true);
	rows_number(rows, 20000);
	rows_number(rows, 30 * 86400);
	rows_number(rows, 7);
}

/* Reads one filter; what was said is in `said`. */
static int read_filter(const char *text, struct filters *ret, char said[1024])
{
	static const struct option_row row = {
		.name = "filter", .argument = "X", .kind = OPTION_TEXT};
	struct options options = {.given = {{.row = &row, .text = text}}, .given_count = 1};
	struct rows shape;
	FILE *err = fmemopen(said, 1024, "w");

	rows_init(&shape, fields, GC_LENGTH(fields));
	int r = filters_read(&options, &shape, NOW_US, ret, err);
	(void)fclose(err);
	return r;
}

static void check(const char *const *texts, size_t count, bool expected)
{
	char said[1024];
	struct rows rows;

	fill(&rows);
	for (size_t i = 0; i < count; i++) {
		struct filters filters;
		if (read_filter(texts[i], &filters, said) != EXIT_DONE)
			fail_msg("%s: %s", texts[i], said);
		if (filters_match(&filters, &rows, 0) != expected)
			fail_msg("%s: not %d", texts[i], expected);
	}
	rows_deinit(&rows);
}

static void what_holds_is_let_through(void **state)
{
	static const char *const texts[] = {"user=ann", "user=a*", "USER=???", "user!=b*", "lag=10",
		"lag>9", "lag>=10", "lag<11", "lag<=10", "lag!=9", "store.bytes=64K", "size>=1K",
		"size<1M", "seen<2d", "seen>4d", "seen<+1d", "seen>2023-11-11",
		"seen<2023-11-14T00:00:00Z", "seen!=never", "names=b.*", "muted=yes", "muted=true",
		"muted!=no", "rtt_us=20ms", "rtt_us=20000", "rtt_us<1s", "keep_s=30d", "keep_s>2w",
		"id=7"};

	(void)state;
	check(texts, GC_LENGTH(texts), true);
}

static void what_does_not_hold_is_left_out(void **state)
{
	static const char *const texts[] = {"user=bob", "user=", "user!=a*", "user=Ann", "lag=9",
		"lag>10", "lag>=11", "lag<10", "lag<=9", "lag!=10", "size>64K", "seen>2d",
		"seen<4d", "seen=", "seen<never", "names=c.*", "names!=a.*", "muted=no",
		"rtt_us>20ms", "keep_s<30d"};

	(void)state;
	check(texts, GC_LENGTH(texts), false);
}

static void what_cannot_be_read_is_explained(void **state)
{
	static const struct {
		const char *text;
		const char *said;
	} pairs[] = {
		{"user", "write it as KEY=GLOB"},
		{"=x", "write it as KEY=GLOB"},
		{"", "write it as KEY=GLOB"},
		{"usr=ann", "did you mean 'user'"},
		{"nonsense=1", "there are: user, lag, store.bytes"},
		{"user>b", "text is compared with = and !="},
		{"lag>x", "lag is a whole number"},
		{"lag>-1", "lag is a whole number"},
		{"lag=99999999999999999999", "lag is a whole number"},
		{"lag=1K", "lag is a whole number"},
		{"size=1Q", "a number of bytes"},
		{"size=1KK", "a number of bytes"},
		{"size=99999999999T", "a number of bytes"},
		{"seen>yesterday", "seen is a time"},
		{"seen>2023-13-01", "seen is a time"},
		{"muted=maybe", "yes or no"},
		{"rtt_us>fast", "20ms"},
		{"keep_s>1x", "30m, 2h or 7d"},
	};
	char said[1024];

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(pairs); i++) {
		struct filters filters;
		assert_int_equal(read_filter(pairs[i].text, &filters, said), EXIT_USAGE);
		if (!strstr(said, pairs[i].said))
			fail_msg("%s: %s", pairs[i].text, said);
	}
}

static void what_is_absent_is_neither_before_nor_after(void **state)
{
	static const char *const texts[] = {"seen>1d", "seen<1d", "seen!=never"};
	char said[1024];
	struct rows rows;
	struct filters filters;

	(void)state;
	fill(&rows);
	rows.values[3].number = 0;
	for (size_t i = 0; i < GC_LENGTH(texts); i++) {
		assert_int_equal(read_filter(texts[i], &filters, said), EXIT_DONE);
		assert_false(filters_match(&filters, &rows, 0));
	}
	assert_int_equal(read_filter("seen=never", &filters, said), EXIT_DONE);
	assert_true(filters_match(&filters, &rows, 0));
	rows_deinit(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_holds_is_let_through),
		cmocka_unit_test(what_does_not_hold_is_left_out),
		cmocka_unit_test(what_cannot_be_read_is_explained),
		cmocka_unit_test(what_is_absent_is_neither_before_nor_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
