/* The receiving end of sd_notify: one datagram holds lines, each a fact about the daemon. */
#include "support/td_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void td_notify_open(struct td *td)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", td->notify_path);
	td->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (td->notify_fd < 0 || bind(td->notify_fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		td_fail(NULL, "%s: %s", td->notify_path, strerror(errno));
}

static bool begins_with(const char *line, const char *start)
{
	return strncmp(line, start, strlen(start)) == 0;
}

unsigned td_notify_times(const struct td *td, const char *line)
{
	for (size_t i = 0; i < td->notify_count; i++)
		if (strcmp(td->notify[i].line, line) == 0)
			return td->notify[i].times;
	return 0;
}

static void count_line(struct td *td, const char *line)
{
	size_t i = 0;
	while (i < td->notify_count && strcmp(td->notify[i].line, line) != 0)
		i++;
	if (i == td->notify_count) {
		GC_ASSERT(i < TD_NOTIFY_MAX);
		td->notify[td->notify_count++] = (struct td_notify){.times = 0};
		(void)snprintf(td->notify[i].line, TD_NOTIFY_LINE_BYTES, "%s", line);
	}
	td->notify[i].times++;
}

/* Moments are all different, and nobody asks for them. */
static void take_line(struct td *td, const char *line)
{
	static const char status[] = "STATUS=";

	if (begins_with(line, status))
		(void)snprintf(td->status, sizeof(td->status), "%s", line + sizeof(status) - 1);
	else if (!begins_with(line, "MONOTONIC_USEC="))
		count_line(td, line);
}

static bool take_datagram(struct td *td)
{
	char buf[4096];
	char *rest = NULL;
	ssize_t n = recv(td->notify_fd, buf, sizeof(buf) - 1, 0);

	if (n < 0)
		return false;
	buf[n] = '\0';
	for (char *line = strtok_r(buf, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take_line(td, line);
	return true;
}

bool td_notify_read(struct td *td, struct mono deadline)
{
	struct pollfd p[2] = {
		{.fd = td->notify_fd, .events = POLLIN}, {.fd = td->pidfd, .events = POLLIN}};
	int64_t left = clock_mono_ms_since(deadline, clock_mono());

	if (take_datagram(td))
		return true;
	if (left > 0)
		(void)poll(p, 2, (int)left);
	return take_datagram(td);
}

unsigned td_notify_count(struct td *td, const char *line)
{
	td_hear(td);
	return td_notify_times(td, line);
}

void td_hear(struct td *td)
{
	while (take_datagram(td)) {
	}
}
