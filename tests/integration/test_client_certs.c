/* timeout: 180
 * Signing in with a certificate: off, optional and required, whom it stands for, and who is turned
 * away. */
#include "certs.h"
#include "cmocka_std.h"
#include "support/td_client.h"
#include "tool.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A daemon that takes certificates from one authority, which has revoked some. */
struct site {
	struct td *td;
	X509 *ca; /* owned */
	EVP_PKEY *ca_key; /* owned */
};

/* A client's pair of this authority; NULL: of its own. */
static void issue(struct site *s, const char *name, const char *alternatives, bool stranger)
{
	certs_write(s->td, name,
		&(struct recipe){.issuer = stranger ? NULL : s->ca,
			.issuer_key = stranger ? NULL : s->ca_key,
			.common_name = name,
			.alternatives = alternatives,
			.usage = "clientAuth"});
}

/* A list with the certificates of this name; "": with none. */
static void revoke(struct site *s, const char *name)
{
	struct folder folder = certs_folder(s->td);
	char path[TD_PATH_BYTES];
	char file_name[64];
	X509 *cert = NULL;
	if (name[0]) {
		(void)snprintf(file_name, sizeof(file_name), "%s.crt", name);
		FILE *file = fopen(td_path(s->td, file_name, path), "r");
		assert_non_null(file);
		cert = PEM_read_X509(file, NULL, NULL, NULL);
		assert_int_equal(fclose(file), 0);
	}
	X509_CRL *crl = pair_make_crl(&(struct crl_recipe){
		.issuer = s->ca, .issuer_key = s->ca_key, .revoked = &cert, .count = cert ? 1 : 0});
	pair_write_crl(&folder, "clients.crl", crl);
	X509_CRL_free(crl);
	X509_free(cert);
}

static void open_site(struct site *s, const char *mode, const char *more)
{
	char config[512];
	s->td = td_prepare(NULL);
	struct folder folder = certs_folder(s->td);
	s->ca = pair_make_cert(
		&(struct recipe){.common_name = "clients", .is_ca = true}, &s->ca_key);
	pair_write_certs(&folder, "clients.crt", &s->ca, 1);
	revoke(s, "");
	issue(s, "ann", "email:Ann@example.org,URI:spiffe://example.org/bob", false);
	issue(s, "bob", "email:bob@example.org", false);
	issue(s, "nobody", "email:nobody@example.org", false);
	issue(s, "nameless", "DNS:ann", false);
	issue(s, "stranger", "email:ann@example.org", true);
	(void)snprintf(config, sizeof(config),
		"tls: { client_auth = \"%s\"; client_ca = \"%%s/clients.crt\"; "
		"client_crl = \"%%s/clients.crl\"; %s };",
		mode, more);
	certs_start(s->td, config);
}

static void close_site(struct site *s)
{
	td_stop(s->td);
	X509_free(s->ca);
	EVP_PKEY_free(s->ca_key);
}

/* A client that shows NAME's certificate; NULL: none. */
static struct td_client *open_as(struct site *s, const char *name)
{
	char cert[TD_PATH_BYTES];
	char key[TD_PATH_BYTES];
	char file[64];
	if (!name)
		return td_open(s->td, NULL);
	(void)snprintf(file, sizeof(file), "%s.crt", name);
	td_path(s->td, file, cert);
	(void)snprintf(file, sizeof(file), "%s.key", name);
	td_path(s->td, file, key);
	return td_open(s->td,
		&(struct td_client_options){.client_cert_file = cert, .client_key_file = key});
}

/* What GetServerInfo says of the certificate. */
static void expect_info(struct td_client *c, const char *user, const char *problem)
{
	struct gchat_server_info *info = NULL;
	struct gchat_error error = {0};
	td_check(c, gchat_server_info(td_gchat(c), &info, &error), &error, "server info");
	assert_string_equal(info->certificate_user, user);
	assert_string_equal(info->certificate_problem, problem);
	gchat_free(info);
}

static void expect_refused(struct td_client *c, const char *reason)
{
	struct gchat_room_list *rooms = NULL;
	struct gchat_error error = {0};
	int r = gchat_list_rooms(td_gchat(c), NULL, false, &rooms, &error);
	td_check_refused(c, r, &error, reason);
}

static void expect_taken(struct td_client *c)
{
	struct gchat_room_list *rooms = NULL;
	struct gchat_error error = {0};
	td_check(c, gchat_list_rooms(td_gchat(c), NULL, false, &rooms, &error), &error,
		"list rooms");
	gchat_free(rooms);
}

/* Makes the account, with a password. */
static void make_account(struct site *s, const char *user)
{
	struct td_client *c = open_as(s, "nobody"); /* where a certificate is required */
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};
	const struct gchat_credentials who = {.user = user, .password = td_password()};
	td_check(c, gchat_create_account(td_gchat(c), &who, &account, &error), &error, "account");
	gchat_free(account);
	td_disconnect(c);
}

static void connect_stream(struct td_client *c, const char *user)
{
	const struct gchat_session_options how = {.user = user};
	assert_int_equal(gchat_connect(td_gchat(c), &how), 0);
	(void)td_expect_welcome(c);
}

