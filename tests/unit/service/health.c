/* The health of each service and its encoding. */
#include "service/health.h"

#include "base/macros.h"
#include "grpc/health/v1/health.pb-c.h"
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_new_state_is_not_serving(void **state)
{
	(void)state;
	struct health health = {0};
	assert_false(health_is_serving(&health));
	assert_int_equal(health_answer(&health, "", false), HEALTH_NOT_SERVING);
}

static void setting_tells_whether_there_was_a_change(void **state)
{
	(void)state;
	struct health health = {0};
	assert_true(health_set(&health, true));
	assert_false(health_set(&health, true));
	assert_true(health_set(&health, false));
	assert_false(health_set(&health, false));
}

static void all_services_of_the_port_go_together(void **state)
{
	(void)state;
	static const char *const names[] = {"", "gchat.v1.Chat", "gchat.v1.Auth",
		"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
		"grpc.reflection.v1alpha.ServerReflection"};
	struct health health = {0};
	(void)health_set(&health, true);
	for (size_t i = 0; i < GC_LENGTH(names); i++)
		assert_int_equal(health_answer(&health, names[i], false), HEALTH_SERVING);
	(void)health_set(&health, false);
	for (size_t i = 0; i < GC_LENGTH(names); i++)
		assert_int_equal(health_answer(&health, names[i], false), HEALTH_NOT_SERVING);
}

static void the_admin_service_is_known_on_its_socket_alone(void **state)
{
	(void)state;
	struct health health = {0};
	(void)health_set(&health, true);
	assert_int_equal(health_answer(&health, "gchat.v1.Admin", true), HEALTH_SERVING);
	assert_int_equal(health_answer(&health, "gchat.v1.Admin", false), HEALTH_SERVICE_UNKNOWN);
	assert_int_equal(health_answer(&health, "gchat.v1.Chat", true), HEALTH_SERVICE_UNKNOWN);
	assert_int_equal(health_answer(&health, "", true), HEALTH_SERVING);
}

static void a_service_that_is_not_there_is_unknown(void **state)
{
	(void)state;
	struct health health = {0};
	static const char *const names[] = {"gchat", "gchat.v1.chat", "gchat.v1.Chat ", "x"};
	for (size_t i = 0; i < GC_LENGTH(names); i++)
		assert_int_equal(health_answer(&health, names[i], false), HEALTH_SERVICE_UNKNOWN);
}

static void the_encoding_is_that_of_the_contract(void **state)
{
	(void)state;
	for (int status = HEALTH_UNKNOWN; status <= HEALTH_SERVICE_UNKNOWN; status++) {
		uint8_t bytes[HEALTH_RESPONSE_BYTES];
		size_t len = health_encode((enum health_status)status, bytes);
		ProtobufCMessage *msg = codec_load(
			&grpc__health__v1__health_check_response__descriptor, bytes, len);
		assert_non_null(msg);
		assert_int_equal(((Grpc__Health__V1__HealthCheckResponse *)msg)->status, status);
		codec_free(msg);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_state_is_not_serving),
		cmocka_unit_test(setting_tells_whether_there_was_a_change),
		cmocka_unit_test(all_services_of_the_port_go_together),
		cmocka_unit_test(the_admin_service_is_known_on_its_socket_alone),
		cmocka_unit_test(a_service_that_is_not_there_is_unknown),
		cmocka_unit_test(the_encoding_is_that_of_the_contract),
	};
	return cmocka_run_group_tests_name("service.health", tests, NULL, NULL);
}
