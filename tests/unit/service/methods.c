/* The table of methods: sorted, complete against the contract, and of the right kinds. */
#include "service/methods.h"

#include "base/macros.h"
#include "gchat/v1/admin.pb-c.h"
#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "grpc/reflection/v1alpha/reflection.pb-c.h"
#include "room/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const ProtobufCServiceDescriptor *service;
	const char *name; /* as callers know it */
	enum method_access access; /* the least one needs; ACCESS_ACCOUNT: or ACCESS_ANYONE */
} services[] = {
	{&gchat__v1__auth__descriptor, "gchat.v1.Auth", ACCESS_ACCOUNT},
	{&gchat__v1__chat__descriptor, "gchat.v1.Chat", ACCESS_ACCOUNT},
	{&gchat__v1__admin__descriptor, "gchat.v1.Admin", ACCESS_ADMIN},
	{&grpc__health__v1__health__descriptor, "grpc.health.v1.Health", ACCESS_EITHER},
	{&grpc__reflection__v1__server_reflection__descriptor,
		"grpc.reflection.v1.ServerReflection", ACCESS_EITHER},
	{&grpc__reflection__v1alpha__server_reflection__descriptor,
		"grpc.reflection.v1alpha.ServerReflection", ACCESS_EITHER},
};

static const struct method *find(size_t service, const ProtobufCMethodDescriptor *rpc)
{
	char name[128];
	(void)snprintf(name, sizeof(name), "/%s/%s", services[service].name, rpc->name);
	const struct method *method = method_find(name);
	if (!method)
		fail_msg("%s: not in the table", name);
	return method;
}

static void the_table_is_sorted_and_each_row_is_found(void **state)
{
	(void)state;
	size_t count;
	const struct method *table = method_table(&count);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || strcmp(table[i - 1].name, table[i].name) < 0);
		assert_ptr_equal(method_find(table[i].name), &table[i]);
	}
}

static void every_rpc_of_the_contract_has_its_row_and_there_are_no_others(void **state)
{
	(void)state;
	size_t count;
	size_t rpcs = 0;
	(void)method_table(&count);
	for (size_t i = 0; i < GC_LENGTH(services); i++) {
		assert_string_equal(services[i].service->name, services[i].name);
		for (unsigned k = 0; k < services[i].service->n_methods; k++) {
			(void)find(i, &services[i].service->methods[k]);
			rpcs++;
		}
	}
	assert_int_equal(count, rpcs);
}

static void calls_decode_the_type_that_the_contract_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < GC_LENGTH(services); i++)
		for (unsigned k = 0; k < services[i].service->n_methods; k++) {
			const ProtobufCMethodDescriptor *rpc = &services[i].service->methods[k];
			const struct method *method = find(i, rpc);
			if (method->handle)
				assert_ptr_equal(method->request, rpc->input);
		}
}

static void a_method_is_a_call_or_a_stream_or_not_offered(void **state)
{
	(void)state;
	size_t count;
	const struct method *table = method_table(&count);
	for (size_t i = 0; i < count; i++) {
		assert_false(table[i].handle && table[i].open);
		assert_int_equal(table[i].handle != NULL, table[i].request != NULL);
	}
}

static void who_may_call_follows_from_the_service(void **state)
{
	(void)state;
	for (size_t i = 0; i < GC_LENGTH(services); i++)
		for (unsigned k = 0; k < services[i].service->n_methods; k++) {
			const struct method *method = find(i, &services[i].service->methods[k]);
			bool open = services[i].service == &gchat__v1__auth__descriptor &&
				    method->access == ACCESS_ANYONE;
			assert_true(open || method->access == services[i].access);
		}
}

/* Each without a token: how else would one get it? */
static void few_methods_are_for_anyone(void **state)
{
	(void)state;
	static const char *const open[] = {"/gchat.v1.Auth/CreateAccount",
		"/gchat.v1.Auth/GetServerInfo", "/gchat.v1.Auth/Login",
		"/gchat.v1.Auth/LoginGuest"};
	size_t count;
	size_t found = 0;
	const struct method *table = method_table(&count);
	for (size_t i = 0; i < count; i++)
		if (table[i].access == ACCESS_ANYONE)
			assert_string_equal(table[i].name, open[found++]);
	assert_int_equal(found, GC_LENGTH(open));
}

/* By its name: it looks, and changes nothing. */
static bool only_looks(const char *rpc)
{
	static const char *const beginnings[] = {
		"Get", "List", "Check", "Verify", "Explain", "Export", "Wait"};
	for (size_t i = 0; i < GC_LENGTH(beginnings); i++)
		if (strncmp(rpc, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

static void every_change_by_an_administrator_is_audited(void **state)
{
	(void)state;
	size_t count;
	const struct method *table = method_table(&count);
	for (size_t i = 0; i < count; i++) {
		const char *rpc = strrchr(table[i].name, '/') + 1;
		bool changes =
			table[i].access == ACCESS_ADMIN && table[i].handle && !only_looks(rpc);
		if (changes && !table[i].audit)
			fail_msg("%s changes something: name its action for the audit log",
				table[i].name);
		if (!changes && table[i].audit)
			fail_msg("%s changes nothing: it has no place in the audit log",
				table[i].name);
	}
}

static void actions_are_words_that_fit_and_differ(void **state)
{
	(void)state;
	size_t count;
	const struct method *table = method_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (!table[i].audit)
			continue;
		assert_in_range(strlen(table[i].audit), 1, AUDIT_ACTION_BYTES);
		assert_int_equal(strspn(table[i].audit, "abcdefghijklmnopqrstuvwxyz-"),
			strlen(table[i].audit));
		for (size_t k = 0; k < i; k++)
			assert_true(!table[k].audit || strcmp(table[k].audit, table[i].audit) != 0);
	}
}

static void other_names_are_not_found(void **state)
{
	(void)state;
	static const char *const names[] = {"", "/", "gchat.v1.Chat/Connect",
		"/gchat.v1.Chat/connect", "/gchat.v1.Chat/Connect/", "/gchat.v1.Chat/Conn",
		"/gchat.v2.Chat/Connect", "/zzz"};
	for (size_t i = 0; i < GC_LENGTH(names); i++)
		assert_null(method_find(names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_sorted_and_each_row_is_found),
		cmocka_unit_test(every_rpc_of_the_contract_has_its_row_and_there_are_no_others),
		cmocka_unit_test(calls_decode_the_type_that_the_contract_names),
		cmocka_unit_test(a_method_is_a_call_or_a_stream_or_not_offered),
		cmocka_unit_test(who_may_call_follows_from_the_service),
		cmocka_unit_test(few_methods_are_for_anyone),
		cmocka_unit_test(every_change_by_an_administrator_is_audited),
		cmocka_unit_test(actions_are_words_that_fit_and_differ),
		cmocka_unit_test(other_names_are_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
