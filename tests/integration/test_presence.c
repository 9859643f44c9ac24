/*
 * Who is there and who is typing.
 */
#include "cmocka_std.h"

#include <string.h>

#include "support/td_client.h"

/* Changes are told almost at once; a shorter absence than the grace is not told. */
static const struct td_options quick = {
	.config = "delivery: { presence_grace_ms = 200; presence_interval_ms = 20; };"};
static const struct td_options patient = {
	.config = "delivery: { presence_grace_ms = 60000; presence_interval_ms = 20; };"};
static const struct td_client_options watching = {
	.want_presence = true, .want_typing = true, .backoff_max_ms = 20};

struct wanted {
	const char *user;
	enum gchat_presence presence;
};

static bool is_presence(const struct gchat_event *event, void *arg)
{
	const struct wanted *w = arg;

	return strcmp(event->presence.user, w->user) == 0 &&
	       event->presence.presence == w->presence;
}

static void expect_presence(struct td_client *c, const char *user, enum gchat_presence presence)
{
	struct wanted w = {.user = user, .presence = presence};

	(void)td_expect_match(c, GCHAT_EVENT_PRESENCE, is_presence, &w, user);
}

static enum gchat_presence listed(struct td_client *c, uint64_t room, size_t index)
{
	struct gchat_member_list *list = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_list_members(td_gchat(c), room, NULL, &list, &error), &error, "members");
	assert_true(index < list->count);
	enum gchat_presence presence = list->members[index].presence;
	gchat_free(list);
	return presence;
}

static void who_comes_and_goes_is_told_to_those_in_the_room(void **state)
{
	struct td *td = td_start(&quick);
	struct td_client *ann = td_connect_with(td, "ann", &watching);
	struct td_client *eve = td_connect_with(td, "eve", &watching);
	struct td_client *bob = td_connect(td, "bob");
	struct td_client *cat = td_connect(td, "cat");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t tag = 0;

	(void)state;
	(void)td_join(bob, "lobby");
	(void)td_join(cat, "lobby");
	td_check(cat, gchat_set_presence(td_gchat(cat), GCHAT_PRESENCE_AWAY, &tag), NULL, "away");
	expect_presence(ann, "cat", GCHAT_PRESENCE_AWAY); /* bob's coming is older news */
	td_disconnect(bob);
	expect_presence(ann, "bob", GCHAT_PRESENCE_OFFLINE);
	assert_int_equal(listed(ann, room, 1), GCHAT_PRESENCE_OFFLINE);
	(void)td_connect(td, "bob");
	expect_presence(ann, "bob", GCHAT_PRESENCE_ONLINE);
	assert_int_equal(listed(ann, room, 1), GCHAT_PRESENCE_ONLINE);
	td_barrier(eve);
	td_expect_none(eve, GCHAT_EVENT_PRESENCE); /* shares no room */
	td_stop(td);
}

static void away_is_told_and_one_session_online_is_enough(void **state)
{
	struct td *td = td_start(&quick);
	struct td_client *ann = td_connect_with(td, "ann", &watching);
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t tag = 0;

	(void)state;
	(void)td_join(bob, "lobby");
	td_check(bob, gchat_set_presence(td_gchat(bob), GCHAT_PRESENCE_AWAY, &tag), NULL, "away");
	td_expect_ok(bob, tag);
	expect_presence(ann, "bob", GCHAT_PRESENCE_AWAY);
	struct td_client *phone = td_connect(td, "bob");
	expect_presence(ann, "bob", GCHAT_PRESENCE_ONLINE);
	td_disconnect(phone);
	expect_presence(ann, "bob", GCHAT_PRESENCE_AWAY);
	td_disconnect(bob);
	expect_presence(ann, "bob", GCHAT_PRESENCE_OFFLINE);
	assert_int_equal(listed(ann, room, 1), GCHAT_PRESENCE_OFFLINE);
	td_stop(td);
}

