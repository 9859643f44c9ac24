/* What a certificate says of itself, into struct tls_info. Any thread. */
#pragma once

#include "net/tls.h"
#include <openssl/x509.h>

void tls_info_read(const X509 *cert, struct tls_info *ret);
/* "2026-01-31 12:00:00 UTC". */
void tls_info_print_time(uint64_t us, char *buf, size_t size);
