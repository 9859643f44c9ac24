/*
 * The way from any thread to a shard: a list of letters under a mutex. A letter is embedded in what
 * it is about and is delivered once, on the shard's thread, in the order of posting.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

struct mail {
	void (*deliver)(struct mail *mail); /* shard thread; may free the letter */
	STAILQ_ENTRY(mail) link;
};
STAILQ_HEAD(mail_list, mail);

struct mailbox {
	pthread_mutex_t mu;
	struct mail_list list; /* under mu */
};

void mailbox_init(struct mailbox *box);
void mailbox_deinit(struct mailbox *box); /* it must be empty */

/* Any thread. True: the box was empty, so its shard may sleep. */
bool mailbox_post(struct mailbox *box, struct mail *mail);
/* Any thread. */
bool mailbox_is_empty(struct mailbox *box);
/* Delivers what is there now; true: there was something. Shard thread. */
bool mailbox_deliver(struct mailbox *box);
