/* Conformance: targets, erasing, what refers to an event. */
#include "conformance.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* An uncounted event that refers to `target`: an edit or a reaction. */
static struct write *referring(
	struct write *w, uint64_t author, uint64_t id, uint64_t target, const char *text)
{
	write_text(w, 1, author, id, text);
	w->append.flags = 0;
	w->append.target_seq = target;
	return w;
}

static struct write *deletion(struct write *w, uint64_t author, uint64_t id, uint64_t target)
{
	referring(w, author, id, target, "deleted");
	w->append.erase_target = true;
	w->append.target_same_author = true;
	return w;
}

void a_target_must_exist(void **state)
{
	struct fixture *f = *state;
	struct write w;
	assert_int_equal(write_run(f, referring(&w, 1, 0, 1, "of nothing")), STORE_NO_TARGET);
	write_ok(f, 1, 1, "x");
	assert_int_equal(write_run(f, referring(&w, 1, 0, 2, "of itself")), STORE_NO_TARGET);
	assert_int_equal(write_run(f, referring(&w, 1, 0, UINT64_MAX, "?")), STORE_NO_TARGET);
	assert_int_equal(write_run(f, referring(&w, 1, 0, 1, "good")), STORE_OK);
	store_trim(f->store, 1, 2);
	wait_for_first(f, 1, 2);
	assert_int_equal(write_run(f, referring(&w, 1, 0, 1, "of a trimmed")), STORE_NO_TARGET);
	assert_int_equal(read_head(f, 1).head, 2);
}

void a_target_must_be_counted(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "x");
	assert_int_equal(write_run(f, referring(&w, 1, 0, 1, "edit")), STORE_OK);
	assert_int_equal(write_run(f, referring(&w, 1, 0, 2, "of the edit")), STORE_NO_TARGET);
}

void a_target_must_be_by_the_author_where_asked(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "x");
	assert_int_equal(write_run(f, deletion(&w, 2, 0, 1)), STORE_NOT_AUTHOR);
	assert_int_equal(read_events(f, 1, 1, 1, 1)->events[0].flags, STORE_EVENT_COUNTED);
	assert_int_equal(write_run(f, referring(&w, 2, 0, 1, "reaction")), STORE_OK);
	assert_int_equal(write_run(f, deletion(&w, 1, 0, 1)), STORE_OK);
}

void erasing_takes_the_body_and_keeps_the_event(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_run(f, write_text(&w, 1, 1, 5, "secret"));
	assert_int_equal(write_run(f, deletion(&w, 1, 6, 1)), STORE_OK);
	const struct seen *seen = read_events(f, 1, 1, 9, 9);
	assert_int_equal(seen->status, STORE_OK);
	assert_int_equal(seen->count, 2);
	assert_int_equal(seen->events[0].flags, STORE_EVENT_ERASED);
	assert_false(seen->events[0].has_body);
	assert_int_equal(seen->events[0].body_len, 0);
	assert_true(seen->events[0].has_client_id);
	assert_int_equal(seen->events[0].author, 1);
	assert_string_equal(seen->events[1].text, "deleted");
}

void erasing_takes_what_refers_to_the_target(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "one");
	write_ok(f, 1, 1, "two");
	write_run(f, referring(&w, 1, 0, 1, "edit of one"));
	write_run(f, referring(&w, 1, 0, 2, "edit of two"));
	write_run(f, referring(&w, 2, 0, 1, "reaction to one"));
	assert_int_equal(write_run(f, deletion(&w, 1, 0, 1)), STORE_OK);
	const uint32_t flags[] = {STORE_EVENT_ERASED, STORE_EVENT_COUNTED, STORE_EVENT_ERASED, 0,
		STORE_EVENT_ERASED, 0};
	const struct seen *seen = read_events(f, 1, 1, 9, 9);
	assert_int_equal(seen->count, 6);
	for (size_t i = 0; i < seen->count; i++)
		assert_int_equal(seen->events[i].flags, flags[i]);
}

void an_erased_event_is_no_target(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "one");
	assert_int_equal(write_run(f, deletion(&w, 1, 0, 1)), STORE_OK);
	assert_int_equal(write_run(f, deletion(&w, 1, 0, 1)), STORE_NO_TARGET);
	assert_int_equal(write_run(f, referring(&w, 1, 0, 1, "edit")), STORE_NO_TARGET);
}

