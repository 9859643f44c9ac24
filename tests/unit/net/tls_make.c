/* The pair that a first start makes. */
#include "net/tls.h"

#include "folder.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_std.h"

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

static void the_pair_made_at_the_first_start_is_good(void **state)
{
	(void)state;
	struct tls_pair *pair = NULL;
	struct err_text err = {""};
	bool made = false;
	if (tls_pair_load_or_make(folder.path, &pair, &made, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(made);
	assert_true(tls_pair_is_for(pair, "localhost"));
	assert_true(tls_pair_is_for(pair, "127.0.0.1"));
	assert_true(tls_pair_is_for(pair, "::1"));
	assert_true(pair->info.not_after_us >
		    clock_wall_us() + UINT64_C(3600) * 24 * 3649 * CLOCK_US_PER_S);
	tls_pair_free(pair);
}

static void the_pair_made_names_the_host(void **state)
{
	(void)state;
	struct tls_pair *pair = NULL;
	bool made;
	char host[256];
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_int_equal(tls_pair_load_or_make(folder.path, &pair, &made, NULL), 0);
	assert_true(tls_pair_is_for(pair, host));
	tls_pair_free(pair);
}

static void the_key_made_is_for_us_alone(void **state)
{
	(void)state;
	struct stat st;
	assert_int_equal(tls_pair_make(folder.path, NULL), 0);
	assert_int_equal(stat(folder_file(&folder, TLS_MADE_KEY), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(folder_file(&folder, TLS_MADE_CERTIFICATE), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

static void the_pair_made_is_kept(void **state)
{
	(void)state;
	struct tls_pair *first = NULL;
	struct tls_pair *second = NULL;
	bool made = true;
	assert_int_equal(tls_pair_load_or_make(folder.path, &first, &made, NULL), 0);
	assert_int_equal(tls_pair_load_or_make(folder.path, &second, &made, NULL), 0);
	assert_false(made);
	assert_string_equal(first->info.fingerprint, second->info.fingerprint);
	tls_pair_free(first);
	tls_pair_free(second);
}

static void a_certificate_made_verifies_against_itself(void **state)
{
	(void)state;
	assert_int_equal(tls_pair_make(folder.path, NULL), 0);
	FILE *file = fopen(folder_file(&folder, TLS_MADE_CERTIFICATE), "r");
	X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
	assert_int_equal(fclose(file), 0);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	assert_int_equal(X509_STORE_add_cert(store, cert), 1);
	assert_int_equal(X509_STORE_CTX_init(context, store, cert, NULL), 1);
	assert_int_equal(X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER), 1);
	assert_int_equal(X509_verify_cert(context), 1);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	X509_free(cert);
}

static void a_pair_cannot_be_made_where_there_is_no_folder(void **state)
{
	(void)state;
	struct err_text err = {""};
	assert_int_equal(tls_pair_make("/nonexistent/folder", &err), -ENOENT);
	assert_string_equal(
		err.text, "cannot write /nonexistent/folder/server.key: No such file or directory");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_pair_made_at_the_first_start_is_good),
		TEST(the_pair_made_names_the_host),
		TEST(the_key_made_is_for_us_alone),
		TEST(the_pair_made_is_kept),
		TEST(a_certificate_made_verifies_against_itself),
		TEST(a_pair_cannot_be_made_where_there_is_no_folder),
	};
	return cmocka_run_group_tests_name("net.tls_make", tests, NULL, NULL);
}
