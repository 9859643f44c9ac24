/* The table of connections, on pairs of sockets. */
#include "net/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_std.h"

struct fixture {
	struct conn_table table;
	int listener;
	int client; /* the other end of `fd` */
	int fd;
};

static struct peer peer_of(uint16_t port)
{
	return (struct peer){.address = {192, 0, 2, 1}, .port = port};
}

static int setup(void **state)
{
	static struct fixture f;
	struct sockaddr_in name = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(name);
	conn_table_init(&f.table);
	f.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	f.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f.listener, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(f.listener, 4), 0);
	assert_int_equal(getsockname(f.listener, (struct sockaddr *)&name, &len), 0);
	assert_int_equal(connect(f.client, (struct sockaddr *)&name, len), 0);
	f.fd = accept(f.listener, NULL, NULL);
	assert_true(f.fd >= 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	conn_table_deinit(&f->table);
	close(f->fd);
	close(f->client);
	close(f->listener);
	return 0;
}

static struct conn *add(struct fixture *f, uint16_t port)
{
	struct peer peer = peer_of(port);
	return conn_add_tls(&f->table, &peer, dup(f->fd), clock_mono());
}

static void a_connection_is_found_by_its_peer(void **state)
{
	struct fixture *f = *state;
	struct conn *conn = add(f, 7);
	assert_false(conn_table_sign_in(&f->table, "ipv4:192.0.2.1:8"));
	assert_false(atomic_load(&conn->signed_in));
	assert_true(conn_table_sign_in(&f->table, "ipv4:192.0.2.1:7"));
	assert_true(atomic_load(&conn->signed_in));
}

static void a_newcomer_is_young_and_has_not_signed_in(void **state)
{
	struct fixture *f = *state;
	struct mono before = clock_mono_add_ms(clock_mono(), -1000);
	assert_false(conn_table_has_newcomer(&f->table, before));
	struct conn *conn = add(f, 7);
	assert_true(conn_table_has_newcomer(&f->table, before));
	assert_false(conn_table_has_newcomer(&f->table, conn->since)); /* too old */
	assert_true(conn_table_sign_in(&f->table, "ipv4:192.0.2.1:7"));
	assert_false(conn_table_has_newcomer(&f->table, before));
}

static void the_newest_of_one_name_is_meant(void **state)
{
	struct fixture *f = *state;
	struct conn *old = add(f, 7);
	struct conn *new = add(f, 7);
	assert_true(conn_table_sign_in(&f->table, "ipv4:192.0.2.1:7"));
	assert_true(atomic_load(&new->signed_in));
	assert_false(atomic_load(&old->signed_in));
	conn_forget(&f->table, new);
	assert_true(conn_table_sign_in(&f->table, "ipv4:192.0.2.1:7"));
	assert_true(atomic_load(&old->signed_in));
}

static void connections_are_counted_in_all_and_per_address(void **state)
{
	struct fixture *f = *state;
	struct peer_net net;
	struct peer_net other;
	struct peer peer = peer_of(1);
	peer_get_net(&peer, &net);
	peer.address[3] = 2;
	peer_get_net(&peer, &other);
	add(f, 1);
	struct conn *second = add(f, 2);
	assert_int_equal(conn_table_count(&f->table, CONN_TLS), 2);
	assert_int_equal(conn_table_count_of(&f->table, &net), 2);
	assert_int_equal(conn_table_count_of(&f->table, &other), 0);
	conn_forget(&f->table, second);
	assert_int_equal(conn_table_count_of(&f->table, &net), 1);
}

static void an_admin_connection_has_its_credentials(void **state)
{
	struct fixture *f = *state;
	struct ucred ucred;
	add(f, 1);
	conn_add_admin(&f->table, 17, &(struct ucred){.pid = 3, .uid = 4, .gid = 5}, dup(f->fd));
	assert_true(conn_table_get_ucred(&f->table, "fd:17", &ucred));
	assert_int_equal(ucred.uid, 4);
	assert_false(conn_table_get_ucred(&f->table, "fd:18", &ucred));
	assert_false(conn_table_get_ucred(&f->table, "ipv4:192.0.2.1:1", &ucred));
	assert_int_equal(conn_table_count(&f->table, CONN_ADMIN), 1);
}

static void received_bytes_are_those_of_the_kernel(void **state)
{
	struct fixture *f = *state;
	uint64_t bytes = 1;
	struct conn *conn = add(f, 1);
	assert_true(conn_received_bytes(conn, &bytes));
	assert_int_equal(bytes, 0);
	assert_int_equal(send(f->client, "12345", 5, 0), 5);
	assert_int_equal(recv(f->fd, &(char[5]){0}, 5, MSG_WAITALL), 5);
	assert_true(conn_received_bytes(conn, &bytes));
	assert_int_equal(bytes, 5);
}

