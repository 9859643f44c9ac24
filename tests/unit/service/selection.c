/* The first so many of many, against sorting all of them. */
#include "service/selection.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	MOST = 200
};

static int by_number(const void *a, const void *b)
{
	const unsigned *x = a;
	const unsigned *y = b;
	return *x < *y ? -1 : *x > *y;
}

static unsigned numbers[MOST];

static void fill(unsigned seed)
{
	for (unsigned i = 0; i < MOST; i++)
		numbers[i] = seed == 0 ? i : seed == 1 ? MOST - i : (i * 7919 + seed) % 97;
}

static void check(size_t count, size_t max)
{
	struct selection s;
	unsigned sorted[MOST];
	size_t given_back = 0;
	selection_init(&s, max, by_number);
	for (size_t i = 0; i < count; i++)
		given_back += selection_offer(&s, &numbers[i]) != NULL;
	selection_sort(&s);
	memcpy(sorted, numbers, sizeof(sorted));
	qsort(sorted, count, sizeof(sorted[0]), by_number);
	assert_int_equal(s.count, count < max ? count : max);
	assert_int_equal(given_back, count - s.count);
	for (size_t i = 0; i < s.count; i++)
		assert_int_equal(*(unsigned *)s.items[i], sorted[i]);
	selection_deinit(&s);
}

static void the_first_ones_are_kept_in_whatever_order_they_come(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 10; seed++) {
		fill(seed);
		for (size_t max = 1; max <= MOST; max += 13)
			for (size_t count = 0; count <= MOST; count += 25)
				check(count, max);
	}
}

static void what_is_not_kept_is_given_back_once(void **state)
{
	(void)state;
	static unsigned one = 1, two = 2, three = 3;
	struct selection s;
	selection_init(&s, 2, by_number);
	assert_null(selection_offer(&s, &three));
	assert_null(selection_offer(&s, &one));
	assert_ptr_equal(selection_offer(&s, &two), &three);
	assert_ptr_equal(selection_offer(&s, &three), &three);
	selection_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_ones_are_kept_in_whatever_order_they_come),
		cmocka_unit_test(what_is_not_kept_is_given_back_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
