/* The proof after a swap: a client of our own looks at what a new connection is served. */
#include "net/tls.h"

#include "base/clock.h"
#include "base/fd.h"
#include "net/sockopt.h"
#include "net/tls_priv.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

static void context_freep(SSL_CTX **context)
{
	SSL_CTX_free(*context);
	*context = NULL;
}

static void ssl_freep(SSL **ssl)
{
	SSL_free(*ssl);
	*ssl = NULL;
}

static int say_fault(int e, struct err_text *err)
{
	char fault[ERR_TEXT_BYTES / 2];
	tls_print_fault(fault, sizeof(fault));
	err_say(err, "the handshake with ourselves failed: %s", fault);
	return err_raise(e);
}

/* The certificate is compared, not verified: a private one has no issuer we know. */
static int make_client(int fd, SSL_CTX **ret_context, SSL **ret_ssl)
{
	static const unsigned char alpn[] = "\x02h2"; /* core refuses who does not offer it */
	SSL_CTX *context GC_CLEANUP(context_freep) = SSL_CTX_new(TLS_client_method());
	if (!context || SSL_CTX_set_alpn_protos(context, alpn, sizeof(alpn) - 1) != 0)
		return err_raise(-ENOMEM);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL *ssl GC_CLEANUP(ssl_freep) = SSL_new(context);
	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		return err_raise(-ENOMEM);
	*ret_context = GC_TAKE(context);
	*ret_ssl = GC_TAKE(ssl);
	return 0;
}

static int wait_for(int fd, short events, struct mono deadline, struct err_text *err)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int64_t left = clock_mono_ms_since(deadline, clock_mono());
	int n = poll(&poll_fd, 1, left > 0 ? (int)left : 0);
	if (n > 0 || (n < 0 && errno == EINTR))
		return 0;
	err_say(err, "the handshake with ourselves did not end in time");
	return err_raise(-ETIMEDOUT);
}

static int shake_hands(SSL *ssl, int fd, struct mono deadline, struct err_text *err)
{
	for (;;) {
		ERR_clear_error();
		int n = SSL_connect(ssl);
		if (n == 1)
			return 0;
		int wanted = SSL_get_error(ssl, n);
		if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE)
			return say_fault(-EPROTO, err);
		int r = wait_for(
			fd, wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline, err);
		if (r < 0)
			return err_pass(r);
	}
}

static int compare(const SSL *ssl, const char *fingerprint, struct err_text *err)
{
	char served[TLS_FINGERPRINT_BYTES];
	const X509 *cert = SSL_get0_peer_certificate(ssl);
	if (!cert)
		return say_fault(-EPROTO, err);
	tls_print_fingerprint(cert, served);
	if (strcmp(served, fingerprint) == 0)
		return 0;
	err_say(err, "new connections get another certificate: SHA-256 %s", served);
	return err_raise(-EKEYREJECTED);
}

static int prove(int fd, const char *fingerprint, int64_t timeout_ms, struct err_text *err)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), timeout_ms);
	SSL_CTX *context GC_CLEANUP(context_freep) = NULL;
	SSL *ssl GC_CLEANUP(ssl_freep) = NULL;
	int r = socket_set_flags(fd);
	if (r == 0)
		r = make_client(fd, &context, &ssl);
	if (r < 0)
		return say_fault(r, err);
	r = shake_hands(ssl, fd, deadline, err);
	if (r == 0)
		r = compare(ssl, fingerprint, err);
	return r < 0 ? err_pass(r) : 0;
}

/* OpenSSL writes to the socket without MSG_NOSIGNAL: a SIGPIPE is kept back on this thread, and
 * taken away before the mask is restored. */
int tls_prove(int taken_fd, const char *fingerprint, int64_t timeout_ms, struct err_text *err)
{
	int fd GC_FD = taken_fd;
	const struct timespec now = {0};
	sigset_t pipe_only;
	sigset_t before;
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe_only, &before); /* fails only for a wrong `how` */
	int r = prove(fd, fingerprint, timeout_ms, err);
	if (!sigismember(&before, SIGPIPE))
		(void)sigtimedwait(&pipe_only, NULL, &now); /* -1: there was none */
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r < 0 ? err_pass(r) : 0;
}
