/* Peers in text: gRPC's form, people's form, and what limits count by. */
#include "net/peer.h"

#include "net/accept.h"

#include <arpa/inet.h>
#include <string.h>

#include "cmocka_std.h"

static struct peer peer_v6(const char *address, uint16_t port, uint32_t scope)
{
	struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = scope};
	struct peer peer;
	assert_int_equal(inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
	memcpy(&name, &in6, sizeof(in6));
	assert_true(peer_from_name(&name, &peer));
	return peer;
}

static void expect_text(const struct peer *peer, const char *expected)
{
	char text[PEER_TEXT_BYTES];
	peer_print(peer, text);
	assert_string_equal(text, expected);
}

static void an_ipv6_peer_is_printed_as_grpc_does(void **state)
{
	(void)state;
	struct peer peer = peer_v6("::1", 54142, 0);
	expect_text(&peer, "ipv6:%5B::1%5D:54142");
}

static void a_scope_is_printed_as_grpc_does(void **state)
{
	(void)state;
	struct peer peer = peer_v6("fe80::1", 7, 3);
	expect_text(&peer, "ipv6:%5Bfe80::1%253%5D:7");
}

static void an_ipv4_mapped_peer_is_an_ipv4_peer(void **state)
{
	(void)state;
	struct peer peer = peer_v6("::ffff:192.0.2.7", 46932, 0);
	expect_text(&peer, "ipv4:192.0.2.7:46932");
}

static void the_longest_peer_fits(void **state)
{
	(void)state;
	struct peer peer = peer_v6("fe80:1111:2222:3333:4444:5555:6666:7777", 65535, UINT32_MAX);
	expect_text(&peer, "ipv6:%5Bfe80:1111:2222:3333:4444:5555:6666:7777%254294967295%5D:65535");
}

static void what_is_printed_can_be_parsed(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"ipv4:127.0.0.1:1", "ipv6:%5B::1%5D:65535", "ipv6:%5Bfe80::1%253%5D:7"};
	for (size_t i = 0; i < GC_LENGTH(texts); i++) {
		struct peer peer;
		assert_true(peer_parse(texts[i], &peer));
		expect_text(&peer, texts[i]);
	}
}

static void what_is_no_tcp_peer_is_not_parsed(void **state)
{
	(void)state;
	static const char *const texts[] = {"", ":", "fd:17", "unix:", "ipv4:", "ipv4:127.0.0.1",
		"ipv4:127.0.0.1:", "ipv4:127.0.0.1:65536", "ipv4:127.0.0.1:-1", "ipv4:1.2.3:4",
		"ipv6:::1:80", "ipv6:%5B%5D:80", "ipv6:%5D:80", "ipv6:%5B::1%25%5D:80",
		"ipv6:%5B::1%25x%5D:80", "ipv5:127.0.0.1:1"};
	for (size_t i = 0; i < GC_LENGTH(texts); i++) {
		struct peer peer;
		if (peer_parse(texts[i], &peer))
			fail_msg("%s was parsed", texts[i]);
	}
}

static void people_see_address_and_port(void **state)
{
	(void)state;
	char buf[ACCEPTOR_ADDRESS_BYTES];
	acceptor_address("ipv4:127.0.0.1:46932", buf);
	assert_string_equal(buf, "127.0.0.1:46932");
	acceptor_address("ipv6:%5B::1%5D:54142", buf);
	assert_string_equal(buf, "[::1]:54142");
	acceptor_address("fd:17", buf);
	assert_string_equal(buf, "fd:17");
}

static void limits_count_an_ipv4_address_and_an_ipv6_network(void **state)
{
	(void)state;
	char buf[ACCEPTOR_ADDRESS_BYTES];
	acceptor_rate_key("ipv4:192.0.2.1:46932", buf);
	assert_string_equal(buf, "192.0.2.1");
	acceptor_rate_key("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:54142", buf);
	assert_string_equal(buf, "2001:db8:1:2::/64");
	acceptor_rate_key("fd:17", buf);
	assert_string_equal(buf, "fd:17");
}

static void two_hosts_of_one_ipv6_network_count_as_one(void **state)
{
	(void)state;
	struct peer_net a;
	struct peer_net b;
	struct peer_net other;
	struct peer one = peer_v6("2001:db8:1:2::1", 1, 0);
	struct peer two = peer_v6("2001:db8:1:2:ffff::2", 2, 0);
	struct peer three = peer_v6("2001:db8:1:3::1", 1, 0);
	peer_get_net(&one, &a);
	peer_get_net(&two, &b);
	peer_get_net(&three, &other);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&a, &other, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv6_peer_is_printed_as_grpc_does),
		cmocka_unit_test(a_scope_is_printed_as_grpc_does),
		cmocka_unit_test(an_ipv4_mapped_peer_is_an_ipv4_peer),
		cmocka_unit_test(the_longest_peer_fits),
		cmocka_unit_test(what_is_printed_can_be_parsed),
		cmocka_unit_test(what_is_no_tcp_peer_is_not_parsed),
		cmocka_unit_test(people_see_address_and_port),
		cmocka_unit_test(limits_count_an_ipv4_address_and_an_ipv6_network),
		cmocka_unit_test(two_hosts_of_one_ipv6_network_count_as_one),
	};
	return cmocka_run_group_tests_name("net.peer", tests, NULL, NULL);
}
