/* What all unary calls share: the connection, the token, the deadline. */
#include "lib/priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/convert.h"
#include "lib/memory.h"
#include "lib/state.h"
#include "proto/codec.h"

#include <errno.h>

char *api_text(const char *text)
{
	return (char *)(uintptr_t)(text ? text : "");
}

void api_explain_refusal(struct gchat *g, struct gchat_error *error)
{
	struct gchat_certificate last;
	trust_get_last(g->trust, &last);
	const char *reason = trust_refusal(last.trust);
	if (!reason || error->code != GRPC_STATUS_UNAVAILABLE)
		return;
	static const char *const sentences[] = {
		[GCHAT_TRUST_UNKNOWN] = "the server's certificate is not known here",
		[GCHAT_TRUST_CHANGED] = "the server shows another certificate than before",
		[GCHAT_TRUST_REFUSED] = "the server's certificate is not the trusted one",
	};
	call_error_set(error, GRPC_STATUS_FAILED_PRECONDITION, reason, sentences[last.trust]);
}

/* A connection that could not be made is given up, so that the next call tries anew. */
static void drop_failed(struct gchat *g, struct link *link)
{
	if (grpc_channel_check_connectivity_state(link->channel, 0) ==
		GRPC_CHANNEL_TRANSIENT_FAILURE)
		link_drop(g, link);
}

int api_call(struct gchat *g, const char *method, const ProtobufCMessage *request,
	const ProtobufCMessageDescriptor *response_type, void *ret_response,
	struct gchat_error *ret_error)
{
	gchat_lock(g);
	char *token = mem_strdup(g->shared.token);
	gchat_unlock(g);
	struct call call = {.method = method,
		.request = request,
		.response_type = response_type,
		.token = token,
		.deadline_ms = g->settings.call_timeout_ms};
	ProtobufCMessage *response = NULL;
	struct link *link = link_take(g);
	int r = call_unary(link->channel, &call, &response, ret_error);
	if (r < 0) {
		api_explain_refusal(g, ret_error);
		drop_failed(g, link);
	}
	link_unref(link);
	state_wipe(&token);
	if (r < 0)
		return err_pass(r);
	if (ret_response)
		*(ProtobufCMessage **)ret_response = response;
	else
		codec_free(response);
	return 0;
}

struct gchat_room *api_take_room(struct gchat *g, const Gchat__V1__Room *msg)
{
	struct gchat_room *room = memory_new(sizeof(*room));
	*room = convert_room(room, msg);
	gchat_lock(g);
	names_set(&g->shared.names, room->room_id, room->name);
	gchat_unlock(g);
	return room;
}
