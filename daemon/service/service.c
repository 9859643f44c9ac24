/* Who is calling what: the way of a call from its method's name to its handler. */
#include "service/service.h"

#include "base/log.h"
#include "base/mem.h"
#include "embed/descriptor_set.h"
#include "net/accept.h"
#include "rpc/metadata.h"
#include "service/call.h"
#include "service/client_cert.h"
#include "service/hello.h"
#include "service/methods.h"
#include "service/token.h"

#include <stdlib.h>
#include <string.h>

enum {
	BEARER_BYTES = 128, /* the longest authorization header looked at */
};

static const char *const public_services[] = {"gchat.v1.Auth", "gchat.v1.Chat",
	"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
	"grpc.reflection.v1alpha.ServerReflection"};
static const char *const admin_services[] = {"gchat.v1.Admin", "grpc.health.v1.Health",
	"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"};

/* ---- life ---- */

void service_init(struct service *service, const struct config *config)
{
	service->started_us = clock_wall_us();
	pthread_mutex_init(&service->shared.mu, NULL);
	user_names_init(&service->user_names);
	watch_init(&service->watch, WATCH_ENTRIES);
	LIST_INIT(&service->shared.watches);
	service->shared.config = config;
	service->attempts = ratemap_new(SERVICE_RATEMAP_MAX, config->limits.log_ins_per_minute,
		config->limits.log_ins_per_minute);
	service->newcomers = ratemap_new(SERVICE_RATEMAP_MAX, SERVICE_NEWCOMER_TRIES, 1);
	service->known = ratemap_new(SERVICE_RATEMAP_MAX, config->limits.log_ins_per_minute,
		config->limits.log_ins_per_minute);
	service->registrations =
		ratemap_new(SERVICE_RATEMAP_MAX, config->limits.registrations_per_hour,
			config->limits.registrations_per_hour * SERVICE_REGISTRATION_AMOUNT);
	service->reflection = reflection_new(
		descriptor_set, descriptor_set_len, public_services, GC_LENGTH(public_services));
	service->admin_reflection = reflection_new(
		descriptor_set, descriptor_set_len, admin_services, GC_LENGTH(admin_services));
}

void service_deinit(struct service *service)
{
	GC_ASSERT(LIST_EMPTY(&service->shared.watches));
	service->attempts = ratemap_free(service->attempts);
	service->newcomers = ratemap_free(service->newcomers);
	service->known = ratemap_free(service->known);
	service->registrations = ratemap_free(service->registrations);
	service->reflection = reflection_free(service->reflection);
	service->admin_reflection = reflection_free(service->admin_reflection);
	user_names_deinit(&service->user_names);
	watch_deinit(&service->watch);
	pthread_mutex_destroy(&service->shared.mu);
}

void service_set_config(struct service *service, const struct config *config)
{
	pthread_mutex_lock(&service->shared.mu);
	service->shared.config = config;
	pthread_mutex_unlock(&service->shared.mu);
	ratemap_reconfigure(service->attempts, config->limits.log_ins_per_minute,
		config->limits.log_ins_per_minute);
	ratemap_reconfigure(service->known, config->limits.log_ins_per_minute,
		config->limits.log_ins_per_minute);
	ratemap_reconfigure(service->registrations, config->limits.registrations_per_hour,
		config->limits.registrations_per_hour * SERVICE_REGISTRATION_AMOUNT);
}

const struct config *service_config(struct service *service)
{
	pthread_mutex_lock(&service->shared.mu);
	const struct config *config = service->shared.config;
	pthread_mutex_unlock(&service->shared.mu);
	return config;
}

bool service_drain(struct service *service, bool draining)
{
	bool before = atomic_exchange(&service->draining, draining);
	if (!atomic_load(&service->stopping))
		service_set_serving(service, !draining);
	return before;
}

/* ---- who is calling ---- */

