/* The store's tests' common part. */
#include "fixture.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the folder and the store ---- */

static void on_batch(void *arg)
{
	struct fixture *f = arg;
	f->batches++;
}

void fixture_open(struct fixture *f)
{
	struct err_text err = {0};
	int r = store_open(&f->options, &f->store, &err);
	if (r != 0)
		fail_msg("store_open: %s (%s)", err.text, strerror(-r));
}

void fixture_close(struct fixture *f)
{
	f->store = store_close(f->store);
}

void fixture_reopen(struct fixture *f)
{
	fixture_close(f);
	fixture_open(f);
}

int fixture_setup(void **state)
{
	struct fixture *f = mem_new(1, sizeof(*f));
	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/gchat-store-XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	(void)snprintf(f->path, sizeof(f->path), "%s/db", f->folder);
	f->options = (struct store_options){
		.engine = *state,
		.path = f->path,
		.durability = STORE_DURABILITY_PROCESS,
		.readers = 2,
		.on_batch = on_batch,
		.arg = f,
	};
	fixture_open(f);
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	fixture_close(f);
	(void)nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* what stays is in /tmp */
	free(f);
	return 0;
}

/* ---- writing ---- */

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned order;

static void on_done(struct store_op *op, enum store_status status)
{
	struct write *w = GC_CONTAINER_OF(op, struct write, op);
	pthread_mutex_lock(&mu);
	w->status = status;
	w->done = true;
	w->order = ++order;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mu);
}

static void wait_for(const bool *flag)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FIXTURE_DEADLINE_S;
	pthread_mutex_lock(&mu);
	int r = 0;
	while (!*flag && r == 0)
		r = pthread_cond_timedwait(&changed, &mu, &until);
	pthread_mutex_unlock(&mu);
	if (r != 0)
		fail_msg("not done after %d s", FIXTURE_DEADLINE_S);
}

struct write *write_text(
	struct write *w, uint64_t log, uint64_t author, uint64_t id, const char *text)
{
	*w = (struct write){
		.append = {.log = log,
			.author = author,
			.flags = STORE_EVENT_COUNTED,
			.body = (const uint8_t *)text,
			.body_len = strlen(text)},
		.op = {.append_count = 1},
	};
	if (id != 0) {
		memcpy(w->client_id, &id, sizeof(id));
		w->append.client_id = w->client_id;
	}
	return w;
}

void write_start(struct fixture *f, struct write *w)
{
	w->op.on_done = on_done;
	if (w->op.append_count == 1 && !w->op.appends)
		w->op.appends = &w->append;
	if (w->append.client_id)
		w->append.client_id = w->client_id; /* it may have been copied here */
	w->done = false;
	store_submit(f->store, &w->op);
}

enum store_status write_wait(struct write *w)
{
	wait_for(&w->done);
	return w->status;
}

enum store_status write_run(struct fixture *f, struct write *w)
{
	write_start(f, w);
	return write_wait(w);
}

uint64_t write_ok(struct fixture *f, uint64_t log, uint64_t author, const char *text)
{
	struct write w;
	assert_int_equal(write_run(f, write_text(&w, log, author, 0, text)), STORE_OK);
	return w.append.seq;
}

void write_many(struct fixture *f, uint64_t log, size_t count)
{
	struct write *writes = mem_new(count, sizeof(*writes));
	char(*texts)[24] = mem_new(count, sizeof(*texts));
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "%zu", i + 1);
		write_start(f, write_text(&writes[i], log, 1, 0, texts[i]));
	}
	for (size_t i = 0; i < count; i++)
		assert_int_equal(write_wait(&writes[i]), STORE_OK);
	free(texts);
	free(writes);
}

static struct {
	struct store_op op;
	bool holding;
	bool released;
} holder;

static void on_hold(struct store_op *op, enum store_status status)
{
	(void)op;
	(void)status;
	pthread_mutex_lock(&mu);
	holder.holding = true;
	pthread_cond_broadcast(&changed);
	while (!holder.released)
		pthread_cond_wait(&changed, &mu);
	pthread_mutex_unlock(&mu);
}

void writer_hold(struct fixture *f)
{
	memset(&holder, 0, sizeof(holder));
	holder.op.on_done = on_hold;
	store_submit(f->store, &holder.op);
	wait_for(&holder.holding);
}