void an_erased_events_id_answers_duplicate_for_any_body(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_run(f, write_text(&w, 1, 1, 5, "secret"));
	write_run(f, deletion(&w, 1, 0, 1));
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 5, "secret")), STORE_DUPLICATE);
	assert_int_equal(w.append.seq, 1);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 5, "other")), STORE_DUPLICATE);
	assert_int_equal(read_head(f, 1).head, 2);
}

void an_erased_events_id_in_another_log_is_a_mismatch(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_run(f, write_text(&w, 1, 1, 5, "secret"));
	write_run(f, deletion(&w, 1, 0, 1));
	assert_int_equal(write_run(f, write_text(&w, 2, 1, 5, "secret")), STORE_MISMATCH);
}

void a_deletion_sent_again_is_a_duplicate(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "one");
	assert_int_equal(write_run(f, deletion(&w, 1, 6, 1)), STORE_OK);
	assert_int_equal(write_run(f, deletion(&w, 1, 6, 1)), STORE_DUPLICATE);
	assert_int_equal(w.append.seq, 2);
}

void an_edit_sent_again_after_the_deletion_is_a_duplicate(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "one");
	assert_int_equal(write_run(f, referring(&w, 1, 5, 1, "edit")), STORE_OK);
	assert_int_equal(write_run(f, deletion(&w, 1, 6, 1)), STORE_OK);
	assert_int_equal(write_run(f, referring(&w, 1, 5, 1, "edit")), STORE_DUPLICATE);
	assert_int_equal(w.append.seq, 2);
}

void a_deletion_with_a_taken_id_erases_nothing(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_run(f, write_text(&w, 1, 1, 5, "one"));
	assert_int_equal(write_run(f, deletion(&w, 1, 5, 1)), STORE_MISMATCH);
	const struct seen *seen = read_events(f, 1, 1, 9, 9);
	assert_int_equal(seen->count, 1);
	assert_string_equal(seen->events[0].text, "one");
}

void referring_events_are_read_by_target(void **state)
{
	struct fixture *f = *state;
	struct write w;
	for (int i = 0; i < 3; i++)
		write_ok(f, 1, 1, "target");
	write_run(f, referring(&w, 1, 0, 3, "of 3"));
	write_run(f, referring(&w, 1, 0, 1, "of 1"));
	write_run(f, referring(&w, 1, 0, 2, "of 2"));
	write_run(f, referring(&w, 1, 0, 1, "of 1 too"));
	const struct seen *seen = read_referring(f, 1, 1, 2, 0, 10);
	assert_int_equal(seen->count, 3);
	assert_string_equal(seen->events[0].text, "of 1");
	assert_string_equal(seen->events[1].text, "of 2");
	assert_string_equal(seen->events[2].text, "of 1 too");
	assert_int_equal(read_referring(f, 1, 1, 2, 5, 10)->count, 2);
	assert_int_equal(read_referring(f, 1, 1, UINT64_MAX, 0, 10)->count, 4);
	assert_int_equal(read_referring(f, 2, 1, UINT64_MAX, 0, 10)->count, 0);
}

void referring_events_are_paged(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "target");
	for (int i = 0; i < 10; i++)
		write_run(f, referring(&w, 1, 0, 1, "reaction"));
	uint64_t after = 0;
	size_t total = 0;
	const struct seen *seen;
	while ((seen = read_referring(f, 1, 1, 1, after, 3))->count > 0) {
		assert_true(seen->count <= 3);
		assert_true(seen->events[0].seq > after);
		after = seen->events[seen->count - 1].seq;
		total += seen->count;
	}
	assert_int_equal(total, 10);
}

