/*
 * Connections accepted by ourselves, served by gRPC core with its own TLS: core's "external
 * acceptor". Core hands a C++ object through a pointer channel argument; we call its one method
 * through the vtable, after checking that it is the class this was written for (the soname and
 * the version pin its layout: gRPC 1.46 to 1.51). Order of calls:
 *   external_new, external_arg (to grpc_server_create), grpc_server_add_http2_port with
 *   external_address (its result says nothing), external_check, grpc_server_start, external_open,
 *   external_handle ..., external_close, grpc_server_shutdown_and_notify, external_free.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include <grpc/grpc.h>

struct external;

/* `name` is any word, unique in the server. Owned by the caller: external_free, after the server
 * was destroyed. */
struct external *external_new(const char *name);
struct external *external_free(struct external *external);
void external_freep(struct external **external);

/* "external:NAME", for grpc_server_add_http2_port. Borrowed, valid as long as `external`. */
const char *external_address(const struct external *external);

/* The channel argument by which core leaves its acceptor in `external`; copied by core. */
void external_arg(struct external *external, grpc_arg *ret_arg);

/* After add_http2_port: whether core left an acceptor, and one of the known shape. 0, or -ENOTSUP
 * with a sentence. Any thread. */
int external_check(struct external *external, struct err_text *err) GC_MUST_CHECK;

/* Lets external_handle through. Only after external_check and grpc_server_start. */
void external_open(struct external *external);

/* Passes a connected, non-blocking descriptor to core, or closes it when not open: ownership of
 * `fd` moves either way. `listener_fd` is for core's records, -1 where there is none. 0 or
 * -ESHUTDOWN. Any thread; runs the certificate fetcher. */
int external_handle(struct external *external, int listener_fd, int fd);

/* No external_handle gets through from here on; waits for those under way. Must precede the
 * server's shutdown, which frees core's acceptor. May be called twice. */
void external_close(struct external *external);
