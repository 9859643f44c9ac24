/* Pairs of certificate and key: made, read, and every fault with its own sentence. */
#include "net/tls.h"

#include "net/tls_info.h"
#include "pair.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmocka_std.h"

#define CERT "test.crt"
#define KEY  "test.key"

static struct folder folder;

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static int load(struct tls_pair **ret, struct err_text *err)
{
	return tls_pair_load(folder_file(&folder, CERT), folder_file(&folder, KEY), ret, err);
}

static void expect_fault(int e, const char *sentence)
{
	struct tls_pair *pair = NULL;
	struct err_text err = {""};
	assert_int_equal(load(&pair, &err), e);
	assert_null(pair);
	if (!strstr(err.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
	if (!strstr(err.text, folder.path))
		fail_msg("\"%s\" names no file", err.text);
}

static struct tls_pair *expect_good(void)
{
	struct tls_pair *pair = NULL;
	struct err_text err = {""};
	if (load(&pair, &err) < 0)
		fail_msg("%s", err.text);
	return pair;
}

static const struct recipe GOOD = {.common_name = "test.example",
	.alternatives = "DNS:test.example,IP:192.0.2.1,IP:2001:db8::1"};

/* Writes the pair of a recipe. */
static void write_pair(const struct recipe *recipe)
{
	EVP_PKEY *key = NULL;
	X509 *cert = pair_make_cert(recipe, &key);
	pair_write_certs(&folder, CERT, &cert, 1);
	pair_write_key(&folder, KEY, key, NULL);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void write_text(const char *name, const char *text, size_t len)
{
	assert_int_equal(fd_write_file(folder_file(&folder, name), text, len, 0600), 0);
}

/* Cuts a file in the middle. */
static void cut_file(const char *name)
{
	struct stat st;
	assert_int_equal(stat(folder_file(&folder, name), &st), 0);
	assert_int_equal(truncate(folder_file(&folder, name), st.st_size / 2), 0);
}

static void a_good_pair_is_described(void **state)
{
	(void)state;
	write_pair(&GOOD);
	struct tls_pair *pair = expect_good();
	const struct tls_info *info = &pair->info;
	assert_string_equal(info->subject, "CN=test.example");
	assert_string_equal(info->issuer, "CN=test.example");
	assert_int_equal(strlen(info->fingerprint), 64);
	assert_int_equal(info->name_count, 3);
	assert_string_equal(info->names[0], "test.example");
	assert_string_equal(info->names[1], "192.0.2.1");
	assert_string_equal(info->names[2], "2001:db8::1");
	assert_int_equal(info->not_after_us - info->not_before_us,
		(uint64_t)(86400 + 3600) * CLOCK_US_PER_S);
	assert_true(info->not_before_us < clock_wall_us() && clock_wall_us() < info->not_after_us);
	tls_pair_free(pair);
}

static void the_fingerprint_is_that_of_openssl(void **state)
{
	(void)state;
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[TLS_FINGERPRINT_BYTES];
	unsigned len = 0;
	EVP_PKEY *key = NULL;
	X509 *cert = pair_make_cert(&GOOD, &key);
	pair_write_certs(&folder, CERT, &cert, 1);
	pair_write_key(&folder, KEY, key, NULL);
	assert_int_equal(X509_digest(cert, EVP_sha256(), digest, &len), 1);
	for (unsigned i = 0; i < len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", (unsigned)digest[i]);
	struct tls_pair *pair = expect_good();
	assert_string_equal(pair->info.fingerprint, hex);
	tls_pair_free(pair);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void a_pair_knows_whom_it_is_for(void **state)
{
	(void)state;
	write_pair(&GOOD);
	struct tls_pair *pair = expect_good();
	assert_true(tls_pair_is_for(pair, "test.example"));
	assert_true(tls_pair_is_for(pair, "192.0.2.1"));
	assert_true(tls_pair_is_for(pair, "2001:db8::1"));
	assert_false(tls_pair_is_for(pair, "other.example"));
	assert_false(tls_pair_is_for(pair, "192.0.2.2"));
	tls_pair_free(pair);
}

static void a_common_name_alone_is_a_name(void **state)
{
	(void)state;
	write_pair(&(struct recipe){.common_name = "old.example"});
	struct tls_pair *pair = expect_good();
	assert_int_equal(pair->info.name_count, 1);
	assert_string_equal(pair->info.names[0], "old.example");
	tls_pair_free(pair);
}

static void control_characters_in_a_name_are_replaced(void **state)
{
	(void)state;
	write_pair(&(struct recipe){.common_name = "a\x1b[31m\nb"});
	struct tls_pair *pair = expect_good();
	assert_string_equal(pair->info.names[0], "a?[31m?b");
	assert_null(strchr(pair->info.subject, '\x1b'));
	tls_pair_free(pair);
}

static void an_rsa_key_of_2048_bits_is_taken(void **state)
{
	(void)state;
	struct recipe recipe = GOOD;
	recipe.key = pair_make_rsa(2048);
	write_pair(&recipe); /* frees the key */
	tls_pair_free(expect_good());
}

static void a_time_is_printed_in_utc(void **state)
{
	(void)state;
	char text[64];
	tls_info_print_time(UINT64_C(1767182400) * CLOCK_US_PER_S, text, sizeof(text));
	assert_string_equal(text, "2025-12-31 12:00:00 UTC");
}

static void too_short_an_rsa_key_is_named(void **state)
{
	(void)state;
	struct recipe recipe = GOOD;
	recipe.key = pair_make_rsa(1024);
	write_pair(&recipe);
	expect_fault(-EKEYREJECTED, "is too short: RSA of 1024 bits (at least 2048)");
}

static void too_short_an_ec_key_is_named(void **state)
{
	(void)state;
	struct recipe recipe = GOOD;
	recipe.key = EVP_EC_gen("secp224r1");
	write_pair(&recipe);
	expect_fault(-EKEYREJECTED, "is too short: EC of 224 bits (at least 256)");
}

static void a_key_of_another_type_is_named(void **state)
{
	(void)state;
	struct recipe recipe = GOOD;
	recipe.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	write_pair(&recipe);
	expect_fault(-EKEYREJECTED, "is of type ED25519 (allowed: EC, RSA)");
}

static void another_certificates_key_is_named(void **state)
{
	(void)state;
	EVP_PKEY *other = EVP_EC_gen("P-256");
	write_pair(&GOOD);
	pair_write_key(&folder, KEY, other, NULL);
	EVP_PKEY_free(other);
	expect_fault(-EKEYREJECTED, "is not that of the certificate in");
}

static void a_key_of_another_kind_is_another_certificates(void **state)
{
	(void)state;
	EVP_PKEY *other = pair_make_rsa(2048);
	write_pair(&GOOD);
	pair_write_key(&folder, KEY, other, NULL);
	EVP_PKEY_free(other);
	expect_fault(-EKEYREJECTED, "is not that of the certificate in");
}

static void an_expired_certificate_is_named(void **state)
{
	(void)state;
	struct recipe recipe = GOOD;
	recipe.from_s = -86400 * 2;
	recipe.until_s = -60;
	write_pair(&recipe);
	expect_fault(-EKEYEXPIRED, "expired on 20");
}

static void a_certificate_of_the_future_is_named(void **state)
{
	(void)state;
	struct recipe recipe = GOOD;
	recipe.from_s = 3600;
	write_pair(&recipe);
	expect_fault(-EKEYREJECTED, "is not valid before 20");
}

/* A start, which has nothing else to serve with: by a clock gone back, or the day after the end. */
static void at_a_start_a_certificate_of_any_time_is_taken_with_a_warning(void **state)
{
	(void)state;
	static const struct {
		long from_s;
		long until_s;
		const char *says;
	} rows[] = {{-86400 * 2, -60, "expired on 20"}, {3600, 86400, "is not valid before 20"},
		{-3600, 86400, ""}};
	for (size_t i = 0; i < GC_LENGTH(rows); i++) {
		struct tls_pair *pair = NULL;
		struct recipe recipe = GOOD;
		recipe.from_s = rows[i].from_s;
		recipe.until_s = rows[i].until_s;
		const struct tls_files files = {.certificate = folder_file(&folder, CERT),
			.key = folder_file(&folder, KEY)};
		write_pair(&recipe);
		assert_int_equal(tls_pair_load_flawed(&files, &pair, NULL), 0);
		assert_non_null(strstr(pair->flaw.text, rows[i].says));
		assert_int_equal(!pair->flaw.text[0], !rows[i].says[0]);
		pair = tls_pair_free(pair);
	}
}

static void a_certificate_without_a_name_is_named(void **state)
{
	(void)state;
	write_pair(&(struct recipe){.common_name = NULL});
	expect_fault(-EKEYREJECTED, "has no name");
}

static void a_certificate_cut_short_is_named(void **state)
{
	(void)state;
	write_pair(&GOOD);
	cut_file(CERT);
	expect_fault(-EBADMSG, "certificate 1 of");
}

static void a_damaged_certificate_is_named(void **state)
{
	(void)state;
	static const char text[] = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n"
				   "-----END CERTIFICATE-----\n";
	write_pair(&GOOD);
	write_text(CERT, text, sizeof(text) - 1);
	expect_fault(-EBADMSG, "is damaged or cut short");
}

static void a_key_cut_short_is_named(void **state)
{
	(void)state;
	write_pair(&GOOD);
	cut_file(KEY);
	expect_fault(-EBADMSG, "is damaged or cut short");
}

static void a_file_without_a_certificate_is_named(void **state)
{
	(void)state;
	write_pair(&GOOD);
	write_text(CERT, "hello\n", 6);
	expect_fault(-EBADMSG, "holds no certificate");
	write_text(CERT, "", 0);
	expect_fault(-EBADMSG, "holds no certificate");
}

static void a_file_without_a_key_is_named(void **state)
{
	(void)state;
	write_pair(&GOOD);
	write_text(KEY, "hello\n", 6);
	expect_fault(-EBADMSG, "holds no private key");
}

static void a_passphrase_is_named(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	X509 *cert = pair_make_cert(&GOOD, &key);
	pair_write_certs(&folder, CERT, &cert, 1);
	pair_write_key(&folder, KEY, key, "secret");
	X509_free(cert);
	EVP_PKEY_free(key);
	expect_fault(-EBADMSG, "is protected by a passphrase");
}

static void a_missing_file_is_named(void **state)
{
	(void)state;
	write_pair(&GOOD);
	assert_int_equal(unlink(folder_file(&folder, KEY)), 0);
	expect_fault(-ENOENT, "test.key: No such file or directory");
	assert_int_equal(unlink(folder_file(&folder, CERT)), 0);
	expect_fault(-ENOENT, "test.crt: No such file or directory");
}

static void a_folder_is_no_certificate(void **state)
{
	(void)state;
	struct tls_pair *pair = NULL;
	struct err_text err = {""};
	assert_int_equal(tls_pair_load(folder.path, folder.path, &pair, &err), -EISDIR);
	assert_non_null(strstr(err.text, "Is a directory"));
}

static void too_large_a_file_is_named(void **state)
{
	(void)state;
	write_pair(&GOOD);
	assert_int_equal(truncate(folder_file(&folder, CERT), TLS_FILE_BYTES_MAX + 1), 0);
	expect_fault(-EFBIG, "is larger than 262144 bytes");
}

/* A root, an intermediate and a leaf; all owned. */
struct chain {
	X509 *certs[3]; /* leaf first */
	EVP_PKEY *keys[3];
};

static void chain_make(struct chain *c, long intermediate_until_s)
{
	c->certs[2] =
		pair_make_cert(&(struct recipe){.common_name = "root", .is_ca = true}, &c->keys[2]);
	c->certs[1] = pair_make_cert(&(struct recipe){.common_name = "intermediate",
					     .is_ca = true,
					     .issuer = c->certs[2],
					     .issuer_key = c->keys[2],
					     .until_s = intermediate_until_s,
					     .from_s = intermediate_until_s ? -86400 : 0},
		&c->keys[1]);
	struct recipe leaf = GOOD;
	leaf.issuer = c->certs[1];
	leaf.issuer_key = c->keys[1];
	c->certs[0] = pair_make_cert(&leaf, &c->keys[0]);
	pair_write_key(&folder, KEY, c->keys[0], NULL);
}

static void chain_free(struct chain *c)
{
	for (size_t i = 0; i < GC_LENGTH(c->certs); i++) {
		X509_free(c->certs[i]);
		EVP_PKEY_free(c->keys[i]);
	}
}

static void a_chain_in_order_is_taken(void **state)
{
	(void)state;
	struct chain c;
	chain_make(&c, 0);
	pair_write_certs(&folder, CERT, c.certs, 3);
	struct tls_pair *pair = expect_good();
	assert_string_equal(pair->info.subject, "CN=test.example");
	assert_string_equal(pair->info.issuer, "CN=intermediate");
	tls_pair_free(pair);
	chain_free(&c);
}

static void a_chain_that_skips_an_issuer_is_named(void **state)
{
	(void)state;
	struct chain c;
	chain_make(&c, 0);
	X509 *const gap[] = {c.certs[0], c.certs[2]};
	pair_write_certs(&folder, CERT, gap, 2);
	expect_fault(-EINVAL, "certificate 2 did not issue certificate 1");
	chain_free(&c);
}

static void a_chain_with_the_leaf_last_is_named(void **state)
{
	(void)state;
	struct chain c;
	chain_make(&c, 0);
	X509 *const reversed[] = {c.certs[2], c.certs[1], c.certs[0]};
	pair_write_certs(&folder, CERT, reversed, 3);
	expect_fault(-EINVAL, "the key is that of certificate 3, which must come first");
	chain_free(&c);
}

static void an_expired_issuer_is_named(void **state)
{
	(void)state;
	struct chain c;
	chain_make(&c, -60);
	pair_write_certs(&folder, CERT, c.certs, 3);
	expect_fault(-EKEYEXPIRED, "certificate 2 of");
	chain_free(&c);
}

static void too_long_a_chain_is_named(void **state)
{
	(void)state;
	struct chain c;
	X509 *many[TLS_CHAIN_MAX + 1];
	chain_make(&c, 0);
	for (size_t i = 0; i < GC_LENGTH(many); i++)
		many[i] = c.certs[2];
	pair_write_certs(&folder, CERT, many, GC_LENGTH(many));
	expect_fault(-E2BIG, "holds more than 10 certificates");
	chain_free(&c);
}

static void an_issuer_of_another_key_is_named(void **state)
{
	(void)state;
	struct chain c;
	chain_make(&c, 0);
	X509 *other = pair_make_cert(
		&(struct recipe){.common_name = "intermediate", .is_ca = true}, NULL);
	X509 *const chain[] = {c.certs[0], other};
	pair_write_certs(&folder, CERT, chain, 2);
	expect_fault(-EINVAL, "certificate 2 did not issue certificate 1");
	X509_free(other);
	chain_free(&c);
}

static void a_chain_that_may_lack_an_issuer_is_taken_with_a_doubt(void **state)
{
	(void)state;
	struct chain c;
	chain_make(&c, 0);
	pair_write_certs(&folder, CERT, c.certs, 1);
	struct tls_pair *pair = expect_good();
	assert_non_null(strstr(pair->doubt.text, "may be incomplete"));
	assert_non_null(strstr(pair->doubt.text, "CN=intermediate"));
	pair = tls_pair_free(pair);
	pair_write_certs(&folder, CERT, c.certs, 3);
	pair = expect_good();
	assert_string_equal(pair->doubt.text, "");
	tls_pair_free(pair);
	chain_free(&c);
}

static void a_weak_signature_is_named(void **state)
{
	(void)state;
	struct recipe recipe = GOOD;
	recipe.md = EVP_sha1();
	write_pair(&recipe);
	expect_fault(-EKEYREJECTED, "has a weak signature: ecdsa-with-SHA1");
}

static void a_clients_certificate_is_none_for_a_server(void **state)
{
	(void)state;
	struct recipe recipe = GOOD;
	recipe.usage = "clientAuth";
	write_pair(&recipe);
	expect_fault(-EKEYREJECTED, "is not one for a server");
}

static void the_first_of_a_chain_to_expire_counts(void **state)
{
	(void)state;
	struct chain c;
	chain_make(&c, 3600);
	pair_write_certs(&folder, CERT, c.certs, 3);
	struct tls_pair *pair = expect_good();
	assert_true(pair->expires_us < pair->info.not_after_us);
	assert_in_range(pair->expires_us, clock_wall_us(),
		clock_wall_us() + UINT64_C(3601) * CLOCK_US_PER_S);
	tls_pair_free(pair);
	chain_free(&c);
}

static void a_certificate_for_another_name_is_named(void **state)
{
	(void)state;
	static const char *const names[] = {"test.example", "192.0.2.1", "chat.example"};
	struct tls_files files = {.certificate = folder_file(&folder, CERT),
		.key = folder_file(&folder, KEY),
		.names = names,
		.name_count = 2};
	struct tls_pair *pair = NULL;
	struct err_text err = {""};
	write_pair(&GOOD);
	assert_int_equal(tls_pair_load_files(&files, &pair, &err), 0);
	pair = tls_pair_free(pair);
	files.name_count = 3;
	assert_int_equal(tls_pair_load_files(&files, &pair, &err), -EKEYREJECTED);
	assert_non_null(strstr(
		err.text, "is not for chat.example (tls.names), but for test.example, 192.0.2.1"));
	assert_int_equal(tls_pair_load_flawed(&files, &pair, &err), 0);
	assert_non_null(strstr(pair->flaw.text, "is not for chat.example"));
	tls_pair_free(pair);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_pair_is_described),
		TEST(the_fingerprint_is_that_of_openssl),
		TEST(a_pair_knows_whom_it_is_for),
		TEST(a_common_name_alone_is_a_name),
		TEST(control_characters_in_a_name_are_replaced),
		TEST(an_rsa_key_of_2048_bits_is_taken),
		TEST(a_time_is_printed_in_utc),
		TEST(too_short_an_rsa_key_is_named),
		TEST(too_short_an_ec_key_is_named),
		TEST(a_key_of_another_type_is_named),
		TEST(another_certificates_key_is_named),
		TEST(a_key_of_another_kind_is_another_certificates),
		TEST(an_expired_certificate_is_named),
		TEST(a_certificate_of_the_future_is_named),
		TEST(at_a_start_a_certificate_of_any_time_is_taken_with_a_warning),
		TEST(a_certificate_without_a_name_is_named),
		TEST(a_certificate_cut_short_is_named),
		TEST(a_damaged_certificate_is_named),
		TEST(a_key_cut_short_is_named),
		TEST(a_file_without_a_certificate_is_named),
		TEST(a_file_without_a_key_is_named),
		TEST(a_passphrase_is_named),
		TEST(a_missing_file_is_named),
		TEST(a_folder_is_no_certificate),
		TEST(too_large_a_file_is_named),
		TEST(a_chain_in_order_is_taken),
		TEST(a_chain_that_skips_an_issuer_is_named),
		TEST(a_chain_with_the_leaf_last_is_named),
		TEST(an_expired_issuer_is_named),
		TEST(too_long_a_chain_is_named),
		TEST(an_issuer_of_another_key_is_named),
		TEST(a_chain_that_may_lack_an_issuer_is_taken_with_a_doubt),
		TEST(a_weak_signature_is_named),
		TEST(a_clients_certificate_is_none_for_a_server),
		TEST(the_first_of_a_chain_to_expire_counts),
		TEST(a_certificate_for_another_name_is_named),
	};
	return cmocka_run_group_tests_name("net.tls", tests, NULL, NULL);
}
