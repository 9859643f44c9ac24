/* Which certificate will do. */
#include "lib/tls.h"
#include "lib/cert.h"

#include "base/mem.h"
#include "certs.h"
#include "folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_std.h"

static struct folder folder;
static struct pair own; /* self-signed, for localhost */
static struct pair other; /* another one */
static struct pair root;
static struct pair signed_leaf; /* for 127.0.0.1, by root */
static struct trust *trust;

static int setup_pairs(void **state)
{
	(void)state;
	own = pair_make("localhost", 0, NULL, 30);
	other = pair_make("localhost", 0, NULL, 30);
	root = pair_make("root.example", 0, NULL, 30);
	signed_leaf = pair_make("127.0.0.1", 1, &root, 30);
	return 0;
}

static int teardown_pairs(void **state)
{
	(void)state;
	pair_free(&own);
	pair_free(&other);
	pair_free(&root);
	pair_free(&signed_leaf);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	trust_unref(trust);
	trust = NULL;
	folder_remove(&folder);
	return 0;
}

static void make(const struct gchat_options *options, const char *host)
{
	trust_unref(trust);
	assert_int_equal(trust_new(options, host, "host:1", &trust), 0);
}

static void make_first_use(bool accept_new)
{
	struct gchat_options options = {.state_dir = folder.path, .accept_new = accept_new};
	make(&options, "localhost");
}

static void make_ca(const struct pair *ca, const char *host)
{
	char *pem GC_CLEANUP(mem_freep) = pair_pem(ca);
	folder_write(&folder, "ca.pem", pem);
	struct gchat_options options = {
		.trust_mode = GCHAT_TRUST_MODE_CA_FILE, .ca_file = folder_file(&folder, "ca.pem")};
	make(&options, host);
}

static struct gchat_certificate show(const struct pair *pair)
{
	char *pem GC_CLEANUP(mem_freep) = pair_pem(pair);
	bool is_accepted = trust_check(trust, pem);
	struct gchat_certificate last;
	trust_get_last(trust, &last);
	assert_int_equal(is_accepted, trust_refusal(last.trust) == NULL);
	return last;
}

static void an_unknown_certificate_is_refused_and_described(void **state)
{
	(void)state;
	make_first_use(false);
	struct gchat_certificate cert = show(&own);
	assert_int_equal(cert.trust, GCHAT_TRUST_UNKNOWN);
	assert_int_equal(strlen(cert.fingerprint), 64);
	assert_string_equal(cert.subject, "CN=localhost");
	assert_string_equal(cert.issuer, "CN=localhost");
	assert_string_equal(cert.names, "localhost");
	assert_true(cert.not_after_us > cert.not_before_us);
	assert_true(cert.why[0]);
}

static void a_certificate_pinned_is_accepted_by_a_later_client(void **state)
{
	(void)state;
	make_first_use(false);
	assert_int_equal(trust_pin(trust, show(&own).fingerprint), 0);
	make_first_use(false);
	assert_int_equal(show(&own).trust, GCHAT_TRUST_PINNED);
}

static void another_certificate_than_the_pinned_one_is_refused(void **state)
{
	(void)state;
	make_first_use(true);
	struct gchat_certificate before = show(&own);
	struct gchat_certificate cert = show(&other);
	assert_int_equal(cert.trust, GCHAT_TRUST_CHANGED);
	assert_string_equal(cert.pinned, before.fingerprint);
	assert_string_not_equal(cert.fingerprint, before.fingerprint);
}

static void trusting_anew_replaces_the_pin(void **state)
{
	(void)state;
	make_first_use(true);
	(void)show(&own);
	assert_int_equal(trust_pin(trust, show(&other).fingerprint), 0);
	assert_int_equal(show(&other).trust, GCHAT_TRUST_PINNED);
	assert_int_equal(show(&own).trust, GCHAT_TRUST_CHANGED);
}

static void a_new_certificate_can_be_accepted_unasked_once(void **state)
{
	(void)state;
	make_first_use(true);
	assert_int_equal(show(&own).trust, GCHAT_TRUST_NEW);
	assert_int_equal(show(&own).trust, GCHAT_TRUST_PINNED);
}

