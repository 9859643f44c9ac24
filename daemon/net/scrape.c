/* libmicrohttpd with its epoll loop; each answer is made anew and handed over. */
#include "net/scrape.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/listen_priv.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scrape {
	struct MHD_Daemon *daemon; /* owned */
	void (*emit)(void *arg, const struct metric_sink *sink);
	void *arg;
	char address[LISTENER_TEXT_BYTES];
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
	struct MHD_Response *response)
{
	if (!response)
		return MHD_NO; /* no memory: the connection ends */
	enum MHD_Result r = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (r == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED)
		r = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (r == MHD_YES)
		r = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status)
{
	static char text[] = "This is gchatd: its metrics are at GET " SCRAPE_PATH ".\n";
	return answer(connection, status, "text/plain; charset=utf-8",
		MHD_create_response_from_buffer(sizeof(text) - 1, text, MHD_RESPMEM_PERSISTENT));
}

/* MHD says what a handler gets. */
/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters) */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len,
	void **request)
{
	(void)version;
	(void)upload;
	(void)request;
	const struct scrape *scrape = arg;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		*upload_len = 0; /* whatever it is, it isn't read */
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
	}
	if (strcmp(url, SCRAPE_PATH) != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND);
	struct exposition text = {.format = exposition_negotiate(MHD_lookup_connection_value(
					  connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT))};
	struct metric_sink sink = exposition_sink(&text);
	size_t len;
	scrape->emit(scrape->arg, &sink);
	char *body = exposition_take(&text, &len);
	return answer(connection, MHD_HTTP_OK, exposition_content_type(text.format),
		MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE));
}

/* A peer decides how often. */
static void on_log(void *arg, const char *fmt, va_list args) GC_PRINTF(2, 0);

static void on_log(void *arg, const char *fmt, va_list args)
{
	char text[256];
	(void)arg;
	(void)vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_limited(LOG_LEVEL_DEBUG, NULL, NULL, "metrics: %s", text);
}

static struct MHD_Daemon *start(struct scrape *scrape, int fd, unsigned timeout_s)
{
	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0,
		NULL, NULL, on_request, scrape, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)SCRAPE_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		timeout_s ? timeout_s : (unsigned)SCRAPE_TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SCRAPE_CONNECTION_BYTES,
		MHD_OPTION_END);
}

/* A listening socket that is the server's own, on loopback. */
static int open_socket(const struct scrape_options *options, int *ret_fd, struct err_text *err)
{
	if (options->fd >= 0) {
		*ret_fd = dup(options->fd);
		return *ret_fd < 0 ? err_raise(-errno) : 0;
	}
	const struct listen_options listen = {
		.backlog = SCRAPE_CONNECTIONS_MAX, .sockets = {.receive_bytes = 0}};
	struct listener listener;
	int r = listen_bind_tcp(options->address, &listen, &listener, err);
	if (r < 0)
		return err_pass(r);
	*ret_fd = listener.fd;
	return 0;
}

int scrape_start(const struct scrape_options *options, struct scrape **ret, struct err_text *err)
{
	int fd;
	int r = open_socket(options, &fd, err);
	if (r < 0)
		return err_pass(r);
	if (!listen_is_loopback(fd)) {
		close(fd);
		err_say(err, "metrics are served on a loopback address alone");
		return err_raise(-EINVAL);
	}
	struct scrape *scrape = mem_new(1, sizeof(*scrape));
	*scrape = (struct scrape){.emit = options->emit, .arg = options->arg};
	listen_print_name(fd, scrape->address);
	scrape->daemon = start(scrape, fd, options->timeout_s);
	if (!scrape->daemon) {
		close(fd);
		err_say(err, "%s: libmicrohttpd can't serve there", scrape->address);
		free(scrape);
		return err_raise(-EIO);
	}
	*ret = scrape;
	return 0;
}

struct scrape *scrape_stop(struct scrape *scrape)
{
	if (!scrape)
		return NULL;
	/* The socket is taken back first: MHD would shut it down, and an inherited one is systemd's. */
	MHD_socket fd = MHD_quiesce_daemon(scrape->daemon);
	MHD_stop_daemon(scrape->daemon);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	free(scrape);
	return NULL;
}

const char *scrape_address(const struct scrape *scrape)
{
	return scrape->address;
}
