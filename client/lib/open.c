/* Making and ending a client; the connection to its session; what the application takes. */
#include "lib/priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(struct gchat_error *ret_error, int e, const char *message)
{
	call_error_set(ret_error, GRPC_STATUS_INVALID_ARGUMENT, "INVALID_ARGUMENT", message);
	return err_raise(e);
}

static void copy_settings(struct settings *s, const struct gchat_options *options)
{
	*s = (struct settings){.state_dir = mem_strdup(options->state_dir),
		.client_name = mem_strdup(
			options->client_name ? options->client_name : "libgchat " GCHAT_VERSION),
		.client_cert_file = mem_strdup(options->client_cert_file),
		.client_key_file = mem_strdup(options->client_key_file),
		.keep_cursors = options->keep_cursors && options->state_dir,
		.want_presence = options->want_presence,
		.want_typing = options->want_typing,
		.want_profiles = options->want_profiles,
		.want_members = options->want_members,
		.backoff = backoff_make(options->backoff_min_ms, options->backoff_max_ms),
		.call_timeout_ms =
			options->call_timeout_ms ? options->call_timeout_ms : OPEN_CALL_TIMEOUT_MS};
}

static int check_identity(const struct gchat_options *options, struct gchat_error *ret_error)
{
	struct identity identity;
	if (!options->client_cert_file)
		return options->client_key_file
			       ? refuse(ret_error, -EINVAL,
					 "a key is of no use without its certificate")
			       : 0;
	int r = identity_read(options->client_cert_file, options->client_key_file, &identity);
	if (r == -EINVAL)
		return refuse(ret_error, -EIO, "the client's certificate and key are no pair");
	if (r < 0)
		return refuse(ret_error, -EIO, "the client's certificate or key can't be read");
	identity_deinit(&identity);
	return 0;
}

/* Everything that can be refused. */
static int prepare(
	struct gchat *g, const struct gchat_options *options, struct gchat_error *ret_error)
{
	if (!options->server || !state_parse_server(options->server, g->host, g->server))
		return refuse(
			ret_error, -EINVAL, "the server must be a host, host:port or [v6]:port");
	if (options->state_dir && state_make_folder(options->state_dir) < 0)
		return refuse(ret_error, -EIO, "the folder for state can't be made or used");
	int r = check_identity(options, ret_error);
	if (r < 0)
		return err_pass(r);
	r = trust_new(options, g->host, g->server, &g->trust);
	if (r == -EINVAL)
		return refuse(ret_error, r, "the fingerprint must be 64 hexadecimal digits");
	if (r < 0)
		return refuse(ret_error, -EIO, "the trusted roots can't be read");
	r = event_queue_init(&g->events);
	return r < 0 ? refuse(ret_error, -EIO, "no descriptor is left") : 0;
}

static void start(struct gchat *g, const struct gchat_options *options)
{
	copy_settings(&g->settings, options);
	call_start_grpc();
	g->shared.creds = trust_credentials_new(g->trust, NULL);
	queue_init(&g->queue);
	TAILQ_INIT(&g->shared.requests);
	g->shared.next_tag = clock_wall_us(); /* so that tags of two processes hardly meet */
	(void)pthread_mutex_init(&g->shared.mu, NULL); /* cannot fail without attributes */
	GC_ASSERT(pthread_create(&g->thread, NULL, stream_run, g) == 0);
}

int gchat_open(
	const struct gchat_options *options, struct gchat **ret, struct gchat_error *ret_error)
{
	struct gchat *g = mem_new(1, sizeof(*g));
	int r = prepare(g, options, ret_error);
	if (r < 0) {
		trust_unref(g->trust);
		free(g);
		return err_pass(r);
	}
	start(g, options);
	*ret = g;
	return 0;
}

static void free_shared(struct gchat *g)
{
	link_unref(g->shared.link);
	grpc_channel_credentials_release(g->shared.creds);
	state_wipe(&g->shared.token);
	free(g->shared.user);
	free(g->shared.outbox_user);
	free(g->shared.cursor_path);
	cursors_deinit(&g->shared.start);
	cursors_deinit(&g->shared.delivered);
	names_deinit(&g->shared.names);
	(void)pthread_mutex_destroy(&g->shared.mu);
}

void gchat_close(struct gchat *g)
{
	if (!g)
		return;
	stream_command(g, STREAM_COMMAND_QUIT);
	(void)pthread_join(g->thread, NULL); /* joinable and not this thread */
	queue_deinit(&g->queue);
	free_shared(g);
	trust_unref(g->trust);
	event_queue_deinit(&g->events);
	outbox_close(&g->outbox);
	free(g->settings.state_dir);
	free(g->settings.client_name);
	free(g->settings.client_cert_file);
	free(g->settings.client_key_file);
	free(g);
	grpc_shutdown_blocking();
}

