/*
 * The queue between the library and the application: bounded in number and bytes, with a descriptor
 * that is readable while something waits. Any thread.
 */
#pragma once

#include "base/macros.h"
#include "lib/gchat.h"
#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

enum {
	EVENT_QUEUE_BYTES_MAX = 16 * 1024 * 1024,
};

/* What is queued: the event comes first, so that its address is the memory's. */
struct event_item {
	struct gchat_event event;
	STAILQ_ENTRY(event_item) next;
};

struct event_queue {
	int fd; /* owned: eventfd */
	struct {
		pthread_mutex_t mu;
		STAILQ_HEAD(, event_item) items; /* owned */
		size_t count;
		size_t bytes;
	} shared;
};

/* 0 or negative errno. */
int event_queue_init(struct event_queue *q) GC_MUST_CHECK;
void event_queue_deinit(struct event_queue *q);

/* A zeroed event that memory can be added to. Owned: event_queue_push or gchat_free. */
struct gchat_event *event_new(enum gchat_event_kind kind);
/* Adds an event; takes it over. Never refuses: who fills it looks at event_queue_is_full. */
void event_queue_push(struct event_queue *q, struct gchat_event *event);
/* The oldest event, or NULL; owned by the caller. */
struct gchat_event *event_queue_pop(struct event_queue *q);
/* As pop, but waits up to timeout_ms (-1: for ever) for one. */
struct gchat_event *event_queue_wait(struct event_queue *q, int timeout_ms);

/* True: read nothing more from the stream until the application has taken some. */
bool event_queue_is_full(struct event_queue *q);