static void a_short_break_makes_no_noise(void **state)
{
	struct td *td = td_start(&patient);
	struct td_client *ann = td_connect_with(td, "ann", &watching);
	struct td_client *bob = td_connect(td, "bob");
	struct td_client *cat = td_connect(td, "cat");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t tag = 0;

	(void)state;
	(void)td_join(bob, "lobby");
	(void)td_join(cat, "lobby");
	td_check(cat, gchat_set_presence(td_gchat(cat), GCHAT_PRESENCE_AWAY, &tag), NULL, "away");
	expect_presence(ann, "cat", GCHAT_PRESENCE_AWAY); /* all before it has been told */
	td_forget(ann);
	td_disconnect(bob);
	(void)td_connect(td, "bob");
	td_check(cat, gchat_set_presence(td_gchat(cat), GCHAT_PRESENCE_ONLINE, &tag), NULL, "back");
	expect_presence(ann, "cat", GCHAT_PRESENCE_ONLINE);
	td_expect_none(ann, GCHAT_EVENT_PRESENCE);
	assert_int_equal(listed(ann, room, 1), GCHAT_PRESENCE_ONLINE);
	td_stop(td);
}

static void who_was_listed_as_there_is_told_to_have_gone(void **state)
{
	/* coming is told too late, going at once */
	struct td *td = td_start(&(struct td_options){
		.config = "delivery: { presence_grace_ms = 50; presence_interval_ms = 60000; };"});
	struct td_client *ann = td_connect_with(td, "ann", &watching);
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	assert_int_equal(listed(ann, room, 1), GCHAT_PRESENCE_ONLINE);
	td_disconnect(bob);
	expect_presence(ann, "bob", GCHAT_PRESENCE_OFFLINE);
	td_stop(td);
}

static void only_online_and_away_can_be_said(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t tag = 0;

	(void)state;
	int r = gchat_set_presence(td_gchat(ann), GCHAT_PRESENCE_OFFLINE, &tag);
	if (r == 0)
		td_expect_error(ann, tag, "INVALID_ARGUMENT");
	else
		assert_int_equal(r, -22); /* the library refuses it already: EINVAL */
	td_stop(td);
}

static void typing_reaches_the_others_in_the_room_who_want_it(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect_with(td, "ann", &watching);
	struct td_client *bob = td_connect_with(td, "bob", &watching);
	struct td_client *cat = td_connect(td, "cat"); /* doesn't want it */
	struct td_client *eve = td_connect_with(td, "eve", &watching); /* isn't in the room */
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t tag = 0;

	(void)state;
	(void)td_join(bob, "lobby");
	(void)td_join(cat, "lobby");
	td_check(bob, gchat_set_typing(td_gchat(bob), room, true, &tag), NULL, "typing");
	td_expect_ok(bob, tag);
	const struct gchat_typing *typing = &td_expect_event(ann, GCHAT_EVENT_TYPING)->typing;
	assert_int_equal(typing->room_id, room);
	assert_string_equal(typing->user, "bob");
	assert_true(typing->typing);
	td_check(bob, gchat_set_typing(td_gchat(bob), room, false, &tag), NULL, "typing");
	assert_false(td_expect_event(ann, GCHAT_EVENT_TYPING)->typing.typing);
	td_barrier(bob);
	td_barrier(cat);
	td_barrier(eve);
	td_expect_none(bob, GCHAT_EVENT_TYPING);
	td_expect_none(cat, GCHAT_EVENT_TYPING);
	td_expect_none(eve, GCHAT_EVENT_TYPING);
	td_check(eve, gchat_set_typing(td_gchat(eve), room, true, &tag), NULL, "typing");
	td_expect_error(eve, tag, "NOT_A_MEMBER");
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			who_comes_and_goes_is_told_to_those_in_the_room, td_teardown),
		cmocka_unit_test_teardown(
			away_is_told_and_one_session_online_is_enough, td_teardown),
		cmocka_unit_test_teardown(a_short_break_makes_no_noise, td_teardown),
		cmocka_unit_test_teardown(
			who_was_listed_as_there_is_told_to_have_gone, td_teardown),
		cmocka_unit_test_teardown(only_online_and_away_can_be_said, td_teardown),
		cmocka_unit_test_teardown(
			typing_reaches_the_others_in_the_room_who_want_it, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