void gchat_get_certificate(struct gchat *g, struct gchat_certificate *ret)
{
	trust_get_last(g->trust, ret);
}

int gchat_trust(struct gchat *g, const char *fingerprint)
{
	char digits[GCHAT_FINGERPRINT_SIZE];
	if (!known_parse_fingerprint(fingerprint, digits))
		return err_raise(-EINVAL);
	int r = trust_pin(g->trust, digits);
	link_forget(g);
	stream_command(g, STREAM_COMMAND_RETRY);
	return r < 0 ? err_pass(r) : 0;
}

/* ---- the session ---- */

/* Whose session it will be, taken from the options or from the log-in. Under the mutex. */
static int settle_identity(struct gchat *g, const struct gchat_session_options *options)
{
	if (options->token) {
		state_wipe(&g->shared.token);
		g->shared.token = mem_strdup(options->token);
	}
	if (options->user) {
		free(g->shared.user);
		g->shared.user = mem_strdup(options->user);
	}
	bool anonymous = !g->shared.token && !g->settings.client_cert_file;
	if (anonymous || (g->settings.state_dir && !g->shared.user))
		return err_raise(-EINVAL);
	return 0;
}

/* The outbox of the user, opened where it isn't yet. */
static int settle_outbox(struct gchat *g)
{
	const char *user = g->shared.user ? g->shared.user : "";
	if (g->shared.outbox_user && strcmp(g->shared.outbox_user, user) == 0)
		return 0;
	char *stem GC_CLEANUP(mem_freep) = NULL;
	if (g->settings.state_dir)
		stem = state_path_new(g->settings.state_dir, "outbox", g->server, user);
	atomic_store(&g->has_outbox, false);
	outbox_close(&g->outbox);
	free(g->shared.outbox_user);
	g->shared.outbox_user = NULL;
	g->shared.outbox_account = 0;
	int r = outbox_open(&g->outbox, stem, &g->shared.next_tag);
	if (r < 0)
		return err_pass(r);
	g->shared.outbox_user = mem_strdup(user);
	atomic_store(&g->has_outbox, true);
	return 0;
}

/* The places kept by this slot, or where it has none yet, by the first one. Under the mutex. */
static int load_cursors(struct gchat *g)
{
	int r = cursors_load(&g->shared.start, g->shared.cursor_path);
	if (r < 0 || g->shared.start.count > 0 || g->outbox.slot == 0)
		return r < 0 ? err_pass(r) : 0;
	char *first GC_CLEANUP(mem_freep) =
		state_cursor_path_new(g->settings.state_dir, g->server, g->shared.user, 0);
	r = cursors_load(&g->shared.start, first);
	return r < 0 ? err_pass(r) : 0;
}

/* Where the session starts. Under the mutex. */
static int settle_cursors(struct gchat *g, const struct gchat_session_options *options)
{
	free(g->shared.cursor_path);
	g->shared.cursor_path = NULL;
	cursors_deinit(&g->shared.start);
	if (g->settings.keep_cursors)
		g->shared.cursor_path = state_cursor_path_new(
			g->settings.state_dir, g->server, g->shared.user, g->outbox.slot);
	for (size_t i = 0; i < options->cursor_count; i++)
		cursors_set(&g->shared.start, options->cursors[i].room_id, options->cursors[i].seq);
	int r = options->cursor_count == 0 && g->shared.cursor_path ? load_cursors(g) : 0;
	if (r < 0)
		return err_pass(r);
	cursors_copy(&g->shared.delivered, &g->shared.start);
	return 0;
}

int gchat_connect(struct gchat *g, const struct gchat_session_options *options)
{
	static const struct gchat_session_options as_before;

	if (!options)
		options = &as_before;
	gchat_lock(g);
	int r = g->shared.is_active ? err_raise(-EALREADY) : settle_identity(g, options);
	if (r == 0)
		r = settle_outbox(g);
	if (r == 0)
		r = settle_cursors(g, options);
	if (r == 0)
		g->shared.is_active = true;
	gchat_unlock(g);
	if (r < 0)
		return err_pass(r);
	stream_command(g, STREAM_COMMAND_OPEN);
	return 0;
}

void gchat_disconnect(struct gchat *g)
{
	stream_command(g, STREAM_COMMAND_CLOSE);
}

void gchat_reconnect_now(struct gchat *g)
{
	stream_command(g, STREAM_COMMAND_RETRY);
}

size_t gchat_get_cursors(struct gchat *g, struct gchat_cursor *ret, size_t max)
{
	gchat_lock(g);
	size_t count = cursors_list(&g->shared.delivered, ret, max);
	gchat_unlock(g);
	return count;
}
