/* Pairs of certificate and key in files, and daemons that are started with them. */
#pragma once

#include "folder.h"
#include "pair.h"
#include "support/td.h"
#include <jansson.h>

enum {
	CERTS_TEXT_BYTES = 4096,
};

/* An authority of clients. */
struct authority {
	X509 *cert; /* owned */
	EVP_PKEY *key; /* owned */
};

/* The td's folder. */
struct folder certs_folder(const struct td *td);
/* Writes NAME.crt and NAME.key of this recipe into the td's folder. */
void certs_write(const struct td *td, const char *name, const struct recipe *recipe);
/* A server's pair, valid for so many seconds (0: a day). */
void certs_write_server(const struct td *td, const char *name, long until_s);

/* Starts a daemon whose configuration is this text, in which each %s is its folder. */
void certs_start(struct td *td, const char *config);

/* gchatctl with stderr in the text: its exit status. */
int certs_ctl(struct td *td, const char *gchatctl, const char *words, char text[CERTS_TEXT_BYTES]);
/* "cert rotate" to NAME. */
int certs_rotate(
	struct td *td, const char *gchatctl, const char *name, char text[CERTS_TEXT_BYTES]);
/* The fingerprint that "cert status" tells. */
void certs_fingerprint(struct td *td, const char *gchatctl, char ret[65]);
