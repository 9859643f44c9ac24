/* Tokens: their form, their header, their hash. */
#include "service/token.h"

#include "base/macros.h"
#include "password/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	MANY = 1000,
	HEADER_BYTES = 128,
};

/* 32 bytes 0x00, and the SHA-256 of that text as another program computes it. */
static const char zero_text[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
static const char zero_hash[] = "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a";

static int set_up(void **state)
{
	(void)state;
	return password_init();
}

static void a_token_is_43_characters_of_base64url(void **state)
{
	(void)state;
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	for (int i = 0; i < MANY; i++) {
		struct token token;
		token_make(&token);
		assert_int_equal(strlen(token.text), TOKEN_TEXT_BYTES - 1);
		assert_int_equal(strspn(token.text, alphabet), TOKEN_TEXT_BYTES - 1);
	}
}

static void no_two_tokens_are_the_same(void **state)
{
	(void)state;
	static struct token tokens[MANY];
	for (int i = 0; i < MANY; i++)
		token_make(&tokens[i]);
	for (int i = 0; i < MANY; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(tokens[i].text, tokens[j].text);
}

static void a_made_token_can_be_parsed(void **state)
{
	(void)state;
	struct token made, parsed;
	for (int i = 0; i < MANY; i++) {
		token_make(&made);
		assert_true(token_parse(made.text, &parsed));
		assert_string_equal(parsed.text, made.text);
	}
}

static void what_is_not_a_token_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 42 */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 44 */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", /* padded */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+", /* not the URL alphabet */
		"AAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", /* another spelling of zeros */
	};
	struct token token = {.text = "untouched"};
	for (size_t i = 0; i < GC_LENGTH(bad); i++)
		assert_false(token_parse(bad[i], &token));
	assert_string_equal(token.text, "untouched");
}

static void a_bearer_header_gives_its_token(void **state)
{
	(void)state;
	static const char *const schemes[] = {"Bearer ", "bearer ", "BEARER ", "Bearer   "};
	for (size_t i = 0; i < GC_LENGTH(schemes); i++) {
		char header[HEADER_BYTES];
		struct token token;
		(void)snprintf(header, sizeof(header), "%s%s", schemes[i], zero_text);
		assert_true(token_parse_header(header, &token));
		assert_string_equal(token.text, zero_text);
	}
}

static void other_headers_are_refused(void **state)
{
	(void)state;
	static const char *const schemes[] = {
		"", "Basic ", "Bearer", "Bearer\t", "Bearer: ", " Bearer "};
	struct token token;
	for (size_t i = 0; i < GC_LENGTH(schemes); i++) {
		char header[HEADER_BYTES];
		(void)snprintf(header, sizeof(header), "%s%s", schemes[i], zero_text);
		assert_false(token_parse_header(header, &token));
	}
	assert_false(token_parse_header("Bearer ", &token));
	assert_false(token_parse_header("Bearer x y", &token));
}

static void the_hash_is_sha256_of_the_text(void **state)
{
	(void)state;
	struct token token;
	struct token_hash hash;
	char hex[2 * LIMIT_SHA256_BYTES + 1];
	char id[17];
	assert_true(token_parse(zero_text, &token));
	token_hash(&token, &hash);
	for (size_t i = 0; i < LIMIT_SHA256_BYTES; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash.bytes[i]);
	assert_string_equal(hex, zero_hash);
	(void)snprintf(id, sizeof(id), "%016llx", (unsigned long long)token_hash_id(&hash));
	assert_memory_equal(id, zero_hash, 16);
}

static void an_id_is_never_0(void **state)
{
	(void)state;
	struct token_hash zeros = {0};
	assert_int_not_equal(token_hash_id(&zeros), 0);
}

static void a_wiped_token_is_gone(void **state)
{
	(void)state;
	static const struct token none;
	struct token token;
	token_make(&token);
	token_wipe(&token);
	assert_memory_equal(&token, &none, sizeof(token));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_43_characters_of_base64url),
		cmocka_unit_test(no_two_tokens_are_the_same),
		cmocka_unit_test(a_made_token_can_be_parsed),
		cmocka_unit_test(what_is_not_a_token_is_refused),
		cmocka_unit_test(a_bearer_header_gives_its_token),
		cmocka_unit_test(other_headers_are_refused),
		cmocka_unit_test(the_hash_is_sha256_of_the_text),
		cmocka_unit_test(an_id_is_never_0),
		cmocka_unit_test(a_wiped_token_is_gone),
	};
	return cmocka_run_group_tests_name("service.token", tests, set_up, NULL);
}