static void without_a_folder_pins_are_kept_in_memory(void **state)
{
	(void)state;
	struct gchat_options options = {.accept_new = true};
	make(&options, "localhost");
	assert_int_equal(show(&own).trust, GCHAT_TRUST_NEW);
	assert_int_equal(show(&own).trust, GCHAT_TRUST_PINNED);
	assert_int_equal(show(&other).trust, GCHAT_TRUST_CHANGED);
}

static void a_given_fingerprint_is_the_only_one(void **state)
{
	(void)state;
	make_first_use(false);
	struct gchat_certificate cert = show(&own);
	struct gchat_options options = {
		.trust_mode = GCHAT_TRUST_MODE_EXACT, .fingerprint = cert.fingerprint};
	make(&options, "elsewhere");
	assert_int_equal(show(&own).trust, GCHAT_TRUST_PINNED);
	assert_int_equal(show(&other).trust, GCHAT_TRUST_REFUSED);
}

static void what_is_no_fingerprint_is_refused_at_once(void **state)
{
	(void)state;
	struct gchat_options options = {.trust_mode = GCHAT_TRUST_MODE_EXACT, .fingerprint = "xyz"};
	assert_int_equal(trust_new(&options, "h", "h:1", &trust), -EINVAL);
}

static void a_ca_files_signature_for_the_address_is_accepted(void **state)
{
	(void)state;
	make_ca(&root, "127.0.0.1");
	assert_int_equal(show(&signed_leaf).trust, GCHAT_TRUST_ROOTS);
	assert_int_equal(show(&own).trust, GCHAT_TRUST_REFUSED);
}

static void a_signature_for_another_host_is_refused(void **state)
{
	(void)state;
	make_ca(&root, "127.0.0.2");
	struct gchat_certificate cert = show(&signed_leaf);
	assert_int_equal(cert.trust, GCHAT_TRUST_REFUSED);
	assert_non_null(strstr(cert.why, "IP address"));
}

static void a_self_signed_certificate_may_be_its_own_ca_file(void **state)
{
	(void)state;
	make_ca(&own, "localhost");
	assert_int_equal(show(&own).trust, GCHAT_TRUST_ROOTS);
}

static void an_expired_certificate_is_refused(void **state)
{
	(void)state;
	struct pair old = pair_make("localhost", 0, &root, -1);
	make_ca(&root, "localhost");
	struct gchat_certificate cert = show(&old);
	pair_free(&old);
	assert_int_equal(cert.trust, GCHAT_TRUST_REFUSED);
	assert_non_null(strstr(cert.why, "expired"));
}

static void what_cannot_be_read_is_refused(void **state)
{
	(void)state;
	make_first_use(true);
	assert_false(trust_check(trust, "nonsense"));
	assert_false(trust_check(trust, NULL));
}

static void a_new_connection_forgets_an_old_refusal(void **state)
{
	(void)state;
	make_first_use(false);
	(void)show(&own);
	trust_forget(trust);
	struct gchat_certificate last;
	trust_get_last(trust, &last);
	assert_int_equal(last.trust, GCHAT_TRUST_NONE);
}

static void control_characters_in_names_are_escaped(void **state)
{
	(void)state;
	struct pair evil = pair_make("a\033[2Jb", 0, NULL, 30);
	make_first_use(false);
	struct gchat_certificate cert = show(&evil);
	pair_free(&evil);
	assert_null(strchr(cert.subject, '\033'));
	assert_null(strchr(cert.names, '\033'));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_certificate_is_refused_and_described),
		TEST(a_certificate_pinned_is_accepted_by_a_later_client),
		TEST(another_certificate_than_the_pinned_one_is_refused),
		TEST(trusting_anew_replaces_the_pin),
		TEST(a_new_certificate_can_be_accepted_unasked_once),
		TEST(without_a_folder_pins_are_kept_in_memory),
		TEST(a_given_fingerprint_is_the_only_one),
		TEST(what_is_no_fingerprint_is_refused_at_once),
		TEST(a_ca_files_signature_for_the_address_is_accepted),
		TEST(a_signature_for_another_host_is_refused),
		TEST(a_self_signed_certificate_may_be_its_own_ca_file),
		TEST(an_expired_certificate_is_refused),
		TEST(what_cannot_be_read_is_refused),
		TEST(a_new_connection_forgets_an_old_refusal),
		TEST(control_characters_in_names_are_escaped),
	};
	return cmocka_run_group_tests_name("lib.tls", tests, setup_pairs, teardown_pairs);
}
