/* write(2), all of it or the end. */
#include "client/out.h"

#include "base/mem.h"
#include "client/term.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static void give_up(void)
{
	if (errno == EPIPE)
		exit(EX_OK);
	term_say("cannot write: %s", strerror(errno));
	exit(EX_IOERR);
}

/* The other end may have set the shared descriptor to non-blocking. */
static void await_room(void)
{
	struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
	(void)poll(&room, 1, -1);
}

void out_write(const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, text, len);
		if (n >= 0) {
			text += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			await_room();
		} else if (errno != EINTR) {
			give_up();
		}
	}
}

/* In one write, so that lines of two processes on one terminal don't mix. */
void out_line(const char *text)
{
	size_t len = strlen(text);
	char *line = mem_dup(text, len + 1);
	line[len] = '\n';
	out_write(line, len + 1);
	free(line);
}
