/* From gRPC's status and metadata to an error that a program can decide by. */
#include "lib/call.h"

#include "rpc/metadata.h"

#include <grpc/support/alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const reasons[] = {
	[GRPC_STATUS_CANCELLED] = "CANCELLED",
	[GRPC_STATUS_UNKNOWN] = "BAD_REPLY",
	[GRPC_STATUS_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
	[GRPC_STATUS_DEADLINE_EXCEEDED] = "TIMED_OUT",
	[GRPC_STATUS_NOT_FOUND] = "NOT_FOUND",
	[GRPC_STATUS_PERMISSION_DENIED] = "NOT_PERMITTED",
	[GRPC_STATUS_RESOURCE_EXHAUSTED] = "RATE_LIMITED",
	[GRPC_STATUS_UNIMPLEMENTED] = "UNIMPLEMENTED",
	[GRPC_STATUS_INTERNAL] = "BAD_REPLY",
	[GRPC_STATUS_UNAVAILABLE] = "UNAVAILABLE",
	[GRPC_STATUS_UNAUTHENTICATED] = "NOT_SIGNED_IN",
};

void call_error_set(
	struct gchat_error *ret, grpc_status_code code, const char *reason, const char *message)
{
	*ret = (struct gchat_error){.code = (uint32_t)code};
	(void)snprintf(ret->reason, sizeof(ret->reason), "%s", reason);
	(void)snprintf(ret->message, sizeof(ret->message), "%s", message);
}

static const char *reason_of_status(grpc_status_code code)
{
	if (code < 0 || (size_t)code >= GC_LENGTH(reasons) || !reasons[code])
		return "UNAVAILABLE";
	return reasons[code];
}

/* Without the "REASON: " that the server puts before its sentence. */
static const char *sentence_of(const char *details, const char *reason)
{
	size_t len = strlen(reason);
	bool has_reason = len && strncmp(details, reason, len) == 0 && details[len] == ':';
	return has_reason ? details + len + 1 + (details[len + 1] == ' ') : details;
}

void call_error_fill(struct gchat_error *ret, grpc_status_code code, const grpc_slice *details,
	const grpc_metadata_array *trailing)
{
	char retry[16];
	char reason[sizeof(ret->reason)] = "";
	if (!metadata_get(trailing, METADATA_KEY_REASON, reason, sizeof(reason)))
		(void)snprintf(reason, sizeof(reason), "%s", reason_of_status(code));
	char *text = grpc_slice_to_c_string(*details);
	const char *sentence = sentence_of(text, reason);
	call_error_set(ret, code, reason, *sentence ? sentence : "the server gave no reason");
	gpr_free(text);
	if (metadata_get(trailing, METADATA_KEY_RETRY_AFTER, retry, sizeof(retry))) {
		unsigned long ms = strtoul(retry, NULL, 10);
		ret->retry_after_ms = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
	}
}
