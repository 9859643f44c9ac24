/* Authorities, lists of revoked certificates, and what a client's certificate comes to. */
#include "net/tls_clients.h"

#include "net/tls.h"
#include "pair.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmocka_std.h"

#define CA  "ca.pem"
#define CRL "ca.crl"

/* An authority, and a client's certificate from it. */
struct site {
	struct folder folder;
	X509 *ca;
	EVP_PKEY *ca_key;
	X509 *client;
};

static X509 *issue(struct site *s, const char *alternatives, long until_s)
{
	return pair_make_cert(&(struct recipe){.issuer = s->ca,
				      .issuer_key = s->ca_key,
				      .common_name = "Ann Example",
				      .alternatives = alternatives,
				      .from_s = until_s < 0 ? -86400 : 0,
				      .until_s = until_s},
		NULL);
}

static int setup(void **state)
{
	static struct site s;
	folder_make(&s.folder);
	s.ca = pair_make_cert(&(struct recipe){.common_name = "clients", .is_ca = true}, &s.ca_key);
	s.client = issue(&s,
		"email:Ann@example.org,DNS:ann.example.org,URI:spiffe://example.org/user/ann", 0);
	pair_write_certs(&s.folder, CA, &s.ca, 1);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct site *s = *state;
	X509_free(s->ca);
	X509_free(s->client);
	EVP_PKEY_free(s->ca_key);
	folder_remove(&s->folder);
	return 0;
}

static void write_crl(struct site *s, X509 *const *revoked, size_t count, long until_s)
{
	X509_CRL *crl = pair_make_crl(&(struct crl_recipe){.issuer = s->ca,
		.issuer_key = s->ca_key,
		.revoked = revoked,
		.count = count,
		.until_s = until_s});
	pair_write_crl(&s->folder, CRL, crl);
	X509_CRL_free(crl);
}

static struct tls_clients *load(struct site *s, bool with_crl)
{
	struct tls_clients *clients = NULL;
	struct err_text err = {""};
	int flaw;
	if (tls_clients_load(folder_file(&s->folder, CA),
		    with_crl ? folder_file(&s->folder, CRL) : NULL, &clients, &flaw, NULL,
		    &err) < 0)
		fail_msg("%s", err.text);
	return clients;
}