/* ---- the three modes ---- */

static void off_nobody_is_asked_for_a_certificate(void **state)
{
	struct site s;

	(void)state;
	open_site(&s, "off", "");
	struct td_client *c = open_as(&s, "ann");
	expect_info(c, "", "");
	expect_refused(c, "NOT_SIGNED_IN");
	close_site(&s);
}

static void optional_a_certificate_signs_in_and_a_password_does(void **state)
{
	struct site s;

	(void)state;
	open_site(&s, "optional", "");
	(void)td_connect(s.td, "ann"); /* with a password, and no certificate */
	struct td_client *c = open_as(&s, "ann");
	expect_info(c, "ann", "");
	expect_taken(c);
	connect_stream(c, "ann");
	json_t *sessions = tool_json(s.td, GCHATCTL, "list-sessions ann");
	assert_int_equal(json_array_size(sessions), 2);
	json_decref(sessions);
	c = open_as(&s, NULL);
	expect_info(c, "", "");
	expect_refused(c, "NOT_SIGNED_IN");
	close_site(&s);
}

static void required_there_is_no_connection_without_a_good_certificate(void **state)
{
	struct site s;
	struct gchat_server_info *info = NULL;
	struct gchat_error error = {0};

	(void)state;
	open_site(&s, "required", "");
	make_account(&s, "ann");
	struct td_client *c = open_as(&s, "ann");
	expect_info(c, "ann", "");
	connect_stream(c, "ann");
	json_t *sessions = tool_json(s.td, GCHATCTL, "list-sessions ann");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(sessions, 0), "device")),
		"certificate");
	json_decref(sessions);
	c = open_as(&s, NULL);
	int r = gchat_server_info(td_gchat(c), &info, &error);
	td_check_refused(c, r, &error, "UNAVAILABLE");
	c = open_as(&s, "stranger");
	r = gchat_server_info(td_gchat(c), &info, &error);
	td_check_refused(c, r, &error, "UNAVAILABLE");
	json_t *rotated = tool_json(s.td, GCHATCTL, "cert rotate"); /* which shows none */
	json_decref(rotated);
	close_site(&s);
}

/* ---- whom it stands for ---- */

static void a_certificate_without_an_account_signs_nobody_in(void **state)
{
	struct site s;

	(void)state;
	open_site(&s, "optional", "");
	struct td_client *c = open_as(&s, "nobody");
	expect_info(c, "", "CLIENT_CERTIFICATE_UNKNOWN");
	expect_refused(c, "CLIENT_CERTIFICATE_UNKNOWN");
	c = open_as(&s, "nameless");
	expect_info(c, "", "CLIENT_CERTIFICATE_UNKNOWN");
	expect_refused(c, "CLIENT_CERTIFICATE_UNKNOWN");
	close_site(&s);
}

static void another_kind_of_name_is_another_user(void **state)
{
	struct site s;

	(void)state;
	open_site(&s, "optional", "client_name = \"uri\";");
	make_account(&s, "ann");
	make_account(&s, "bob");
	expect_info(open_as(&s, "ann"), "bob", ""); /* spiffe://example.org/bob */
	close_site(&s);
}

/* ---- who is turned away ---- */

static void a_banned_account_is_refused_as_with_a_token(void **state)
{
	struct site s;

	(void)state;
	open_site(&s, "optional", "");
	make_account(&s, "ann");
	struct td_client *ann = open_as(&s, "ann");
	connect_stream(ann, "ann");
	json_decref(tool_json(s.td, GCHATCTL, "ban ann"));
	const struct gchat_state_event *end = td_expect_state(ann, GCHAT_STATE_REFUSED);
	assert_string_equal(end->error.reason, "BANNED");
	expect_refused(ann, "BANNED");
	expect_info(ann, "", "BANNED");
	close_site(&s);
}

static void a_suspended_account_is_refused_as_with_a_token(void **state)
{
	struct site s;

	(void)state;
	open_site(&s, "optional", "");
	make_account(&s, "ann");
	struct td_client *c = open_as(&s, "ann");
	expect_taken(c);
	json_decref(tool_json(s.td, GCHATCTL, "user suspend ann"));
	expect_refused(c, "ACCOUNT_SUSPENDED");
	expect_info(c, "", "ACCOUNT_SUSPENDED");
	close_site(&s);
}

