/* Which certificate a connection is served with, and what the client's own came to. */
#include "net/conn.h"

#include "base/mem.h"
#include "net/conn_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct conn_client *conn_client_free(struct conn_client *client)
{
	if (!client)
		return NULL;
	free(client->chain);
	free(client);
	return NULL;
}

bool conn_table_set_served(struct conn_table *t, const char *peer, const char *fingerprint)
{
	(void)pthread_mutex_lock(&t->mu);
	struct conn *conn = conn_table_find(t, peer);
	if (conn)
		(void)snprintf(conn->served, sizeof(conn->served), "%s", fingerprint);
	(void)pthread_mutex_unlock(&t->mu);
	return conn != NULL;
}

bool conn_table_get_served(
	struct conn_table *t, const char *peer, char ret[static TLS_FINGERPRINT_BYTES])
{
	(void)pthread_mutex_lock(&t->mu);
	const struct conn *conn = conn_table_find(t, peer);
	if (conn)
		memcpy(ret, conn->served, TLS_FINGERPRINT_BYTES);
	(void)pthread_mutex_unlock(&t->mu);
	return conn != NULL;
}

void conn_table_each_served(
	struct conn_table *t, void (*each)(void *arg, const char *fingerprint), void *arg)
{
	(void)pthread_mutex_lock(&t->mu);
	for (const struct conn_hash *entry = t->by_peer; entry; entry = entry->hh.next)
		if (entry->conn->kind == CONN_TLS)
			each(arg, entry->conn->served);
	(void)pthread_mutex_unlock(&t->mu);
}

/* ---- the client's own ---- */

bool conn_table_set_client(struct conn_table *t, const char *peer, uint64_t generation,
	const struct tls_client *client, const char *chain)
{
	struct conn_client *fresh = mem_new(1, sizeof(*fresh));
	*fresh = (struct conn_client){.generation = generation, .found = *client};
	if (chain)
		fresh->chain = mem_strdup(chain);
	(void)pthread_mutex_lock(&t->mu);
	struct conn *conn = conn_table_find(t, peer);
	struct conn_client *former = conn ? conn->client : fresh;
	if (conn)
		conn->client = fresh;
	(void)pthread_mutex_unlock(&t->mu);
	(void)conn_client_free(former);
	return conn != NULL;
}

bool conn_table_get_client(
	struct conn_table *t, const char *peer, uint64_t generation, struct tls_client *ret)
{
	(void)pthread_mutex_lock(&t->mu);
	const struct conn *conn = conn_table_find(t, peer);
	bool found = conn && conn->client && conn->client->generation == generation;
	if (found)
		*ret = conn->client->found;
	(void)pthread_mutex_unlock(&t->mu);
	return found;
}

size_t conn_table_cut_expired(struct conn_table *t, uint64_t now_us)
{
	size_t cut = 0;
	(void)pthread_mutex_lock(&t->mu);
	for (const struct conn_hash *entry = t->by_peer; entry; entry = entry->hh.next) {
		const struct conn_client *client = entry->conn->client;
		if (!client || client->found.expires_us == 0 ||
			now_us <= client->found.expires_us || atomic_load(&entry->conn->is_cut))
			continue;
		conn_cut(entry->conn);
		cut++;
	}
	(void)pthread_mutex_unlock(&t->mu);
	return cut;
}

/* A connection that has shown a certificate, as far as it is needed without the mutex. */
struct shown {
	char peer[PEER_TEXT_BYTES];
	char *chain; /* owned */
};

static struct shown *copy_shown(struct conn_table *t, size_t *ret_count)
{
	size_t count = 0;
	(void)pthread_mutex_lock(&t->mu);
	struct shown *all = mem_new(HASH_COUNT(t->by_peer), sizeof(*all));
	for (const struct conn_hash *entry = t->by_peer; entry; entry = entry->hh.next) {
		const struct conn *conn = entry->conn;
		if (!conn->client || !conn->client->chain)
			continue;
		memcpy(all[count].peer, conn->peer, sizeof(conn->peer));
		all[count++].chain = mem_strdup(conn->client->chain);
	}
	(void)pthread_mutex_unlock(&t->mu);
	*ret_count = count;
	return all;
}

size_t conn_table_judge_again(
	struct conn_table *t, const struct tls_clients *clients, enum tls_client_name kind)
{
	size_t count;
	size_t cut = 0;
	struct shown *all = copy_shown(t, &count);
	for (size_t i = 0; i < count; i++) {
		struct tls_client found;
		tls_clients_judge(clients, all[i].chain, kind, &found);
		bool good =
			found.verdict == TLS_VERDICT_GOOD || found.verdict == TLS_VERDICT_NAMELESS;
		if (!good && conn_table_cut(t, all[i].peer))
			cut++;
		free(all[i].chain);
	}
	free(all);
	return cut;
}
