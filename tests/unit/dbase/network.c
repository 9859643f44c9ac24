/* Networks: what is read, what is printed, what is in them. */
#include "base/network.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

static bool contains(const char *network, const char *address)
{
	struct network n;
	uint8_t bytes[NETWORK_ADDRESS_BYTES];
	uint8_t mapped[NETWORK_ADDRESS_BYTES];
	assert_true(network_parse(network, &n));
	bool v6 = strchr(address, ':');
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, address, bytes), 1);
	network_map(v6, bytes, mapped);
	return network_contains(&n, mapped);
}

static void what_is_read_is_printed_in_one_form(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1"},
		{"192.0.2.1/32", "192.0.2.1"},
		{"192.0.2.77/24", "192.0.2.0/24"},
		{"10.255.255.255/9", "10.128.0.0/9"},
		{"255.255.255.255/1", "128.0.0.0/1"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8::1/128", "2001:db8::1/128"},
		{"2001:db8:ffff::/33", "2001:db8:8000::/33"},
		{"::1", "::/64"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"::ffff:192.0.2.1/120", "192.0.2.0/24"},
	};
	for (size_t i = 0; i < GC_LENGTH(cases); i++) {
		struct network n;
		struct network again;
		char text[NETWORK_TEXT_BYTES];
		assert_true(network_parse(cases[i].in, &n));
		network_print(&n, text);
		assert_string_equal(text, cases[i].out);
		assert_true(network_parse(text, &again));
		assert_memory_equal(&n, &again, sizeof(n));
	}
}

static void what_is_no_network_is_not_read(void **state)
{
	(void)state;
	static const char *const cases[] = {"", "ann", "192.0.2", "192.0.2.1/", "192.0.2.1/33",
		"192.0.2.1/0", "0.0.0.0/0", "::/0", "::1/129", "::ffff:0:0/96",
		"::ffff:192.0.2.1/64", "::1/-1", "::1/+8", "::1/ 8", "192.0.2.1/8x",
		"192.0.2.1:443", "[::1]", "fe80::1%eth0",
		"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111"};
	for (size_t i = 0; i < GC_LENGTH(cases); i++) {
		struct network n;
		assert_false(network_parse(cases[i], &n));
	}
}

static void an_ipv4_network_holds_its_addresses_mapped_or_not(void **state)
{
	(void)state;
	assert_true(contains("192.0.2.0/24", "192.0.2.0"));
	assert_true(contains("192.0.2.0/24", "192.0.2.255"));
	assert_false(contains("192.0.2.0/24", "192.0.3.0"));
	assert_true(contains("192.0.2.0/24", "::ffff:192.0.2.9"));
	assert_true(contains("::ffff:192.0.2.9", "192.0.2.9"));
	assert_false(contains("192.0.2.1", "192.0.2.2"));
	assert_true(contains("192.0.2.4/30", "192.0.2.7"));
	assert_false(contains("192.0.2.4/30", "192.0.2.8"));
	assert_false(contains("192.0.2.0/24", "2001:db8::1"));
}

static void an_ipv6_address_means_its_64(void **state)
{
	(void)state;
	assert_true(contains("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
	assert_false(contains("2001:db8:1:2::1", "2001:db8:1:3::1"));
	assert_true(contains("2001:db8::/32", "2001:db8:ffff::1"));
	assert_false(contains("2001:db8::/32", "2001:db9::1"));
	assert_true(contains("2001:db8::1/128", "2001:db8::1"));
	assert_false(contains("2001:db8::1/128", "2001:db8::2"));
	assert_false(contains("::1", "192.0.2.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_printed_in_one_form),
		cmocka_unit_test(what_is_no_network_is_not_read),
		cmocka_unit_test(an_ipv4_network_holds_its_addresses_mapped_or_not),
		cmocka_unit_test(an_ipv6_address_means_its_64),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
