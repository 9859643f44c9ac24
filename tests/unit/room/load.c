/* What nobody wrote: records that can't have come from this daemon stop its start. */
#include "gchat/v1/record.pb-c.h"
#include "room/audit.h"
#include "room/record.h"
#include "site.h"
#include "store/store.h"

#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct put {
	struct store_op op;
	struct store_put put;
	sem_t done;
};

static void on_put(struct store_op *op, enum store_status status)
{
	struct put *put = GC_CONTAINER_OF(op, struct put, op);
	assert_int_equal(status, STORE_OK);
	sem_post(&put->done);
}

/* Puts the record into the store behind the directory's back; whether the daemon would start. */
static bool starts_with(struct site *site, enum record_kind kind, struct record_key key,
	const ProtobufCMessage *msg)
{
	struct record_value value = record_encode(msg);
	struct put put = {.op.on_done = on_put,
		.put = {.kind = (uint32_t)kind,
			.key = key.bytes,
			.key_len = key.len,
			.value = value.data,
			.value_len = value.len}};
	struct directory *again = NULL;
	struct err_text err = {0};
	put.op.puts = &put.put;
	put.op.put_count = 1;
	sem_init(&put.done, 0, 0);
	store_submit(site->store, &put.op);
	while (sem_wait(&put.done) != 0)
		continue;
	sem_destroy(&put.done);
	free(value.data);
	int r = directory_open(site->store, &site->limits, &site->tail, &again, &err);
	assert_true(r == 0 || (r == -EBADMSG && err.text[0]));
	(void)directory_close(again);
	return r == 0;
}

static bool starts_with_room(
	struct site *site, uint64_t key, uint64_t id, const char *name, Gchat__V1__Visibility vis)
{
	Gchat__V1__RoomRecord room;
	gchat__v1__room_record__init(&room);
	room.room_id = id;
	room.name = (char *)(uintptr_t)name;
	room.visibility = vis;
	return starts_with(site, RECORD_ROOM, record_key_id(key), &room.base);
}

static bool starts_with_account(struct site *site, uint64_t key, uint64_t id, const char *name)
{
	Gchat__V1__AccountRecord account;
	gchat__v1__account_record__init(&account);
	account.account_id = id;
	account.user = (char *)(uintptr_t)name;
	return starts_with(site, RECORD_ACCOUNT, record_key_id(key), &account.base);
}

static void a_room_that_nobody_could_have_made_stops_the_start(void **state)
{
	static const Gchat__V1__Visibility public = GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC;
	static const uint64_t large = AUDIT_ROOM_ID_MAX + 1ULL;
	struct site *site = *state;
	assert_true(starts_with_room(site, 90, 90, "cellar", public));
	assert_false(starts_with_room(site, 90, 91, "cellar", public)); /* under another's number */
	assert_false(starts_with_room(site, 90, 90, "den", public)); /* a name taken */
	assert_false(starts_with_room(site, 90, 90, "The Cellar", public));
	assert_false(starts_with_room(site, 90, 90, "cellar", 9));
	assert_false(
		starts_with_room(site, 90, 90, "cellar", GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT));
	assert_true(starts_with_room(site, 90, 90, "cellar", public));
	assert_false(
		starts_with_room(site, large, large, "attic", public)); /* another log has it */
}

static void an_account_that_nobody_could_have_made_stops_the_start(void **state)
{
	struct site *site = *state;
	assert_true(starts_with_account(site, 90, 90, "zoe"));
	assert_false(starts_with_account(site, 90, 91, "zoe"));
	assert_false(starts_with_account(site, 90, 90, "ada"));
	assert_false(starts_with_account(site, 90, 90, "Zoe Z"));
	assert_true(starts_with_account(site, 90, 90, "zoe"));
	assert_false(
		starts_with_account(site, UINT64_MAX, UINT64_MAX, "yan")); /* none could follow */
}

static void a_role_there_is_not_stops_the_start(void **state)
{
	struct site *site = *state;
	struct record_key key = record_key_pair(site->den->id, site->eve->id);
	Gchat__V1__MemberRecord record;
	gchat__v1__member_record__init(&record);
	record.role = GCHAT__V1__ROLE__ROLE_OWNER;
	assert_true(starts_with(site, RECORD_MEMBER, key, &record.base));
	record.role = 99;
	assert_false(starts_with(site, RECORD_MEMBER, key, &record.base));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(a_room_that_nobody_could_have_made_stops_the_start),
		TEST(an_account_that_nobody_could_have_made_stops_the_start),
		TEST(a_role_there_is_not_stops_the_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
