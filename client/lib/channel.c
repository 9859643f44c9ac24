/* Making and sharing the TLS channel. */
#include "lib/channel.h"

#include "base/mem.h"
#include "lib/priv.h"

#include <grpc/grpc_security.h>
#include <stdio.h>
#include <stdlib.h>

static grpc_arg integer_arg(char *key, int value)
{
	return (grpc_arg){.type = GRPC_ARG_INTEGER, .key = key, .value.integer = value};
}

static grpc_channel *channel_new(struct gchat *g)
{
	/* gRPC's type wants keys that can be written to; it copies them and writes to none. */
	static char keys[][64] = {GRPC_ARG_KEEPALIVE_TIME_MS, GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
		GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA,
		GRPC_ARG_ENABLE_HTTP_PROXY, GRPC_ARG_ENABLE_RETRIES,
		GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL};
	grpc_arg args[] = {
		integer_arg(keys[0], CHANNEL_KEEPALIVE_MS),
		integer_arg(keys[1], CHANNEL_KEEPALIVE_TIMEOUT_MS), integer_arg(keys[2], 1),
		integer_arg(keys[3], 0), integer_arg(keys[4], 0), integer_arg(keys[5], 0),
		integer_arg(keys[6], CHANNEL_RECEIVE_BYTES_MAX),
		integer_arg(
			keys[7], 1), /* else a new channel shares the old one's failed attempt */
	};
	grpc_channel_args list = {.num_args = GC_LENGTH(args), .args = args};
	char target[KNOWN_SERVER_SIZE + 8];
	(void)snprintf(target, sizeof(target), "dns:///%s", g->server);
	return grpc_channel_create(target, g->shared.creds, &list);
}

/* The certificate as it is now; one that can't be read leaves the one before. Under the mutex. */
static void renew_identity(struct gchat *g)
{
	struct identity identity;
	const struct settings *s = &g->settings;
	if (!s->client_cert_file ||
		identity_read(s->client_cert_file, s->client_key_file, &identity) < 0)
		return;
	grpc_channel_credentials_release(g->shared.creds);
	g->shared.creds = trust_credentials_new(g->trust, &identity);
	identity_deinit(&identity);
}

struct link *link_take(struct gchat *g)
{
	gchat_lock(g);
	struct link *link = g->shared.link;
	if (!link) {
		trust_forget(g->trust);
		renew_identity(g);
		link = mem_new(1, sizeof(*link));
		link->refs = 1;
		link->channel = channel_new(g);
		g->shared.link = link;
	}
	atomic_fetch_add(&link->refs, 1);
	gchat_unlock(g);
	return link;
}

void link_unref(struct link *link)
{
	if (!link || atomic_fetch_sub(&link->refs, 1) != 1)
		return;
	grpc_channel_destroy(link->channel);
	free(link);
}

void link_drop(struct gchat *g, struct link *link)
{
	gchat_lock(g);
	bool is_current = link && g->shared.link == link;
	if (is_current)
		g->shared.link = NULL;
	gchat_unlock(g);
	if (is_current)
		link_unref(link);
}

void link_forget(struct gchat *g)
{
	gchat_lock(g);
	struct link *link = g->shared.link;
	g->shared.link = NULL;
	gchat_unlock(g);
	link_unref(link);
}
