/* Only rooms that a session has not read to the end are looked at: in a quiet moment none. */
#include "shard/sample.h"

#include "shard/hub.h"
#include "shard/session.h"

static uint64_t lag_of(const struct subscription *sub)
{
	return cursor_lag(&sub->cursor, subscription_span(sub).head);
}

static uint64_t session_backlog(struct session *s)
{
	uint64_t lag = 0;
	struct subscription *sub;
	TAILQ_FOREACH (sub, &s->dirty, dirty_link)
		lag += lag_of(sub);
	/* A room that is being read from the store is not on the list meanwhile. */
	sub = s->catching_up ? subscription_find(s, s->catch_up.room_id) : NULL;
	return sub && !sub->dirty ? lag + lag_of(sub) : lag;
}

static void publish(struct sample *sample, const struct sample_sums *sums)
{
	atomic_store_explicit(&sample->lag, sums->lag, memory_order_relaxed);
	atomic_store_explicit(&sample->lag_max, sums->lag_max, memory_order_relaxed);
	atomic_store_explicit(&sample->lagging, sums->lagging, memory_order_relaxed);
	atomic_store_explicit(&sample->queued_bytes, sums->queued_bytes, memory_order_relaxed);
}

void sample_take(struct shard *shard, struct mono now)
{
	struct sample_sums sums = {0};
	struct session *s;
	if (now.us < shard->sample.next.us)
		return;
	TAILQ_FOREACH (s, &shard->sessions, shard_link) {
		uint64_t lag = session_backlog(s);
		sums.lag += lag;
		sums.lag_max = lag > sums.lag_max ? lag : sums.lag_max;
		sums.lagging += lag > 0;
		sums.queued_bytes += s->sending_bytes + s->control.len;
	}
	publish(&shard->sample, &sums);
	shard->sample.next = clock_mono_add_ms(now,
		SAMPLE_INTERVAL_MS + INT64_C(1000) * shard->session_count / SAMPLE_SESSIONS_PER_S);
}

void sample_read(const struct hub *hub, struct sample_sums *ret)
{
	*ret = (struct sample_sums){0};
	for (unsigned i = 0; i < hub->options.shards; i++) {
		const struct sample *sample = &hub->shards[i].sample;
		uint64_t most = atomic_load_explicit(&sample->lag_max, memory_order_relaxed);
		ret->lag += atomic_load_explicit(&sample->lag, memory_order_relaxed);
		ret->lag_max = most > ret->lag_max ? most : ret->lag_max;
		ret->lagging += atomic_load_explicit(&sample->lagging, memory_order_relaxed);
		ret->queued_bytes +=
			atomic_load_explicit(&sample->queued_bytes, memory_order_relaxed);
	}
}
