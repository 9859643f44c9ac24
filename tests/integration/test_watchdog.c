/*
 * systemd's watchdog, with the test in systemd's place: work of every kind feeds it, one thread that
 * stands still ends that, and a disk that doesn't answer does not.
 * timeout: 180
 */
#include "cmocka_std.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "support/td_client.h"
#include "tool.h"

enum {
	WATCHDOG_MS = 4000,
	FEEDS = 2, /* of a daemon at work */
	HELD_MS = WATCHDOG_MS * 3 / 2,
	STUCK_MS = 60000, /* longer than the test: its daemon is killed */
};

static const char FEED[] = "WATCHDOG=1";
static const char *const watched[] = {"WATCHDOG_USEC=4000000", NULL};

/* ---- in systemd's place ---- */

struct life {
	struct td *td;
	unsigned feeds;
	struct mono fed; /* when it was last, or began */
};

static void begin_life(struct life *life, struct td *td)
{
	*life = (struct life){.td = td, .feeds = td_notify_count(td, FEED), .fed = clock_mono()};
}

/* Whether systemd would have ended it by now. */
static bool is_overdue(struct life *life)
{
	unsigned feeds = td_notify_count(life->td, FEED);
	if (feeds != life->feeds)
		life->fed = clock_mono();
	life->feeds = feeds;
	return clock_mono_ms_since(clock_mono(), life->fed) > WATCHDOG_MS;
}

static bool is_fed_anew(void *arg)
{
	struct life *life = arg;
	unsigned before = life->feeds;
	(void)is_overdue(life);
	return life->feeds > before;
}

/* ---- one thread ---- */

static pid_t find_thread(struct td *td, const char *name)
{
	char path[64];
	char comm[32];
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)td_pid(td));
	DIR *folder = opendir(path);
	pid_t found = 0;
	assert_non_null(folder);
	for (struct dirent *e; found == 0 && (e = readdir(folder));) {
		char file[sizeof(path) + sizeof(e->d_name) + 8];
		(void)snprintf(file, sizeof(file), "%s/%s/comm", path, e->d_name);
		FILE *f = fopen(file, "re");
		if (f && fgets(comm, sizeof(comm), f)) {
			comm[strcspn(comm, "\n")] = '\0';
			found = strcmp(comm, name) == 0 ? (pid_t)strtol(e->d_name, NULL, 10) : 0;
		}
		if (f)
			(void)fclose(f);
	}
	(void)closedir(folder);
	return found;
}

/* Stops that thread and no other, which a signal can't: as a debugger does. */
static pid_t stop_thread(struct td *td, const char *name)
{
	int status = 0;
	pid_t thread = find_thread(td, name);
	if (thread == 0)
		td_fail(td, "gchatd has no thread %s", name);
	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0)
		td_fail(td, "thread %s can't be stopped: %s", name, strerror(errno));
	assert_int_equal(ptrace(PTRACE_INTERRUPT, thread, NULL, NULL), 0);
	assert_int_equal(waitpid(thread, &status, __WALL), thread);
	return thread;
}

static void let_go(pid_t thread)
{
	assert_int_equal(ptrace(PTRACE_DETACH, thread, NULL, NULL), 0);
}

/* ---- the tests ---- */

struct victim {
	const char *name; /* of the thread, as /proc has it */
	struct life life;
	struct td_client *ann;
	uint64_t room_id;
	pid_t thread;
};

static struct victim victims[] = {
	{.name = "shard-0"}, {.name = "accept"}, {.name = "store-writer"}, {.name = "gchatd"}};

/* The writer is stuck only when there is something to write. */
static void give_work(struct victim *v)
{
	(void)td_send(v->ann, v->room_id, "is anybody there?");
}

static bool all_are_overdue(void *arg)
{
	bool all = true;
	(void)arg;
	for (size_t i = 0; i < GC_LENGTH(victims); i++)
		all = is_overdue(&victims[i].life) && all;
	return all;
}

static void any_thread_that_stands_still_ends_the_feeding(void **state)
{
	char line[64];
	(void)state;
	for (size_t i = 0; i < GC_LENGTH(victims); i++) {
		struct victim *v = &victims[i];
		begin_life(&v->life, td_start(&(struct td_options){.env = watched}));
		v->ann = td_connect(v->life.td, "ann");
		v->room_id = td_create_room(v->ann, "den");
	}
	for (size_t i = 0; i < GC_LENGTH(victims); i++) {
		struct victim *v = &victims[i];
		td_wait_until(v->life.td, is_fed_anew, &v->life, TD_WAIT_MS, "a first feeding");
		v->thread = stop_thread(v->life.td, v->name);
		give_work(v);
	}
	td_wait_until(NULL, all_are_overdue, NULL, TD_WAIT_MS, "the end of all feeding");
	for (size_t i = 0; i < GC_LENGTH(victims); i++) {
		struct victim *v = &victims[i];
		(void)snprintf(line, sizeof(line), "thread=%s", v->name);
		if (strcmp(v->name, "gchatd") != 0) /* the main thread is who would say it */
			assert_true(td_log_has(v->life.td, line, 0));
		let_go(v->thread);
		td_wait_until(v->life.td, is_fed_anew, &v->life, TD_WAIT_MS, "feeding anew");
		td_stop(v->life.td);
	}
}

