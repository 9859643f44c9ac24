/* The checks of form, one by one; the messages they end in are in tests/config. */
#include "config/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_written_form_of_an_address_with_a_port_passes(void **state)
{
	(void)state;
	static const char *const good[] = {"[::]:7443", "0.0.0.0:1", "127.0.0.1:0",
		"[2001:db8::1]:65535", "[::ffff:192.0.2.1]:443"};
	for (size_t i = 0; i < GC_LENGTH(good); i++)
		assert_null(check_address(good[i]));
}

static void an_address_needs_digits_and_a_port_in_range(void **state)
{
	(void)state;
	static const char *const bad[] = {"", ":", "[", "]", "[]:1", ":7443", "::7443", "1.2.3.4",
		"1.2.3.4:", "1.2.3.4:99999", "1.2.3.4:000001", "1.2.3.4:-1", "1.2.3.4: 1",
		"1.2.3:1", "[::]", "[::]7443", "[::]:", "[::]:x", "::1:7443", "host:7443",
		"[00000000000000000000000000000000000000000000000000]:1"};
	for (size_t i = 0; i < GC_LENGTH(bad); i++)
		assert_non_null(check_address(bad[i]));
}

static void metrics_are_for_this_machine_alone(void **state)
{
	(void)state;
	static const char *const good[] = {"", "127.0.0.1:9464", "127.1.2.3:0", "[::1]:9464"};
	static const char *const bad[] = {"0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464", "[::1]",
		"127.0.0.1", "localhost:9464", "[::ffff:127.0.0.1]:1", "128.0.0.1:1"};
	for (size_t i = 0; i < GC_LENGTH(good); i++)
		assert_null(check_loopback_or_none(good[i]));
	for (size_t i = 0; i < GC_LENGTH(bad); i++)
		assert_non_null(check_loopback_or_none(bad[i]));
}

static void a_host_is_a_name_or_an_address(void **state)
{
	(void)state;
	static const char *const good[] = {
		"chat.example.org", "localhost", "192.0.2.1", "2001:db8::1", "xn--caf-dma.example"};
	static const char *const bad[] = {"", ".", "-x", "a b", "caf\xc3\xa9", "[::1]", "a:1",
		"*.example.org", "chat.example.org\n"};
	for (size_t i = 0; i < GC_LENGTH(good); i++)
		assert_null(check_host(good[i]));
	for (size_t i = 0; i < GC_LENGTH(bad); i++)
		assert_non_null(check_host(bad[i]));
}

static void a_room_name_is_what_the_contract_says(void **state)
{
	(void)state;
	char name[66];
	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	assert_null(check_room("lobby"));
	assert_null(check_room("0.a_b-c"));
	assert_null(check_room(name));
	name[64] = 'a';
	name[65] = '\0';
	assert_non_null(check_room(name));
	assert_non_null(check_room(""));
	assert_non_null(check_room("#lobby"));
	assert_non_null(check_room(".hidden"));
	assert_non_null(check_room("Lobby"));
	assert_non_null(check_room("caf\xc3\xa9"));
}

static void text_is_utf8_without_control_characters(void **state)
{
	(void)state;
	assert_null(check_text(""));
	assert_null(check_text("two\nlines\tand \xc3\xa9 \xf0\x9f\x98\x80"));
	assert_non_null(check_text("\x1b[2J"));
	assert_non_null(check_text("\x7f"));
	assert_non_null(check_text("\xc2\x9b"));
	assert_non_null(check_text("\xff"));
	assert_non_null(check_text("\xed\xa0\x80"));
	assert_non_null(check_text("cut \xc3"));
}

static void a_line_is_text_without_line_breaks(void **state)
{
	(void)state;
	assert_null(check_line("caf\xc3\xa9"));
	assert_non_null(check_line("two\nlines"));
	assert_non_null(check_line("\xff"));
}

static void a_path_begins_at_the_root(void **state)
{
	(void)state;
	assert_null(check_path("/"));
	assert_null(check_path("/run/gchatd/admin.sock"));
	assert_non_null(check_path("run"));
	assert_non_null(check_path(""));
	assert_non_null(check_path("/a\nb"));
	assert_null(check_path_or_none(""));
	assert_non_null(check_path_or_none("run"));
}

static void a_group_is_named_as_the_system_names_groups(void **state)
{
	(void)state;
	assert_null(check_group("gchat"));
	assert_null(check_group("Domain-Users_2"));
	assert_non_null(check_group("-x"));
	assert_non_null(check_group("a:b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_written_form_of_an_address_with_a_port_passes),
		cmocka_unit_test(an_address_needs_digits_and_a_port_in_range),
		cmocka_unit_test(metrics_are_for_this_machine_alone),
		cmocka_unit_test(a_host_is_a_name_or_an_address),
		cmocka_unit_test(a_room_name_is_what_the_contract_says),
		cmocka_unit_test(text_is_utf8_without_control_characters),
		cmocka_unit_test(a_line_is_text_without_line_breaks),
		cmocka_unit_test(a_path_begins_at_the_root),
		cmocka_unit_test(a_group_is_named_as_the_system_names_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
