/* The look into TLS in front of a real server: it happens, it cuts, and it leaves others alone. */
#include "net/tap.h"

#include "base/metrics.h"
#include "h2_client.h"
#include "site.h"

#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	SHORT_MS = 300,
	FRAMES_PER_SECOND = 20,
	FLOOD_BYTES = 64 << 10, /* far within what may be sent in bytes */
};

static struct site site;

static int setup(void **state)
{
	(void)state;
	struct acceptor_limits limits = site_limits();
	limits.frames.control_frames_per_second = FRAMES_PER_SECOND;
	site_start(&site, "127.0.0.1:0", &limits, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	site_stop(&site);
	return 0;
}

static void a_handshake_is_seen(void **state)
{
	(void)state;
	struct h2_client client;
	uint64_t reads = tap_reads();
	assert_true(tap_start());
	h2_open(&client, site.port);
	assert_true(h2_ping(&client));
	assert_true(tap_reads() > reads);
	assert_true(tap_works());
	h2_close(&client);
}

static void too_many_frames_end_the_connection_and_no_other(void **state)
{
	(void)state;
	struct h2_client flooder;
	struct h2_client other;
	uint64_t cuts = metric_get(METRIC_CUT_CONTROL);
	uint64_t all = metric_get(METRIC_GUARD_CUTS);
	h2_open(&flooder, site.port);
	h2_open(&other, site.port);
	(void)h2_flood(&flooder, FLOOD_BYTES);
	assert_true(h2_wait_end(&flooder));
	assert_true(h2_ping(&other));
	assert_int_equal(metric_get(METRIC_CUT_CONTROL) - cuts, 1);
	assert_int_equal(metric_get(METRIC_GUARD_CUTS) - all, 1);
	h2_close(&flooder);
	h2_close(&other);
}

static void a_raised_limit_holds_for_open_connections(void **state)
{
	(void)state;
	struct h2_client client;
	struct acceptor_limits limits = site_limits();
	h2_open(&client, site.port);
	acceptor_set_limits(site.acceptor, &limits);
	assert_true(h2_flood(&client, FLOOD_BYTES) >= FLOOD_BYTES);
	assert_true(h2_ping(&client));
	h2_close(&client);
}

static void half_a_handshake_ends_in_time_and_a_whole_one_stays(void **state)
{
	(void)state;
	struct h2_client half;
	struct h2_client whole;
	struct acceptor_limits limits = site_limits();
	uint64_t cuts = metric_get(METRIC_CUT_HANDSHAKE);
	h2_open(&whole, site.port);
	assert_true(h2_ping(&whole));
	limits.handshake_timeout_ms = SHORT_MS;
	acceptor_set_limits(site.acceptor, &limits);
	struct mono since = clock_mono();
	assert_true(h2_connect(&half, AF_INET, site.port));
	assert_true(h2_wait_end(&half));
	assert_true(clock_mono_ms_since(clock_mono(), since) >= SHORT_MS - 1);
	assert_int_equal(metric_get(METRIC_CUT_HANDSHAKE) - cuts, 1);
	assert_true(h2_ping(&whole));
	h2_close(&half);
	h2_close(&whole);
}

static void bytes_are_counted_however_fast_core_reads_them(void **state)
{
	(void)state;
	struct h2_client client;
	struct acceptor_limits limits = site_limits();
	uint64_t cuts = metric_get(METRIC_CUT_BYTES_EARLY);
	limits.bytes_before_sign_in = FLOOD_BYTES / 2;
	acceptor_set_limits(site.acceptor, &limits);
	h2_open(&client, site.port);
	for (int i = 0; i < FLOOD_BYTES && h2_ping(&client); i++) /* nothing is left unread */
		continue;
	assert_int_equal(metric_get(METRIC_CUT_BYTES_EARLY) - cuts, 1);
	h2_close(&client);
}

static void a_connection_is_guarded_after_accepting_has_ended(void **state)
{
	(void)state;
	struct h2_client half;
	struct h2_client late;
	struct acceptor_limits limits = site_limits();
	limits.sign_in_timeout_ms = SHORT_MS;
	acceptor_set_limits(site.acceptor, &limits);
	uint64_t accepted = metric_get(METRIC_CONNECTIONS_ACCEPTED);
	assert_true(h2_connect(&half, AF_INET, site.port));
	assert_true(wait_until(acceptor_count(site.acceptor) == 1));
	acceptor_stop(site.acceptor);
	assert_true(h2_connect(&late, AF_INET, site.port)); /* waits in the listener */
	assert_true(h2_wait_end(&half));
	assert_int_equal(metric_get(METRIC_CONNECTIONS_ACCEPTED) - accepted, 1);
	(void)close(half.fd);
	(void)close(late.fd);
}

static void too_many_arrivals_of_one_address_are_refused(void **state)
{
	(void)state;
	struct h2_client client;
	struct acceptor_limits limits = site_limits();
	uint64_t refused = metric_get(METRIC_REFUSED_RATE);
	limits.connections_per_minute = 1;
	limits.connections_per_address = 3;
	acceptor_set_limits(site.acceptor, &limits);
	for (int i = 0; i < 3; i++) {
		h2_open(&client, site.port);
		assert_true(h2_ping(&client));
		h2_close(&client);
	}
	assert_true(h2_connect(&client, AF_INET, site.port));
	assert_true(h2_wait_end(&client));
	(void)close(client.fd);
	assert_int_equal(metric_get(METRIC_REFUSED_RATE) - refused, 1);
}

static void who_was_cut_for_what_it_sent_pays_with_new_connections(void **state)
{
	(void)state;
	struct h2_client client;
	struct acceptor_limits limits = site_limits();
	uint64_t refused = metric_get(METRIC_REFUSED_RATE);
	limits.frames.control_frames_per_second = FRAMES_PER_SECOND;
	limits.connections_per_minute = 1;
	limits.connections_per_address = 2 * ACCEPTOR_CUT_COST;
	acceptor_set_limits(site.acceptor, &limits);
	for (int i = 0; i < 2; i++) {
		h2_open(&client, site.port);
		(void)h2_flood(&client, FLOOD_BYTES);
		assert_true(h2_wait_end(&client));
		h2_close(&client);
		assert_true(wait_until(acceptor_count(site.acceptor) == 0));
	}
	assert_true(h2_connect(&client, AF_INET, site.port));
	assert_true(h2_wait_end(&client));
	(void)close(client.fd);
	assert_int_equal(metric_get(METRIC_REFUSED_RATE) - refused, 1);
}

static void what_an_address_is_charged_delays_its_next_connections(void **state)
{
	(void)state;
	struct h2_client client;
	struct acceptor_limits limits = site_limits();
	uint64_t refused = metric_get(METRIC_REFUSED_RATE);
	limits.connections_per_minute = 1;
	limits.connections_per_address = 3;
	acceptor_set_limits(site.acceptor, &limits);
	acceptor_charge(site.acceptor, "ipv4:127.0.0.2:4711", 3);
	acceptor_charge(site.acceptor, "ipv4:127.0.0.1:4711", 2);
	h2_open(&client, site.port);
	assert_true(h2_ping(&client));
	h2_close(&client);
	assert_int_equal(metric_get(METRIC_REFUSED_RATE) - refused, 0);
	acceptor_charge(site.acceptor, "ipv4:127.0.0.1:4712", 1);
	assert_true(h2_connect(&client, AF_INET, site.port));
	assert_true(h2_wait_end(&client));
	(void)close(client.fd);
	assert_int_equal(metric_get(METRIC_REFUSED_RATE) - refused, 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_handshake_is_seen),
		TEST(too_many_frames_end_the_connection_and_no_other),
		TEST(a_raised_limit_holds_for_open_connections),
		TEST(half_a_handshake_ends_in_time_and_a_whole_one_stays),
		TEST(bytes_are_counted_however_fast_core_reads_them),
		TEST(a_connection_is_guarded_after_accepting_has_ended),
		TEST(too_many_arrivals_of_one_address_are_refused),
		TEST(what_an_address_is_charged_delays_its_next_connections),
		TEST(who_was_cut_for_what_it_sent_pays_with_new_connections),
	};
	return cmocka_run_group_tests_name("net.tap", tests, site_group_setup, site_group_teardown);
}
