/* The index over the real descriptor set, and over bent ones. */
#include "service/descriptor.h"

#include "base/macros.h"
#include "base/mem.h"
#include "embed/protoset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct descriptor_set *set;

static int set_up(void **state)
{
	(void)state;
	set = descriptor_set_new(protoset, protoset_len);
	return set ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	set = descriptor_set_free(set);
	return 0;
}

static void the_public_files_are_there_and_the_records_are_not(void **state)
{
	(void)state;
	static const char *const files[] = {"gchat/v1/event.proto", "gchat/v1/chat.proto",
		"gchat/v1/auth.proto", "gchat/v1/admin.proto", "grpc/health/v1/health.proto",
		"grpc/reflection/v1/reflection.proto", "grpc/reflection/v1alpha/reflection.proto"};
	for (size_t i = 0; i < GC_LENGTH(files); i++)
		assert_non_null(descriptor_find_file(set, files[i]));
	assert_int_equal(set->file_count, GC_LENGTH(files));
	assert_null(descriptor_find_file(set, "gchat/v1/record.proto"));
	assert_null(descriptor_find_symbol(set, "gchat.v1.AccountRecord"));
}

static void every_kind_of_symbol_is_found_in_its_file(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *file;
		enum descriptor_kind kind;
	} cases[] = {
		{"gchat.v1.Event", "gchat/v1/event.proto", DESCRIPTOR_MESSAGE},
		{"gchat.v1.Event.seq", "gchat/v1/event.proto", DESCRIPTOR_MEMBER},
		{"gchat.v1.Event.body", "gchat/v1/event.proto", DESCRIPTOR_MEMBER},
		{"gchat.v1.Role", "gchat/v1/event.proto", DESCRIPTOR_ENUM},
		{"gchat.v1.ROLE_OWNER", "gchat/v1/event.proto", DESCRIPTOR_MEMBER},
		{"gchat.v1.Chat", "gchat/v1/chat.proto", DESCRIPTOR_SERVICE},
		{"gchat.v1.Chat.Connect", "gchat/v1/chat.proto", DESCRIPTOR_MEMBER},
		{"gchat.v1.Admin", "gchat/v1/admin.proto", DESCRIPTOR_SERVICE},
		{"grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto",
			DESCRIPTOR_ENUM},
		{"grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto",
			DESCRIPTOR_MEMBER},
	};
	for (size_t i = 0; i < GC_LENGTH(cases); i++) {
		const struct descriptor_symbol *symbol = descriptor_find_symbol(set, cases[i].name);
		assert_non_null(symbol);
		assert_int_equal(symbol->kind, cases[i].kind);
		assert_string_equal(set->files[symbol->file].name, cases[i].file);
	}
}

static void names_that_are_not_there_are_not_found(void **state)
{
	(void)state;
	static const char *const names[] = {"", "gchat.v1", "Event", ".gchat.v1.Event",
		"gchat.v1.Event.", "gchat.v1.Events", "gchat.v1.Role.ROLE_OWNER", "zzz"};
	for (size_t i = 0; i < GC_LENGTH(names); i++)
		assert_null(descriptor_find_symbol(set, names[i]));
	assert_null(descriptor_find_file(set, ""));
	assert_null(descriptor_find_file(set, "chat.proto"));
}

static void symbols_are_sorted_and_each_is_found(void **state)
{
	(void)state;
	assert_true(set->symbol_count > 500);
	for (size_t i = 0; i < set->symbol_count; i++) {
		const char *name = set->symbols[i].name;
		assert_true(i == 0 || strcmp(set->symbols[i - 1].name, name) < 0);
		assert_ptr_equal(descriptor_find_symbol(set, name), &set->symbols[i]);
	}
}

static void a_file_comes_with_all_it_needs_each_once(void **state)
{
	(void)state;
	const struct descriptor_file *files[DESCRIPTOR_FILES_MAX];
	const struct descriptor_file *admin = descriptor_find_file(set, "gchat/v1/admin.proto");
	assert_int_equal(descriptor_collect(set, admin, files), 4);
	assert_ptr_equal(files[0], admin);
	assert_ptr_equal(files[1], descriptor_find_file(set, "gchat/v1/event.proto"));
	assert_ptr_equal(files[2], descriptor_find_file(set, "gchat/v1/auth.proto"));
	assert_ptr_equal(files[3], descriptor_find_file(set, "gchat/v1/chat.proto"));
	const struct descriptor_file *event = descriptor_find_file(set, "gchat/v1/event.proto");
	assert_int_equal(descriptor_collect(set, event, files), 1);
}

static void a_set_cut_at_any_byte_is_either_whole_or_malformed(void **state)
{
	(void)state;
	size_t whole = 0;
	for (size_t len = 0; len < protoset_len; len += 1 + len / 64) {
		uint8_t *exact = mem_dup(protoset, len); /* so that a read past it is seen */
		struct descriptor_set *cut = descriptor_set_new(exact, len);
		whole += cut != NULL;
		descriptor_set_free(cut);
		free(exact);
	}
	assert_true(whole <= set->file_count + 1);
}

static void files_that_need_each_other_are_collected_once(void **state)
{
	(void)state;
	static const uint8_t ring[] = {
		0x0a, 6, 0x0a, 1, 'a', 0x1a, 1, 'b', /* file a needs b */
		0x0a, 6, 0x0a, 1, 'b', 0x1a, 1, 'a', /* file b needs a */
	};
	const struct descriptor_file *files[DESCRIPTOR_FILES_MAX];
	struct descriptor_set *s = descriptor_set_new(ring, sizeof(ring));
	assert_non_null(s);
	assert_int_equal(descriptor_collect(s, descriptor_find_file(s, "a"), files), 2);
	descriptor_set_free(s);
}

static void too_many_files_are_refused(void **state)
{
	(void)state;
	uint8_t many[5 * (DESCRIPTOR_FILES_MAX + 1)];
	for (size_t i = 0; i < sizeof(many); i += 5)
		memcpy(many + i, "\x0a\x03\x0a\x01x", 5);
	assert_null(descriptor_set_new(many, sizeof(many)));
	struct descriptor_set *most = descriptor_set_new(many, sizeof(many) - 5);
	assert_non_null(most);
	descriptor_set_free(most);
}

static void a_file_without_a_name_is_refused(void **state)
{
	(void)state;
	assert_null(descriptor_set_new((const uint8_t *)"\x0a\x00", 2));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_public_files_are_there_and_the_records_are_not),
		cmocka_unit_test(every_kind_of_symbol_is_found_in_its_file),
		cmocka_unit_test(names_that_are_not_there_are_not_found),
		cmocka_unit_test(symbols_are_sorted_and_each_is_found),
		cmocka_unit_test(a_file_comes_with_all_it_needs_each_once),
		cmocka_unit_test(a_set_cut_at_any_byte_is_either_whole_or_malformed),
		cmocka_unit_test(files_that_need_each_other_are_collected_once),
		cmocka_unit_test(too_many_files_are_refused),
		cmocka_unit_test(a_file_without_a_name_is_refused),
	};
	return cmocka_run_group_tests_name("service.descriptor", tests, set_up, tear_down);
}
