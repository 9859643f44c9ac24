/* The parts below the engines: the checksum, the gate, the queue of trims. */
#include "store/crc32c.h"
#include "store/gate.h"
#include "store/trim_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void crc32c_agrees_with_rfc_3720(void **state)
{
	(void)state;
	uint8_t data[32] = {0};
	assert_true(crc32c(0, "123456789", 9) == 0xe3069283);
	assert_true(crc32c(0, data, sizeof(data)) == 0x8a9136aa);
	memset(data, 0xff, sizeof(data));
	assert_true(crc32c(0, data, sizeof(data)) == 0x62a8ab43);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	assert_true(crc32c(0, data, sizeof(data)) == 0x46dd794e);
}

static void crc32c_by_instruction_and_by_table_agree(void **state)
{
	(void)state;
	uint8_t data[300];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37 + 11);
	for (size_t from = 0; from < 9; from++)
		for (size_t len = 0; len + from < sizeof(data); len++)
			assert_true(crc32c(7, data + from, len) ==
				    crc32c_by_table(7, data + from, len));
}

static void crc32c_continues(void **state)
{
	(void)state;
	assert_true(crc32c(crc32c(0, "12345", 5), "6789", 4) == crc32c(0, "123456789", 9));
}

static const struct mono NOW = {.us = 1000000000};

static struct store_append plain_append = {.log = 1};
static struct store_append erasing_append = {.log = 1, .erase_target = true};
static const struct store_op APPENDING = {.appends = &plain_append, .append_count = 1};
static const struct store_op ERASING = {.appends = &erasing_append, .append_count = 1};
static const struct store_op DROPPING = {.drop_log = 1};
static const struct store_put put_value = {.value = (const uint8_t *)"v", .value_len = 1};
static const struct store_put put_nothing = {.value = NULL};
static const struct store_op PUTTING = {.puts = &put_value, .put_count = 1};
static const struct store_op VITAL = {.puts = &put_value, .put_count = 1, .vital = true};
static const struct store_op UNPUTTING = {.puts = &put_nothing, .put_count = 1};

static void an_open_gate_lets_all_pass(void **state)
{
	(void)state;
	struct gate gate = {0};
	size_t passed = 0;
	for (int i = 0; i < 3; i++)
		assert_true(gate_admit(&gate, &APPENDING, NOW, &passed));
	assert_int_equal(passed, 3);
	assert_false(gate_wants_look(&gate, NOW)); /* no reserve, no look */
}

static void below_the_reserve_what_takes_space_is_refused(void **state)
{
	(void)state;
	struct gate gate = {.reserve_bytes = 1};
	size_t passed = 0;
	assert_true(gate_wants_look(&gate, NOW));
	gate_set_space(&gate, false, NOW);
	assert_false(gate_wants_look(&gate, NOW));
	assert_true(gate_wants_look(&gate, clock_mono_add_ms(NOW, GATE_INTERVAL_MS)));
	assert_true(gate_is_closed(&gate));
	assert_false(gate_admit(&gate, &APPENDING, NOW, &passed));
	assert_true(gate_admit(&gate, &ERASING, NOW, &passed));
	assert_true(gate_admit(&gate, &DROPPING, NOW, &passed));
	assert_false(gate_admit(&gate, &PUTTING, NOW, &passed));
	assert_true(gate_admit(&gate, &VITAL, NOW, &passed));
	assert_true(gate_admit(&gate, &UNPUTTING, NOW, &passed));
	assert_int_equal(passed, 0);
	gate_set_space(&gate, true, NOW);
	assert_true(gate_admit(&gate, &APPENDING, NOW, &passed));
}

static void when_full_one_append_a_second_may_try(void **state)
{
	(void)state;
	struct gate gate = {0};
	size_t passed = 0;
	struct mono later = clock_mono_add_ms(NOW, GATE_INTERVAL_MS);
	gate_on_result(&gate, STORE_FULL, 5, NOW);
	assert_false(gate_admit(&gate, &APPENDING, NOW, &passed));
	assert_true(gate_admit(&gate, &DROPPING, NOW, &passed));
	assert_true(gate_admit(&gate, &APPENDING, later, &passed));
	assert_false(gate_admit(&gate, &APPENDING, later, &passed));
	gate_on_result(&gate, STORE_OK, passed, later);
	assert_false(gate_is_closed(&gate));
	assert_true(gate_admit(&gate, &APPENDING, later, &passed));
}

static void a_deletion_that_fits_does_not_open_a_full_gate(void **state)
{
	(void)state;
	struct gate gate = {0};
	gate_on_result(&gate, STORE_FULL, 1, NOW);
	gate_on_result(&gate, STORE_OK, 0, NOW);
	assert_true(gate_is_closed(&gate));
}

static void trims_come_out_in_order_up_to_the_limit(void **state)
{
	(void)state;
	struct trim_queue queue = {0};
	struct trim trim;
	for (uint64_t round = 0; round < 5; round++) { /* the ring wraps and grows */
		for (uint64_t i = 0; i < 100; i++)
			assert_true(trim_queue_push(&queue, (struct trim){i, i + round}, 130));
		for (uint64_t i = 0; i < 70 && round < 1; i++)
			assert_true(trim_queue_take(&queue, &trim));
		for (uint64_t i = 0; i < 100; i++)
			assert_true(trim_queue_take(&queue, &trim) || round == 0);
	}
	assert_false(trim_queue_take(&queue, &trim));
	for (uint64_t i = 0; i < 130; i++)
		assert_true(trim_queue_push(&queue, (struct trim){i, i}, 130));
	assert_false(trim_queue_push(&queue, (struct trim){1, 1}, 130));
	trim_queue_forget(&queue, 7);
	for (uint64_t i = 0; i < 130; i++) {
		assert_true(trim_queue_take(&queue, &trim));
		assert_int_equal(trim.log, i);
		assert_int_equal(trim.floor, i == 7 ? 0 : i);
	}
	trim_queue_deinit(&queue);
}

static void every_status_has_a_text(void **state)
{
	(void)state;
	for (int i = 0; i < _STORE_STATUS_MAX; i++)
		assert_string_not_equal(store_status_text((enum store_status)i), "unknown");
	assert_string_equal(store_status_text(STORE_DUPLICATE), "duplicate");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc32c_agrees_with_rfc_3720),
		cmocka_unit_test(crc32c_by_instruction_and_by_table_agree),
		cmocka_unit_test(crc32c_continues),
		cmocka_unit_test(an_open_gate_lets_all_pass),
		cmocka_unit_test(below_the_reserve_what_takes_space_is_refused),
		cmocka_unit_test(when_full_one_append_a_second_may_try),
		cmocka_unit_test(a_deletion_that_fits_does_not_open_a_full_gate),
		cmocka_unit_test(trims_come_out_in_order_up_to_the_limit),
		cmocka_unit_test(every_status_has_a_text),
	};
	return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
