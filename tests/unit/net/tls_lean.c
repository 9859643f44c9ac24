/* OpenSSL's buffers for records are used again. */
#include "net/tls_lean.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/sanitized.h"

enum {
	RECORD_BYTES = 16716, /* as OpenSSL 3.0 asks for it */
	KEPT_MAX = 64,
};

static bool started;

static void openssl_takes_the_allocator(void **state)
{
	(void)state;
	assert_true(started);
}

static void a_records_buffer_is_used_again_by_one_of_another_size(void **state)
{
	(void)state;
	size_t before = tls_lean_kept();
	void *first = OPENSSL_malloc(RECORD_BYTES);
	assert_non_null(first);
	memset(first, 1, RECORD_BYTES);
	OPENSSL_free(first);
	assert_int_equal(tls_lean_kept(), before > 0 ? before : 1);
	void *second = OPENSSL_malloc(RECORD_BYTES - 200);
	assert_ptr_equal(second, first);
	OPENSSL_free(second);
}

static void other_sizes_are_not_kept(void **state)
{
	(void)state;
	static const size_t sizes[] = {1, 4096, 16384, 17001, 17408, 100000};
	size_t before = tls_lean_kept();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		void *p = OPENSSL_malloc(sizes[i]);
		assert_non_null(p);
		if (sizes[i] != 17001) /* as large as a record's once malloc has rounded it */
			OPENSSL_free(p);
		else
			OPENSSL_free(OPENSSL_realloc(p, 20000));
	}
	OPENSSL_free(NULL);
	assert_int_equal(tls_lean_kept(), before);
}

static void no_more_are_kept_than_the_limit(void **state)
{
	(void)state;
	void *buffers[KEPT_MAX + 8];
	for (size_t i = 0; i < KEPT_MAX + 8; i++)
		buffers[i] = OPENSSL_malloc(RECORD_BYTES);
	assert_int_equal(tls_lean_kept(), 0);
	for (size_t i = 0; i < KEPT_MAX + 8; i++)
		OPENSSL_free(buffers[i]);
	assert_int_equal(tls_lean_kept(), KEPT_MAX);
}

static void a_context_gives_its_buffers_back_and_sends_no_tickets(void **state)
{
	(void)state;
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	assert_non_null(context);
	tls_lean_context(context);
	assert_true(SSL_CTX_get_mode(context) & SSL_MODE_RELEASE_BUFFERS);
	assert_int_equal(SSL_CTX_get_num_tickets(context), 0);
	SSL_CTX_free(context);
}

int main(void)
{
	started = tls_lean_start();
	if (!started && TD_SANITIZED) /* whose allocator takes no settings */
		return 0;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_takes_the_allocator),
		cmocka_unit_test(a_records_buffer_is_used_again_by_one_of_another_size),
		cmocka_unit_test(other_sizes_are_not_kept),
		cmocka_unit_test(no_more_are_kept_than_the_limit),
		cmocka_unit_test(a_context_gives_its_buffers_back_and_sends_no_tickets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
