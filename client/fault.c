/* errno and reasons, to sentences and exit statuses. */
#include "client/fault.h"

#include "base/macros.h"
#include "client/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* clang-format off */
static const struct {
	int r;
	uint32_t code;
	const char *reason, *message;
} LOCAL[] = {
	{-EINVAL, 3, "INVALID_ARGUMENT", "empty, or not valid text"},
	{-E2BIG, 3, "TEXT_TOO_LONG", "longer than the server takes"},
	{-ENOSPC, 8, "OUTBOX_FULL", "too many messages wait to be acknowledged"},
	{-ENOTCONN, 14, "UNAVAILABLE", "not connected now"},
	{-EAGAIN, 8, "TOO_MANY_REQUESTS", "too many requests wait for an answer"},
	{-EBUSY, 8, "OUTBOX_IN_USE", "too many other clients use this account's outbox"},
	{-ETIMEDOUT, 4, "TIMED_OUT", "no answer in time"},
	{-ENOENT, 5, "NOT_FOUND", "there is no such thing"},
};

static const struct {
	const char *reason;
	int status;
} BY_REASON[] = {
	{"OUTBOX_FULL", EX_TEMPFAIL}, {"OUTBOX_IN_USE", EX_TEMPFAIL},
	{"PROTOCOL_VERSION", EX_PROTOCOL}, {"BAD_REPLY", EX_PROTOCOL},
	{"CERTIFICATE_UNKNOWN", EX_NOPERM}, {"CERTIFICATE_CHANGED", EX_NOPERM},
	{"CERTIFICATE_REFUSED", EX_NOPERM}, {"SIGNED_OUT", EX_NOPERM}, {"REMOVED", EX_NOPERM},
	{"BANNED", EX_NOPERM}, {"MUTED", EX_NOPERM},
	{"ACCOUNT_SUSPENDED", EX_NOPERM}, {"ACCOUNT_DELETED", EX_NOPERM},
	{"DISK_FULL", EX_TEMPFAIL},
};

/* By gRPC status code. */
static const int BY_CODE[] = {
	[0] = EX_OK, [1] = EX_TEMPFAIL, [2] = EX_SOFTWARE, [3] = EX_DATAERR, [4] = EX_TEMPFAIL,
	[5] = EX_DATAERR, [6] = EX_DATAERR, [7] = EX_NOPERM, [8] = EX_TEMPFAIL, [9] = EX_DATAERR,
	[10] = EX_TEMPFAIL, [11] = EX_DATAERR, [12] = EX_PROTOCOL, [13] = EX_SOFTWARE,
	[14] = EX_UNAVAILABLE, [15] = EX_SOFTWARE, [16] = EX_NOPERM,
};
/* clang-format on */

static void fill_local(struct gchat_error *error, int r)
{
	*error = (struct gchat_error){.code = 13};
	snprintf(error->reason, sizeof(error->reason), "%s", "INTERNAL");
	snprintf(error->message, sizeof(error->message), "%s", strerror(-r));
	for (size_t i = 0; i < GC_LENGTH(LOCAL); i++) {
		if (LOCAL[i].r != r)
			continue;
		error->code = LOCAL[i].code;
		snprintf(error->reason, sizeof(error->reason), "%s", LOCAL[i].reason);
		snprintf(error->message, sizeof(error->message), "%s", LOCAL[i].message);
	}
}

/* In one row, for this buffer: longer than a name, so the body's rules and no line breaks. */
static void clean_message(struct gchat_error *error)
{
	size_t len = strnlen(error->message, sizeof(error->message));
	char *clean = text_clean(TEXT_BODY, error->message, len);
	for (char *at = clean; *at; at++)
		*at = *at == '\n' ? ' ' : *at;
	size_t used = strlen(clean);
	while (used >= sizeof(error->message))
		used -= text_cluster_before(clean, used);
	memcpy(error->message, clean, used);
	error->message[used] = '\0';
	free(clean);
}

static void clean_reason(struct gchat_error *error)
{
	error->reason[sizeof(error->reason) - 1] = '\0';
	for (char *at = error->reason; *at; at++) {
		if (!(*at >= 'A' && *at <= 'Z') && !(*at >= '0' && *at <= '9') && *at != '_')
			*at = '_';
	}
}

void fault_fill(struct gchat_error *error, int r)
{
	if (r != -EIO && r < 0) {
		fill_local(error, r);
		return;
	}
	clean_reason(error);
	clean_message(error);
	if (!*error->message)
		snprintf(error->message, sizeof(error->message), "%s",
			*error->reason ? error->reason : "it failed");
}

int fault_exit(const struct gchat_error *error)
{
	for (size_t i = 0; i < GC_LENGTH(BY_REASON); i++) {
		if (!strcmp(BY_REASON[i].reason, error->reason))
			return BY_REASON[i].status;
	}
	return error->code < GC_LENGTH(BY_CODE) ? BY_CODE[error->code] : EX_SOFTWARE;
}

bool fault_is_sign_in(const struct gchat_error *error)
{
	return !strcmp(error->reason, "NOT_SIGNED_IN") || !strcmp(error->reason, "TOKEN_INVALID") ||
	       !strcmp(error->reason, "SIGNED_OUT");
}

bool fault_is_certificate(const struct gchat_error *error)
{
	return !strncmp(error->reason, "CERTIFICATE_", 12);
}
