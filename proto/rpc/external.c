/*
 * gRPC core's external acceptor from C. The object is grpc_core::TcpServerFdHandler, whose vtable
 * (Itanium C++ ABI) has two destructors and then
 *   void Handle(int listener_fd, int fd, grpc_byte_buffer *pending_read);
 * The typeinfo of that class is referenced by name, so a libgrpc without it does not even load.
 */
#include "rpc/external.h"

#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXTERNAL_PREFIX     "external:"
#define EXTERNAL_CORE_CLASS "ExternalConnectionHandler"

enum {
	EXTERNAL_ADDRESS_BYTES = 64,
	/* gRPC 1.46 to 1.51, in which both classes are the same to the letter. */
	EXTERNAL_CORE_MIN = 24,
	EXTERNAL_CORE_MAX = 29,
};

typedef void (*handle_fn)(void *self, int listener_fd, int fd, grpc_byte_buffer *pending_read);

/* The function slots of the vtable, at the address the object points to. */
struct handler_vtable {
	void *destroy[2];
	handle_fn handle;
};

/* What lies just before the slots. */
struct handler_vtable_head {
	intptr_t offset_to_top;
	const struct single_typeinfo *typeinfo;
};

/* __cxxabiv1::__si_class_type_info: a class with exactly one base, at offset 0. */
struct single_typeinfo {
	const void *vtable;
	const char *name;
	const void *base;
};

struct handler {
	const struct handler_vtable *vtable;
};

extern const char handler_base_typeinfo[] __asm__("_ZTIN9grpc_core18TcpServerFdHandlerE");

struct external {
	char address[EXTERNAL_ADDRESS_BYTES]; /* immutable */
	struct handler
		*handler; /* borrowed: core's, from add_http2_port to the server's shutdown */
	pthread_mutex_t mu;
	bool checked; /* under mu */
	bool open; /* under mu */
};

static void *pointer_copy(void *p)
{
	return p;
}

static void pointer_destroy(void *p)
{
	(void)p; /* the struct external outlives the server by contract */
}

static int pointer_compare(void *a, void *b)
{
	return (a > b) - (a < b);
}

struct external *external_new(const char *name)
{
	struct external *e = mem_new(1, sizeof(*e));
	int n = snprintf(e->address, sizeof(e->address), EXTERNAL_PREFIX "%s", name);
	GC_ASSERT(n > 0 && (size_t)n < sizeof(e->address));
	pthread_mutex_init(&e->mu, NULL);
	return e;
}

struct external *external_free(struct external *e)
{
	if (!e)
		return NULL;
	pthread_mutex_destroy(&e->mu);
	free(e);
	return NULL;
}

void external_freep(struct external **e)
{
	*e = external_free(*e);
}

const char *external_address(const struct external *e)
{
	return e->address;
}

void external_arg(struct external *e, grpc_arg *ret_arg)
{
	static const grpc_arg_pointer_vtable vtable = {
		pointer_copy, pointer_destroy, pointer_compare};
	*ret_arg = (grpc_arg){.type = GRPC_ARG_POINTER,
		.key = e->address,
		.value.pointer = {.p = &e->handler, .vtable = &vtable}};
}

static int refuse(struct err_text *err, const char *why, const char *detail)
{
	err_say(err, "this gRPC core cannot serve accepted connections: %s%s", why, detail);
	return err_raise(-ENOTSUP);
}

static const struct handler_vtable_head *head_of(const struct handler_vtable *vtable)
{
	const void *slots = vtable;
	return (const struct handler_vtable_head *)slots - 1;
}

static int check_class(const struct handler *handler, struct err_text *err)
{
	const struct handler_vtable_head *head = head_of(handler->vtable);
	if (head->offset_to_top != 0)
		return refuse(err, "its acceptor object has an unknown layout", "");
	if (head->typeinfo->base != handler_base_typeinfo)
		return refuse(err, "its acceptor is of an unknown class ", head->typeinfo->name);
	if (!strstr(head->typeinfo->name, EXTERNAL_CORE_CLASS))
		return refuse(err, "its acceptor is of class ", head->typeinfo->name);
	return 0;
}

static int check_version(struct err_text *err)
{
	const char *version = grpc_version_string();
	char *end;
	unsigned long major = strtoul(version, &end, 10);
	if (*end == '.' && major >= EXTERNAL_CORE_MIN && major <= EXTERNAL_CORE_MAX)
		return 0;
	err_say(err,
		"this gRPC core cannot serve accepted connections: written for %d to %d, this is %s",
		EXTERNAL_CORE_MIN, EXTERNAL_CORE_MAX, version);
	return err_raise(-ENOTSUP);
}

int external_check(struct external *e, struct err_text *err)
{
	int r = check_version(err);
	if (r < 0)
		return err_pass(r);
	if (!e->handler)
		return refuse(err, "it did not take the port ", e->address);
	r = check_class(e->handler, err);
	if (r < 0)
		return err_pass(r);
	pthread_mutex_lock(&e->mu);
	e->checked = true;
	pthread_mutex_unlock(&e->mu);
	return 0;
}

void external_open(struct external *e)
{
	pthread_mutex_lock(&e->mu);
	GC_ASSERT(e->checked);
	e->open = true;
	pthread_mutex_unlock(&e->mu);
}

int external_handle(struct external *e, int listener_fd, int fd)
{
	pthread_mutex_lock(&e->mu);
	bool open = e->open;
	if (open)
		e->handler->vtable->handle(e->handler, listener_fd, fd, NULL);
	else
		close(fd);
	pthread_mutex_unlock(&e->mu);
	return open ? 0 : err_raise(-ESHUTDOWN);
}

void external_close(struct external *e)
{
	pthread_mutex_lock(&e->mu);
	e->open = false;
	pthread_mutex_unlock(&e->mu);
}
