/* Nothing here allocates, opens or writes a file: a request comes, libsodium works, an answer goes. */
#include "password/process.h"

#include "base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EXIT_NOT_OURS = 64, /* EX_USAGE of sysexits(3) */
};

static bool is_socket(void)
{
	int type = 0;
	socklen_t len = sizeof(type);
	return getsockopt(PASSWORD_PROCESS_SOCKET, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_SEQPACKET;
}

/* Where memory is short the kernel takes this process rather than the daemon, who starts another. */
static void go_first(void)
{
	static const char worst[] = "1000";
	GC_FD int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, worst, sizeof(worst) - 1) < 0)
		return; /* then it is taken for its size */
}

/* All of it is worth having and none is needed: some sandboxes refuse some of it. */
static void retire(void)
{
	(void)close_range(PASSWORD_PROCESS_SOCKET + 1, ~0U, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* in the midst of a hash, too */
	(void)prctl(PR_SET_NAME, "gchatd-hash"); /* it was executed by a descriptor */
	go_first();
	(void)prctl(PR_SET_DUMPABLE, 0); /* passwords are in no core file, and nobody looks in */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)setpriority(PRIO_PROCESS, 0, PASSWORD_PROCESS_NICE);
}

static bool is_sound(const struct password_request *request)
{
	return request->task < _PASSWORD_TASK_MAX &&
	       memchr(request->password, '\0', sizeof(request->password)) &&
	       memchr(request->hash, '\0', sizeof(request->hash));
}

static void work(const struct password_request *request, struct password_answer *answer)
{
	answer->id = request->id;
	if (request->task == PASSWORD_TASK_HASH)
		answer->result = password_hash(request->password, &request->cost, answer->hash);
	else
		answer->result =
			(int32_t)password_verify(request->hash, request->password, &request->cost);
}

/* False: it is over. */
static bool serve_one(void)
{
	struct password_request request;
	struct password_answer answer = {0};
	ssize_t n = recv(PASSWORD_PROCESS_SOCKET, &request, sizeof(request), MSG_TRUNC);
	bool ok = n == (ssize_t)sizeof(request) && is_sound(&request);
	if (ok) {
		work(&request, &answer);
		ok = send(PASSWORD_PROCESS_SOCKET, &answer, sizeof(answer), MSG_NOSIGNAL) ==
		     (ssize_t)sizeof(answer);
	}
	sodium_memzero(&request, sizeof(request));
	sodium_memzero(&answer, sizeof(answer));
	return ok;
}

/* Until there is a request, or the end. */
static void await_one(void (*on_idle)(void))
{
	struct pollfd fd = {.fd = PASSWORD_PROCESS_SOCKET, .events = POLLIN};
	if (poll(&fd, 1, PASSWORD_PROCESS_IDLE_MS) == 0)
		on_idle();
}

int password_process_run(void (*on_idle)(void))
{
	if (!is_socket()) {
		(void)fputs("gchatd-hash: is started by gchatd\n", stderr);
		return EXIT_NOT_OURS;
	}
	retire();
	if (password_init() < 0)
		return EXIT_FAILURE;
	do
		await_one(on_idle);
	while (serve_one());
	return EXIT_SUCCESS;
}
