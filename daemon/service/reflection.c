/* One function per kind of request; each fills the response, which is encoded before it returns. */
#include "service/reflection.h"

#include "base/macros.h"
#include "base/mem.h"
#include "proto/codec.h"
#include "service/descriptor.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Field numbers of the two oneofs, as protobuf-c names them. */
#define REQUEST(what)  GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##what
#define RESPONSE(what) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##what

enum { /* numbers of grpc_status_code */
	CODE_NOT_FOUND = 5,
	CODE_UNIMPLEMENTED = 12,
	SERVICES_MAX = 32,
};

struct reflection {
	struct descriptor_set *set; /* owned */
	const char *const *services; /* borrowed: valid while this lives */
	size_t service_count;
};

/* A response and all it points at, while it is being made. */
struct answer {
	Grpc__Reflection__V1__ServerReflectionResponse response;
	Grpc__Reflection__V1__ErrorResponse error;
	Grpc__Reflection__V1__FileDescriptorResponse files;
	Grpc__Reflection__V1__ExtensionNumberResponse numbers;
	Grpc__Reflection__V1__ListServiceResponse list;
	Grpc__Reflection__V1__ServiceResponse services[SERVICES_MAX];
	Grpc__Reflection__V1__ServiceResponse *service_list[SERVICES_MAX];
	ProtobufCBinaryData bytes[DESCRIPTOR_FILES_MAX];
};

struct reflection *reflection_new(
	const uint8_t *set, size_t len, const char *const *services, size_t count)
{
	GC_ASSERT(count <= SERVICES_MAX);
	struct descriptor_set *index = descriptor_set_new(set, len);
	if (!index)
		return NULL;
	struct reflection *r = mem_new(1, sizeof(*r));
	*r = (struct reflection){.set = index, .services = services, .service_count = count};
	return r;
}

struct reflection *reflection_free(struct reflection *r)
{
	if (r)
		r->set = descriptor_set_free(r->set);
	free(r);
	return NULL;
}

/* protobuf-c's messages have no const fields, and encoding doesn't write to them. */
static void *readable(const void *p)
{
	void *same;
	memcpy(&same, &p, sizeof(same));
	return same;
}

static void answer_error(struct answer *a, int32_t code, const char *message)
{
	a->error.error_code = code;
	a->error.error_message = readable(message);
	a->response.message_response_case = RESPONSE(ERROR_RESPONSE);
	a->response.error_response = &a->error;
}

static void answer_file(
	struct answer *a, const struct reflection *r, const struct descriptor_file *file)
{
	const struct descriptor_file *all[DESCRIPTOR_FILES_MAX];
	size_t count = descriptor_collect(r->set, file, all);
	for (size_t i = 0; i < count; i++)
		a->bytes[i] =
			(ProtobufCBinaryData){.data = readable(all[i]->bytes), .len = all[i]->len};
	a->files.n_file_descriptor_proto = count;
	a->files.file_descriptor_proto = a->bytes;
	a->response.message_response_case = RESPONSE(FILE_DESCRIPTOR_RESPONSE);
	a->response.file_descriptor_response = &a->files;
}

static void answer_filename(struct answer *a, const struct reflection *r, const char *name)
{
	const struct descriptor_file *file = descriptor_find_file(r->set, name);
	if (file)
		answer_file(a, r, file);
	else
		answer_error(a, CODE_NOT_FOUND, "File not found.");
}

static void answer_symbol(struct answer *a, const struct reflection *r, const char *name)
{
	const struct descriptor_symbol *symbol = descriptor_find_symbol(r->set, name);
	if (symbol)
		answer_file(a, r, &r->set->files[symbol->file]);
	else
		answer_error(a, CODE_NOT_FOUND, "Symbol not found.");
}

/* proto3 messages have no extensions: a known type has an empty list of them. */
static void answer_numbers(struct answer *a, const struct reflection *r, char *type)
{
	const struct descriptor_symbol *symbol = descriptor_find_symbol(r->set, type);
	if (!symbol || symbol->kind != DESCRIPTOR_MESSAGE) {
		answer_error(a, CODE_NOT_FOUND, "Type not found.");
		return;
	}
	a->numbers.base_type_name = type;
	a->response.message_response_case = RESPONSE(ALL_EXTENSION_NUMBERS_RESPONSE);
	a->response.all_extension_numbers_response = &a->numbers;
}

static void answer_services(struct answer *a, const struct reflection *r)
{
	for (size_t i = 0; i < r->service_count; i++) {
		grpc__reflection__v1__service_response__init(&a->services[i]);
		a->services[i].name = readable(r->services[i]);
		a->service_list[i] = &a->services[i];
	}
	a->list.n_service = r->service_count;
	a->list.service = a->service_list;
	a->response.message_response_case = RESPONSE(LIST_SERVICES_RESPONSE);
	a->response.list_services_response = &a->list;
}

static void answer_init(
	struct answer *a, const Grpc__Reflection__V1__ServerReflectionRequest *request)
{
	grpc__reflection__v1__server_reflection_response__init(&a->response);
	grpc__reflection__v1__error_response__init(&a->error);
	grpc__reflection__v1__file_descriptor_response__init(&a->files);
	grpc__reflection__v1__extension_number_response__init(&a->numbers);
	grpc__reflection__v1__list_service_response__init(&a->list);
	a->response.valid_host = request->host;
	a->response.original_request = readable(request);
}

uint8_t *reflection_answer(const struct reflection *r,
	const Grpc__Reflection__V1__ServerReflectionRequest *request, size_t *ret_len)
{
	struct answer a;
	answer_init(&a, request);
	switch ((int)request->message_request_case) { /* int: the generated enum has a filler */
	case REQUEST(FILE_BY_FILENAME):
		answer_filename(&a, r, request->file_by_filename);
		break;
	case REQUEST(FILE_CONTAINING_SYMBOL):
		answer_symbol(&a, r, request->file_containing_symbol);
		break;
	case REQUEST(FILE_CONTAINING_EXTENSION):
		answer_error(&a, CODE_NOT_FOUND, "Extension not found.");
		break;
	case REQUEST(ALL_EXTENSION_NUMBERS_OF_TYPE):
		answer_numbers(&a, r, request->all_extension_numbers_of_type);
		break;
	case REQUEST(LIST_SERVICES):
		answer_services(&a, r);
		break;
	default:
		answer_error(&a, CODE_UNIMPLEMENTED, "");
		break;
	}
	return codec_encode_new(&a.response.base, ret_len);
}
