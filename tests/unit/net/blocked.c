/* Blocked networks: who is in one, until when. */
#include "net/blocked.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

static struct network network_of(const char *text)
{
	struct network network;
	assert_true(network_parse(text, &network));
	return network;
}

static void add(struct blocked *b, const char *text, uint64_t until_us)
{
	struct network network = network_of(text);
	blocked_add(b, &network, until_us);
}

static bool contains(struct blocked *b, const char *text)
{
	uint8_t bytes[NETWORK_ADDRESS_BYTES];
	uint8_t address[NETWORK_ADDRESS_BYTES];
	bool v6 = strchr(text, ':');
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes), 1);
	network_map(v6, bytes, address);
	return blocked_contains(b, address);
}

static void networks_of_any_length_are_found(void **state)
{
	(void)state;
	struct blocked *b = blocked_new();
	assert_false(contains(b, "192.0.2.1"));
	add(b, "192.0.2.1", BLOCKED_FOR_EVER);
	add(b, "198.51.100.0/24", BLOCKED_FOR_EVER);
	add(b, "2001:db8:1:2::9", BLOCKED_FOR_EVER);
	add(b, "2001:db8:ff00::/40", BLOCKED_FOR_EVER);
	assert_true(contains(b, "192.0.2.1"));
	assert_false(contains(b, "192.0.2.2"));
	assert_true(contains(b, "198.51.100.200"));
	assert_true(contains(b, "::ffff:198.51.100.200"));
	assert_false(contains(b, "198.51.101.1"));
	assert_true(contains(b, "2001:db8:1:2:ffff::1"));
	assert_false(contains(b, "2001:db8:1:3::1"));
	assert_true(contains(b, "2001:db8:ff12::1"));
	assert_false(contains(b, "2001:db8:fe00::1"));
	assert_null(blocked_free(b));
}

static void loopback_of_ipv6_blocks_no_ipv4(void **state)
{
	(void)state;
	struct blocked *b = blocked_new();
	add(b, "::1", BLOCKED_FOR_EVER);
	assert_true(contains(b, "::1"));
	assert_false(contains(b, "127.0.0.1"));
	assert_null(blocked_free(b));
}

static void what_has_run_out_blocks_nobody(void **state)
{
	(void)state;
	struct blocked *b = blocked_new();
	add(b, "192.0.2.0/24", 1);
	assert_false(contains(b, "192.0.2.1"));
	add(b, "192.0.2.0/24", clock_wall_us() + 3600ULL * CLOCK_US_PER_S);
	assert_true(contains(b, "192.0.2.1"));
	add(b, "192.0.2.0/24", 1); /* in place of that */
	assert_false(contains(b, "192.0.2.1"));
	assert_null(blocked_free(b));
}

static void one_is_taken_back_and_the_others_stay(void **state)
{
	(void)state;
	struct blocked *b = blocked_new();
	struct network network = network_of("192.0.2.0/24");
	add(b, "192.0.2.0/24", BLOCKED_FOR_EVER);
	add(b, "192.0.0.0/16", BLOCKED_FOR_EVER);
	blocked_remove(b, &network);
	blocked_remove(b, &network);
	assert_true(contains(b, "192.0.2.1")); /* by the wider one */
	network = network_of("192.0.0.0/16");
	blocked_remove(b, &network);
	assert_false(contains(b, "192.0.2.1"));
	assert_null(blocked_free(b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_of_any_length_are_found),
		cmocka_unit_test(loopback_of_ipv6_blocks_no_ipv4),
		cmocka_unit_test(what_has_run_out_blocks_nobody),
		cmocka_unit_test(one_is_taken_back_and_the_others_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