static void a_revoked_certificate_ends_its_connections_and_is_refused(void **state)
{
	struct site s;

	(void)state;
	open_site(&s, "optional", "");
	make_account(&s, "ann");
	make_account(&s, "bob");
	struct td_client *ann = open_as(&s, "ann");
	struct td_client *bob = open_as(&s, "bob");
	connect_stream(ann, "ann");
	connect_stream(bob, "bob");
	td_forget(bob);
	revoke(&s, "ann");
	json_t *rotated = tool_json(s.td, GCHATCTL, "cert rotate");
	json_decref(rotated);
	const struct gchat_state_event *end = td_expect_state(ann, GCHAT_STATE_REFUSED);
	assert_string_equal(end->error.reason, "CLIENT_CERTIFICATE_REVOKED");
	expect_refused(ann, "CLIENT_CERTIFICATE_REVOKED");
	td_barrier(bob); /* whose connection was not touched */
	td_expect_none(bob, GCHAT_EVENT_STATE);
	json_t *status = tool_json(s.td, GCHATCTL, "cert status");
	assert_int_equal(json_integer_value(tool_at(s.td, status, "clients.revoked")), 1);
	assert_string_equal(
		json_string_value(tool_at(s.td, status, "clients.subject")), "CN=clients");
	assert_string_equal(json_string_value(tool_at(s.td, status, "clients.mode")), "optional");
	json_decref(status);
	close_site(&s);
}

static void a_stream_ends_when_its_certificate_does(void **state)
{
	struct site s;

	(void)state;
	open_site(&s, "optional", "");
	make_account(&s, "ann");
	certs_write(s.td, "ann",
		&(struct recipe){.issuer = s.ca,
			.issuer_key = s.ca_key,
			.alternatives = "email:ann@example.org",
			.until_s = 4});
	struct td_client *ann = open_as(&s, "ann");
	connect_stream(ann, "ann");
	(void)td_expect_state(ann, GCHAT_STATE_RECONNECTING);
	assert_true(td_log_has(s.td, "their clients' certificates have expired", TD_WAIT_MS));
	close_site(&s);
}

static void a_list_that_is_watched_counts_at_once(void **state)
{
	struct site s;

	(void)state;
	open_site(&s, "required", "watch = true;");
	make_account(&s, "ann");
	struct td_client *ann = open_as(&s, "ann");
	connect_stream(ann, "ann");
	revoke(&s, "ann");
	const struct gchat_state_event *end = td_expect_state(ann, GCHAT_STATE_REFUSED);
	assert_string_equal(end->error.reason, "CLIENT_CERTIFICATE_REVOKED");
	close_site(&s);
}

static void a_bad_list_is_refused_and_changes_nothing(void **state)
{
	struct site s;
	char text[CERTS_TEXT_BYTES];

	(void)state;
	open_site(&s, "optional", "");
	make_account(&s, "ann");
	struct folder folder = certs_folder(s.td);
	EVP_PKEY *key = NULL;
	X509 *other =
		pair_make_cert(&(struct recipe){.common_name = "clients", .is_ca = true}, &key);
	X509_CRL *crl = pair_make_crl(&(struct crl_recipe){.issuer = other, .issuer_key = key});
	pair_write_crl(&folder, "clients.crl", crl);
	assert_int_equal(certs_ctl(s.td, GCHATCTL, "cert rotate", text), 6);
	assert_non_null(strstr(text, "clients.crl was not signed by an authority of"));
	expect_taken(open_as(&s, "ann"));
	X509_CRL_free(crl);
	X509_free(other);
	EVP_PKEY_free(key);
	close_site(&s);
}

/* ---- gchat-client ---- */

static void gchat_client_signs_in_with_a_certificate_alone(void **state)
{
	struct site s;
	char command[1024];

	(void)state;
	open_site(&s, "required", "");
	make_account(&s, "ann");
	struct td_client *c = open_as(&s, "ann");
	connect_stream(c, "ann");
	uint64_t room = td_create_room(c, "lobby");
	(void)snprintf(command, sizeof(command),
		"%s --state=%s/client --server=%s --ca-file=%s/server.crt --client-cert=%s/ann.crt "
		"--client-key=%s/ann.key send lobby hello </dev/null",
		GCHAT_CLIENT, td_folder(s.td), td_address(s.td), td_state_folder(s.td),
		td_folder(s.td), td_folder(s.td));
	assert_int_equal(system(command), 0); /* words of our own, no one else's */
	(void)td_expect_message(c, room, "hello");
	close_site(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(off_nobody_is_asked_for_a_certificate, td_teardown),
		cmocka_unit_test_teardown(
			optional_a_certificate_signs_in_and_a_password_does, td_teardown),
		cmocka_unit_test_teardown(
			required_there_is_no_connection_without_a_good_certificate, td_teardown),
		cmocka_unit_test_teardown(
			a_certificate_without_an_account_signs_nobody_in, td_teardown),
		cmocka_unit_test_teardown(another_kind_of_name_is_another_user, td_teardown),
		cmocka_unit_test_teardown(a_banned_account_is_refused_as_with_a_token, td_teardown),
		cmocka_unit_test_teardown(
			a_suspended_account_is_refused_as_with_a_token, td_teardown),
		cmocka_unit_test_teardown(
			a_revoked_certificate_ends_its_connections_and_is_refused, td_teardown),
		cmocka_unit_test_teardown(a_stream_ends_when_its_certificate_does, td_teardown),
		cmocka_unit_test_teardown(a_list_that_is_watched_counts_at_once, td_teardown),
		cmocka_unit_test_teardown(a_bad_list_is_refused_and_changes_nothing, td_teardown),
		cmocka_unit_test_teardown(
			gchat_client_signs_in_with_a_certificate_alone, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
