/* A list, a mutex and an eventfd. */
#include "lib/event.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/fd.h"
#include "lib/memory.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int event_queue_init(struct event_queue *q)
{
	*q = (struct event_queue){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (q->fd < 0)
		return err_raise(-errno);
	STAILQ_INIT(&q->shared.items);
	(void)pthread_mutex_init(&q->shared.mu, NULL); /* cannot fail without attributes */
	return 0;
}

void event_queue_deinit(struct event_queue *q)
{
	for (struct gchat_event *e = event_queue_pop(q); e; e = event_queue_pop(q))
		gchat_free(e);
	(void)pthread_mutex_destroy(&q->shared.mu);
	fd_closep(&q->fd);
}

struct gchat_event *event_new(enum gchat_event_kind kind)
{
	struct event_item *item = memory_new(sizeof(*item));
	item->event.kind = kind;
	return &item->event;
}

/* The counter only ever goes 0 -> 1 -> 0 under the mutex, so neither call can block or fail. */
static void raise_fd(int fd)
{
	uint64_t one = 1;
	GC_ASSERT(write(fd, &one, sizeof(one)) == sizeof(one));
}

static void lower_fd(int fd)
{
	uint64_t value;
	GC_ASSERT(read(fd, &value, sizeof(value)) == sizeof(value));
}

void event_queue_push(struct event_queue *q, struct gchat_event *event)
{
	struct event_item *item = GC_CONTAINER_OF(event, struct event_item, event);
	(void)pthread_mutex_lock(&q->shared.mu);
	STAILQ_INSERT_TAIL(&q->shared.items, item, next);
	q->shared.bytes += memory_size(item);
	if (q->shared.count++ == 0)
		raise_fd(q->fd);
	(void)pthread_mutex_unlock(&q->shared.mu);
}

struct gchat_event *event_queue_pop(struct event_queue *q)
{
	(void)pthread_mutex_lock(&q->shared.mu);
	struct event_item *item = STAILQ_FIRST(&q->shared.items);
	if (item) {
		STAILQ_REMOVE_HEAD(&q->shared.items, next);
		q->shared.bytes -= memory_size(item);
		if (--q->shared.count == 0)
			lower_fd(q->fd);
	}
	(void)pthread_mutex_unlock(&q->shared.mu);
	return item ? &item->event : NULL;
}

static int left_ms(struct mono end)
{
	int64_t left = clock_mono_ms_since(end, clock_mono());
	return left < 0 ? 0 : (int)(left + 1); /* rounded down above: wait the rest, too */
}

struct gchat_event *event_queue_wait(struct event_queue *q, int timeout_ms)
{
	struct mono end = clock_mono_add_ms(clock_mono(), timeout_ms > 0 ? timeout_ms : 0);
	for (;;) {
		struct gchat_event *event = event_queue_pop(q);
		if (event || timeout_ms == 0)
			return event;
		bool is_over = timeout_ms > 0 && clock_mono_ms_since(end, clock_mono()) < 0;
		if (is_over)
			return NULL;
		struct pollfd fd = {.fd = q->fd, .events = POLLIN};
		if (poll(&fd, 1, timeout_ms < 0 ? -1 : left_ms(end)) < 0 && errno != EINTR)
			return NULL;
	}
}

bool event_queue_is_full(struct event_queue *q)
{
	(void)pthread_mutex_lock(&q->shared.mu);
	bool is_full =
		q->shared.count >= GCHAT_EVENTS_MAX || q->shared.bytes >= EVENT_QUEUE_BYTES_MAX;
	(void)pthread_mutex_unlock(&q->shared.mu);
	return is_full;
}
