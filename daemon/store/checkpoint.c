/* The checkpointer's thread, and the writer's part of its work. */
#include "store/checkpoint.h"

#include "base/clock.h"
#include "store/thread.h"

#include <string.h>
#include <time.h>

static bool take_turn(struct checkpointer *c)
{
	enum {
		NS_PER_US = 1000
	};
	struct mono end = clock_mono_add_ms(clock_mono(), CHECKPOINT_TURN_MS);
	const struct timespec deadline = {
		.tv_sec = end.us / CLOCK_US_PER_S, .tv_nsec = end.us % CLOCK_US_PER_S * NS_PER_US};
	int r = 0;
	pthread_mutex_lock(&c->shared.mu);
	while (c->shared.running && r == 0)
		r = pthread_cond_clockwait(
			&c->shared.turn, &c->shared.mu, CLOCK_MONOTONIC, &deadline);
	bool mine = !c->shared.running;
	c->shared.running = true;
	pthread_mutex_unlock(&c->shared.mu);
	return mine;
}

static void end_turn(struct checkpointer *c)
{
	pthread_mutex_lock(&c->shared.mu);
	c->shared.running = false;
	pthread_cond_signal(&c->shared.turn);
	pthread_mutex_unlock(&c->shared.mu);
}

static bool wait_for_work(struct checkpointer *c)
{
	pthread_mutex_lock(&c->shared.mu);
	while (!c->shared.wanted && !c->shared.stopping)
		pthread_cond_wait(&c->shared.wake, &c->shared.mu);
	c->shared.wanted = false;
	bool stopping = c->shared.stopping;
	pthread_mutex_unlock(&c->shared.mu);
	return !stopping;
}

/* A failure (no space in the database's file) leaves the WAL as it is: tried again when it has
 * grown, and the writer finds out by itself. */
static void *run(void *arg)
{
	struct checkpointer *c = arg;
	while (wait_for_work(c)) {
		if (!take_turn(c))
			continue;
		(void)sqlite3_wal_checkpoint_v2(
			c->conn.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		end_turn(c);
	}
	return NULL;
}

static void wake(struct checkpointer *c)
{
	pthread_mutex_lock(&c->shared.mu);
	c->shared.wanted = true;
	pthread_cond_signal(&c->shared.wake);
	pthread_mutex_unlock(&c->shared.mu);
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int wal_pages)
{
	(void)db;
	(void)name;
	struct checkpointer *c = arg;
	if (wal_pages < c->wal_pages) { /* begun anew */
		c->passive_at = CHECKPOINT_PASSIVE_PAGES;
		c->restart_at = c->restart_pages;
	}
	c->wal_pages = wal_pages;
	if (wal_pages >= c->passive_at) {
		c->passive_at = wal_pages + CHECKPOINT_PASSIVE_PAGES;
		wake(c);
	}
	return SQLITE_OK;
}

int checkpointer_start(struct checkpointer *c, const char *path, sqlite3 *writer,
	enum store_durability durability, struct err_text *err)
{
	*c = (struct checkpointer){
		.writer = writer,
		.passive_at = CHECKPOINT_PASSIVE_PAGES,
		.restart_at = CHECKPOINT_RESTART_PAGES,
		.restart_pages = CHECKPOINT_RESTART_PAGES,
	};
	int r = conn_open(&c->conn, path, CONN_CHECKPOINTER, durability, err);
	if (r < 0) {
		conn_close(&c->conn);
		return err_pass(r);
	}
	(void)pthread_mutex_init(&c->shared.mu, NULL); /* none of these can fail on Linux */
	(void)pthread_cond_init(&c->shared.wake, NULL);
	(void)pthread_cond_init(&c->shared.turn, NULL);
	r = thread_start(&c->thread, "store-checkpt", run, c);
	if (r < 0) {
		err_say(err, "store: can't start a thread: %s", strerror(-r));
		conn_close(&c->conn);
		return err_pass(r);
	}
	(void)sqlite3_wal_hook(writer, on_commit, c); /* returns the former hook's argument */
	return 0;
}

void checkpointer_stop(struct checkpointer *c)
{
	(void)sqlite3_wal_hook(c->writer, NULL, NULL);
	pthread_mutex_lock(&c->shared.mu);
	c->shared.stopping = true;
	pthread_cond_signal(&c->shared.wake);
	pthread_mutex_unlock(&c->shared.mu);
	(void)pthread_join(c->thread, NULL);
	conn_close(&c->conn);
	pthread_cond_destroy(&c->shared.turn);
	pthread_cond_destroy(&c->shared.wake);
	pthread_mutex_destroy(&c->shared.mu);
}

/* The next try costs the waits again. */
static void put_off(struct checkpointer *c)
{
	if (c->wal_pages >= c->restart_pages)
		c->restart_at = c->wal_pages + c->wal_pages / 4;
}

bool checkpointer_restart(struct checkpointer *c)
{
	c->restart_at = c->restart_pages;
	if (!take_turn(c)) {
		put_off(c);
		return false;
	}
	(void)sqlite3_busy_timeout(c->writer, CHECKPOINT_WAIT_MS); /* a setting: can't fail */
	int rc = sqlite3_wal_checkpoint_v2(c->writer, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	(void)sqlite3_busy_timeout(c->writer, CONN_BUSY_MS);
	end_turn(c);
	if (rc == SQLITE_OK)
		c->wal_pages = 0;
	else
		put_off(c);
	return rc == SQLITE_OK;
}

void checkpointer_set_short(struct checkpointer *c, bool is_short)
{
	if (is_short == (c->restart_pages == CHECKPOINT_SHORT_PAGES))
		return;
	c->restart_pages = is_short ? CHECKPOINT_SHORT_PAGES : CHECKPOINT_RESTART_PAGES;
	c->restart_at = c->restart_pages;
}

void checkpointer_hold(struct checkpointer *c, bool held)
{
	atomic_store(&c->held, held);
}

void checkpointer_help(struct checkpointer *c)
{
	if (c->wal_pages >= c->restart_at && !atomic_load(&c->held))
		(void)checkpointer_restart(c); /* tried again when the WAL has grown */
}
