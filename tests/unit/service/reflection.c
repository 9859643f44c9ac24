/* Requests and their answers, over the descriptor set that the daemon embeds. */
#include "service/reflection.h"

#include "base/macros.h"
#include "embed/protoset.h"
#include "grpc/reflection/v1alpha/reflection.pb-c.h"
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REQUEST(what)  GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##what
#define RESPONSE(what) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##what

enum {
	CODE_NOT_FOUND = 5,
	CODE_UNIMPLEMENTED = 12,
};

static const char *const services[] = {"gchat.v1.Chat", "gchat.v1.Auth"};
static struct reflection *reflection;

static int set_up(void **state)
{
	(void)state;
	reflection = reflection_new(protoset, protoset_len, services, GC_LENGTH(services));
	return reflection ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	reflection = reflection_free(reflection);
	return 0;
}

/* Asks, and decodes the answer. Owned: codec_free. */
static Grpc__Reflection__V1__ServerReflectionResponse *ask(
	const Grpc__Reflection__V1__ServerReflectionRequest *request)
{
	size_t len;
	uint8_t *bytes = reflection_answer(reflection, request, &len);
	ProtobufCMessage *msg = codec_load(
		&grpc__reflection__v1__server_reflection_response__descriptor, bytes, len);
	free(bytes);
	assert_non_null(msg);
	return (Grpc__Reflection__V1__ServerReflectionResponse *)msg;
}

static Grpc__Reflection__V1__ServerReflectionResponse *ask_text(int what, char *text)
{
	Grpc__Reflection__V1__ServerReflectionRequest request;
	grpc__reflection__v1__server_reflection_request__init(&request);
	request.message_request_case =
		(Grpc__Reflection__V1__ServerReflectionRequest__MessageRequestCase)what;
	request.file_by_filename = text; /* one of a union of texts */
	return ask(&request);
}

/* True when one of the files answered has `name` as its first field. */
static bool has_file(
	const Grpc__Reflection__V1__ServerReflectionResponse *response, const char *name)
{
	const Grpc__Reflection__V1__FileDescriptorResponse *files =
		response->file_descriptor_response;
	size_t len = strlen(name);
	for (size_t i = 0; i < files->n_file_descriptor_proto; i++) {
		const ProtobufCBinaryData *file = &files->file_descriptor_proto[i];
		if (file->len > len + 2 && file->data[1] == len &&
			memcmp(file->data + 2, name, len) == 0)
			return true;
	}
	return false;
}

static void check_files(Grpc__Reflection__V1__ServerReflectionResponse *response, const char *first,
	const char *second)
{
	assert_int_equal(response->message_response_case, RESPONSE(FILE_DESCRIPTOR_RESPONSE));
	assert_true(has_file(response, first));
	assert_int_equal(
		response->file_descriptor_response->n_file_descriptor_proto, second ? 2 : 1);
	if (second)
		assert_true(has_file(response, second));
	codec_free(&response->base);
}

static void check_error(Grpc__Reflection__V1__ServerReflectionResponse *response, int code)
{
	assert_int_equal(response->message_response_case, RESPONSE(ERROR_RESPONSE));
	assert_int_equal(response->error_response->error_code, code);
	codec_free(&response->base);
}

static void the_list_is_of_the_services_that_are_served(void **state)
{
	(void)state;
	char text[] = "";
	Grpc__Reflection__V1__ServerReflectionResponse *response =
		ask_text(REQUEST(LIST_SERVICES), text);
	assert_int_equal(response->message_response_case, RESPONSE(LIST_SERVICES_RESPONSE));
	assert_int_equal(response->list_services_response->n_service, GC_LENGTH(services));
	for (size_t i = 0; i < GC_LENGTH(services); i++)
		assert_string_equal(
			response->list_services_response->service[i]->name, services[i]);
	codec_free(&response->base);
}

static void a_file_by_name_comes_with_its_imports(void **state)
{
	(void)state;
	char chat[] = "gchat/v1/chat.proto", event[] = "gchat/v1/event.proto";
	check_files(ask_text(REQUEST(FILE_BY_FILENAME), chat), chat, event);
	check_files(ask_text(REQUEST(FILE_BY_FILENAME), event), event, NULL);
}

static void a_file_by_symbol_is_the_one_that_defines_it(void **state)
{
	(void)state;
	char service[] = "gchat.v1.Chat", method[] = "gchat.v1.Chat.Connect";
	char message[] = "gchat.v1.Hello", health[] = "grpc.health.v1.HealthCheckResponse.SERVING";
	static const char chat[] = "gchat/v1/chat.proto", event[] = "gchat/v1/event.proto";
	check_files(ask_text(REQUEST(FILE_CONTAINING_SYMBOL), service), chat, event);
	check_files(ask_text(REQUEST(FILE_CONTAINING_SYMBOL), method), chat, event);
	check_files(ask_text(REQUEST(FILE_CONTAINING_SYMBOL), message), chat, event);
	check_files(ask_text(REQUEST(FILE_CONTAINING_SYMBOL), health),
		"grpc/health/v1/health.proto", NULL);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	char record[] = "gchat/v1/record.proto", secret[] = "gchat.v1.AccountRecord";
	char nothing[] = "";
	check_error(ask_text(REQUEST(FILE_BY_FILENAME), record), CODE_NOT_FOUND);
	check_error(ask_text(REQUEST(FILE_BY_FILENAME), nothing), CODE_NOT_FOUND);
	check_error(ask_text(REQUEST(FILE_CONTAINING_SYMBOL), secret), CODE_NOT_FOUND);
	check_error(ask_text(REQUEST(FILE_CONTAINING_SYMBOL), nothing), CODE_NOT_FOUND);
}

