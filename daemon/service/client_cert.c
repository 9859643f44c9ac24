/* From gRPC's auth context to an account. */
#include "service/client_cert.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/accept.h"
#include "room/name.h"

#include <grpc/grpc_security.h>
#include <stdlib.h>
#include <string.h>

/* The property's value, which need not end in a NUL; a certificate's chain goes on behind its own. */
static char *append_property(const grpc_auth_context *context, const char *name, char *text)
{
	grpc_auth_property_iterator at = grpc_auth_context_find_properties_by_name(context, name);
	const grpc_auth_property *property = grpc_auth_property_iterator_next(&at);
	if (!property || !property->value || property->value_length == 0)
		return text;
	size_t before = text ? strlen(text) : 0;
	char *longer = mem_grow(text, before + property->value_length + 1, 1);
	memcpy(longer + before, property->value, property->value_length);
	longer[before + property->value_length] = '\0';
	return longer;
}

/* PEM, the client's own first; NULL: it showed none. Owned. Bounded by the handshake, which OpenSSL
 * limits to 100 KB of certificates. */
static char *read_chain(grpc_call *call)
{
	grpc_auth_context *context = grpc_call_auth_context(call);
	if (!context)
		return NULL;
	char *chain = append_property(context, GRPC_X509_PEM_CERT_PROPERTY_NAME, NULL);
	if (chain)
		chain = append_property(context, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME, chain);
	grpc_auth_context_release(context);
	return chain;
}

static void judge(struct service *service, const struct incoming *in,
	const struct tls_clients *clients, uint64_t generation, struct tls_client *ret)
{
	const struct config *config = service_config(service);
	char *chain GC_CLEANUP(mem_freep) = read_chain(in->call);
	tls_clients_judge(clients, chain, (enum tls_client_name)config->tls.client_name, ret);
	(void)acceptor_set_client(service->acceptor, in->peer, generation, ret, chain);
	if (client_cert_refusal(ret) == REASON_NONE)
		return;
	char address[ACCEPTOR_ADDRESS_BYTES];
	acceptor_address(in->peer, address);
	log_limited(LOG_LEVEL_NOTICE, &(struct log_fields){.peer = address}, LOG_ID_CLIENT_REFUSED,
		"a client's certificate was refused: %s", ret->why);
}

/* No certificate at all: who has none must bring a token. */
static const struct tls_client nothing;

void client_cert_look(struct service *service, const struct incoming *in, struct tls_client *ret)
{
	uint64_t generation;
	*ret = nothing;
	if (service->client_auth == TLS_CLIENT_AUTH_OFF || in->admin)
		return;
	struct tls_clients *clients GC_CLEANUP(tls_clients_unrefp) =
		tls_holder_clients(service->tls, &generation);
	if (clients && !acceptor_get_client(service->acceptor, in->peer, generation, ret))
		judge(service, in, clients, generation, ret);
	if (ret->expires_us == 0 || clock_wall_us() <= ret->expires_us ||
		client_cert_refusal(ret) != REASON_NONE)
		return;
	ret->verdict = TLS_VERDICT_INVALID; /* it has expired since the handshake */
}

void client_cert_recall(struct service *service, const char *peer, struct tls_client *ret)
{
	uint64_t generation;
	*ret = nothing;
	if (service->client_auth == TLS_CLIENT_AUTH_OFF)
		return;
	struct tls_clients *clients = tls_holder_clients(service->tls, &generation);
	(void)acceptor_get_client(service->acceptor, peer, generation, ret); /* else: nothing */
	(void)tls_clients_unref(clients);
}

enum reason client_cert_refusal(const struct tls_client *client)
{
	switch (client->verdict) {
	case TLS_VERDICT_REVOKED:
		return REASON_CLIENT_CERTIFICATE_REVOKED;
	case TLS_VERDICT_INVALID:
		return REASON_CLIENT_CERTIFICATE_INVALID;
	case TLS_VERDICT_NONE:
	case TLS_VERDICT_GOOD:
	case TLS_VERDICT_NAMELESS:
		break;
	}
	return REASON_NONE;
}

struct account *client_cert_find_account(
	struct service *service, const struct tls_client *client, enum reason *ret_reason)
{
	*ret_reason = REASON_NOT_SIGNED_IN;
	if (client->verdict == TLS_VERDICT_NONE)
		return NULL;
	*ret_reason = REASON_CLIENT_CERTIFICATE_UNKNOWN;
	if (client->verdict != TLS_VERDICT_GOOD || !name_is_user(client->user))
		return NULL;
	struct account *account = directory_find_user(service->directory, client->user);
	if (account && account->guest) /* a guest's name is no one's for good */
		return account_unref(account);
	return account;
}
