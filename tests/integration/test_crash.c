/*
 * gchatd killed with -9 at random moments, again and again, while several senders and readers on
 * the real client library go on as if nothing had happened. GCHAT_CRASH_ROUNDS sets how often (200;
 * 40 under a sanitizer), GCHAT_CRASH_SEED repeats a run's moments.
 * labels: slow
 * timeout: 600
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/check.h"
#include "support/td_client.h"

enum {
	ROUNDS_DEFAULT = TD_SANITIZED ? 40 : 200,
	SENDERS = 4, /* they read, too */
	READERS = 4,
	PEOPLE = SENDERS + READERS,
	WINDOW = 24, /* messages of one sender not yet acknowledged */
	MOMENT_MIN_MS = 20,
	MOMENT_MAX_MS = 150,
	EARLY_ONE_IN = 8, /* kills counted from the start of the process, not from its first work */
	STEP_MS = 20,
	SETTLE_MS = 30000,
	BACKOFF_MAX_MS = 60,
};

struct person {
	pthread_t thread;
	struct check *check; /* borrowed */
	struct gchat *g; /* borrowed */
	const atomic_bool *quiet; /* borrowed: no new messages */
	const atomic_bool *stop; /* borrowed */
	uint64_t room;
	unsigned index; /* as a sender */
	unsigned reader; /* its index in the check */
	bool sends;
	unsigned waiting; /* not yet acknowledged */
	struct {
		uint64_t tag;
		unsigned number; /* 0: free */
	} sent[WINDOW];
};

static const char config[] = "store: { durability = \"always\"; };\n"
			     "log: { level = \"info\"; };\n";

static uint64_t random_state;

/* xorshift64: the same moments for the same seed. */
static unsigned random_below(unsigned limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state % limit);
}

static unsigned long setting(const char *name, unsigned long fallback)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 10) : fallback;
}

/* ---- people, each on a thread of its own ---- */

static void say_more(struct person *p)
{
	char text[CHECK_TEXT_BYTES];

	for (size_t i = 0; i < WINDOW && p->waiting < WINDOW; i++) {
		if (p->sent[i].number)
			continue;
		p->sent[i].number = check_next_text(p->check, p->index, text);
		int r = gchat_send(p->g, p->room, text, 0, &p->sent[i].tag);
		if (r < 0)
			check_blame(p->check, "sender %u: gchat_send: %s", p->index, strerror(-r));
		p->waiting++;
	}
}

static void take_reply(struct person *p, const struct gchat_reply *reply)
{
	size_t i = 0;

	if (reply->kind == GCHAT_REPLY_DELAYED)
		return; /* not the last word */
	while (i < WINDOW && !(p->sent[i].number && p->sent[i].tag == reply->tag))
		i++;
	if (i == WINDOW)
		check_blame(p->check, "sender %u: a reply to nothing", p->index);
	else if (reply->kind != GCHAT_REPLY_COMMITTED)
		check_blame(p->check, "sender %u number %u: %s: %s", p->index, p->sent[i].number,
			reply->error.reason, reply->error.message);
	else
		check_acked(p->check, p->index, p->sent[i].number, reply);
	if (i == WINDOW)
		return;
	p->sent[i].number = 0;
	p->waiting--;
}

static void *live(void *arg)
{
	struct person *p = arg;

	while (!atomic_load(p->stop)) {
		struct gchat_event *event = NULL;
		if (p->sends && !atomic_load(p->quiet))
			say_more(p);
		if (gchat_next(p->g, STEP_MS, &event) != 1)
			continue;
		if (event->kind == GCHAT_EVENT_REPLY)
			take_reply(p, &event->reply);
		else
			check_event(p->check, p->reader, event);
		gchat_event_free(event);
	}
	return NULL;
}

struct crowd {
	struct td *td;
	struct check *check;
	struct td_client *watcher; /* has no session: reads the history at the end */
	struct person people[PEOPLE];
	unsigned threads; /* started and not ended */
	atomic_bool quiet;
	atomic_bool stop;
};

/* Half of them keep their outbox on disk, as the program does; the others in memory. */
static void come_in(struct crowd *crowd, unsigned i, const char *room)
{
	struct person *p = &crowd->people[i];
	char name[24];

	(void)snprintf(name, sizeof(name), "%s%u", i < SENDERS ? "sender" : "reader", i);
	struct td_client_options options = {
		.state_name = i % 2 ? name : NULL,
		.backoff_max_ms = BACKOFF_MAX_MS,
	};
	struct td_client *c = td_connect_with(crowd->td, name, &options);
	p->g = td_gchat(c);
	p->room = td_enter_room(c, room);
	p->index = i;
	p->sends = i < SENDERS;
	p->quiet = &crowd->quiet;
	p->stop = &crowd->stop;
	if (!crowd->check)
		crowd->check = check_new(p->room);
	p->check = crowd->check;
	(void)td_expect_entry(c, p->room); /* its own joining: now it has a cursor */
	td_forget(c);
	p->reader = check_add_reader(p->check, name, p->g);
}

