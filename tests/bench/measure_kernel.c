/* What only the kernel's tables tell: threads and cores one by one, and a connection's other end. */
#include "measure.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TCP_STATE_ESTABLISHED = 1, /* in /proc/net/tcp */
};

static void add_thread(pid_t pid, const char *tid, struct measure_threads *t)
{
	char path[96];
	unsigned long long ns = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", (int)pid, tid);
	FILE *f = fopen(path, "re");
	if (!f)
		return; /* has ended */
	if (fscanf(f, "%llu", &ns) == 1)
		t->threads[t->count++] = (struct measure_thread){
			.tid = (pid_t)strtol(tid, NULL, 10), .cpu_s = (double)ns / 1e9};
	(void)fclose(f); /* was only read */
}

void measure_threads_now(const struct measure_server *server, struct measure_threads *t)
{
	char path[64];
	t->count = 0;
	for (size_t i = 0; i < server->count; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)server->pids[i]);
		DIR *dir = opendir(path);
		struct dirent *entry;
		while (dir && (entry = readdir(dir)) && t->count < MEASURE_THREADS_MAX)
			if (entry->d_name[0] != '.')
				add_thread(server->pids[i], entry->d_name, t);
		if (dir)
			(void)closedir(dir); /* was only read */
	}
}

static double cpu_of(const struct measure_threads *t, pid_t tid)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->threads[i].tid == tid)
			return t->threads[i].cpu_s;
	return 0;
}

double measure_threads_busiest(const struct measure_threads *a, const struct measure_threads *b)
{
	double most = 0;
	for (size_t i = 0; i < b->count; i++) {
		double used = b->threads[i].cpu_s - cpu_of(a, b->threads[i].tid);
		if (used > most)
			most = used;
	}
	return most;
}

/* The lines "cpu0 user nice system idle iowait ...". Waiting for the disk is idle time too. */
double measure_idle(const struct measure_server *server, unsigned *ret_cores)
{
	cpu_set_t own;
	char line[512];
	double ticks = 0;
	FILE *f = NULL;
	*ret_cores = 0;
	if (server->count == 0 || sched_getaffinity(server->pids[0], sizeof(own), &own) < 0)
		return 0;
	f = fopen("/proc/stat", "re");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned cpu = 0;
		unsigned long long idle = 0;
		unsigned long long iowait = 0;
		if (sscanf(line, "cpu%u %*u %*u %*u %llu %llu", &cpu, &idle, &iowait) != 3 ||
			!CPU_ISSET(cpu, &own))
			continue;
		ticks += (double)(idle + iowait);
		++*ret_cores;
	}
	if (f)
		(void)fclose(f); /* was only read */
	return ticks / (double)sysconf(_SC_CLK_TCK);
}

static unsigned port_of(const struct sockaddr_storage *at)
{
	if (at->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)at)->sin6_port);
	return ntohs(((const struct sockaddr_in *)(const void *)at)->sin_port);
}

/* Ports tell loopback connections of one program apart. */
static bool is_established(const char *table, unsigned local, unsigned remote)
{
	char line[512];
	bool found = false;
	FILE *f = fopen(table, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned from = 0;
		unsigned to = 0;
		unsigned state = 0;
		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x", &from, &to, &state) == 3)
			found = from == local && to == remote && state == TCP_STATE_ESTABLISHED;
	}
	if (f)
		(void)fclose(f); /* was only read */
	return found;
}

bool measure_peer_closed(int fd)
{
	struct sockaddr_storage own = {0};
	struct sockaddr_storage peer = {0};
	socklen_t own_len = sizeof(own);
	socklen_t peer_len = sizeof(peer);
	if (getsockname(fd, (struct sockaddr *)&own, &own_len) < 0 ||
		getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0)
		return true;
	return !is_established("/proc/net/tcp", port_of(&peer), port_of(&own)) &&
	       !is_established("/proc/net/tcp6", port_of(&peer), port_of(&own));
}