static void cutting_resets_and_drops_what_was_queued(void **state)
{
	struct fixture *f = *state;
	char byte;
	add(f, 1);
	assert_int_equal(send(f->client, "12345", 5, 0), 5);
	assert_int_equal(recv(f->fd, &byte, 1, MSG_PEEK), 1);
	assert_true(conn_table_cut(&f->table, "ipv4:192.0.2.1:1"));
	assert_int_equal(recv(f->fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(recv(f->client, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

static void the_oldest_pending_comes_first(void **state)
{
	struct fixture *f = *state;
	struct conn *first = add(f, 1);
	struct conn *second = add(f, 2);
	assert_ptr_equal(TAILQ_FIRST(&f->table.pending), first);
	conn_unmark_pending(&f->table, first);
	conn_unmark_pending(&f->table, first);
	assert_ptr_equal(TAILQ_FIRST(&f->table.pending), second);
	assert_int_equal(f->table.pending_count, 1);
}

static void count(void *arg, const char *fingerprint)
{
	(void)fingerprint;
	(*(int *)arg)++;
}

static void a_connection_keeps_what_it_is_served_with(void **state)
{
	struct fixture *f = *state;
	char served[TLS_FINGERPRINT_BYTES] = "";
	int connections = 0;
	add(f, 1);
	add(f, 2);
	assert_true(conn_table_set_served(&f->table, "ipv4:192.0.2.1:1", "abcd"));
	assert_true(conn_table_get_served(&f->table, "ipv4:192.0.2.1:1", served));
	assert_string_equal(served, "abcd");
	assert_false(conn_table_get_served(&f->table, "ipv4:192.0.2.1:9", served));
	conn_table_each_served(&f->table, count, &connections);
	assert_int_equal(connections, 2);
}

static void what_a_certificate_came_to_counts_for_one_pair(void **state)
{
	struct fixture *f = *state;
	const struct tls_client ann = {.verdict = TLS_VERDICT_GOOD, .user = "ann"};
	struct tls_client found = {0};
	add(f, 1);
	assert_false(conn_table_get_client(&f->table, "ipv4:192.0.2.1:1", 7, &found));
	assert_true(conn_table_set_client(&f->table, "ipv4:192.0.2.1:1", 7, &ann, "chain"));
	assert_true(conn_table_get_client(&f->table, "ipv4:192.0.2.1:1", 7, &found));
	assert_string_equal(found.user, "ann");
	assert_false(conn_table_get_client(&f->table, "ipv4:192.0.2.1:1", 8, &found));
	assert_false(conn_table_set_client(&f->table, "ipv4:192.0.2.1:9", 7, &ann, "chain"));
}

static void a_connection_ends_with_its_clients_certificate(void **state)
{
	struct fixture *f = *state;
	const struct tls_client ann = {.verdict = TLS_VERDICT_GOOD, .expires_us = 1000};
	const struct tls_client nobody = {.verdict = TLS_VERDICT_NONE};
	char byte;
	add(f, 1);
	add(f, 2);
	assert_true(conn_table_set_client(&f->table, "ipv4:192.0.2.1:1", 1, &ann, "chain"));
	assert_true(conn_table_set_client(&f->table, "ipv4:192.0.2.1:2", 1, &nobody, NULL));
	assert_int_equal(conn_table_cut_expired(&f->table, 1000), 0);
	assert_int_equal(conn_table_cut_expired(&f->table, 1001), 1);
	assert_int_equal(conn_table_cut_expired(&f->table, 1001), 0);
	assert_int_equal(recv(f->client, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_connection_is_found_by_its_peer, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_newcomer_is_young_and_has_not_signed_in, setup, teardown),
		cmocka_unit_test_setup_teardown(the_newest_of_one_name_is_meant, setup, teardown),
		cmocka_unit_test_setup_teardown(
			connections_are_counted_in_all_and_per_address, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_admin_connection_has_its_credentials, setup, teardown),
		cmocka_unit_test_setup_teardown(
			received_bytes_are_those_of_the_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(
			cutting_resets_and_drops_what_was_queued, setup, teardown),
		cmocka_unit_test_setup_teardown(the_oldest_pending_comes_first, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_connection_keeps_what_it_is_served_with, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_a_certificate_came_to_counts_for_one_pair, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_connection_ends_with_its_clients_certificate, setup, teardown),
	};
	return cmocka_run_group_tests_name("net.conn", tests, NULL, NULL);
}
