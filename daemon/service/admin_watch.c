/* WaitEvents: answers at once where something is there, else when something comes. */
#include "service/admin_watch.h"

#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "service/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wait {
	struct watch_waiter waiter;
	struct call *call; /* borrowed: it waits with us */
	size_t max;
};

static void fill(Gchat__V1__WatchEvent *out, struct watch_entry *entry)
{
	gchat__v1__watch_event__init(out);
	out->seq = entry->seq;
	out->time_us = entry->time_us;
	out->kind = (Gchat__V1__WatchKind)entry->kind;
	out->user = entry->user;
	out->actor = entry->actor;
	out->room = entry->room;
	out->address = entry->address;
	out->reason = entry->reason;
	out->text = entry->text;
	out->session_id = entry->session_id;
	out->count = entry->count;
}

/* With what there is, which may be nothing. */
static void reply(struct call *call)
{
	struct wait *wait = call->data;
	struct watch *watch = &call->service->watch;
	struct watch_entry *entries = mem_new(wait->max, sizeof(*entries));
	Gchat__V1__WatchEvent *outs = mem_new(wait->max, sizeof(*outs));
	Gchat__V1__WatchEvent **list = mem_new(wait->max, sizeof(struct Gchat__V1__WatchEvent *));
	Gchat__V1__WaitEventsResponse response;
	gchat__v1__wait_events_response__init(&response);
	size_t count = 0;
	response.dropped = wait->waiter.dropped;
	while (count < wait->max && watch_next(watch, &wait->waiter.filter, &wait->waiter.after,
					    &response.dropped, &entries[count])) {
		fill(&outs[count], &entries[count]);
		list[count] = &outs[count];
		count++;
	}
	response.events = list;
	response.n_events = count;
	response.last_seq = wait->waiter.after;
	response.started_us = call->service->started_us;
	call_reply(call, &response.base);
	free(list);
	free(outs);
	free(entries);
}

static void refuse(struct call *call)
{
	call_fail_text(call, REASON_RATE_LIMITED, "%d others watch already", WATCH_WAITERS_MAX);
}

/* Main thread. */
static void wake(struct watch_waiter *waiter)
{
	struct call *call = GC_CONTAINER_OF(waiter, struct wait, waiter)->call;
	shard_post(call->shard, &call->mail);
}

/* False: refused, which was answered. */
static bool read_filter(
	struct call *call, const Gchat__V1__WaitEventsRequest *r, struct watch_filter *filter)
{
	for (size_t i = 0; i < r->n_kinds; i++) {
		if (r->kinds[i] < 1 || (int)r->kinds[i] >= _WATCH_KIND_MAX) {
			call_fail(call, REASON_INVALID_ARGUMENT);
			return false;
		}
		filter->kinds |= 1U << r->kinds[i];
	}
	if (strlen(r->user) > LIMIT_USER_NAME_BYTES || strlen(r->room) > LIMIT_ROOM_NAME_BYTES) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return false;
	}
	(void)snprintf(filter->user, sizeof(filter->user), "%s", r->user);
	(void)snprintf(filter->room, sizeof(filter->room), "%s", r->room);
	return true;
}

void admin_wait_events(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__WaitEventsRequest *r = CALL_REQUEST(Gchat__V1__WaitEventsRequest, msg);
	struct watch *watch = &call->service->watch;
	struct wait *wait = call_data(call, sizeof(*wait));
	uint32_t wait_ms = r->wait_ms < WATCH_WAIT_MS_MAX ? r->wait_ms : WATCH_WAIT_MS_MAX;
	uint64_t newest = watch_newest(watch);
	wait->call = call;
	wait->max = call_page_size(r->page_size);
	wait->waiter.after = r->after_seq < newest ? r->after_seq : newest;
	if (r->started_us != 0 && r->started_us != call->service->started_us)
		wait->waiter.after = 0;
	if (r->from_now)
		wait->waiter.after = newest;
	if (!read_filter(call, r, &wait->waiter.filter))
		return;
	watch_ask(watch);
	if (wait_ms == 0 || watch_has_news(watch, &wait->waiter)) {
		reply(call);
		return;
	}
	wait->waiter.wake = wake;
	wait->waiter.deadline = clock_mono_add_ms(clock_mono(), wait_ms);
	call_wait(call, reply);
	if (watch_wait(watch, &wait->waiter))
		return;
	/* It waits for nobody: the letter comes from itself. */
	call->then = health_is_serving(&call->service->health) ? refuse : reply;
	shard_post(call->shard, &call->mail);
}
