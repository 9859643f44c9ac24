/* A client that speaks just enough TLS and HTTP/2 to be stuck, to flood, or to ping. Blocking, with
 * a deadline on every read and write. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	H2_PEER_BYTES = 80,
};

struct h2_client {
	int fd;
	SSL_CTX *context; /* owned; NULL before the handshake */
	SSL *ssl; /* owned */
	char peer[H2_PEER_BYTES]; /* as the server's gRPC prints us */
};

/* TCP alone, to the loopback address of the family. False: refused. */
bool h2_connect(struct h2_client *client, int family, unsigned port);
/* TLS with ALPN h2, then preface and SETTINGS. False: the connection ended. */
bool h2_start(struct h2_client *client);
/* Both; fails the test when refused. */
void h2_open(struct h2_client *client, unsigned port);
void h2_close(struct h2_client *client);

/* A PING and its answer: the connection lives. */
bool h2_ping(struct h2_client *client);
/* Waits until the server has ended the connection; false: it has not, by the deadline. */
bool h2_wait_end(struct h2_client *client);
/* Sends `bytes` of WINDOW_UPDATE frames, which ask for no answer; gives how many went out before
 * the connection ended. */
uint64_t h2_flood(struct h2_client *client, uint64_t bytes);
