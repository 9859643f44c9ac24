/*
 * A full disk, on a small file system of its own: what takes space is refused with DISK_FULL and a
 * time to wait; reading, signing in, typing and presence go on; and once there is space again all is
 * as before, without a restart.
 * timeout: 180
 */
#include "cmocka_std.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/td_client.h"
#include "tool.h"

enum {
	DISK_FULL_RETRY_MS = 5000, /* as daemon/shard/reply.c has it */
	BIG_BYTES = 3000,
	BIG_MAX = 40000,
	LOG_INS = 30,
	WAL_BYTES_MAX = 40 << 20,
};

static char disk[TD_PATH_BYTES]; /* what is mounted */
static bool may_mount;

/* A daemon whose store.folder is a file system of `megabytes`. */
static struct td *start_on_disk(unsigned megabytes, const char *config)
{
	char size[64];
	struct td *td = td_prepare(&(struct td_options){.config = config});
	(void)snprintf(disk, sizeof(disk), "%s", td_state_folder(td));
	(void)snprintf(size, sizeof(size), "size=%um,mode=0750", megabytes);
	assert_int_equal(mount("gchat-test", disk, "tmpfs", MS_NOSUID | MS_NODEV, size), 0);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	return td;
}

static void unmount(void)
{
	if (disk[0])
		(void)umount2(disk, MNT_DETACH); /* it goes with its last user */
	disk[0] = '\0';
}

static void stop(struct td *td)
{
	td_terminate(td);
	unmount();
	td_stop(td);
}

static int teardown(void **state)
{
	unmount();
	return td_teardown(state);
}

static void skip_where_mounting_is_not_allowed(void)
{
	if (!may_mount) {
		print_message("no right to a mount namespace: skipped\n");
		skip();
	}
}

/* Someone else takes all that is left, to the last page. */
static void fill_disk(void)
{
	char path[TD_PATH_BYTES + 16];
	char page[4096] = {1};
	(void)snprintf(path, sizeof(path), "%s/ballast", disk);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, page, sizeof(page)) > 0)
		continue;
	assert_int_equal(errno, ENOSPC);
	(void)close(fd);
}

static void free_disk(void)
{
	char path[TD_PATH_BYTES + 16];
	(void)snprintf(path, sizeof(path), "%s/ballast", disk);
	assert_int_equal(unlink(path), 0);
}

/* The request waits: refused for a while, with this reason. */
static void expect_delayed(struct td_client *c, uint64_t tag)
{
	const struct gchat_reply *reply = &td_expect_event(c, GCHAT_EVENT_REPLY)->reply;
	assert_int_equal(reply->kind, GCHAT_REPLY_DELAYED);
	assert_int_equal(reply->tag, tag);
	assert_string_equal(reply->error.reason, "DISK_FULL");
	assert_int_equal(reply->error.code, 8); /* RESOURCE_EXHAUSTED */
	assert_int_equal(reply->error.retry_after_ms, DISK_FULL_RETRY_MS);
}

static void expect_changes_refused(struct td *td, uint64_t den)
{
	struct td_client *cem = td_connect(td, "cem");
	struct gchat_error error = {0};
	struct gchat_profile *profile = NULL;
	struct gchat_room *room = NULL;
	uint64_t tag = 0;
	td_check(cem, gchat_join(td_gchat(cem), den, NULL, &tag), NULL, "join");
	td_expect_error(cem, tag, "DISK_FULL");
	int r = gchat_update_profile(td_gchat(cem), "Cem", NULL, &profile, &error);
	td_check_refused(cem, r, &error, "DISK_FULL");
	assert_true(error.retry_after_ms > 0);
	r = gchat_create_room(
		td_gchat(cem), &(struct gchat_room_spec){.name = "more"}, &room, &error);
	td_check_refused(cem, r, &error, "DISK_FULL");
	td_disconnect(cem);
}

/* From the log: an old session's cursor, a new session, a page of history. */
static void expect_reading(struct td *td, uint64_t room, uint64_t head)
{
	struct gchat_cursor cursor = {.room_id = room, .seq = 0};
	struct td_client *bob = td_connect_with(
		td, "bob", &(struct td_client_options){.cursors = &cursor, .cursor_count = 1});
	for (uint64_t seq = 1; seq <= head; seq++)
		assert_int_equal(td_expect_entry(bob, room)->seq, seq);
	struct gchat_history *history = NULL;
	struct gchat_error error = {0};
	td_check(bob,
		gchat_history(td_gchat(bob),
			&(struct gchat_history_query){
				.room_id = room, .place = GCHAT_PLACE_AFTER, .seq = 0},
			&history, &error),
		&error, "history");
	assert_int_equal(history->count, head);
	gchat_free(history);
	td_disconnect(bob);
}

static void expect_signing_in(struct td *td, const char *user)
{
	for (int i = 0; i < LOG_INS; i++) {
		struct td_client *c = i == 0 ? td_connect(td, user) : td_sign_in(td, user, NULL);
		td_disconnect(c);
	}
}

static void expect_status(struct td *td, const char *health, long long refused_least)
{
	json_t *status = tool_json(td, GCHATCTL, "status");
	assert_string_equal(json_string_value(tool_at(td, status, "store.health")), health);
	assert_true(json_integer_value(tool_at(td, status, "store.disk_full_refusals")) >=
		    refused_least);
	json_decref(status);
}

