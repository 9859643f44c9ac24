/* Shared by tls_clients.c and tls_judge.c only. */
#pragma once

#include "net/tls_clients.h"
#include <openssl/x509.h>
#include <stdatomic.h>

struct tls_clients {
	atomic_uint refs;
	char *ca; /* owned: PEM, as it was read; immutable, as the rest */
	char *crl; /* owned, or NULL: none is asked for */
	X509_STORE *store; /* owned: both */
	struct tls_clients_info info;
};
