/* Shared by conn.c and conn_cert.c only. */
#pragma once

#include "base/hash.h"
#include "net/conn.h"

struct conn_hash {
	struct conn *conn; /* borrowed: owns this */
	UT_hash_handle hh;
};

struct conn_client {
	uint64_t generation; /* of the pair it was judged by */
	struct tls_client found;
	char *chain; /* owned: PEM, or NULL: it showed none */
};

/* The caller holds mu. */
struct conn *conn_table_find(struct conn_table *table, const char *peer);
/* Returns NULL; NULL is allowed. */
struct conn_client *conn_client_free(struct conn_client *client);