void writer_release(struct fixture *f)
{
	(void)f;
	pthread_mutex_lock(&mu);
	holder.released = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mu);
}

static struct store_put text_put(enum store_condition condition, const char *key, const char *value)
{
	return (struct store_put){
		.kind = FIXTURE_KIND,
		.key = (const uint8_t *)key,
		.key_len = strlen(key),
		.value = (const uint8_t *)value,
		.value_len = value ? strlen(value) : 0,
		.condition = condition,
	};
}

enum store_status put_text(
	struct fixture *f, enum store_condition condition, const char *key, const char *value)
{
	struct store_put put = text_put(condition, key, value);
	struct write w = {.op = {.puts = &put, .put_count = 1}};
	return write_run(f, &w);
}

enum store_status put_vital_text(struct fixture *f, const char *key, const char *value)
{
	struct store_put put = text_put(STORE_ANY, key, value);
	struct write w = {.op = {.puts = &put, .put_count = 1, .vital = true}};
	return write_run(f, &w);
}

enum store_status drop_log(struct fixture *f, uint64_t log)
{
	struct write w = {.op = {.drop_log = log}};
	return write_run(f, &w);
}

enum store_status erase_events(
	struct fixture *f, const struct store_erase *erases, size_t count, const char *key)
{
	struct store_put put = text_put(STORE_PRESENT, key ? key : "", "erased");
	struct write w = {.op = {.erases = erases, .erase_count = count}};
	w.op.puts = key ? &put : NULL;
	w.op.put_count = key != NULL;
	return write_run(f, &w);
}

/* ---- reading ---- */

static struct {
	struct store_job job;
	enum {
		EVENTS,
		REFERRING,
		AUTHOR,
		HEAD,
		HEADS,
		COUNT,
		SEQ_AT,
		GET,
		SCAN
	} what;
	uint64_t log, from, to, after;
	size_t max;
	const char *key;
	bool found;
	struct store_head head;
	uint32_t count;
	uint64_t seq;
	char text[1 << 16];
	struct seen seen;
} reading;

static bool on_event(void *arg, const struct store_event *e)
{
	(void)arg;
	assert_true(reading.seen.count < FIXTURE_SEEN_MAX);
	struct seen_event *s = &reading.seen.events[reading.seen.count++];
	*s = (struct seen_event){
		.seq = e->seq,
		.time_us = e->time_us,
		.author = e->author,
		.target_seq = e->target_seq,
		.flags = e->flags,
		.has_client_id = e->client_id,
		.has_body = e->body,
		.body_len = e->body_len,
	};
	size_t len = e->body_len < sizeof(s->text) ? e->body_len : sizeof(s->text) - 1;
	if (len > 0)
		memcpy(s->text, e->body, len);
	return true;
}

static void add_text(const char *fmt, ...) GC_PRINTF(1, 2);

static void add_text(const char *fmt, ...)
{
	size_t used = strlen(reading.text);
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(reading.text + used, sizeof(reading.text) - used, fmt, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < sizeof(reading.text) - used);
}

static bool on_record(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)arg;
	if (reading.what == SCAN)
		add_text("%s%.*s=", reading.found ? " " : "", (int)key_len, (const char *)key);
	add_text("%.*s", (int)value_len, (const char *)value);
	reading.found = true;
	return true;
}

static bool on_head(void *arg, const struct store_head *head)
{
	(void)arg;
	add_text("%s%llu:%llu:%llu", reading.found ? " " : "", (unsigned long long)head->log,
		(unsigned long long)head->head, (unsigned long long)head->first);
	reading.found = true;
	return true;
}

static enum store_status run_reading(struct store_reader *r)
{
	const uint8_t *key = (const uint8_t *)reading.key;
	switch (reading.what) {
	case EVENTS:
		return store_read(
			r, reading.log, reading.from, reading.to, reading.max, on_event, NULL);
	case REFERRING:
		return store_read_referring(r, reading.log, reading.from, reading.to, reading.after,
			reading.max, on_event, NULL);
	case AUTHOR:
		return store_read_author(r,
			&(struct store_authored){.log = reading.log,
				.author = reading.after,
				.from = reading.from,
				.to = reading.to},
			reading.max, on_event, NULL);
	case HEAD:
		return store_head(r, reading.log, &reading.head);
	case HEADS:
		return store_heads(r, on_head, NULL);
	case COUNT:
		return store_count(r, reading.log, reading.after, reading.from,
			(uint32_t)reading.max, &reading.count);
	case SEQ_AT:
		return store_seq_at(r, reading.log, reading.from, &reading.seq);
	case GET:
		return store_get(r, FIXTURE_KIND, key, strlen(reading.key), on_record, NULL);
	case SCAN:
		return store_scan(r, FIXTURE_KIND, key, strlen(reading.key), on_record, NULL);
	}
	return STORE_UNAVAILABLE;
}

