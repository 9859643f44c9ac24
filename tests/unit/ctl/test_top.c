/* What top makes of two looks, and how it draws them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ctl/top.h"

enum {
	PAPER_BYTES = 8192,
};

struct paper {
	char text[PAPER_BYTES];
	size_t lines;
	size_t widest;
};

static void take_line(void *arg, const char *text, bool heading)
{
	struct paper *paper = arg;
	size_t len = strlen(paper->text);

	(void)heading;
	(void)snprintf(paper->text + len, sizeof(paper->text) - len, "%s\n", text);
	paper->lines++;
	paper->widest = strlen(text) > paper->widest ? strlen(text) : paper->widest;
}

/* Two sessions and a room, so many seconds after the start. */
static void fill(struct top *top, int64_t seconds, uint64_t ann, uint64_t bob)
{
	*top = (struct top){.at.us = (seconds + 1) * CLOCK_US_PER_S};
	top->server.events_in = ann;
	top->server.events_out = ann + bob;
	(void)snprintf(top->server.name, sizeof(top->server.name), "test");
	top->sessions.items = mem_new(2, sizeof(struct top_row));
	top->sessions.count = 2;
	top->sessions.items[0] = (struct top_row){
		.id = 7, .name = "bob", .counter = bob, .lag = 5, .queued_bytes = 2048};
	top->sessions.items[1] =
		(struct top_row){.id = 3, .name = "ann", .counter = ann, .client = "evil \033[31m"};
	top->rooms.items = mem_new(1, sizeof(struct top_row));
	top->rooms.count = 1;
	top->rooms.items[0] = (struct top_row){.id = 1, .name = "lobby", .counter = ann};
}

static void rates_are_per_second_between_two_looks(void **state)
{
	struct top before;
	struct top now;

	(void)state;
	fill(&before, 0, 100, 0);
	fill(&now, 4, 120, 10);
	now.sessions.items[0].id = 9; /* a new session: nothing to compare with */
	top_rate(&before, &now);
	assert_int_equal((int)(10 * now.sessions.items[1].rate), 50);
	assert_int_equal((int)now.sessions.items[0].rate, 0);
	assert_int_equal((int)(10 * now.rooms.items[0].rate), 50);
	assert_int_equal((int)(10 * now.server.out_rate), 75);
	top_deinit(&before);
	top_deinit(&now);
}

static void a_counter_that_began_anew_has_no_rate(void **state)
{
	struct top before;
	struct top now;

	(void)state;
	fill(&before, 0, 100, 100);
	fill(&now, 1, 5, 5);
	top_rate(&before, &now);
	assert_int_equal((int)now.server.in_rate, 0);
	assert_int_equal((int)now.sessions.items[0].rate, 0);
	top_deinit(&before);
	top_deinit(&now);
}

static void the_order_is_the_one_asked_for(void **state)
{
	struct top top;

	(void)state;
	fill(&top, 0, 1, 1);
	top.sessions.items[0].rate = 1;
	top.sessions.items[1].rate = 2;
	top_order(&top, TOP_BY_RATE);
	assert_string_equal(top.sessions.items[0].name, "ann");
	top_order(&top, TOP_BY_LAG);
	assert_string_equal(top.sessions.items[0].name, "bob");
	top_order(&top, TOP_BY_NAME);
	assert_string_equal(top.sessions.items[0].name, "ann");
	top_order(&top, TOP_BY_QUEUED);
	assert_string_equal(top.sessions.items[0].name, "bob");
	top_deinit(&top);
}

static void what_is_drawn_fits_and_is_safe(void **state)
{
	static const size_t widths[] = {1, 20, 80, 140};
	struct top top;

	(void)state;
	fill(&top, 0, 1, 1);
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct paper paper = {0};
		top_draw(&top,
			&(struct top_drawing){
				.width = widths[i], .height = 9, .line = take_line, .arg = &paper});
		assert_true(paper.widest <= widths[i]);
		assert_true(paper.lines <= 9);
		assert_null(strchr(paper.text, '\033'));
	}
	top_deinit(&top);
}

static void a_low_screen_shows_the_server_alone(void **state)
{
	struct paper paper = {0};
	struct top top;

	(void)state;
	fill(&top, 0, 1, 1);
	top_draw(&top,
		&(struct top_drawing){.width = 80, .height = 3, .line = take_line, .arg = &paper});
	assert_int_equal(paper.lines, 2);
	top_deinit(&top);
}

static void all_rows_are_drawn_without_a_height(void **state)
{
	struct paper paper = {0};
	struct top top;

	(void)state;
	fill(&top, 0, 1, 1);
	top_draw(&top, &(struct top_drawing){.line = take_line, .arg = &paper});
	assert_non_null(strstr(paper.text, "bob"));
	assert_non_null(strstr(paper.text, "2.0 KiB"));
	assert_non_null(strstr(paper.text, "<U+001B>"));
	assert_non_null(strstr(paper.text, "lobby"));
	top_deinit(&top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_per_second_between_two_looks),
		cmocka_unit_test(a_counter_that_began_anew_has_no_rate),
		cmocka_unit_test(the_order_is_the_one_asked_for),
		cmocka_unit_test(what_is_drawn_fits_and_is_safe),
		cmocka_unit_test(a_low_screen_shows_the_server_alone),
		cmocka_unit_test(all_rows_are_drawn_without_a_height),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
