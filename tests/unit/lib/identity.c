/* The client's own certificate: a pair, in one file or two. */
#include "lib/identity.h"

#include "certs.h"
#include "folder.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
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

static void write_file(const char *name, const char *text)
{
	assert_int_equal(fd_write_file(folder_file(&folder, name), text, strlen(text), 0600), 0);
}

/* Owned: free. */
static char *key_pem(const struct pair *pair)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	assert_int_equal(PEM_write_bio_PrivateKey(bio, pair->key, NULL, NULL, 0, NULL, NULL), 1);
	long len = BIO_get_mem_data(bio, &data);
	char *text = calloc(1, (size_t)len + 1);
	memcpy(text, data, (size_t)len);
	BIO_free(bio);
	return text;
}

static int read_pair(const char *cert, const char *key)
{
	struct identity identity = {0};
	char *cert_path = strdup(folder_file(&folder, cert));
	char *key_path = key ? strdup(folder_file(&folder, key)) : NULL;
	int r = identity_read(cert_path, key_path, &identity);
	assert_true((r == 0) == (identity.certificate != NULL));
	identity_deinit(&identity);
	free(cert_path);
	free(key_path);
	return r;
}

static void a_pair_is_read_from_two_files_or_from_one(void **state)
{
	(void)state;
	struct pair ann = pair_make("ann", 0, NULL, 1);
	char *cert = pair_pem(&ann);
	char *key = key_pem(&ann);
	write_file("ann.crt", cert);
	write_file("ann.key", key);
	assert_int_equal(read_pair("ann.crt", "ann.key"), 0);
	char *both = calloc(1, strlen(cert) + strlen(key) + 1);
	strcat(strcpy(both, key), cert);
	write_file("ann.pem", both);
	assert_int_equal(read_pair("ann.pem", NULL), 0);
	free(both);
	free(cert);
	free(key);
	pair_free(&ann);
}

static void what_is_no_pair_is_refused(void **state)
{
	(void)state;
	struct pair ann = pair_make("ann", 0, NULL, 1);
	struct pair bob = pair_make("bob", 0, NULL, 1);
	char *cert = pair_pem(&ann);
	char *key = key_pem(&bob);
	write_file("ann.crt", cert);
	write_file("bob.key", key);
	assert_int_equal(read_pair("ann.crt", "bob.key"), -EINVAL);
	assert_int_equal(read_pair("ann.crt", "ann.crt"), -EINVAL);
	assert_int_equal(read_pair("ann.crt", NULL), -EINVAL);
	assert_int_equal(read_pair("ann.crt", "nowhere.key"), -ENOENT);
	assert_int_equal(read_pair("nowhere.crt", "bob.key"), -ENOENT);
	free(cert);
	free(key);
	pair_free(&ann);
	pair_free(&bob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_pair_is_read_from_two_files_or_from_one, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_pair_is_refused, setup, teardown),
	};
	return cmocka_run_group_tests_name("lib.identity", tests, NULL, NULL);
}
