/*
 * The socket is tried with connect(2) first: the kernel's answer (no such file, refused, not
 * permitted) tells an administrator more than gRPC's UNAVAILABLE, which covers all three.
 */
#include "ctl/admin.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <grpc/grpc.h>

#include "base/mem.h"
#include "ctl/clean.h"
#include "ctl/exit.h"
#include "ctl/interrupt.h"
#include "lib/call.h"
#include "proto/codec.h"
#include "proto/limits.h"

enum {
	ADMIN_METHOD_BYTES = 64,
};

struct admin {
	const char *socket; /* borrowed */
	int64_t timeout_ms;
	FILE *err; /* borrowed; NULL: nothing is said */
	grpc_channel *channel; /* owned; NULL before the first call */
};

struct meaning {
	grpc_status_code code;
	int exit_status;
};

static const struct meaning meanings[] = {
	{GRPC_STATUS_INVALID_ARGUMENT, EXIT_USAGE},
	{GRPC_STATUS_DEADLINE_EXCEEDED, EXIT_TIMED_OUT},
	{GRPC_STATUS_NOT_FOUND, EXIT_NOT_FOUND},
	{GRPC_STATUS_ALREADY_EXISTS, EXIT_CONFLICT},
	{GRPC_STATUS_ABORTED, EXIT_CONFLICT},
	{GRPC_STATUS_FAILED_PRECONDITION, EXIT_CONFLICT},
	{GRPC_STATUS_PERMISSION_DENIED, EXIT_NOT_PERMITTED},
	{GRPC_STATUS_UNAUTHENTICATED, EXIT_NOT_PERMITTED},
	{GRPC_STATUS_UNAVAILABLE, EXIT_NOT_RUNNING},
};

struct admin *admin_new(const char *socket, int64_t timeout_ms, FILE *err)
{
	struct admin *admin = mem_new(1, sizeof(*admin));

	admin->socket = socket;
	admin->timeout_ms = timeout_ms;
	admin->err = err;
	return admin;
}

void admin_disconnect(struct admin *admin)
{
	if (admin->channel)
		call_channel_close(admin->channel);
	admin->channel = NULL;
}

struct admin *admin_free(struct admin *admin)
{
	if (admin)
		admin_disconnect(admin);
	free(admin);
	return NULL;
}

void admin_set_messages(struct admin *admin, FILE *err)
{
	admin->err = err;
}

/* What is to be said, to nobody where that was asked for. */
static void say(struct admin *admin, const char *format, ...) GC_PRINTF(2, 3);
static void say(struct admin *admin, const char *format, ...)
{
	va_list args;

	if (!admin->err)
		return;
	va_start(args, format);
	(void)vfprintf(admin->err, format, args);
	va_end(args);
}

static int say_not_running(struct admin *admin, const char *why)
{
	say(admin,
		"gchatctl: gchatd isn't running: %s: %s; start it with: systemctl start gchatd "
		"(or name its socket with --socket)\n",
		admin->socket, why);
	return EXIT_NOT_RUNNING;
}

static int say_not_permitted(struct admin *admin)
{
	say(admin,
		"gchatctl: %s: not permitted; use sudo, or join the group gchat: "
		"usermod -aG gchat USER\n",
		admin->socket);
	return EXIT_NOT_PERMITTED;
}