/* The account of the bearer token, with a reference; or NULL and the reason. */
static struct account *find_by_token(
	struct service *service, const char *header, uint64_t *ret_token, enum reason *ret_reason)
{
	struct token token;
	struct token_hash hash;
	*ret_reason = REASON_TOKEN_INVALID;
	if (!token_parse_header(header, &token))
		return NULL;
	token_hash(&token, &hash);
	token_wipe(&token);
	return directory_find_token(service->directory, hash.bytes, ret_token);
}

/* The caller, by the call's token or else by the client's certificate, with a reference; or NULL, and
 * the call is refused. */
static struct account *identify(struct service *service, struct incoming *in,
	const struct tls_client *client, uint64_t *ret_token)
{
	char value[BEARER_BYTES];
	struct account *account;
	enum reason reason;
	if (metadata_get(&in->metadata, "authorization", value, sizeof(value))) {
		account = find_by_token(service, value, ret_token, &reason);
	} else {
		account = client_cert_find_account(service, client, &reason);
		*ret_token = ACCOUNT_BY_CERTIFICATE;
	}
	if (!account) {
		call_refuse(service, in, reason, 0);
		return NULL;
	}
	reason = rights_check(
		&(struct rights_ask){.directory = service->directory, .actor = account},
		RIGHT_SIGN_IN);
	if (reason == REASON_NONE)
		return account;
	call_refuse_account(service, in, account, reason);
	return account_unref(account);
}

static bool is_offered(const struct method *method, bool admin)
{
	if (!method || (!method->handle && !method->open))
		return false;
	return method->access == ACCESS_EITHER || (method->access == ACCESS_ADMIN) == admin;
}

void service_on_call(void *arg, struct incoming *in)
{
	struct service *service = arg;
	const struct method *method = method_find(in->method);
	struct account *account = NULL;
	uint64_t token_id = 0;
	struct tls_client client;
	client_cert_look(service, in, &client);
	enum reason reason =
		is_offered(method, in->admin) ? client_cert_refusal(&client) : REASON_UNIMPLEMENTED;
	if (reason != REASON_NONE) {
		call_refuse(service, in, reason, 0);
		return;
	}
	if (method->access == ACCESS_ACCOUNT) {
		account = identify(service, in, &client, &token_id);
		if (!account)
			return;
		(void)acceptor_signed_in(service->acceptor, in->peer);
	}
	if (method->open)
		method->open(service, in, account, token_id);
	else
		call_open(service, in, method, account, token_id);
}

/* ---- read markers ---- */

/* A marker moved: unread is counted, then the account's sessions hear of it. */
struct marker_news {
	struct store_job job;
	struct hub *hub;
	struct room *room; /* ref */
	uint64_t account_id;
	uint64_t read_seq;
	uint32_t unread;
};

static void tell_marker(struct marker_news *news)
{
	Gchat__V1__ReadMarker marker;
	gchat__v1__read_marker__init(&marker);
	struct control wire = {0};
	marker.room_id = news->room->id;
	marker.read_seq = news->read_seq;
	marker.unread = news->unread;
	control_put(&wire, FRAME_READ_MARKERS, &marker.base);
	hub_tell_account(news->hub, news->account_id,
		&(struct hub_update){.wire = wire.data, .len = wire.len});
	control_deinit(&wire);
	(void)room_unref(news->room);
	free(news);
}

/* Reader thread. */
static void count_unread(struct store_job *job, struct store_reader *reader)
{
	struct marker_news *news = GC_CONTAINER_OF(job, struct marker_news, job);
	/* a count that can't be had is told as 0: the marker itself is right */
	(void)store_count(reader, news->room->id, news->read_seq, news->account_id,
		LIMIT_UNREAD_MAX, &news->unread);
	tell_marker(news);
}

void service_on_marker(void *arg, struct account *account, struct room *room, uint64_t read_seq)
{
	struct hub *hub = arg;
	struct marker_news *news = mem_new(1, sizeof(*news));
	*news = (struct marker_news){.job.run = count_unread,
		.hub = hub,
		.room = room_ref(room),
		.account_id = account->id,
		.read_seq = read_seq};
	if (unread_from_tail(room, read_seq, account->id, &news->unread))
		tell_marker(news);
	else
		store_run(hub->options.store, &news->job);
}
