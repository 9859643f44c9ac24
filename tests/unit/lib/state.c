/* Names of servers and files. */
#include "lib/state.h"

#include "folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_std.h"

static void expect(const char *text, const char *host, const char *server)
{
	char ret_host[256];
	char ret_server[KNOWN_SERVER_SIZE];
	assert_true(state_parse_server(text, ret_host, ret_server));
	assert_string_equal(ret_host, host);
	assert_string_equal(ret_server, server);
}

static void a_host_alone_gets_the_default_port(void **state)
{
	(void)state;
	expect("Chat.Example.ORG", "chat.example.org", "chat.example.org:7443");
}

static void a_port_is_taken(void **state)
{
	(void)state;
	expect("localhost:99", "localhost", "localhost:99");
	expect("127.0.0.1:1", "127.0.0.1", "127.0.0.1:1");
}

static void an_ipv6_address_stands_in_brackets_or_alone(void **state)
{
	(void)state;
	expect("[::1]:5", "::1", "[::1]:5");
	expect("[2001:db8::1]", "2001:db8::1", "[2001:db8::1]:7443");
	expect("::1", "::1", "[::1]:7443");
}

static void what_is_no_server_is_refused(void **state)
{
	(void)state;
	const char *const bad[] = {"", ":1", "a:", "a:0", "a:65536", "a:-1", "a:1x", "a b", "[::1",
		"[::1]1", "[x]:1", "a/b", "a:1:2", "unix:/tmp/x"};
	char host[256];
	char server[KNOWN_SERVER_SIZE];
	for (size_t i = 0; i < GC_LENGTH(bad); i++)
		assert_false(state_parse_server(bad[i], host, server));
}

static void a_name_that_is_taken_is_taken_again_with_its_port(void **state)
{
	(void)state;
	char text[256] = "";
	char host[256];
	char server[KNOWN_SERVER_SIZE];
	char again[KNOWN_SERVER_SIZE];
	for (size_t len = 1; len < sizeof(text); len++) {
		memset(text, 'a', len);
		text[len] = '\0';
		assert_int_equal(state_parse_server(text, host, server), len <= 253);
		if (len > 253)
			continue;
		assert_true(state_parse_server(server, host, again));
		assert_string_equal(again, server);
	}
}

static void folders_are_made_for_their_owner_alone(void **state)
{
	(void)state;
	struct folder folder;
	struct stat st;
	folder_make(&folder);
	assert_int_equal(state_make_folder(folder_file(&folder, "a/b")), 0);
	assert_int_equal(stat(folder_file(&folder, "a/b"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(state_make_folder(folder_file(&folder, "a/b")), 0);
	(void)rmdir(folder_file(&folder, "a/b"));
	(void)rmdir(folder_file(&folder, "a"));
	folder_remove(&folder);
}

static void a_file_in_the_folders_place_is_an_error(void **state)
{
	(void)state;
	struct folder folder;
	folder_make(&folder);
	folder_write(&folder, "a", "");
	assert_true(state_make_folder(folder_file(&folder, "a/b")) < 0);
	folder_remove(&folder);
}

static void names_cannot_leave_the_folder(void **state)
{
	(void)state;
	char *path = state_path_new("/state", "outbox", "[::1]:7443", "../../etc/x");
	assert_string_equal(path, "/state/outbox-___1__7443-.._.._etc_x");
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_alone_gets_the_default_port),
		cmocka_unit_test(a_port_is_taken),
		cmocka_unit_test(an_ipv6_address_stands_in_brackets_or_alone),
		cmocka_unit_test(what_is_no_server_is_refused),
		cmocka_unit_test(a_name_that_is_taken_is_taken_again_with_its_port),
		cmocka_unit_test(folders_are_made_for_their_owner_alone),
		cmocka_unit_test(a_file_in_the_folders_place_is_an_error),
		cmocka_unit_test(names_cannot_leave_the_folder),
	};
	return cmocka_run_group_tests_name("lib.state", tests, NULL, NULL);
}
