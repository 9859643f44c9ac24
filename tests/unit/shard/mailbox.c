/* Letters: once each, in order, from any thread. */
#include "shard/mailbox.h"

#include "base/clock.h"
#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	SENDERS = 4,
	LETTERS = 2000, /* of each sender */
	DEADLINE_MS = 60000,
};

struct letter {
	struct mail mail;
	unsigned sender;
	unsigned number;
	struct reader *reader;
	struct mailbox *again; /* posts itself there once more */
};

struct reader {
	unsigned count;
	unsigned last[SENDERS]; /* number of the last letter of each */
	bool in_order;
};

static void on_letter(struct mail *mail)
{
	struct letter *letter = GC_CONTAINER_OF(mail, struct letter, mail);
	struct reader *reader = letter->reader;
	reader->in_order = reader->in_order && letter->number == reader->last[letter->sender] + 1;
	reader->last[letter->sender] = letter->number;
	reader->count++;
	if (letter->again) {
		letter->number++;
		(void)mailbox_post(GC_TAKE(letter->again), &letter->mail);
	}
}

static void letters_are_delivered_once_in_the_order_of_posting(void **state)
{
	(void)state;
	struct mailbox box;
	struct reader reader = {.in_order = true};
	struct letter letters[5];
	mailbox_init(&box);
	for (unsigned i = 0; i < 5; i++) {
		letters[i] = (struct letter){
			.mail.deliver = on_letter, .number = i + 1, .reader = &reader};
		(void)mailbox_post(&box, &letters[i].mail);
	}
	assert_int_equal(reader.count, 0);
	assert_true(mailbox_deliver(&box));
	assert_int_equal(reader.count, 5);
	assert_true(reader.in_order);
	assert_false(mailbox_deliver(&box));
	assert_int_equal(reader.count, 5);
	mailbox_deinit(&box);
}

static void only_the_first_letter_says_that_the_box_was_empty(void **state)
{
	(void)state;
	struct mailbox box;
	struct reader reader = {0};
	struct letter a = {.mail.deliver = on_letter, .reader = &reader};
	struct letter b = a;
	mailbox_init(&box);
	assert_true(mailbox_is_empty(&box));
	assert_true(mailbox_post(&box, &a.mail));
	assert_false(mailbox_post(&box, &b.mail));
	assert_false(mailbox_is_empty(&box));
	(void)mailbox_deliver(&box);
	assert_true(mailbox_is_empty(&box));
	assert_true(mailbox_post(&box, &a.mail)); /* delivered: it may be posted again */
	(void)mailbox_deliver(&box);
	mailbox_deinit(&box);
}

static void what_is_posted_during_delivery_waits_for_the_next(void **state)
{
	(void)state;
	struct mailbox box;
	struct reader reader = {.in_order = true};
	struct letter letter = {
		.mail.deliver = on_letter, .number = 1, .reader = &reader, .again = &box};
	mailbox_init(&box);
	(void)mailbox_post(&box, &letter.mail);
	assert_true(mailbox_deliver(&box));
	assert_int_equal(reader.count, 1);
	assert_false(mailbox_is_empty(&box));
	assert_true(mailbox_deliver(&box));
	assert_int_equal(reader.count, 2);
	mailbox_deinit(&box);
}

/* ---- several threads ---- */

struct sender {
	pthread_t thread;
	struct mailbox *box;
	struct letter letters[LETTERS];
	unsigned found_empty;
};

static void *run_sender(void *arg)
{
	struct sender *sender = arg;
	for (unsigned i = 0; i < LETTERS; i++)
		sender->found_empty += mailbox_post(sender->box, &sender->letters[i].mail);
	return NULL;
}

static void each_senders_letters_keep_their_order(void **state)
{
	(void)state;
	static struct sender senders[SENDERS];
	struct mailbox box;
	struct reader reader = {.in_order = true};
	mailbox_init(&box);
	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i].box = &box;
		for (unsigned k = 0; k < LETTERS; k++)
			senders[i].letters[k] = (struct letter){.mail.deliver = on_letter,
				.sender = i,
				.number = k + 1,
				.reader = &reader};
		assert_int_equal(
			pthread_create(&senders[i].thread, NULL, run_sender, &senders[i]), 0);
	}
	unsigned deliveries = 0;
	struct mono deadline = clock_mono_add_ms(clock_mono(), DEADLINE_MS);
	while (reader.count < SENDERS * LETTERS && clock_mono().us < deadline.us)
		deliveries += mailbox_deliver(&box);
	unsigned found_empty = 0;
	for (unsigned i = 0; i < SENDERS; i++) {
		pthread_join(senders[i].thread, NULL);
		found_empty += senders[i].found_empty;
	}
	assert_int_equal(reader.count, SENDERS * LETTERS);
	assert_true(reader.in_order);
	assert_int_equal(found_empty, deliveries); /* one wake for each time it was emptied */
	mailbox_deinit(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_are_delivered_once_in_the_order_of_posting),
		cmocka_unit_test(only_the_first_letter_says_that_the_box_was_empty),
		cmocka_unit_test(what_is_posted_during_delivery_waits_for_the_next),
		cmocka_unit_test(each_senders_letters_keep_their_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