static void there_are_no_extensions(void **state)
{
	(void)state;
	char known[] = "gchat.v1.Event", service[] = "gchat.v1.Chat";
	Grpc__Reflection__V1__ServerReflectionResponse *response =
		ask_text(REQUEST(ALL_EXTENSION_NUMBERS_OF_TYPE), known);
	assert_int_equal(response->message_response_case, RESPONSE(ALL_EXTENSION_NUMBERS_RESPONSE));
	assert_string_equal(response->all_extension_numbers_response->base_type_name, known);
	assert_int_equal(response->all_extension_numbers_response->n_extension_number, 0);
	codec_free(&response->base);
	check_error(ask_text(REQUEST(ALL_EXTENSION_NUMBERS_OF_TYPE), service), CODE_NOT_FOUND);

	Grpc__Reflection__V1__ExtensionRequest extension;
	grpc__reflection__v1__extension_request__init(&extension);
	extension.containing_type = known;
	Grpc__Reflection__V1__ServerReflectionRequest request;
	grpc__reflection__v1__server_reflection_request__init(&request);
	request.message_request_case = REQUEST(FILE_CONTAINING_EXTENSION);
	request.file_containing_extension = &extension;
	check_error(ask(&request), CODE_NOT_FOUND);
}

static void an_empty_request_is_answered_with_unimplemented(void **state)
{
	(void)state;
	Grpc__Reflection__V1__ServerReflectionRequest request;
	grpc__reflection__v1__server_reflection_request__init(&request);
	check_error(ask(&request), CODE_UNIMPLEMENTED);
}

static void the_answer_repeats_the_host_and_the_request(void **state)
{
	(void)state;
	char host[] = "chat.example", name[] = "gchat.v1.Nothing";
	Grpc__Reflection__V1__ServerReflectionRequest request;
	grpc__reflection__v1__server_reflection_request__init(&request);
	request.host = host;
	request.message_request_case = REQUEST(FILE_CONTAINING_SYMBOL);
	request.file_containing_symbol = name;
	Grpc__Reflection__V1__ServerReflectionResponse *response = ask(&request);
	assert_string_equal(response->valid_host, host);
	assert_string_equal(response->original_request->host, host);
	assert_string_equal(response->original_request->file_containing_symbol, name);
	codec_free(&response->base);
}

static void v1alpha_reads_the_same_bytes(void **state)
{
	(void)state;
	char name[] = "gchat/v1/event.proto";
	size_t len, answer_len;
	Grpc__Reflection__V1alpha__ServerReflectionRequest alpha;
	grpc__reflection__v1alpha__server_reflection_request__init(&alpha);
	alpha.message_request_case =
		GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME;
	alpha.file_by_filename = name;
	uint8_t *bytes = codec_encode_new(&alpha.base, &len);
	ProtobufCMessage *request = codec_load(
		&grpc__reflection__v1__server_reflection_request__descriptor, bytes, len);
	assert_non_null(request);
	uint8_t *answer = reflection_answer(
		reflection, (Grpc__Reflection__V1__ServerReflectionRequest *)request, &answer_len);
	ProtobufCMessage *msg =
		codec_load(&grpc__reflection__v1alpha__server_reflection_response__descriptor,
			answer, answer_len);
	assert_non_null(msg);
	const Grpc__Reflection__V1alpha__ServerReflectionResponse *response =
		(const Grpc__Reflection__V1alpha__ServerReflectionResponse *)msg;
	assert_int_equal(response->file_descriptor_response->n_file_descriptor_proto, 1);
	codec_free(msg);
	codec_free(request);
	free(answer);
	free(bytes);
}

static void a_malformed_set_gives_nothing(void **state)
{
	(void)state;
	assert_null(reflection_new(protoset, protoset_len - 1, services, GC_LENGTH(services)));
	assert_null(reflection_free(NULL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_of_the_services_that_are_served),
		cmocka_unit_test(a_file_by_name_comes_with_its_imports),
		cmocka_unit_test(a_file_by_symbol_is_the_one_that_defines_it),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(there_are_no_extensions),
		cmocka_unit_test(an_empty_request_is_answered_with_unimplemented),
		cmocka_unit_test(the_answer_repeats_the_host_and_the_request),
		cmocka_unit_test(v1alpha_reads_the_same_bytes),
		cmocka_unit_test(a_malformed_set_gives_nothing),
	};
	return cmocka_run_group_tests_name("service.reflection", tests, set_up, tear_down);
}