/* One round of what takes long where there is much of it. */
static void work(struct td *td, struct td_client *ann, unsigned round)
{
	char name[32];
	char words[TD_PATH_BYTES + 64];
	(void)snprintf(name, sizeof(name), "guest%u", round);
	struct td_client *guest = td_connect(td, name);
	(void)td_send_acked(guest, td_join(guest, "den"), "to be erased");
	(void)td_send_acked(ann, td_join(ann, "den"), "to stay");
	td_disconnect(guest);
	(void)snprintf(words, sizeof(words), "backup %s/%u.db", td_folder(td), round);
	assert_int_equal(tool_run(td, GCHATCTL, words, NULL), 0);
	assert_int_equal(tool_run(td, GCHATCTL, "verify", NULL), 0);
	(void)snprintf(words, sizeof(words), "user delete %s --erase --yes", name);
	assert_int_equal(tool_run(td, GCHATCTL, words, NULL), 0);
	assert_int_equal(tool_run(td, GCHATCTL, "cert rotate", NULL), 0);
	td_signal(td, SIGHUP);
}

static void work_of_every_kind_goes_with_feeding(void **state)
{
	struct life life;
	(void)state;
	begin_life(&life, td_start(&(struct td_options){.env = watched}));
	struct td_client *ann = td_connect(life.td, "ann");
	(void)td_create_room(ann, "den");
	for (unsigned round = 0; life.feeds < FEEDS; round++) {
		work(life.td, ann, round);
		assert_false(is_overdue(&life));
	}
	assert_false(td_log_has(life.td, "makes no progress", 0));
	td_stop(life.td);
}

/* ---- disks ---- */

struct disk {
	struct life life;
	struct td_client *ann;
	uint64_t tag; /* of a message that is being committed */
	struct mono sent;
};

/* A daemon whose disk meets `fault` with the message that is sent now. */
static void begin_fault(struct disk *disk, const char *fault)
{
	static char plan[2][TD_PATH_BYTES + 32];
	static const char *env[2][3];
	static size_t count;
	char path[TD_PATH_BYTES];
	size_t n = count++;
	env[n][0] = watched[0];
	env[n][1] = plan[n];
	struct td *td = td_prepare(&(struct td_options){.env = env[n]});
	(void)snprintf(plan[n], sizeof(plan[n]), "GCHAT_FAULT_PLAN=%s", td_path(td, "plan", path));
	assert_int_equal(setenv("TD_GCHATD", GCHATD_FAULT, 1), 0);
	td_spawn(td);
	assert_int_equal(unsetenv("TD_GCHATD"), 0);
	td_wait_ready(td, TD_WAIT_MS);
	disk->ann = td_connect(td, "ann");
	uint64_t room_id = td_create_room(disk->ann, "den");
	assert_int_equal(fd_write_file(path, fault, strlen(fault), 0600), 0);
	begin_life(&disk->life, td);
	disk->sent = clock_mono();
	disk->tag = td_send(disk->ann, room_id, "on its way");
}

static bool is_stuck(void *arg)
{
	struct disk *disk = arg; /* two: the second's disk doesn't answer */
	if (is_overdue(&disk[1].life))
		td_fail(disk[1].life.td, "not fed for %d ms", WATCHDOG_MS);
	return is_overdue(&disk[0].life);
}

static bool has_answered(void *arg)
{
	struct disk *disk = arg;
	if (is_overdue(&disk->life))
		td_fail(disk->life.td, "not fed for %d ms", WATCHDOG_MS);
	return clock_mono_ms_since(clock_mono(), disk->sent) >= HELD_MS;
}

static void a_disk_that_does_not_answer_is_waited_for_and_a_stuck_writer_is_not(void **state)
{
	struct disk disks[2];
	char fault[64];
	(void)state;
	(void)snprintf(fault, sizeof(fault), "commit ok delay_ms=%d count=1", STUCK_MS);
	begin_fault(&disks[0], fault);
	(void)snprintf(fault, sizeof(fault), "commit ok held_ms=%d count=1", HELD_MS);
	begin_fault(&disks[1], fault);
	td_wait_until(NULL, is_stuck, disks, TD_WAIT_MS, "the end of feeding");
	assert_true(td_log_has(disks[0].life.td, "thread=store-writer", 0));
	td_kill9(disks[0].life.td);
	td_wait_until(NULL, has_answered, &disks[1], TD_WAIT_MS, "the disk");
	(void)td_expect_committed(disks[1].ann, disks[1].tag);
	assert_false(td_log_has(disks[1].life.td, "makes no progress", 0));
	td_stop(disks[1].life.td);
	td_stop(disks[0].life.td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			any_thread_that_stands_still_ends_the_feeding, td_teardown),
		cmocka_unit_test_teardown(work_of_every_kind_goes_with_feeding, td_teardown),
		cmocka_unit_test_teardown(
			a_disk_that_does_not_answer_is_waited_for_and_a_stuck_writer_is_not,
			td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
