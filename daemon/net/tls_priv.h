/* Shared by the tls*.c files only. */
#pragma once

#include "net/tls.h"
#include <openssl/x509.h>

/* SHA-256 over the DER form, lower-case hex. */
void tls_print_fingerprint(const X509 *cert, char text[static TLS_FINGERPRINT_BYTES]);
/* What OpenSSL says went wrong last on this thread, for people; empties its queue. */
void tls_print_fault(char *buf, size_t size);

void tls_cert_freep(X509 **cert);
void tls_key_freep(EVP_PKEY **key);
void tls_bio_freep(BIO **bio);
