/* The accept thread: connections taken, named, counted, refused, cut, and left alone. */
#include "net/accept.h"

#include "base/metrics.h"
#include "h2_client.h"
#include "net/pace.h"
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	CLIENTS_MAX = 40,
	FDS_MAX = 400,
	HALF_OPEN = 150,
	HANDSHAKES_PER_S = 500,
	SPARE_FDS = 9, /* four connections of two, and the reserve stays */
};

static struct site site;

static int setup(void **state)
{
	(void)state;
	struct acceptor_limits limits = site_limits();
	site_start(&site, "127.0.0.1:0", &limits, NULL);
	return 0;
}

static int setup_dual(void **state)
{
	(void)state;
	struct acceptor_limits limits = site_limits();
	site_start(&site, "[::]:0", &limits, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	site_stop(&site);
	return 0;
}

static void expect_call_is_known(const char *target, const char *scheme)
{
	atomic_store(&site.sign_in, true);
	assert_int_equal(site_call(&site, target), GRPC_STATUS_DATA_LOSS);
	if (strncmp(site.peer, scheme, strlen(scheme)) != 0)
		fail_msg("peer is %s", site.peer);
	if (!site.peer_known)
		fail_msg("no connection is named %s", site.peer);
}

static void a_calls_peer_names_its_connection(void **state)
{
	(void)state;
	expect_call_is_known("ipv4:127.0.0.1", "ipv4:127.0.0.1:");
}

static void an_ipv6_calls_peer_names_its_connection(void **state)
{
	(void)state;
	expect_call_is_known("ipv6:[::1]", "ipv6:%5B::1%5D:");
}

static void an_ipv4_call_to_a_dual_stack_socket_names_its_connection(void **state)
{
	(void)state;
	expect_call_is_known("ipv4:127.0.0.1", "ipv4:127.0.0.1:");
}

static void connections_are_counted_while_they_last(void **state)
{
	(void)state;
	struct h2_client clients[3];
	for (size_t i = 0; i < GC_LENGTH(clients); i++)
		h2_open(&clients[i], site.port);
	assert_true(wait_until(acceptor_count(site.acceptor) == GC_LENGTH(clients)));
	for (size_t i = 0; i < GC_LENGTH(clients); i++)
		h2_close(&clients[i]);
	assert_true(wait_until(acceptor_count(site.acceptor) == 0));
}

static struct sockaddr_in site_address(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)site.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connect_silently(void)
{
	const struct sockaddr_in address = site_address();
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A site says nothing of shards, which counts as one. */
static void many_handshakes_are_begun_at_a_rate_that_leaves_time_for_others(void **state)
{
	(void)state;
	int fds[HALF_OPEN];
	struct acceptor_limits limits = site_limits();
	limits.handshakes_per_second = HANDSHAKES_PER_S;
	acceptor_set_limits(site.acceptor, &limits);
	uint64_t pauses = metric_get(METRIC_LIMITED_HANDSHAKES);
	struct mono start = clock_mono();
	for (size_t i = 0; i < GC_LENGTH(fds); i++)
		fds[i] = connect_silently();
	assert_true(wait_until(acceptor_count(site.acceptor) == HALF_OPEN));
	assert_true(clock_mono_ms_since(clock_mono(), start) >=
		    (HALF_OPEN - PACE_FREE - PACE_BURST) * 1000 / HANDSHAKES_PER_S);
	assert_true(metric_get(METRIC_LIMITED_HANDSHAKES) > pauses);
	for (size_t i = 0; i < GC_LENGTH(fds); i++)
		close(fds[i]);
	assert_true(wait_until(acceptor_count(site.acceptor) == 0));
}

static void a_connection_can_be_cut_by_its_peers_name(void **state)
{
	(void)state;
	struct h2_client victim;
	struct h2_client other;
	h2_open(&victim, site.port);
	h2_open(&other, site.port);
	assert_true(h2_ping(&victim));
	assert_true(acceptor_cut(site.acceptor, victim.peer));
	assert_true(h2_wait_end(&victim));
	assert_true(wait_until(acceptor_count(site.acceptor) == 1));
	assert_false(acceptor_cut(site.acceptor, victim.peer));
	assert_true(h2_ping(&other));
	h2_close(&victim);
	h2_close(&other);
}

static void expect_third_is_refused(void)
{
	struct h2_client clients[3];
	uint64_t refused = metric_get(METRIC_CONNECTIONS_REFUSED);
	h2_open(&clients[0], site.port);
	h2_open(&clients[1], site.port);
	(void)h2_connect(&clients[2], AF_INET, site.port); /* or refused at once */
	assert_true(h2_wait_end(&clients[2]));
	assert_int_equal(metric_get(METRIC_CONNECTIONS_REFUSED), refused + 1);
	assert_true(h2_ping(&clients[0]));
	/* Who leaves makes room at once. */
	h2_close(&clients[1]);
	h2_open(&clients[1], site.port);
	assert_true(h2_ping(&clients[1]));
	for (size_t i = 0; i < GC_LENGTH(clients); i++)
		h2_close(&clients[i]);
}

static void more_than_allowed_from_one_address_are_refused(void **state)
{
	(void)state;
	struct acceptor_limits limits = site_limits();
	limits.connections_per_address = 2;
	acceptor_set_limits(site.acceptor, &limits);
	expect_third_is_refused();
}

static void more_than_allowed_in_all_are_refused(void **state)
{
	(void)state;
	struct acceptor_limits limits = site_limits();
	limits.connections = 2;
	acceptor_set_limits(site.acceptor, &limits);
	expect_third_is_refused();
}

static void addresses_are_counted_apart(void **state)
{
	(void)state;
	struct h2_client v4;
	struct h2_client v6;
	struct acceptor_limits limits = site_limits();
	limits.connections_per_address = 1;
	acceptor_set_limits(site.acceptor, &limits);
	h2_open(&v4, site.port);
	assert_true(h2_connect(&v6, AF_INET6, site.port));
	assert_true(h2_start(&v6));
	assert_true(h2_ping(&v4));
	assert_true(h2_ping(&v6));
	h2_close(&v4);
	h2_close(&v6);
}

static void the_thread_shows_that_it_lives(void **state)
{
	(void)state;
	uint64_t seen = 0;
	(void)pulse_moved(acceptor_pulse(site.acceptor), &seen);
	assert_true(wait_until(pulse_moved(acceptor_pulse(site.acceptor), &seen)));
}

static void after_the_stop_connections_go_on_and_none_come(void **state)
{
	(void)state;
	struct h2_client before;
	struct h2_client after;
	struct err_text err = {""};
	h2_open(&before, site.port);
	assert_true(h2_ping(&before));
	acceptor_stop(site.acceptor);
	acceptor_stop(site.acceptor);
	assert_true(h2_ping(&before));
	assert_true(h2_connect(&after, AF_INET, site.port)); /* waits in the listener's queue */
	assert_int_equal(acceptor_count(site.acceptor), 1);
	assert_int_equal(acceptor_prove(site.acceptor, site.fingerprint, WAIT_DEADLINE_MS, &err),
		-ESHUTDOWN);
	h2_close(&before);
	h2_close(&after);
}

static void set_fd_limit(rlim_t soft)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = soft;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Uses up every descriptor below FDS_MAX but a few. Gives how many are in `fds`. */
static size_t use_up_fds(int fds[static FDS_MAX])
{
	size_t count = 0;
	set_fd_limit(FDS_MAX);
	while ((fds[count] = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0)
		count++;
	assert_int_equal(errno, EMFILE);
	for (int i = 0; i < SPARE_FDS; i++)
		close(fds[--count]);
	return count;
}

static void it_recovers_when_descriptors_run_out(void **state)
{
	(void)state;
	static struct h2_client clients[CLIENTS_MAX];
	static int fds[FDS_MAX];
	struct rlimit limit;
	const struct sockaddr_in name = site_address();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	uint64_t refused = metric_get(METRIC_CONNECTIONS_REFUSED);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		clients[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t count = use_up_fds(fds);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		(void)connect(clients[i].fd, (const struct sockaddr *)&name, sizeof(name));
	assert_true(
		wait_until(metric_get(METRIC_CONNECTIONS_REFUSED) >= refused + CLIENTS_MAX / 2));
	assert_true(acceptor_count(site.acceptor) <= SPARE_FDS / 2);
	while (count > 0)
		close(fds[--count]);
	set_fd_limit(limit.rlim_cur);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		h2_close(&clients[i]);
	assert_true(wait_until(acceptor_count(site.acceptor) == 0));
	struct h2_client next;
	h2_open(&next, site.port);
	assert_true(h2_ping(&next));
	h2_close(&next);
}

static void a_certificate_is_proven_by_a_handshake_with_ourselves(void **state)
{
	(void)state;
	struct err_text err = {""};
	if (acceptor_prove(site.acceptor, site.fingerprint, WAIT_DEADLINE_MS, &err) < 0)
		fail_msg("%s", err.text);
}

static void another_certificate_is_not_proven(void **state)
{
	(void)state;
	struct err_text err = {""};
	assert_int_equal(
		acceptor_prove(site.acceptor, "00", WAIT_DEADLINE_MS, &err), -EKEYREJECTED);
	assert_non_null(strstr(err.text, site.fingerprint));
}

static void a_swapped_pair_serves_new_connections_and_leaves_old_ones(void **state)
{
	(void)state;
	struct h2_client before;
	struct err_text err = {""};
	char fingerprint[TLS_FINGERPRINT_BYTES];
	h2_open(&before, site.port);
	struct tls_pair *pair = site_make_pair(&site);
	memcpy(fingerprint, pair->info.fingerprint, sizeof(fingerprint));
	assert_string_not_equal(fingerprint, site.fingerprint);
	struct tls_pair *old = tls_holder_swap(site.holder, pair);
	if (acceptor_prove(site.acceptor, fingerprint, WAIT_DEADLINE_MS, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(h2_ping(&before));
	/* Rolled back the same way. */
	tls_pair_free(tls_holder_swap(site.holder, old));
	assert_int_equal(
		acceptor_prove(site.acceptor, site.fingerprint, WAIT_DEADLINE_MS, &err), 0);
	h2_close(&before);
}

#define TEST(fn)      cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define TEST_DUAL(fn) cmocka_unit_test_setup_teardown(fn, setup_dual, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_calls_peer_names_its_connection),
		TEST_DUAL(an_ipv6_calls_peer_names_its_connection),
		TEST_DUAL(an_ipv4_call_to_a_dual_stack_socket_names_its_connection),
		TEST(connections_are_counted_while_they_last),
		TEST(many_handshakes_are_begun_at_a_rate_that_leaves_time_for_others),
		TEST(a_connection_can_be_cut_by_its_peers_name),
		TEST(more_than_allowed_from_one_address_are_refused),
		TEST(more_than_allowed_in_all_are_refused),
		TEST_DUAL(addresses_are_counted_apart),
		TEST(the_thread_shows_that_it_lives),
		TEST(after_the_stop_connections_go_on_and_none_come),
		TEST(it_recovers_when_descriptors_run_out),
		TEST(a_certificate_is_proven_by_a_handshake_with_ourselves),
		TEST(another_certificate_is_not_proven),
		TEST(a_swapped_pair_serves_new_connections_and_leaves_old_ones),
	};
	return cmocka_run_group_tests_name(
		"net.accept", tests, site_group_setup, site_group_teardown);
}
