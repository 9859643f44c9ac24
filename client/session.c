/* Opening, starting, and what to do when that is refused. */
#include "client/session.h"

#include "base/clock.h"
#include "base/mem.h"
#include "client/fault.h"
#include "client/signin.h"
#include "client/term.h"
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define CLIENT_NAME "gchat-client " GCHAT_VERSION

static int find_server(struct session *s)
{
	const char *given = s->options->server;
	char *kept = given ? NULL : state_get(&s->state, NULL, "last-server");
	char *asked = NULL;
	if (!given && !kept && term_can_ask())
		asked = term_ask("Server: ");
	const char *server = given ? given : kept ? kept : asked;
	if (server && *server)
		s->server = state_server_key(server);
	free(kept);
	free(asked);
	if (s->server)
		return EX_OK;
	term_say("which server? Name it as the last argument, or with --server");
	return EX_USAGE;
}

static enum gchat_trust_mode trust_mode(const struct options *o)
{
	if (o->verb == VERB_TRUST)
		return GCHAT_TRUST_MODE_FIRST_USE;
	if (o->fingerprint)
		return GCHAT_TRUST_MODE_EXACT;
	return o->ca_file ? GCHAT_TRUST_MODE_CA_FILE : GCHAT_TRUST_MODE_FIRST_USE;
}

static int open_client(struct session *s, const struct session_wish *wish)
{
	const struct options *o = s->options;
	struct gchat_options how = {
		.server = s->server,
		.trust_mode = trust_mode(o),
		.ca_file = o->ca_file,
		.client_cert_file = o->client_cert,
		.client_key_file = o->client_key,
		.fingerprint = o->verb == VERB_TRUST ? NULL : o->fingerprint,
		.state_dir = s->state.dir,
		.keep_cursors = o->resume,
		.client_name = CLIENT_NAME,
		.want_presence = wish->presence,
		.want_typing = wish->presence,
		.want_profiles = wish->presence,
		.want_members = wish->presence,
	};
	struct gchat_error error = {0};
	int r = gchat_open(&how, &s->g, &error);
	if (r == 0)
		return EX_OK;
	fault_fill(&error, *error.message ? -EIO : r);
	term_say("%s", error.message);
	return r == -EINVAL ? EX_USAGE : EX_IOERR;
}

int session_open(struct session *s, const struct options *options, const struct session_wish *wish)
{
	*s = (struct session){.options = options};
	struct err_text why = {0};
	if (state_open(&s->state, options->state_dir, &why) < 0) {
		term_say("%s", why.text);
		return EX_IOERR;
	}
	int status = find_server(s);
	return status == EX_OK ? open_client(s, wish) : status;
}

void session_close(struct session *s)
{
	gchat_close(s->g);
	state_deinit(&s->state);
	free(s->server);
	free(s->user);
	term_free_secret(s->token);
	*s = (struct session){0};
}

static bool host_is_unknown(const char *server)
{
	char *host = mem_strdup(server);
	char *colon = strrchr(host, ':');
	if (colon)
		*colon = '\0';
	struct addrinfo *found = NULL;
	int r = host[0] == '[' ? 0 : getaddrinfo(host, NULL, NULL, &found);
	if (found)
		freeaddrinfo(found);
	free(host);
	return r == EAI_NONAME;
}

int session_give_up(const struct session *s, const struct gchat_error *error)
{
	int status = fault_exit(error);
	if (status == EX_UNAVAILABLE && host_is_unknown(s->server)) {
		term_say("%s: there is no host of this name", s->server);
		return EX_NOHOST;
	}
	term_say("%s: %s (%s)", s->server, error->message, error->reason);
	return status;
}

int session_settle(struct session *s, const struct gchat_error *error)
{
	if (fault_is_certificate(error))
		return trust_settle(s);
	if (!fault_is_sign_in(error) || s->options->token_file)
		return session_give_up(s, error);
	if (s->token)
		term_say("%s: the kept token is no longer valid", s->server);
	signin_forget(s);
	return signin_run(s, true);
}