static void expect_bounded_wal(void)
{
	char path[TD_PATH_BYTES + 16];
	struct stat st;
	(void)snprintf(path, sizeof(path), "%s/gchat.db-wal", disk);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < WAL_BYTES_MAX);
}

static bool is_healthy(void *arg)
{
	struct td *td = arg;
	json_t *status = tool_json(td, GCHATCTL, "status");
	bool ok = strcmp(json_string_value(tool_at(td, status, "store.health")), "OK") == 0;
	json_decref(status);
	return ok;
}

static void a_disk_that_others_fill_stops_writing_alone(void **state)
{
	(void)state;
	skip_where_mounting_is_not_allowed();
	struct td *td = start_on_disk(64, "store: { reserve_mb = 16; };");
	struct td_client *ann =
		td_connect_with(td, "ann", &(struct td_client_options){.want_typing = true});
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t den = td_create_room(ann, "den");
	uint64_t edit = 0;
	td_disconnect(td_connect(td, "cem")); /* has an account by then */
	(void)td_join(bob, "lobby");
	uint64_t said = td_send_acked(bob, room, "before");

	fill_disk();
	uint64_t sent = td_send(ann, room, "while it is full");
	expect_delayed(ann, sent);
	td_check(bob, gchat_edit(td_gchat(bob), room, said, "edited", &edit), NULL, "edit");
	expect_delayed(bob, edit);
	assert_true(td_log_has(td, "the disk is full", TD_WAIT_MS));
	expect_changes_refused(td, den);
	td_check(bob, gchat_set_typing(td_gchat(bob), room, true, NULL), NULL, "typing");
	assert_true(td_expect_event(ann, GCHAT_EVENT_TYPING)->typing.typing);
	expect_reading(td, room, said);
	expect_signing_in(td, "cem");
	expect_status(td, "READ_ONLY", 5);
	expect_bounded_wal();

	free_disk();
	uint64_t first = td_expect_committed(ann, sent); /* both were sent again by themselves, */
	uint64_t second = td_expect_committed(bob, edit); /* in either order */
	assert_int_equal(first + second, said + 1 + said + 2);
	td_wait_until(td, is_healthy, td, TD_WAIT_MS, "the store is healthy again");
	assert_true(td_log_has(td, "takes all changes again after=full", TD_WAIT_MS));
	assert_int_equal(td_join(td_connect(td, "cem"), "den"), den);
	stop(td);
}

static void a_daemon_starts_on_a_full_disk(void **state)
{
	(void)state;
	skip_where_mounting_is_not_allowed();
	struct td *td = start_on_disk(64, "store: { reserve_mb = 16; };");
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t said = td_send_acked(ann, room, "before");
	fill_disk();
	expect_signing_in(td, "ann");
	td_restart(td);
	expect_signing_in(td, "ann");
	uint64_t sent = td_send(ann, room, "while it is full");
	free_disk();
	assert_int_equal(td_expect_committed(ann, sent), said + 1);
	stop(td);
}

/* Below the reserve the daemon stops by itself, and has all of it for what goes on. */
static void a_disk_that_talk_fills_keeps_its_reserve(void **state)
{
	(void)state;
	skip_where_mounting_is_not_allowed();
	struct td *td = start_on_disk(48, "store: { reserve_mb = 8; };"
					  "limits: { message_bytes_per_minute = 1000000000; };");
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t committed = 0;
	char text[BIG_BYTES + 1];
	memset(text, 'x', BIG_BYTES);
	text[BIG_BYTES] = '\0';
	bool full = false;
	for (unsigned i = 0; i < BIG_MAX && !full; i++) {
		uint64_t tag = td_send(ann, room, text);
		const struct gchat_reply *reply = &td_expect_event(ann, GCHAT_EVENT_REPLY)->reply;
		full = reply->kind == GCHAT_REPLY_DELAYED;
		if (full)
			assert_string_equal(reply->error.reason, "DISK_FULL");
		else
			committed = reply->seq;
		assert_int_equal(reply->tag, tag);
		td_forget(ann);
	}
	assert_true(full);
	expect_status(td, "READ_ONLY", 1);
	expect_signing_in(td, "ann");
	expect_bounded_wal();
	td_restart(td);
	struct gchat_history *history = NULL;
	struct td_client *again = td_connect(td, "ann");
	td_check(again,
		gchat_history(td_gchat(again),
			&(struct gchat_history_query){.room_id = room,
				.place = GCHAT_PLACE_BEFORE,
				.seq = UINT64_MAX,
				.page_size = 1},
			&history, NULL),
		NULL, "history");
	/* What was acknowledged; and the one that waits, where the log that the restart wrote back
	 * has left space for it. */
	assert_in_range(history->head_seq, committed, committed + 1);
	gchat_free(history);
	stop(td);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_disk_that_others_fill_stops_writing_alone),
		TEST(a_daemon_starts_on_a_full_disk),
		TEST(a_disk_that_talk_fills_keeps_its_reserve),
	};
	/* what is mounted is seen by us and our children alone, and gone with us */
	may_mount = unshare(CLONE_NEWNS) == 0 &&
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return cmocka_run_group_tests_name("full_disk", tests, NULL, NULL);
}
