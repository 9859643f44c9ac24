/* Posting and delivering letters. */
#include "shard/mailbox.h"

#include "base/macros.h"

void mailbox_init(struct mailbox *box)
{
	pthread_mutex_init(&box->mu, NULL);
	STAILQ_INIT(&box->list);
}

void mailbox_deinit(struct mailbox *box)
{
	GC_ASSERT(STAILQ_EMPTY(&box->list));
	pthread_mutex_destroy(&box->mu);
}

bool mailbox_post(struct mailbox *box, struct mail *mail)
{
	pthread_mutex_lock(&box->mu);
	bool was_empty = STAILQ_EMPTY(&box->list);
	STAILQ_INSERT_TAIL(&box->list, mail, link);
	pthread_mutex_unlock(&box->mu);
	return was_empty;
}

bool mailbox_is_empty(struct mailbox *box)
{
	pthread_mutex_lock(&box->mu);
	bool empty = STAILQ_EMPTY(&box->list);
	pthread_mutex_unlock(&box->mu);
	return empty;
}

bool mailbox_deliver(struct mailbox *box)
{
	struct mail_list list = STAILQ_HEAD_INITIALIZER(list);
	pthread_mutex_lock(&box->mu);
	STAILQ_CONCAT(&list, &box->list);
	pthread_mutex_unlock(&box->mu);
	bool any = !STAILQ_EMPTY(&list);
	while (!STAILQ_EMPTY(&list)) {
		struct mail *mail = STAILQ_FIRST(&list);
		STAILQ_REMOVE_HEAD(&list, link);
		mail->deliver(mail);
	}
	return any;
}
