/* Copies of a store in use: whole, checked, never over something else; and put back. */
#include "store/backup.h"

#include "base/fd.h"
#include "fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	FILE_MAX = 64 << 20,
	MANY = 3000,
};

static char copy_path[96];
static struct err_text err;

static const char *beside(const struct fixture *f, const char *name)
{
	(void)snprintf(copy_path, sizeof(copy_path), "%s/%s", f->folder, name);
	return copy_path;
}

static int make(struct fixture *f, const char *name, struct backup_contents *ret)
{
	const struct backup_options options = {.path = beside(f, name)};
	return store_backup(f->store, &options, ret, &err);
}

static void expect_contents(
	const struct backup_contents *c, uint64_t logs, uint64_t events, uint64_t records)
{
	assert_int_equal(c->logs, logs);
	assert_int_equal(c->events, events);
	assert_int_equal(c->records, records);
}

static void fill(struct fixture *f)
{
	write_many(f, 1, MANY);
	(void)write_ok(f, 7, 1, "the only one");
	assert_int_equal(put_text(f, STORE_ANY, "key", "what it says"), STORE_OK);
}

static void a_copy_holds_all_and_is_its_owners_alone(void **state)
{
	struct fixture *f = *state;
	struct backup_contents made;
	struct backup_contents checked;
	struct stat st;
	fill(f);
	assert_int_equal(make(f, "copy", &made), 0);
	expect_contents(&made, 2, MANY + 1, 1);
	assert_int_equal(stat(copy_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(made.bytes, st.st_size);
	assert_int_equal(backup_check(copy_path, &checked, &err), 0);
	assert_memory_equal(&made, &checked, sizeof(made));
}

static void what_is_there_is_never_overwritten(void **state)
{
	struct fixture *f = *state;
	struct backup_contents contents;
	char *text = NULL;
	size_t len;
	assert_int_equal(fd_write_file(beside(f, "copy"), "mine", 4, 0600), 0);
	assert_int_equal(make(f, "copy", &contents), -EEXIST);
	assert_int_equal(fd_read_file(copy_path, FILE_MAX, &text, &len), 0);
	assert_string_equal(text, "mine");
	free(text);
	assert_int_equal(make(f, "nowhere/copy", &contents), -ENOENT);
}

/* ---- beside a writer ---- */

struct beside {
	struct fixture *f;
	atomic_bool end;
	pthread_t thread;
};

static void *keep_writing(void *arg)
{
	struct beside *b = arg;
	while (!atomic_load(&b->end))
		(void)write_ok(b->f, 1, 1, "meanwhile");
	return NULL;
}

static void a_copy_made_while_others_write_is_of_one_moment(void **state)
{
	struct fixture *f = *state;
	struct beside b = {.f = f};
	struct backup_contents contents;
	fill(f);
	assert_int_equal(pthread_create(&b.thread, NULL, keep_writing, &b), 0);
	const struct backup_options options = {
		.path = beside(f, "copy"), .bytes_per_s = 2 << 20}; /* so that they do */
	int r = store_backup(f->store, &options, &contents, &err);
	atomic_store(&b.end, true);
	assert_int_equal(pthread_join(b.thread, NULL), 0);
	assert_int_equal(r, 0);
	uint64_t head = read_head(f, 1).head;
	assert_in_range(contents.events, MANY + 1, head + 1);
	assert_true(head + 1 > contents.events); /* there were some */
	(void)write_ok(f, 1, 1, "and it goes on");
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static void a_copy_given_up_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct backup_contents contents;
	const struct backup_options options = {.path = beside(f, "copy"), .goes_on = never};
	fill(f);
	assert_int_equal(store_backup(f->store, &options, &contents, &err), -ECANCELED);
	assert_int_equal(access(copy_path, F_OK), -1);
}

/* ---- checking ---- */

static void damage_is_found_wherever_it_is(void **state)
{
	static const char *const places[] = {"the only one", "what it says"};
	struct fixture *f = *state;
	struct backup_contents contents;
	fill(f);
	assert_int_equal(make(f, "copy", &contents), 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *data = NULL;
		size_t len;
		assert_int_equal(fd_read_file(copy_path, FILE_MAX, &data, &len), 0);
		char *at = memmem(data, len, places[i], strlen(places[i]));
		assert_non_null(at);
		*at ^= 1;
		assert_int_equal(fd_write_file(copy_path, data, len, 0600), 0);
		assert_int_equal(backup_check(copy_path, &contents, &err), -EBADMSG);
		*at ^= 1;
		assert_int_equal(fd_write_file(copy_path, data, len, 0600), 0);
		free(data);
	}
	assert_int_equal(backup_check(copy_path, &contents, &err), 0);
	assert_int_equal(truncate(copy_path, (off_t)(contents.bytes / 2)), 0);
	assert_true(backup_check(copy_path, &contents, &err) < 0);
}

static void what_is_no_copy_is_refused(void **state)
{
	struct fixture *f = *state;
	struct backup_contents contents;
	assert_int_equal(backup_check(beside(f, "none"), &contents, &err), -ENOENT);
	assert_int_equal(backup_check(f->folder, &contents, &err), -EINVAL);
	assert_int_equal(fd_write_file(beside(f, "text"), "some text", 9, 0600), 0);
	assert_int_equal(backup_check(copy_path, &contents, &err), -EINVAL);
	assert_int_equal(fd_write_file(beside(f, "empty"), "", 0, 0600), 0);
	assert_int_equal(backup_check(copy_path, &contents, &err), -EINVAL);
	(void)write_ok(f, 1, 1, "in the WAL");
	assert_int_equal(backup_check(f->path, &contents, &err), -EINVAL); /* it is in use */
}

/* ---- restoring ---- */

static void a_restored_store_is_the_one_of_the_copy(void **state)
{
	struct fixture *f = *state;
	struct backup_contents contents;
	char former[128];
	fill(f);
	assert_int_equal(make(f, "copy", &contents), 0);
	(void)write_ok(f, 7, 1, "after the copy");
	assert_int_equal(
		backup_restore(copy_path, f->path, former, sizeof(former), &contents, &err),
		-EBUSY);
	fixture_close(f);
	assert_int_equal(
		backup_restore(copy_path, f->path, former, sizeof(former), &contents, &err), 0);
	expect_contents(&contents, 2, MANY + 1, 1);
	fixture_open(f);
	assert_int_equal(read_head(f, 7).head, 1);
	assert_int_equal(read_head(f, 1).head, MANY);
	assert_string_equal(read_record(f, "key"), "what it says");
	assert_int_equal(write_ok(f, 7, 1, "on from there"), 2);
	assert_true(strncmp(former, f->path, strlen(f->path)) == 0);
	assert_int_equal(access(former, F_OK), 0);
}

static void what_root_restores_is_of_the_folders_owner(void **state)
{
	enum {
		SOMEONE = 12345
	};
	struct fixture *f = *state;
	struct backup_contents contents;
	char former[128];
	char lock[128];
	struct stat st;
	if (geteuid() != 0)
		skip();
	fill(f);
	assert_int_equal(make(f, "copy", &contents), 0);
	fixture_close(f);
	(void)snprintf(lock, sizeof(lock), "%s.lock", f->path);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(chown(f->folder, SOMEONE, SOMEONE), 0);
	assert_int_equal(
		backup_restore(copy_path, f->path, former, sizeof(former), &contents, &err), 0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_uid, SOMEONE);
	assert_int_equal(stat(lock, &st), 0);
	assert_int_equal(st.st_uid, SOMEONE);
	assert_int_equal(chown(f->folder, 0, 0), 0);
	fixture_open(f);
}

static void a_damaged_copy_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct backup_contents contents;
	char former[128];
	fill(f);
	assert_int_equal(make(f, "copy", &contents), 0);
	assert_int_equal(truncate(copy_path, (off_t)(contents.bytes / 2)), 0);
	fixture_close(f);
	assert_true(
		backup_restore(copy_path, f->path, former, sizeof(former), &contents, &err) < 0);
	fixture_open(f);
	assert_int_equal(read_head(f, 1).head, MANY);
}

static void a_store_in_memory_has_no_copy(void **state)
{
	struct fixture *f = *state;
	struct backup_contents contents;
	assert_int_equal(make(f, "copy", &contents), -ENOTSUP);
}

int main(void)
{
	static char mem[] = "mem";
	static char sqlite[] = "sqlite";
#define TEST(name, engine)                                                                         \
	cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, engine)
	const struct CMUnitTest tests[] = {
		TEST(a_copy_holds_all_and_is_its_owners_alone, sqlite),
		TEST(what_is_there_is_never_overwritten, sqlite),
		TEST(a_copy_made_while_others_write_is_of_one_moment, sqlite),
		TEST(a_copy_given_up_leaves_nothing, sqlite),
		TEST(damage_is_found_wherever_it_is, sqlite),
		TEST(what_is_no_copy_is_refused, sqlite),
		TEST(a_restored_store_is_the_one_of_the_copy, sqlite),
		TEST(what_root_restores_is_of_the_folders_owner, sqlite),
		TEST(a_damaged_copy_changes_nothing, sqlite),
		TEST(a_store_in_memory_has_no_copy, mem),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
