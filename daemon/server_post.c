/* Letters to the main thread, from calls that ask for what only it may do. */
#include "server_priv.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int server_open_box(struct server *s)
{
	mailbox_init(&s->box.letters);
	(void)pthread_mutex_init(&s->box.mu, NULL); /* cannot fail with default attributes */
	s->box.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s->box.wake < 0 ? err_raise(-errno) : 0;
}

bool server_post(void *server, struct mail *mail)
{
	struct server *s = server;
	const uint64_t one = 1;
	(void)pthread_mutex_lock(&s->box.mu);
	bool open = !s->box.closed;
	if (open && mailbox_post(&s->box.letters, mail))
		(void)!write(s->box.wake, &one, sizeof(one)); /* full: it is awake anyway */
	(void)pthread_mutex_unlock(&s->box.mu);
	return open;
}

void server_take_letters(struct server *s)
{
	uint64_t count;
	(void)!read(s->box.wake, &count, sizeof(count)); /* none: there may still be letters */
	(void)mailbox_deliver(&s->box.letters);
}

void server_close_box(struct server *s)
{
	(void)pthread_mutex_lock(&s->box.mu);
	s->box.closed = true;
	(void)pthread_mutex_unlock(&s->box.mu);
	server_take_letters(s); /* their calls wait */
}

void server_free_box(struct server *s)
{
	mailbox_deinit(&s->box.letters);
	(void)pthread_mutex_destroy(&s->box.mu);
	close(s->box.wake);
}
