/*
 * Trust: decides at each handshake whether the server's certificate will do, and remembers what it
 * saw. gRPC's own check is off; this one is asked instead, on any of gRPC's threads, and answers at
 * once. Counted, because gRPC may hold on to it after the last channel is gone.
 */
#pragma once

#include "base/macros.h"
#include "lib/gchat.h"
#include "lib/identity.h"
#include "lib/known.h"
#include <grpc/grpc_security.h>
#include <limits.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct trust {
	atomic_uint refs;
	grpc_tls_certificate_verifier_external external; /* what gRPC calls */
	/* immutable after trust_new */
	enum gchat_trust_mode mode;
	bool accept_new;
	X509_STORE *roots; /* owned; NULL with MODE_EXACT */
	char host[256];
	char server[KNOWN_SERVER_SIZE]; /* host:port, the key in known-servers */
	char known_path[PATH_MAX]; /* "": pins are kept in memory only */
	char exact[GCHAT_FINGERPRINT_SIZE];
	struct {
		pthread_mutex_t mu;
		char pinned[GCHAT_FINGERPRINT_SIZE]; /* while there is no file; "" none */
		struct gchat_certificate last;
	} shared;
};

/* What decides; host, server and known_path are copied. Owned: trust_unref. 0, -EINVAL (the
 * fingerprint) or -EIO (the CA file). */
int trust_new(const struct gchat_options *options, const char *host, const char *server,
	struct trust **ret) GC_MUST_CHECK;
void trust_unref(struct trust *t);

/* Credentials that ask `t`, and show `identity` to servers that ask for one (NULL: none). Owned:
 * grpc_channel_credentials_release. */
grpc_channel_credentials *trust_credentials_new(struct trust *t, const struct identity *identity);

/* Decides about a chain in PEM, leaf first. True: go on. */
bool trust_check(struct trust *t, const char *pem);
/* The certificate seen last. */
void trust_get_last(struct trust *t, struct gchat_certificate *ret);
/* A new connection is made: what was decided about an earlier one no longer explains anything. */
void trust_forget(struct trust *t);
/* The stable name of a refusal; NULL where the certificate was accepted. */
const char *trust_refusal(enum gchat_trust trust);
/* Pins from now on. 0 or the negative errno of the file; pinned in memory either way. */
int trust_pin(struct trust *t, const char *fingerprint) GC_MUST_CHECK;