static void run_job(struct store_job *job, struct store_reader *reader)
{
	(void)job;
	reading.seen.status = run_reading(reader);
}

static void begin_reading(struct fixture *f)
{
	reading.seen.count = 0;
	reading.found = false;
	reading.text[0] = '\0';
	reading.job.run = run_job;
	store_run_now(f->store, &reading.job);
}

enum store_status read_status(void)
{
	return reading.seen.status;
}

const struct seen *read_events(
	struct fixture *f, uint64_t log, uint64_t from, uint64_t to, size_t max)
{
	reading.what = EVENTS;
	reading.log = log;
	reading.from = from;
	reading.to = to;
	reading.max = max;
	begin_reading(f);
	return &reading.seen;
}

const struct seen *read_referring(
	struct fixture *f, uint64_t log, uint64_t from, uint64_t to, uint64_t after, size_t max)
{
	reading.what = REFERRING;
	reading.log = log;
	reading.from = from;
	reading.to = to;
	reading.after = after;
	reading.max = max;
	begin_reading(f);
	return &reading.seen;
}

const struct seen *read_author(struct fixture *f, const struct store_authored *what, size_t max)
{
	reading.what = AUTHOR;
	reading.log = what->log;
	reading.from = what->from;
	reading.to = what->to;
	reading.after = what->author;
	reading.max = max;
	begin_reading(f);
	return &reading.seen;
}

struct store_head read_head(struct fixture *f, uint64_t log)
{
	reading.what = HEAD;
	reading.log = log;
	begin_reading(f);
	return reading.head;
}

uint32_t read_count(
	struct fixture *f, uint64_t log, uint64_t after, uint64_t but_author, uint32_t max)
{
	reading.what = COUNT;
	reading.log = log;
	reading.after = after;
	reading.from = but_author;
	reading.max = max;
	begin_reading(f);
	return reading.count;
}

uint64_t read_seq_at(struct fixture *f, uint64_t log, uint64_t time_us)
{
	reading.what = SEQ_AT;
	reading.log = log;
	reading.from = time_us;
	begin_reading(f);
	return reading.seq;
}

const char *read_record(struct fixture *f, const char *key)
{
	reading.what = GET;
	reading.key = key;
	begin_reading(f);
	return reading.found ? reading.text : NULL;
}

const char *read_scan(struct fixture *f, const char *prefix)
{
	reading.what = SCAN;
	reading.key = prefix;
	begin_reading(f);
	return reading.text;
}

const char *read_heads(struct fixture *f)
{
	reading.what = HEADS;
	begin_reading(f);
	return reading.text;
}

void wait_for_first(struct fixture *f, uint64_t log, uint64_t first)
{
	struct mono end =
		clock_mono_add_ms(clock_mono(), (int64_t)FIXTURE_DEADLINE_S * CLOCK_MS_PER_S);
	while (read_head(f, log).first != first) {
		if (clock_mono_ms_since(clock_mono(), end) > 0)
			fail_msg("log %llu doesn't begin at %llu", (unsigned long long)log,
				(unsigned long long)first);
		(void)poll(NULL, 0, 1); /* lets the writer work */
	}
}

uint64_t check_gapless(struct fixture *f, uint64_t log)
{
	uint64_t seq = 0;
	const struct seen *seen;
	do {
		seen = read_events(f, log, seq + 1, UINT64_MAX, STORE_PAGE_MAX);
		assert_int_equal(seen->status, STORE_OK);
		for (size_t i = 0; i < seen->count; i++)
			assert_int_equal(seen->events[i].seq, ++seq);
	} while (seen->count > 0);
	assert_int_equal(read_head(f, log).head, seq);
	return seq;
}