static int say_connect_failed(struct admin *admin, int error)
{
	if (error == EACCES || error == EPERM)
		return say_not_permitted(admin);
	if (error != ENAMETOOLONG)
		return say_not_running(admin, strerror(error));
	say(admin, "gchatctl: --socket=%s is too long (at most %zu bytes)\n", admin->socket,
		sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	return EXIT_USAGE;
}

/* Asks the kernel whether someone listens; also what makes systemd start the daemon. The connection,
 * owned, or negative errno. */
static int connect_to(const struct admin *admin)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", admin->socket) >=
		(int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int r = -errno;
	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* The daemon speaks first to those it serves. */
static bool hangs_up(const struct admin *admin)
{
	enum {
		WAIT_MS = 2000
	};
	char byte;
	int fd = connect_to(admin);

	if (fd < 0)
		return false;
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	bool silent = poll(&pfd, 1, WAIT_MS) == 1 && recv(fd, &byte, 1, 0) <= 0;
	(void)close(fd);
	return silent;
}

/* Whether the daemon hangs up on us without a word: so it does on users that may not administer, where
 * the socket's mode doesn't keep them out. One that is going down does it, too, but not for long. */
static bool is_turned_away(const struct admin *admin)
{
	enum {
		AGAIN_MS = 500
	};
	if (!hangs_up(admin))
		return false;
	interrupt_sleep_ms(AGAIN_MS);
	return hangs_up(admin);
}

static int exit_status_of(uint32_t code)
{
	for (size_t i = 0; i < GC_LENGTH(meanings); i++) {
		if ((uint32_t)meanings[i].code == code)
			return meanings[i].exit_status;
	}
	return EXIT_FAILED;
}

static int say_refused(struct admin *admin, const char *method, const struct gchat_error *error)
{
	if (error->code == GRPC_STATUS_UNAVAILABLE && is_turned_away(admin))
		return say_not_permitted(admin);
	char *message = clean_text(error->message);
	if (error->code == GRPC_STATUS_DEADLINE_EXCEEDED)
		say(admin,
			"gchatctl: %s: no answer within %lld s; wait longer with --timeout, or see: "
			"journalctl -u gchatd\n",
			admin->socket, (long long)(admin->timeout_ms / 1000));
	else
		say(admin, "gchatctl: %s: %s (%s)\n", method, message, error->reason);
	free(message);
	return exit_status_of(error->code);
}

int admin_call(struct admin *admin, const char *method, const ProtobufCMessage *request,
	const ProtobufCMessageDescriptor *response_type, ProtobufCMessage **ret_response)
{
	char path[ADMIN_METHOD_BYTES];
	struct gchat_error error = {0};

	if (!admin->channel) {
		int fd = connect_to(admin);
		if (fd < 0)
			return say_connect_failed(admin, -fd);
		(void)close(fd);
		admin->channel = call_channel_open(admin->socket);
	}
	(void)snprintf(path, sizeof(path), "/gchat.v1.Admin/%s", method);
	struct call call = {.method = path,
		.request = request,
		.response_type = response_type,
		.deadline_ms = admin->timeout_ms};
	if (call_unary(admin->channel, &call, ret_response, &error) < 0)
		return say_refused(admin, method, &error);
	return EXIT_DONE;
}

int admin_next_page(struct admin *admin, const char *token, char **page_token)
{
	if (token[0] && *page_token && strcmp(token, *page_token) == 0) {
		say(admin, "gchatctl: gchatd gave the same page twice; the list is "
			   "not complete\n");
		return EXIT_FAILED;
	}
	free(*page_token);
	*page_token = token[0] ? mem_strdup(token) : NULL;
	return EXIT_DONE;
}

/* Where a message keeps the field of that name. Every list has them, whatever its type. */
static void *field_at(const ProtobufCMessageDescriptor *type, void *message, const char *name)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(type, name);

	GC_ASSERT(field);
	return (char *)message + field->offset;
}

int admin_call_page(struct admin *admin, const char *method, ProtobufCMessage *request,
	const ProtobufCMessageDescriptor *response_type, char **page_token,
	ProtobufCMessage **ret_response)
{
	const ProtobufCMessageDescriptor *type = request->descriptor;

	*(uint32_t *)field_at(type, request, "page_size") = LIMIT_PAGE_MAX;
	if (*page_token)
		*(char **)field_at(type, request, "page_token") = *page_token;
	int r = admin_call(admin, method, request, response_type, ret_response);
	if (r != EXIT_DONE)
		return r;
	const char *token = *(char **)field_at(response_type, *ret_response, "next_page_token");
	r = admin_next_page(admin, token, page_token);
	if (r != EXIT_DONE)
		codec_free(*ret_response);
	return r;
}

void admin_set_text(char **field, const char *text)
{
	union {
		const char *in;
		char *out;
	} u = {.in = text};

	if (text)
		*field = u.out;
}