static void expect_fault(struct site *s, bool with_crl, int e, const char *sentence)
{
	struct tls_clients *clients = NULL;
	struct err_text err = {""};
	int flaw;
	assert_int_equal(
		tls_clients_load(folder_file(&s->folder, CA),
			with_crl ? folder_file(&s->folder, CRL) : "", &clients, &flaw, NULL, &err),
		e);
	assert_null(clients);
	if (!strstr(err.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
}

/* Owned. */
static char *pem_of(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
	long len = BIO_get_mem_data(bio, &data);
	char *text = calloc(1, (size_t)len + 1);
	memcpy(text, data, (size_t)len);
	BIO_free(bio);
	return text;
}

static void judge(
	struct tls_clients *clients, X509 *cert, enum tls_client_name kind, struct tls_client *ret)
{
	char *pem = pem_of(cert);
	tls_clients_judge(clients, pem, kind, ret);
	free(pem);
}

static void expect_user(struct site *s, X509 *cert, enum tls_client_name kind, const char *user)
{
	struct tls_clients *clients = load(s, false);
	struct tls_client found;
	judge(clients, cert, kind, &found);
	assert_int_equal(found.verdict, user ? TLS_VERDICT_GOOD : TLS_VERDICT_NAMELESS);
	assert_string_equal(found.user, user ? user : "");
	(void)tls_clients_unref(clients);
}

static void each_kind_of_name_gives_a_user(void **state)
{
	struct site *s = *state;
	expect_user(s, s->client, TLS_CLIENT_NAME_EMAIL, "ann");
	expect_user(s, s->client, TLS_CLIENT_NAME_DNS, "ann.example.org");
	expect_user(s, s->client, TLS_CLIENT_NAME_URI, "ann");
	expect_user(s, s->client, TLS_CLIENT_NAME_CN, "ann example");
}

static void a_uri_is_cut_at_its_user(void **state)
{
	struct site *s = *state;
	static const struct {
		const char *uri;
		const char *user;
	} rows[] = {{"URI:acct:Ann@example.org", "ann"}, {"URI:xmpp:ann@example.org/laptop", "ann"},
		{"URI:urn:user:ann", "ann"}, {"URI:spiffe://example.org/", NULL}};
	for (size_t i = 0; i < GC_LENGTH(rows); i++) {
		X509 *cert = issue(s, rows[i].uri, 0);
		expect_user(s, cert, TLS_CLIENT_NAME_URI, rows[i].user);
		X509_free(cert);
	}
}

static void a_certificate_without_the_kind_of_name_is_nameless(void **state)
{
	struct site *s = *state;
	X509 *cert = issue(s, "DNS:ann.example.org", 0);
	expect_user(s, cert, TLS_CLIENT_NAME_EMAIL, NULL);
	X509_free(cert);
	cert = issue(
		s, "email:abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm@x", 0);
	expect_user(s, cert, TLS_CLIENT_NAME_EMAIL, NULL); /* longer than any user's */
	X509_free(cert);
}

static void a_revoked_certificate_is_told_from_others(void **state)
{
	struct site *s = *state;
	struct tls_client found;
	X509 *other = issue(s, "email:bob@example.org", 0);
	write_crl(s, &s->client, 1, 0);
	struct tls_clients *clients = load(s, true);
	judge(clients, s->client, TLS_CLIENT_NAME_EMAIL, &found);
	assert_int_equal(found.verdict, TLS_VERDICT_REVOKED);
	judge(clients, other, TLS_CLIENT_NAME_EMAIL, &found);
	assert_int_equal(found.verdict, TLS_VERDICT_GOOD);
	assert_string_equal(found.user, "bob");
	(void)tls_clients_unref(clients);
	X509_free(other);
}

static void a_list_out_of_date_lets_nobody_in(void **state)
{
	struct site *s = *state;
	struct tls_client found;
	struct tls_clients *clients = NULL;
	struct err_text flaw = {""};
	int r;
	write_crl(s, NULL, 0, -60);
	assert_int_equal(tls_clients_load(folder_file(&s->folder, CA), folder_file(&s->folder, CRL),
				 &clients, &r, &flaw, NULL),
		0);
	assert_int_equal(r, -EKEYEXPIRED);
	assert_non_null(strstr(flaw.text, "a list of revoked certificates of"));
	assert_non_null(strstr(flaw.text, "expired on 20"));
	judge(clients, s->client, TLS_CLIENT_NAME_EMAIL, &found);
	assert_int_equal(found.verdict, TLS_VERDICT_INVALID);
	assert_string_equal(found.why, "CRL has expired");
	(void)tls_clients_unref(clients);
}

static void strangers_and_what_has_expired_are_invalid(void **state)
{
	struct site *s = *state;
	struct tls_client found;
	struct tls_clients *clients = load(s, false);
	X509 *stranger = pair_make_cert(&(struct recipe){.common_name = "ann"}, NULL);
	X509 *old = issue(s, "email:ann@example.org", -60);
	X509 *server = pair_make_cert(&(struct recipe){.issuer = s->ca,
					      .issuer_key = s->ca_key,
					      .alternatives = "email:ann@example.org",
					      .usage = "serverAuth"},
		NULL);
	judge(clients, stranger, TLS_CLIENT_NAME_CN, &found);
	assert_int_equal(found.verdict, TLS_VERDICT_INVALID);
	judge(clients, old, TLS_CLIENT_NAME_EMAIL, &found);
	assert_int_equal(found.verdict, TLS_VERDICT_INVALID);
	assert_string_equal(found.why, "certificate has expired");
	judge(clients, server, TLS_CLIENT_NAME_EMAIL, &found);
	assert_int_equal(found.verdict, TLS_VERDICT_INVALID);
	tls_clients_judge(clients, "no certificate", TLS_CLIENT_NAME_CN, &found);
	assert_int_equal(found.verdict, TLS_VERDICT_INVALID);
	tls_clients_judge(clients, NULL, TLS_CLIENT_NAME_CN, &found);
	assert_int_equal(found.verdict, TLS_VERDICT_NONE);
	(void)tls_clients_unref(clients);
	X509_free(stranger);
	X509_free(old);
	X509_free(server);
}

static void authorities_and_lists_are_described(void **state)
{
	struct site *s = *state;
	struct tls_clients_info info;
	write_crl(s, &s->client, 1, 3600);
	struct tls_clients *clients = load(s, true);
	tls_clients_get_info(clients, &info);
	assert_string_equal(info.subject, "CN=clients");
	assert_int_equal(info.authority_count, 1);
	assert_int_equal(info.crl_count, 1);
	assert_int_equal(info.revoked_count, 1);
	assert_in_range(info.next_update_us, clock_wall_us(),
		clock_wall_us() + UINT64_C(3601) * CLOCK_US_PER_S);
	assert_true(info.expires_us > info.next_update_us);
	(void)tls_clients_unref(clients);
}

static void what_is_no_authority_is_named(void **state)
{
	struct site *s = *state;
	X509 *const both[] = {s->ca, s->client};
	pair_write_certs(&s->folder, CA, both, 2);
	expect_fault(s, false, -EKEYREJECTED, "certificate 2 of");
	assert_int_equal(fd_write_file(folder_file(&s->folder, CA), "hello\n", 6, 0600), 0);
	expect_fault(s, false, -EBADMSG, "holds no certificate");
	assert_int_equal(unlink(folder_file(&s->folder, CA)), 0);
	expect_fault(s, false, -ENOENT, "No such file");
}

static void an_authority_twice_is_taken(void **state)
{
	struct site *s = *state;
	X509 *const both[] = {s->ca, s->ca};
	pair_write_certs(&s->folder, CA, both, 2);
	expect_user(s, s->client, TLS_CLIENT_NAME_EMAIL, "ann");
}

static void a_list_of_a_stranger_is_named(void **state)
{
	struct site *s = *state;
	EVP_PKEY *key = NULL;
	X509 *stranger =
		pair_make_cert(&(struct recipe){.common_name = "clients", .is_ca = true}, &key);
	X509_CRL *crl = pair_make_crl(&(struct crl_recipe){.issuer = stranger, .issuer_key = key});
	pair_write_crl(&s->folder, CRL, crl);
	expect_fault(s, true, -EKEYREJECTED, "was not signed by an authority of");
	assert_int_equal(fd_write_file(folder_file(&s->folder, CRL), "", 0, 0600), 0);
	expect_fault(s, true, -EBADMSG, "holds no list of revoked certificates");
	X509_CRL_free(crl);
	X509_free(stranger);
	EVP_PKEY_free(key);
}

static void the_same_files_are_equal(void **state)
{
	struct site *s = *state;
	write_crl(s, NULL, 0, 0);
	struct tls_clients *a = load(s, true);
	struct tls_clients *b = load(s, true);
	struct tls_clients *bare = load(s, false);
	assert_true(tls_clients_equal(a, b));
	assert_true(tls_clients_equal(NULL, NULL));
	assert_false(tls_clients_equal(a, bare));
	assert_false(tls_clients_equal(a, NULL));
	(void)tls_clients_unref(a);
	(void)tls_clients_unref(b);
	(void)tls_clients_unref(bare);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_of_name_gives_a_user),
		TEST(a_uri_is_cut_at_its_user),
		TEST(a_certificate_without_the_kind_of_name_is_nameless),
		TEST(a_revoked_certificate_is_told_from_others),
		TEST(a_list_out_of_date_lets_nobody_in),
		TEST(strangers_and_what_has_expired_are_invalid),
		TEST(authorities_and_lists_are_described),
		TEST(what_is_no_authority_is_named),
		TEST(an_authority_twice_is_taken),
		TEST(a_list_of_a_stranger_is_named),
		TEST(the_same_files_are_equal),
	};
	return cmocka_run_group_tests_name("net.tls_clients", tests, NULL, NULL);
}
