/* Files that systemd hands over stand in for settings that are empty. */
#include "config/credential.h"

#include "config/config.h"

#include "base/fd.h"
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/gchat-credential-XXXXXX";
static const char *const NAMES[] = {"gchatd.tls.certificate", "gchatd.tls.key"};

static const char *path_of(const char *name)
{
	static char path[PATH_MAX];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int begin(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/gchat-credential-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < GC_LENGTH(NAMES); i++)
		if (fd_write_file(path_of(NAMES[i]), "pem", 3, 0600) < 0)
			return -1;
	return setenv("CREDENTIALS_DIRECTORY", folder, 1);
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < GC_LENGTH(NAMES); i++)
		(void)unlink(path_of(NAMES[i]));
	(void)rmdir(folder);
	return unsetenv("CREDENTIALS_DIRECTORY");
}

static struct config *parse(const char *text)
{
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	assert_int_equal(config_parse(text, "f", &config, &errors), 0);
	return config;
}

static void check_source(void *arg, const struct config_item *item)
{
	const char *const *expected = arg; /* key and source */
	if (strcmp(item->key, expected[0]) == 0)
		assert_string_equal(item->source, expected[1]);
}

static void a_credential_stands_in_for_an_empty_setting_and_is_its_source(void **state)
{
	(void)state;
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	const char *source[] = {"tls.key", "credential"};
	const char *none[] = {"tls.client_ca", "default"};
	assert_int_equal(config_load(NULL, &config, &errors), 0);
	assert_string_equal(config->tls.certificate, path_of("gchatd.tls.certificate"));
	assert_string_equal(config->tls.key, path_of("gchatd.tls.key"));
	assert_string_equal(config->tls.client_ca, "");
	config_each(config, check_source, source);
	config_each(config, check_source, none);
	(void)config_free(config);
}

static void what_is_configured_counts_more(void **state)
{
	(void)state;
	struct config *config = parse("tls: { certificate = \"/a.crt\"; key = \"/a.key\"; };");
	assert_string_equal(config->tls.certificate, "/a.crt");
	assert_string_equal(config->tls.key, "/a.key");
	(void)config_free(config);
}

static void a_key_may_be_a_credential_beside_a_certificate_in_a_file(void **state)
{
	(void)state;
	struct config *config = parse("tls: { certificate = \"/a.crt\"; };");
	assert_string_equal(config->tls.certificate, "/a.crt");
	assert_string_equal(config->tls.key, path_of("gchatd.tls.key"));
	(void)config_free(config);
}

static void a_certificate_without_its_key_is_an_error(void **state)
{
	(void)state;
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	assert_int_equal(unlink(path_of("gchatd.tls.key")), 0);
	assert_true(config_parse("", "f", &config, &errors) < 0);
	assert_non_null(strstr(errors.lines[0], "tls.key is not set"));
	config_errors_deinit(&errors);
}

static void only_what_lies_in_the_folder_is_a_credential(void **state)
{
	(void)state;
	char beside[PATH_MAX];
	(void)snprintf(beside, sizeof(beside), "%s-other/key", folder);
	assert_true(credential_is(path_of("gchatd.tls.key")));
	assert_false(credential_is(beside));
	assert_false(credential_is(folder));
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_false(credential_is(path_of("gchatd.tls.key")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_credential_stands_in_for_an_empty_setting_and_is_its_source, begin, end),
		cmocka_unit_test_setup_teardown(what_is_configured_counts_more, begin, end),
		cmocka_unit_test_setup_teardown(
			a_key_may_be_a_credential_beside_a_certificate_in_a_file, begin, end),
		cmocka_unit_test_setup_teardown(
			a_certificate_without_its_key_is_an_error, begin, end),
		cmocka_unit_test_setup_teardown(
			only_what_lies_in_the_folder_is_a_credential, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