/* Waits for the first welcome. -1: start again. */
static int await_welcome(struct session *s, struct gchat_event **ret_welcome)
{
	struct mono deadline =
		clock_mono_add_ms(clock_mono(), (int64_t)s->options->timeout_s * CLOCK_MS_PER_S);
	struct gchat_error last = {
		.code = 4, .reason = "TIMED_OUT", .message = "no answer in time"};
	for (;;) {
		int64_t left = clock_mono_ms_since(deadline, clock_mono());
		struct gchat_event *event;
		if (left <= 0 || gchat_next(s->g, (int)left, &event) <= 0)
			return session_give_up(s, &last);
		if (event->kind == GCHAT_EVENT_WELCOME) {
			*ret_welcome = event;
			return EX_OK;
		}
		enum gchat_state state = event->state.state;
		bool is_state = event->kind == GCHAT_EVENT_STATE;
		if (is_state &&
			(state == GCHAT_STATE_RECONNECTING || state == GCHAT_STATE_REFUSED)) {
			last = event->state.error;
			fault_fill(&last, -EIO);
		}
		gchat_free(event);
		if (!is_state || state != GCHAT_STATE_REFUSED)
			continue;
		int status = session_settle(s, &last);
		return status == EX_OK ? -1 : status;
	}
}

static int connect_stream(
	struct session *s, const struct gchat_cursor *cursors, size_t cursor_count)
{
	struct gchat_session_options how = {.token = s->token,
		.user = s->user,
		.cursors = cursors,
		.cursor_count = cursor_count};
	int r = gchat_connect(s->g, &how);
	if (r == 0 || r == -EALREADY) /* after gchat_trust the session goes on by itself */
		return EX_OK;
	struct gchat_error error = {0};
	fault_fill(&error, r);
	return session_give_up(s, &error);
}

int session_start(struct session *s, const struct gchat_cursor *cursors, size_t cursor_count,
	struct gchat_event **ret_welcome)
{
	int status = s->token || s->by_certificate ? EX_OK : signin_run(s, false);
	while (status == EX_OK) {
		status = connect_stream(s, cursors, cursor_count);
		if (status == EX_OK)
			status = await_welcome(s, ret_welcome);
		if (status != -1)
			return status;
		status = EX_OK;
	}
	return status;
}

static int find_direct(
	struct session *s, const char *user, struct gchat_room **ret, struct gchat_error *ret_error)
{
	int r = gchat_direct(s->g, user, ret, ret_error);
	if (r < 0)
		fault_fill(ret_error, r);
	return r;
}

int session_find_room(
	struct session *s, const char *name, struct gchat_room **ret, struct gchat_error *ret_error)
{
	*ret_error = (struct gchat_error){0};
	if (*name == '@')
		return find_direct(s, name + 1, ret, ret_error);
	int r = gchat_get_room(s->g, 0, *name == '#' ? name + 1 : name, ret, ret_error);
	if (r < 0)
		fault_fill(ret_error, r);
	return r;
}

int session_need_room(struct session *s, const char *name, struct gchat_room **ret)
{
	for (;;) {
		int status = s->token || s->by_certificate ? EX_OK : signin_run(s, false);
		if (status != EX_OK)
			return status;
		struct gchat_error error;
		if (session_find_room(s, name, ret, &error) == 0)
			return EX_OK;
		if (!fault_is_certificate(&error) && !fault_is_sign_in(&error)) {
			term_say("%s: %s (%s)", name, error.message, error.reason);
			return fault_exit(&error);
		}
		status = session_settle(s, &error);
		if (status != EX_OK)
			return status;
	}
}

int session_join(struct session *s, const char *name)
{
	uint64_t tag;
	struct gchat_error error = {0};
	int r = gchat_join(s->g, 0, *name == '#' ? name + 1 : name, &tag);
	struct gchat_event *event;
	int timeout_ms = (int)s->options->timeout_s * CLOCK_MS_PER_S;
	while (r == 0 && gchat_next(s->g, timeout_ms, &event) == 1) {
		bool mine = event->kind == GCHAT_EVENT_REPLY && event->reply.tag == tag;
		bool refused = mine && event->reply.kind == GCHAT_REPLY_ERROR;
		if (refused)
			error = event->reply.error;
		gchat_free(event);
		if (mine && !refused)
			return EX_OK;
		if (refused) {
			fault_fill(&error, -EIO);
			return session_give_up(s, &error);
		}
	}
	fault_fill(&error, r ? r : -ETIMEDOUT);
	return session_give_up(s, &error);
}
