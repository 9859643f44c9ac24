/* Each shard walks its sessions in order and offers those that fit. */
#include "service/session_page.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
	const struct session_row *x = a;
	const struct session_row *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

void session_page_init(struct session_page *page, const struct session_filter *filter, size_t size)
{
	page->filter = *filter;
	page->size = size;
	pthread_mutex_init(&page->mu, NULL);
	selection_init(&page->first, size + 1, by_id);
}

void session_page_deinit(struct session_page *page)
{
	for (size_t i = 0; i < page->first.count; i++)
		free(page->first.items[i]);
	selection_deinit(&page->first);
	pthread_mutex_destroy(&page->mu);
}

static bool fits(const struct session_filter *filter, const struct session *s)
{
	return s->id > filter->after && s->state < SESSION_ENDING &&
	       (filter->account_id == 0 || filter->account_id == s->account->id) &&
	       (filter->session_id == 0 || filter->session_id == s->id);
}

static struct session_row *row_new(const struct session_page *page, struct session *s)
{
	struct session_row *row = mem_new(1, sizeof(*row));
	*row = (struct session_row){.id = s->id,
		.account_id = s->account->id,
		.state = s->state,
		.since_us = s->since_us,
		.rooms = HASH_COUNT(s->subscriptions),
		.lag = session_lag(s),
		.queued_bytes = s->sending_bytes + s->control.len,
		.events_out = s->events_out,
		.shard = s->shard->index};
	(void)snprintf(row->user, sizeof(row->user), "%s", s->account->name);
	memcpy(row->client, s->client, sizeof(row->client));
	directory_token_device(page->directory, s->account, s->token_id, row->device);
	acceptor_address(s->peer, row->address);
	if (page->acceptor) { /* a connection that has just gone leaves them empty */
		(void)acceptor_round_trip(page->acceptor, s->peer, &row->round_trip_us);
		(void)acceptor_served(page->acceptor, s->peer, row->certificate);
	}
	return row;
}

/* Whether a session of this number has a place, as of now: a row is work. */
static bool has_place(struct session_page *page, uint64_t id)
{
	const struct selection *first = &page->first;
	pthread_mutex_lock(&page->mu);
	const struct session_row *last = first->count > 0 ? first->items[0] : NULL;
	bool has = !last || first->count < first->max || id < last->id;
	pthread_mutex_unlock(&page->mu);
	return has;
}

void session_page_visit(struct session_page *page, struct shard *shard)
{
	struct session *s;
	TAILQ_FOREACH (s, &shard->sessions, shard_link) {
		if (!fits(&page->filter, s))
			continue;
		if (!has_place(page, s->id))
			return; /* nor have those behind it */
		struct session_row *row = row_new(page, s);
		pthread_mutex_lock(&page->mu);
		row = selection_offer(&page->first, row);
		pthread_mutex_unlock(&page->mu);
		free(row);
	}
}

struct session_row **session_page_rows(struct session_page *page, size_t *ret_count, bool *ret_more)
{
	selection_sort(&page->first);
	*ret_more = page->first.count > page->size;
	*ret_count = *ret_more ? page->size : page->first.count;
	return (struct session_row **)(void *)page->first.items;
}
