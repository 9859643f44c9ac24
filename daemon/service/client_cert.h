/*
 * Signing in with a certificate: a call without a token, on a connection whose client has shown a good
 * certificate, is that of the account it names. Judged once for each connection and pair of ours, and
 * kept with the connection. Any thread.
 */
#pragma once

#include "net/tls_clients.h"
#include "proto/reason.h"
#include "service/service.h"

/* What the certificate of the call's connection comes to; where none was asked for, NONE. */
void client_cert_look(struct service *service, const struct incoming *in, struct tls_client *ret);
/* The same without judging, for a call under way: what client_cert_look found. */
void client_cert_recall(struct service *service, const char *peer, struct tls_client *ret);
/* Why no call of the connection is taken, with or without a token; REASON_NONE: it may go on. */
enum reason client_cert_refusal(const struct tls_client *client);
/* The account that it names, with a reference; or NULL and the reason. Whether it may sign in is for
 * the caller to ask. */
struct account *client_cert_find_account(
	struct service *service, const struct tls_client *client, enum reason *ret_reason);
