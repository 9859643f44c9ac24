/*
 * The functions of libssl that this program defines in its place. The linker exports them, since
 * libgrpc asks for them by name, and the dynamic linker finds the program's before libssl's. Left
 * out of a build with -DGCHAT_FRAME_GUARD=OFF (tap_none.c instead).
 */
#include "net/tap.h"
#include "net/tls_lean.h"

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#define EXPORTED __attribute__((visibility("default")))

typedef int (*read_fn)(SSL *ssl, void *buf, int num);

static _Atomic(read_fn) real_read;
static _Atomic int slot = -1; /* of a tap in an SSL's ex_data */

/* The library's own, looked up at the first use: that may be before tap_start. */
static read_fn find_read(void)
{
	union {
		void *object;
		read_fn function;
	} u = {.function = real_read};
	if (!u.function) {
		u.object = dlsym(RTLD_NEXT, "SSL_read");
		GC_ASSERT(u.object); /* we are linked against libssl */
		real_read = u.function;
	}
	return u.function;
}

/* SSL_new, on whatever thread. */
static void on_ssl_new(void *ssl, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	struct tap *tap = tap_expected();
	(void)ssl;
	(void)ptr;
	(void)argl;
	(void)argp;
	if (tap && CRYPTO_set_ex_data(ad, idx, tap) == 1)
		(void)tap_ref(tap);
}

static void on_ssl_free(void *ssl, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	(void)ssl;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	(void)tap_unref(ptr);
}

bool tap_ssl_start(void)
{
	union {
		void *object;
		read_fn function;
	} found = {.object = dlsym(RTLD_DEFAULT, "SSL_read")};
	(void)find_read();
	slot = SSL_get_ex_new_index(0, NULL, on_ssl_new, NULL, on_ssl_free);
	return slot >= 0 && found.function == SSL_read;
}

/* Hot path. Core takes -1 with an error on the queue for a broken connection. */
EXPORTED int SSL_read(SSL *ssl, void *buf, int num)
{
	int n = find_read()(ssl, buf, num);
	int at = slot;
	struct tap *tap = n > 0 && at >= 0 ? SSL_get_ex_data(ssl, at) : NULL;
	if (!tap || tap_look(tap, buf, (size_t)n))
		return n;
	ERR_raise(ERR_LIB_USER, ERR_R_OPERATION_FAIL);
	return -1;
}

/* Core has no setting for what its contexts keep and send. */
EXPORTED SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
	union {
		void *object;
		SSL_CTX *(*function)(const SSL_METHOD *method);
	} real = {.object = dlsym(RTLD_NEXT, "SSL_CTX_new")};
	GC_ASSERT(real.object); /* we are linked against libssl */
	SSL_CTX *context = real.function(method);
	if (context)
		tls_lean_context(context);
	return context;
}