void events_are_erased_by_place_with_what_refers_to_them(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "one");
	write_ok(f, 1, 2, "two");
	write_run(f, referring(&w, 1, 0, 1, "edit of one"));
	write_run(f, referring(&w, 3, 0, 2, "reaction to two"));
	write_ok(f, 2, 1, "elsewhere");
	const struct store_erase erases[] = {{1, 1}, {2, 1}, {1, 4}};
	assert_int_equal(erase_events(f, erases, 3, NULL), STORE_OK);
	const uint32_t flags[] = {
		STORE_EVENT_ERASED, STORE_EVENT_COUNTED, STORE_EVENT_ERASED, STORE_EVENT_ERASED};
	const struct seen *seen = read_events(f, 1, 1, 9, 9);
	assert_int_equal(seen->status, STORE_OK);
	assert_int_equal(seen->count, 4);
	for (size_t i = 0; i < seen->count; i++) {
		assert_int_equal(seen->events[i].flags, flags[i]);
		assert_int_equal(seen->events[i].has_body, i == 1);
	}
	assert_int_equal(read_events(f, 2, 1, 1, 1)->events[0].flags, STORE_EVENT_ERASED);
	assert_int_equal(read_count(f, 1, 0, 0, 9), 1);
	assert_int_equal(
		erase_events(f, erases, 3, NULL), STORE_OK); /* once more changes nothing */
	assert_string_equal(read_events(f, 1, 2, 2, 1)->events[0].text, "two");
}

void erasing_by_place_spares_what_isnt_there(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 3; i++)
		write_ok(f, 1, 1, "x");
	store_trim(f->store, 1, 2);
	wait_for_first(f, 1, 2);
	const struct store_erase erases[] = {{1, 1}, {1, 4}, {7, 1}};
	assert_int_equal(erase_events(f, erases, 3, NULL), STORE_OK);
	assert_int_equal(read_count(f, 1, 0, 0, 9), 2);
	assert_int_equal(read_head(f, 1).head, 3);
	assert_int_equal(read_head(f, 7).head, 0);
}

void erasures_and_records_are_stored_together(void **state)
{
	struct fixture *f = *state;
	const struct store_erase erase = {1, 1};
	write_ok(f, 1, 1, "x");
	assert_int_equal(erase_events(f, &erase, 1, "progress"), STORE_CONFLICT);
	assert_int_equal(read_events(f, 1, 1, 1, 1)->events[0].flags, STORE_EVENT_COUNTED);
	assert_int_equal(put_text(f, STORE_ANY, "progress", "none"), STORE_OK);
	assert_int_equal(erase_events(f, &erase, 1, "progress"), STORE_OK);
	assert_int_equal(read_events(f, 1, 1, 1, 1)->events[0].flags, STORE_EVENT_ERASED);
	assert_string_equal(read_record(f, "progress"), "erased");
}

void an_authors_events_are_found(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "mine");
	write_ok(f, 1, 2, "another's");
	write_run(f, referring(&w, 1, 0, 2, "my reaction"));
	write_ok(f, 2, 1, "in another log");
	write_ok(f, 1, 1, "erased");
	assert_int_equal(erase_events(f, &(struct store_erase){1, 4}, 1, NULL), STORE_OK);
	write_ok(f, 1, 1, "mine too");
	const struct store_authored all = {.log = 1, .author = 1, .from = 0, .to = UINT64_MAX};
	const struct seen *seen = read_author(f, &all, 9);
	assert_int_equal(seen->status, STORE_OK);
	assert_int_equal(seen->count, 3);
	assert_string_equal(seen->events[0].text, "mine");
	assert_string_equal(seen->events[1].text, "my reaction");
	assert_string_equal(seen->events[2].text, "mine too");
	const struct store_authored nobody = {.log = 1, .author = 9, .from = 1, .to = 9};
	assert_int_equal(read_author(f, &nobody, 9)->count, 0);
	const struct store_authored nowhere = {.log = 5, .author = 1, .from = 1, .to = 9};
	assert_int_equal(read_author(f, &nowhere, 9)->count, 0);
	store_trim(f->store, 1, 3);
	wait_for_first(f, 1, 3);
	assert_int_equal(read_author(f, &all, 9)->count, 2);
}

void an_authors_events_are_paged(void **state)
{
	struct fixture *f = *state;
	size_t total = 0;
	for (int i = 0; i < 10; i++)
		write_ok(f, 1, 1 + (unsigned)i % 2, "x");
	struct store_authored what = {.log = 1, .author = 1, .from = 1, .to = 9};
	const struct seen *seen;
	while ((seen = read_author(f, &what, 2))->count > 0) {
		assert_true(seen->count <= 2 && seen->events[0].seq >= what.from);
		what.from = seen->events[seen->count - 1].seq + 1;
		total += seen->count;
	}
	assert_int_equal(total, 5);
	what = (struct store_authored){.log = 1, .author = 2, .from = 3, .to = 4};
	assert_int_equal(read_author(f, &what, 9)->count, 1);
}
