/*
 * A process belongs to the one thread that took it; what others may see of it is its descriptor,
 * under mu. The idle ones are a stack, so that those beyond what is needed stay out of memory.
 */
#include "service/password_pool.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/histogram.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "password/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TRIES = 2, /* the second with a new process */
	END_TEXT_BYTES = 48,
	PROGRAM_PATH_BYTES = 32,
};

struct process {
	pid_t pid; /* 0: none */
	int fd; /* owned; -1: none runs. Written under mu, by the one who took it */
	SLIST_ENTRY(process) link; /* idle */
};

struct password_pool {
	pthread_mutex_t mu;
	SLIST_HEAD(, process) idle; /* under mu, as the next two */
	uint64_t last_id;
	bool refusing;
	int program; /* owned: with O_PATH; immutable, as the next */
	size_t count;
	struct process processes[PASSWORD_POOL_MAX];
};

/* ---- a process's life ---- */

/* What systemd or a terminal sends to all of a service is for the daemon, who drains first. */
static void fill_blocked(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

/* The child's descriptors, but for those that it closes itself; 0 or errno. */
static int lay_out(posix_spawn_file_actions_t *actions, int end)
{
	int r = posix_spawn_file_actions_adddup2(actions, end, PASSWORD_PROCESS_SOCKET);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(
			actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(
			actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	return r;
}

/* Executes the program, with `end` as its socket. */
static int execute(int program, int end, pid_t *ret_pid)
{
	char path[PROGRAM_PATH_BYTES];
	static char name[] = "gchatd-hash";
	char *const argv[] = {name, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t blocked;
	fill_blocked(&blocked);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", program); /* the child's copy */
	(void)posix_spawn_file_actions_init(
		&actions); /* the C library's never fails, as the next */
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigmask(&attributes, &blocked); /* only keeps it, as the next */
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	int r = lay_out(&actions, end);
	if (r == 0)
		r = posix_spawn(ret_pid, path, &actions, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes); /* never fails, as the next */
	(void)posix_spawn_file_actions_destroy(&actions);
	return r ? err_raise(-r) : 0;
}

/* False: nobody may ask any more. */
static bool publish(struct password_pool *pool, struct process *p, int *fd)
{
	(void)pthread_mutex_lock(&pool->mu);
	bool ok = !pool->refusing;
	if (ok)
		p->fd = fd_take(fd);
	(void)pthread_mutex_unlock(&pool->mu);
	return ok;
}

static int process_start(struct password_pool *pool, struct process *p)
{
	const struct timeval wait = {.tv_sec = PASSWORD_POOL_WAIT_S};
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_raise(-errno);
	GC_FD int ours = ends[0];
	GC_FD int theirs = ends[1];
	if (setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		return err_raise(-errno);
	int r = execute(pool->program, theirs, &p->pid);
	if (r < 0)
		return err_pass(r);
	return publish(pool, p, &ours) ? 0 : err_raise(-ESHUTDOWN);
}

static void print_end(int status, char ret_text[END_TEXT_BYTES])
{
	if (WIFSIGNALED(status))
		(void)snprintf(ret_text, END_TEXT_BYTES, "signal %d", WTERMSIG(status));
	else
		(void)snprintf(ret_text, END_TEXT_BYTES, "exit status %d", WEXITSTATUS(status));
}

/* However it is doing: what it did last is in *ret_text. */
static void process_end(
	struct password_pool *pool, struct process *p, char ret_text[END_TEXT_BYTES])
{
	int status = 0;
	(void)pthread_mutex_lock(&pool->mu);
	GC_FD int fd = fd_take(&p->fd);
	(void)fd; /* closed at the end; clang takes that for no use */
	(void)pthread_mutex_unlock(&pool->mu);
	if (p->pid == 0)
		return;
	(void)kill(p->pid, SIGKILL); /* a child of ours, not waited for yet: it's there */
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
	print_end(status, ret_text);
}

/* ---- asking ---- */

static struct process *take(struct password_pool *pool, uint64_t *ret_id)
{
	(void)pthread_mutex_lock(&pool->mu);
	struct process *p = SLIST_FIRST(&pool->idle);
	GC_ASSERT(p); /* no more ask at a time than there are */
	SLIST_REMOVE_HEAD(&pool->idle, link);
	*ret_id = ++pool->last_id;
	(void)pthread_mutex_unlock(&pool->mu);
	return p;
}

static void give(struct password_pool *pool, struct process *p)
{
	(void)pthread_mutex_lock(&pool->mu);
	SLIST_INSERT_HEAD(&pool->idle, p, link);
	(void)pthread_mutex_unlock(&pool->mu);
}

static bool is_refusing(struct password_pool *pool)
{
	(void)pthread_mutex_lock(&pool->mu);
	bool refusing = pool->refusing;
	(void)pthread_mutex_unlock(&pool->mu);
	return refusing;
}

/* 0, -ETIMEDOUT, or another negative errno: the process is lost, or talks nonsense. */
static int exchange(int fd, const struct password_request *request, struct password_answer *ret)
{
	ssize_t n = send(fd, request, sizeof(*request), MSG_NOSIGNAL);
	if (n != (ssize_t)sizeof(*request))
		return err_raise(-ECONNRESET);
	do
		n = recv(fd, ret, sizeof(*ret), MSG_TRUNC);
	while (n < 0 && errno == EINTR); /* who is stopped and goes on */
	if (n < 0 && errno == EAGAIN)
		return err_raise(-ETIMEDOUT);
	bool whole = n == (ssize_t)sizeof(*ret) && ret->id == request->id;
	return whole ? 0 : err_raise(-ECONNRESET);
}

static void lose(struct password_pool *pool, struct process *p, int why)
{
	char text[END_TEXT_BYTES] = "not started";
	process_end(pool, p, text);
	if (is_refusing(pool))
		return;
	metric_add(METRIC_PASSWORD_PROCESSES_LOST, 1);
	log_limited(LOG_LEVEL_WARNING, NULL, LOG_ID_PASSWORD_PROCESS,
		"a process that hashes passwords is lost, the next one takes over: %s (%s)", text,
		strerror(-why));
}

/* The answer to the request, or -EAGAIN. */
static int ask(
	struct password_pool *pool, struct password_request *request, struct password_answer *ret)
{
	struct process *p = take(pool, &request->id);
	struct mono start = clock_mono();
	int r = -EAGAIN;
	for (int i = 0; i < TRIES && r != 0 && r != -ETIMEDOUT && !is_refusing(pool); i++) {
		r = p->fd < 0 ? process_start(pool, p) : 0;
		if (r == 0)
			r = exchange(p->fd, request, ret);
		if (r < 0)
			lose(pool, p, r);
	}
	if (r == 0)
		histogram_observe(HISTOGRAM_PASSWORD_TIME, (unsigned)(p - pool->processes),
			(uint64_t)(clock_mono().us - start.us));
	give(pool, p);
	return r < 0 ? err_raise(-EAGAIN) : 0;
}

int password_pool_hash(struct password_pool *pool, const char *password,
	const struct password_cost *cost, char ret_hash[PASSWORD_HASH_BYTES])
{
	struct password_request request = {.task = PASSWORD_TASK_HASH, .cost = *cost};
	struct password_answer answer = {0};
	(void)snprintf(request.password, sizeof(request.password), "%s", password);
	int r = ask(pool, &request, &answer);
	if (r == 0)
		r = answer.result;
	if (r == 0)
		memcpy(ret_hash, answer.hash, sizeof(answer.hash));
	sodium_memzero(&request, sizeof(request));
	return r < 0 ? err_pass(r) : 0;
}

enum password_verdict password_pool_verify(struct password_pool *pool, const char *hash,
	const char *password, const struct password_cost *cost)
{
	struct password_request request = {.task = PASSWORD_TASK_VERIFY, .cost = *cost};
	struct password_answer answer = {0};
	(void)snprintf(request.password, sizeof(request.password), "%s", password);
	(void)snprintf(request.hash, sizeof(request.hash), "%s", hash);
	int r = ask(pool, &request, &answer);
	sodium_memzero(&request, sizeof(request));
	return r < 0 || answer.result < 0 || answer.result >= _PASSWORD_VERDICT_MAX
		       ? PASSWORD_UNVERIFIED
		       : (enum password_verdict)answer.result;
}

/* ---- the pool ---- */

/* Held open: it stays the same program while a package is being upgraded. */
static int open_program(const char *path, int *ret_fd)
{
	GC_FD int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return err_raise(-errno);
	*ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, PASSWORD_PROCESS_SOCKET + 1); /* not in its place */
	return *ret_fd < 0 ? err_raise(-errno) : 0;
}

int password_pool_start(
	size_t count, const char *program, struct password_pool **ret_pool, struct err_text *err)
{
	GC_ASSERT(count >= 1 && count <= PASSWORD_POOL_MAX);
	struct password_pool *pool = mem_new(1, sizeof(*pool));
	(void)pthread_mutex_init(&pool->mu, NULL); /* cannot fail with default attributes */
	SLIST_INIT(&pool->idle);
	pool->program = -1;
	pool->count = count;
	for (size_t i = 0; i < count; i++) {
		pool->processes[i].fd = -1;
		SLIST_INSERT_HEAD(&pool->idle, &pool->processes[i], link);
	}
	int r = open_program(program, &pool->program);
	for (size_t i = 0; i < count && r == 0; i++)
		r = process_start(pool, &pool->processes[i]);
	if (r < 0) {
		err_say(err, "%s: can't be started: %s", program, strerror(-r));
		(void)password_pool_stop(pool);
		return err_pass(r);
	}
	*ret_pool = pool;
	return 0;
}

void password_pool_refuse(struct password_pool *pool)
{
	(void)pthread_mutex_lock(&pool->mu);
	pool->refusing = true;
	for (size_t i = 0; i < pool->count; i++)
		if (pool->processes[i].fd >= 0)
			(void)shutdown(pool->processes[i].fd, SHUT_RDWR); /* it is connected */
	(void)pthread_mutex_unlock(&pool->mu);
}

struct password_pool *password_pool_stop(struct password_pool *pool)
{
	char text[END_TEXT_BYTES];
	if (!pool)
		return NULL;
	for (size_t i = 0; i < pool->count; i++)
		process_end(pool, &pool->processes[i], text);
	fd_closep(&pool->program);
	(void)pthread_mutex_destroy(&pool->mu);
	free(pool);
	return NULL;
}
