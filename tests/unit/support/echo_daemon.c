/*
 * A daemon under socket activation that the harness is tried on: says its pid and the sockets'
 * names to whoever connects, then sends back what it gets. ECHO_FAILS makes it end at once.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

enum {
	ECHO_LISTENERS_MAX = 8,
	ECHO_EXIT_FAILS = 78,
	ECHO_EXIT_NO_SOCKETS = 3,
};

static char greeting[256];

static int open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* One connection to its end; a test makes one at a time. */
static void serve(int listener)
{
	char buf[4096];
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	bool fine = send(fd, greeting, strlen(greeting), MSG_NOSIGNAL) > 0;
	while (fine) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		fine = n > 0 && send(fd, buf, (size_t)n, MSG_NOSIGNAL) == n;
	}
	(void)close(fd);
}

static void greet_with_names(int count, char **names)
{
	(void)snprintf(greeting, sizeof(greeting), "%d", (int)getpid());
	for (int i = 0; i < count; i++) {
		size_t used = strlen(greeting);
		(void)snprintf(greeting + used, sizeof(greeting) - used, " %s", names[i]);
		free(names[i]);
	}
	free(names);
	(void)strcat(greeting, "\n");
}

int main(void)
{
	struct pollfd polls[ECHO_LISTENERS_MAX + 1];
	char **names = NULL;
	int signals = open_signals();

	(void)fprintf(stderr, "echo: here I am\n");
	if (getenv("ECHO_FAILS"))
		return ECHO_EXIT_FAILS;
	int count = sd_listen_fds_with_names(1, &names);
	if (count < 1 || count > ECHO_LISTENERS_MAX)
		return ECHO_EXIT_NO_SOCKETS;
	greet_with_names(count, names);
	for (int i = 0; i < count; i++)
		polls[i] = (struct pollfd){.fd = SD_LISTEN_FDS_START + i, .events = POLLIN};
	polls[count] = (struct pollfd){.fd = signals, .events = POLLIN};
	(void)sd_notify(0, "READY=1\nSTATUS=echoing");
	while (poll(polls, (nfds_t)count + 1, -1) > 0 && !polls[count].revents) {
		for (int i = 0; i < count; i++) {
			if (polls[i].revents)
				serve(polls[i].fd);
		}
	}
	(void)sd_notify(0, "STOPPING=1");
	return EXIT_SUCCESS;
}
