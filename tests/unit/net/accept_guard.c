/* The guard in front of a real server: who is cut, when, and who is not. */
#include "base/metrics.h"
#include "h2_client.h"
#include "net/guard.h"
#include "site.h"

#include <errno.h>
#include <sys/socket.h>

#include "cmocka_std.h"

enum {
	SHORT_MS = 300, /* a sign-in timeout to be waited for */
	SOON_MS = 1000, /* a flood is cut within this */
	BUDGET_BYTES = 65536,
	FLOOD_BYTES = 64 << 20, /* no flood gets this far */
};

static struct site site;

static int setup(void **state)
{
	(void)state;
	struct acceptor_limits limits = site_limits();
	site_start(&site, "127.0.0.1:0", &limits, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	site_stop(&site);
	return 0;
}

static void set_timeout_short(void)
{
	struct acceptor_limits limits = site_limits();
	limits.sign_in_timeout_ms = SHORT_MS;
	acceptor_set_limits(site.acceptor, &limits);
}

static void expect_cut_at_timeout(struct h2_client *client, struct mono since)
{
	uint64_t cuts = metric_get(METRIC_GUARD_CUTS);
	assert_true(h2_wait_end(client));
	assert_true(clock_mono_ms_since(clock_mono(), since) >= SHORT_MS - 1);
	assert_int_equal(metric_get(METRIC_GUARD_CUTS), cuts + 1);
	assert_true(wait_until(acceptor_count(site.acceptor) == 0));
}

static void a_silent_connection_is_cut_at_the_timeout(void **state)
{
	(void)state;
	struct h2_client client;
	struct mono since = clock_mono();
	set_timeout_short();
	assert_true(h2_connect(&client, AF_INET, site.port));
	expect_cut_at_timeout(&client, since);
	h2_close(&client);
}

static void half_a_handshake_is_cut_at_the_timeout(void **state)
{
	(void)state;
	struct h2_client client;
	static const unsigned char hello[] = {22, 3, 1, 2, 0, 1, 0, 1};
	struct mono since = clock_mono();
	set_timeout_short();
	assert_true(h2_connect(&client, AF_INET, site.port));
	assert_int_equal(send(client.fd, hello, sizeof(hello), MSG_NOSIGNAL), sizeof(hello));
	expect_cut_at_timeout(&client, since);
	h2_close(&client);
}

static void a_connection_that_only_pings_is_cut_at_the_timeout(void **state)
{
	(void)state;
	struct h2_client client;
	struct mono since = clock_mono();
	set_timeout_short();
	h2_open(&client, site.port);
	uint64_t cuts = metric_get(METRIC_GUARD_CUTS);
	while (h2_ping(&client))
		continue;
	assert_true(clock_mono_ms_since(clock_mono(), since) >= SHORT_MS - 1);
	assert_true(wait_until(metric_get(METRIC_GUARD_CUTS) == cuts + 1));
	h2_close(&client);
}

static void who_has_signed_in_outlives_the_timeout(void **state)
{
	(void)state;
	struct h2_client member;
	struct h2_client stranger;
	set_timeout_short();
	h2_open(&member, site.port);
	assert_true(acceptor_signed_in(site.acceptor, member.peer));
	/* Connected later, so that its end is later than the member's could have been. */
	assert_true(h2_connect(&stranger, AF_INET, site.port));
	assert_true(h2_wait_end(&stranger));
	assert_true(h2_ping(&member));
	h2_close(&member);
	h2_close(&stranger);
}

static void expect_flood_is_cut(struct h2_client *client, uint64_t budget)
{
	uint64_t cuts = metric_get(METRIC_GUARD_CUTS);
	struct mono since = clock_mono();
	uint64_t sent = h2_flood(client, FLOOD_BYTES);
	int64_t ms = clock_mono_ms_since(clock_mono(), since);
	print_message("flood of %llu KiB cut after %lld ms\n", (unsigned long long)(sent >> 10),
		(long long)ms);
	assert_true(sent < FLOOD_BYTES);
	assert_true(sent + BUDGET_BYTES >= budget);
	assert_true(ms < SOON_MS);
	assert_true(wait_until(metric_get(METRIC_GUARD_CUTS) == cuts + 1));
	assert_true(wait_until(acceptor_count(site.acceptor) == 1));
}

static void set_budget(void)
{
	struct acceptor_limits limits = site_limits();
	limits.bytes_before_sign_in = BUDGET_BYTES;
	limits.bytes_per_second = BUDGET_BYTES;
	limits.bytes_burst = 4 * BUDGET_BYTES;
	acceptor_set_limits(site.acceptor, &limits);
}

static void a_flood_before_signing_in_is_cut_and_others_go_on(void **state)
{
	(void)state;
	struct h2_client flooder;
	struct h2_client other;
	set_budget();
	h2_open(&flooder, site.port);
	h2_open(&other, site.port);
	expect_flood_is_cut(&flooder, BUDGET_BYTES);
	assert_true(h2_ping(&other));
	h2_close(&flooder);
	h2_close(&other);
}

static void a_flood_after_signing_in_is_cut_and_others_go_on(void **state)
{
	(void)state;
	struct h2_client flooder;
	struct h2_client other;
	set_budget();
	h2_open(&flooder, site.port);
	h2_open(&other, site.port);
	assert_true(acceptor_signed_in(site.acceptor, flooder.peer));
	expect_flood_is_cut(&flooder, (uint64_t)4 * BUDGET_BYTES);
	assert_true(h2_ping(&other));
	h2_close(&flooder);
	h2_close(&other);
}

static void who_has_signed_in_may_send_more_than_a_stranger(void **state)
{
	(void)state;
	struct h2_client member;
	set_budget();
	h2_open(&member, site.port);
	assert_true(acceptor_signed_in(site.acceptor, member.peer));
	uint64_t cuts = metric_get(METRIC_GUARD_CUTS);
	assert_true(h2_flood(&member, (uint64_t)3 * BUDGET_BYTES) >= (uint64_t)3 * BUDGET_BYTES);
	assert_true(h2_ping(&member));
	assert_int_equal(metric_get(METRIC_GUARD_CUTS), cuts);
	h2_close(&member);
}

static void the_oldest_of_too_many_strangers_goes(void **state)
{
	(void)state;
	struct h2_client member;
	struct h2_client strangers[3];
	struct acceptor_limits limits = site_limits();
	limits.connections_pending = 2;
	acceptor_set_limits(site.acceptor, &limits);
	h2_open(&member, site.port);
	assert_true(acceptor_signed_in(site.acceptor, member.peer));
	for (size_t i = 0; i < GC_LENGTH(strangers); i++)
		h2_open(&strangers[i], site.port);
	assert_true(h2_wait_end(&strangers[0]));
	assert_true(h2_ping(&member));
	assert_true(h2_ping(&strangers[1]));
	assert_true(h2_ping(&strangers[2]));
	h2_close(&member);
	for (size_t i = 0; i < GC_LENGTH(strangers); i++)
		h2_close(&strangers[i]);
}

static void who_has_signed_in_behind_a_stranger_is_no_stranger(void **state)
{
	(void)state;
	struct h2_client stranger;
	struct h2_client members[3];
	struct acceptor_limits limits = site_limits();
	limits.connections_pending = 2;
	acceptor_set_limits(site.acceptor, &limits);
	h2_open(&stranger, site.port);
	for (size_t i = 0; i < GC_LENGTH(members); i++) {
		h2_open(&members[i], site.port);
		assert_true(acceptor_signed_in(site.acceptor, members[i].peer));
	}
	assert_true(h2_ping(&stranger));
	h2_close(&stranger);
	for (size_t i = 0; i < GC_LENGTH(members); i++)
		h2_close(&members[i]);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_silent_connection_is_cut_at_the_timeout),
		TEST(half_a_handshake_is_cut_at_the_timeout),
		TEST(a_connection_that_only_pings_is_cut_at_the_timeout),
		TEST(who_has_signed_in_outlives_the_timeout),
		TEST(a_flood_before_signing_in_is_cut_and_others_go_on),
		TEST(a_flood_after_signing_in_is_cut_and_others_go_on),
		TEST(who_has_signed_in_may_send_more_than_a_stranger),
		TEST(the_oldest_of_too_many_strangers_goes),
		TEST(who_has_signed_in_behind_a_stranger_is_no_stranger),
	};
	return cmocka_run_group_tests_name(
		"net.accept_guard", tests, site_group_setup, site_group_teardown);
}