static void start(struct crowd *crowd, struct td *td)
{
	crowd->td = td;
	for (unsigned i = 0; i < PEOPLE; i++)
		come_in(crowd, i, "crash");
	crowd->watcher = td_sign_in(td, "sender0", NULL);
	for (unsigned i = 0; i < PEOPLE; i++) {
		int r = pthread_create(&crowd->people[i].thread, NULL, live, &crowd->people[i]);
		assert_int_equal(r, 0);
	}
}

static void stop(struct crowd *crowd)
{
	atomic_store(&crowd->stop, true);
	for (; crowd->threads > 0; crowd->threads--)
		(void)pthread_join(crowd->people[crowd->threads - 1].thread, NULL);
}

static struct crowd the_crowd;

/* The threads first: the harness closes their clients. */
static int teardown(void **state)
{
	stop(&the_crowd);
	int r = td_teardown(state);
	if (the_crowd.check)
		check_free(GC_TAKE(the_crowd.check));
	return r;
}

static void fail_on_fault(struct crowd *crowd, unsigned round)
{
	const char *fault = check_fault(crowd->check);

	if (fault)
		td_fail(crowd->td, "round %u: %s", round, fault);
}

/* ---- the rounds ---- */

struct progress {
	struct crowd *crowd;
	uint64_t acked; /* more than so many, or a fault, or the daemon ended by itself */
};

static bool has_progress(void *arg)
{
	const struct progress *p = arg;

	return check_counts_now(p->crowd->check).acked > p->acked || check_fault(p->crowd->check) ||
	       !td_is_running(p->crowd->td);
}

static bool is_settled(void *arg)
{
	const struct crowd *crowd = arg;

	return check_is_settled(crowd->check);
}

static void wait_for_work(struct crowd *crowd, unsigned round)
{
	struct progress p = {crowd, check_counts_now(crowd->check).acked};

	td_wait_until(crowd->td, has_progress, &p, SETTLE_MS, "a message is acknowledged");
	if (!td_is_running(crowd->td))
		td_fail(crowd->td, "round %u: gchatd ended by itself with status %d", round,
			td_wait_exit(crowd->td, 0));
	fail_on_fault(crowd, round);
}

static void one_round(struct crowd *crowd, unsigned round)
{
	unsigned ms = MOMENT_MIN_MS + random_below(MOMENT_MAX_MS - MOMENT_MIN_MS + 1);

	if (random_below(EARLY_ONE_IN) != 0)
		wait_for_work(crowd, round);
	(void)poll(NULL, 0, (int)ms); /* the random moment itself */
	td_kill9(crowd->td);
	td_spawn(crowd->td);
	fail_on_fault(crowd, round);
}

static void settle(struct crowd *crowd, unsigned rounds)
{
	td_wait_ready(crowd->td, TD_WAIT_MS);
	wait_for_work(crowd, rounds);
	atomic_store(&crowd->quiet, true);
	td_wait_until(crowd->td, is_settled, crowd, SETTLE_MS,
		"all is acknowledged and all have seen all");
	fail_on_fault(crowd, rounds);
	stop(crowd);
	check_finish(crowd->check, crowd->td, td_gchat(crowd->watcher));
}

static void nothing_acknowledged_is_lost_or_doubled_however_often_the_daemon_is_killed(void **state)
{
	const struct td_options options = {.config = config};
	struct mono begin = clock_mono();
	unsigned rounds = (unsigned)setting("GCHAT_CRASH_ROUNDS", ROUNDS_DEFAULT);
	struct crowd *crowd = &the_crowd;

	(void)state;
	random_state = setting("GCHAT_CRASH_SEED", clock_wall_us() | 1);
	printf("crash: %u rounds, seed %" PRIu64 "\n", rounds, random_state);
	start(crowd, td_start(&options));
	for (unsigned round = 1; round <= rounds; round++)
		one_round(crowd, round);
	settle(crowd, rounds);
	struct check_counts n = check_counts_now(crowd->check);
	printf("crash: %u kills in %" PRId64 " ms: %" PRIu64
	       " messages sent and acknowledged, %" PRIu64
	       " of them known from before a kill, log of %" PRIu64 " entries, %" PRIu64
	       " deliveries to %d readers in one order\n",
		rounds, clock_mono_ms_since(clock_mono(), begin), n.acked, n.duplicates, n.head,
		n.entries, PEOPLE);
	td_stop(crowd->td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			nothing_acknowledged_is_lost_or_doubled_however_often_the_daemon_is_killed,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
