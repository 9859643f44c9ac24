/* The set of listeners: what systemd passed, then what is missing from the configuration. */
#include "net/listen.h"

#include "base/mem.h"
#include "net/listen_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static bool has_kind(const struct listeners *l, enum listener_kind kind)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->items[i].kind == kind)
			return true;
	}
	return false;
}

static int too_many(struct err_text *err)
{
	err_say(err, "more than %d sockets to listen on", LISTENERS_MAX);
	return err_raise(-E2BIG);
}

static int kind_of_name(const char *name, int fd, enum listener_kind *ret, struct err_text *err)
{
	if (strcmp(name, LISTEN_NAME_TLS) == 0) {
		*ret = LISTENER_TLS;
		return 0;
	}
	if (strcmp(name, LISTEN_NAME_ADMIN) == 0) {
		*ret = LISTENER_ADMIN;
		return 0;
	}
	if (strcmp(name, LISTEN_NAME_METRICS) == 0) {
		*ret = LISTENER_METRICS;
		return 0;
	}
	err_say(err,
		"systemd passed descriptor %d named \"%s\"; FileDescriptorName= must be \"tls\", "
		"\"admin\" or \"metrics\"",
		fd, name);
	return err_raise(-EINVAL);
}

static bool is_listener_of(int fd, enum listener_kind kind)
{
	if (kind == LISTENER_ADMIN)
		return sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0;
	return sd_is_socket(fd, AF_INET, SOCK_STREAM, 1) > 0 ||
	       sd_is_socket(fd, AF_INET6, SOCK_STREAM, 1) > 0;
}

static int check_inherited(int fd, const char *name, enum listener_kind kind,
	const struct socket_options *sockets, struct err_text *err)
{
	if (!is_listener_of(fd, kind)) {
		err_say(err, "systemd passed descriptor %d named \"%s\", which is no listening %s",
			fd, name, kind == LISTENER_ADMIN ? "Unix stream socket" : "TCP socket");
		return err_raise(-ENOTSOCK);
	}
	int r = socket_set_flags(fd); /* systemd's are blocking */
	if (r == 0 && kind == LISTENER_TLS)
		r = socket_options_set_tcp(fd, sockets);
	if (r < 0)
		err_say(err, "cannot set up descriptor %d named \"%s\": %s", fd, name,
			strerror(-r));
	return r < 0 ? err_pass(r) : 0;
}

static int add_metrics(struct listeners *l, int fd, struct err_text *err)
{
	if (l->metrics_fd >= 0 || !listen_is_loopback(fd)) {
		err_say(err, "systemd passed descriptor %d named \"metrics\", which is %s", fd,
			l->metrics_fd >= 0 ? "the second of that name"
					   : "not bound to a loopback address");
		return err_raise(-EINVAL);
	}
	l->metrics_fd = fd;
	return 0;
}

static int add_inherited(struct listeners *l, int fd, const char *name,
	const struct listen_options *o, struct err_text *err)
{
	enum listener_kind kind = LISTENER_TLS;
	int r = kind_of_name(name, fd, &kind, err);
	if (r == 0)
		r = check_inherited(fd, name, kind, &o->sockets, err);
	if (r == 0 && kind == LISTENER_METRICS)
		return add_metrics(l, fd, err);
	if (r < 0)
		return err_pass(r);
	if (l->count == LISTENERS_MAX)
		return too_many(err);
	struct listener *item = &l->items[l->count++];
	*item = (struct listener){.fd = fd, .kind = kind, .inherited = true};
	listen_print_name(fd, item->text);
	return 0;
}

static void free_names(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

static int inherit(struct listeners *l, const struct listen_options *o, struct err_text *err)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);
	if (count < 0) {
		err_say(err, "cannot take the sockets systemd passed: %s", strerror(-count));
		return err_raise(count);
	}
	int r = 0;
	for (int i = 0; i < count && r == 0; i++)
		r = add_inherited(l, SD_LISTEN_FDS_START + i, names[i], o, err);
	free_names(names);
	l->inherited = l->count > 0;
	return r < 0 ? err_pass(r) : 0;
}

static int open_addresses(struct listeners *l, const struct listen_options *o, struct err_text *err)
{
	for (size_t i = 0; i < o->address_count; i++) {
		if (l->count == LISTENERS_MAX)
			return too_many(err);
		int r = listen_bind_tcp(o->addresses[i], o, &l->items[l->count], err);
		if (r < 0)
			return err_pass(r);
		l->count++;
	}
	return 0;
}

static int open_missing(struct listeners *l, const struct listen_options *o, struct err_text *err)
{
	int r = l->inherited ? 0 : open_addresses(l, o, err);
	if (r < 0)
		return err_pass(r);
	if (!has_kind(l, LISTENER_TLS)) {
		err_say(err, l->inherited ? "systemd passed no socket named \"tls\""
					  : "no address to listen on is configured");
		return err_raise(-EINVAL);
	}
	if (has_kind(l, LISTENER_ADMIN) || !o->admin_path || !o->admin_path[0])
		return 0;
	if (l->count == LISTENERS_MAX)
		return too_many(err);
	r = listen_bind_admin(o, &l->items[l->count], err);
	if (r < 0)
		return err_pass(r);
	l->count++;
	return 0;
}

int listeners_open(const struct listen_options *o, struct listeners **ret, struct err_text *err)
{
	struct listeners *l GC_CLEANUP(listeners_freep) = mem_new(1, sizeof(*l));
	l->metrics_fd = -1;
	int r = inherit(l, o, err);
	if (r == 0)
		r = open_missing(l, o, err);
	if (r < 0)
		return err_pass(r);
	*ret = GC_TAKE(l);
	return 0;
}

static void listener_close(struct listener *item)
{
	struct stat st;
	if (item->unlink_path && lstat(item->unlink_path, &st) == 0 &&
		st.st_dev == item->unlink_dev && st.st_ino == item->unlink_ino)
		(void)unlink(item->unlink_path); /* gone already is as good */
	close(item->fd);
	free(item->unlink_path);
}

struct listeners *listeners_free(struct listeners *l)
{
	if (!l)
		return NULL;
	for (size_t i = 0; i < l->count; i++)
		listener_close(&l->items[i]);
	if (l->metrics_fd >= 0)
		close(l->metrics_fd);
	free(l);
	return NULL;
}

void listeners_freep(struct listeners **l)
{
	*l = listeners_free(*l);
}

void listeners_describe(const struct listeners *l, enum listener_kind kind, char *buf, size_t size)
{
	size_t used = 0;
	if (size)
		buf[0] = '\0';
	for (size_t i = 0; i < l->count && used < size; i++) {
		if (l->items[i].kind != kind)
			continue;
		int n = snprintf(
			buf + used, size - used, "%s%s", used ? ", " : "", l->items[i].text);
		if (n < 0)
			return;
		used += (size_t)n;
	}
}
