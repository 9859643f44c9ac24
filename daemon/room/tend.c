/* One round: what is found under the directory's lock, then a write for each. */
#include "room/tend.h"

#include "base/mem.h"
#include "room/ending.h"
#include "room/erase.h"
#include "room/invitation.h"

#include <stdlib.h>

struct tender {
	struct directory *directory;
	const struct audience *audience;
	pthread_mutex_t mu; /* guards what follows */
	pthread_cond_t idle;
	size_t under_way;
};

struct chore {
	struct write write;
	struct tender *tender;
};

/* An account that has an expired token, or none. */
struct found {
	struct account *account; /* ref */
	uint64_t token_id; /* 0: it is a guest without any, and ends */
};

struct round {
	uint64_t now_us;
	uint64_t oldest_us; /* tokens made before this have expired */
	struct found list[TEND_AT_ONCE];
	size_t count;
};

/* ---- what is under way ---- */

static void begin_one(struct tender *t)
{
	pthread_mutex_lock(&t->mu);
	t->under_way++;
	pthread_mutex_unlock(&t->mu);
}

static void end_one(struct tender *t)
{
	pthread_mutex_lock(&t->mu);
	if (--t->under_way == 0)
		pthread_cond_broadcast(&t->idle);
	pthread_mutex_unlock(&t->mu);
}

bool tender_is_busy(struct tender *t)
{
	pthread_mutex_lock(&t->mu);
	bool busy = t->under_way > 0;
	pthread_mutex_unlock(&t->mu);
	return busy;
}

static void chore_free(struct chore *chore)
{
	write_deinit(&chore->write);
	free(chore);
}

/* Writer thread. What came to nothing is found again by the next round. */
static void on_done(struct write *write)
{
	struct chore *chore = GC_CONTAINER_OF(write, struct chore, write);
	struct tender *t = chore->tender;
	chore_free(chore);
	end_one(t);
}

static struct write *chore_new(struct tender *t)
{
	struct chore *chore = mem_new(1, sizeof(*chore));
	chore->tender = t;
	write_init(&chore->write, t->directory, t->audience, on_done);
	return &chore->write;
}

static void chore_start(struct write *write, enum reason reason)
{
	struct chore *chore = GC_CONTAINER_OF(write, struct chore, write);
	if (reason != REASON_NONE) {
		chore_free(chore);
		return;
	}
	begin_one(chore->tender);
	write_start(write);
}

/* ---- accounts ---- */

static void on_ended(void *arg, const struct ending_result *result)
{
	(void)result; /* who stays is found again */
	end_one(arg);
}

static void end_guest(struct tender *t, struct account *account)
{
	const struct ending_options options = {.directory = t->directory,
		.audience = t->audience,
		.account = account,
		.done = on_ended,
		.arg = t};
	begin_one(t);
	if (ending_start(&options) != REASON_NONE) /* it is ending already */
		end_one(t);
}

static void add_found(struct round *round, struct account *account, uint64_t token_id)
{
	if (round->count < TEND_AT_ONCE)
		round->list[round->count++] =
			(struct found){.account = account_ref(account), .token_id = token_id};
}

/* Under the directory's lock. */
static void look_at(struct round *round, struct account *account)
{
	struct account_token *token;
	bool any = false;
	LIST_FOREACH (token, &account->tokens, link) {
		bool expired = token->created_us <= round->oldest_us;
		any = any || !expired;
		if (expired && !account->guest)
			add_found(round, account, token->id);
	}
	uint64_t young_us = (uint64_t)TEND_GUEST_AGE_S * CLOCK_US_PER_S;
	bool had = !LIST_EMPTY(&account->tokens) || account->created_us + young_us < round->now_us;
	if (account->guest && !any && had)
		add_found(round, account, 0);
}

static void tend_accounts(struct tender *t, uint64_t now_us)
{
	struct directory *d = t->directory;
	struct round *round = mem_new(1, sizeof(*round));
	struct account *account;
	struct account *tmp;
	round->now_us = now_us;
	pthread_rwlock_rdlock(&d->lock);
	round->oldest_us = now_us > d->limits.token_life_us ? now_us - d->limits.token_life_us : 0;
	HASH_ITER (by_id, d->accounts, account, tmp)
		look_at(round, account);
	pthread_rwlock_unlock(&d->lock);
	for (size_t i = 0; i < round->count; i++) {
		const struct found *found = &round->list[i];
		if (found->token_id == 0) {
			end_guest(t, found->account);
		} else {
			struct write *write = chore_new(t);
			write->actor = account_ref(found->account);
			chore_start(write, op_sign_out(write, found->token_id));
		}
		(void)account_unref(found->account);
	}
	free(round);
}

/* ---- invitations ---- */

static void tend_invitations(struct tender *t, uint64_t now_us)
{
	size_t count;
	struct invitation **all = invitation_page(t->directory, 0, INVITATIONS_MAX, &count);
	for (size_t i = 0; i < count; i++) {
		if (invitation_is_spent(all[i], now_us)) {
			struct write *write = chore_new(t);
			write->invitation = invitation_ref(all[i]);
			chore_start(write, op_revoke_invitation(write));
		}
		(void)invitation_unref(all[i]);
	}
	free(all);
}

/* ---- rounds ---- */

void tender_run(struct tender *t, uint64_t now_us)
{
	erase_tend(t->directory->eraser);
	if (tender_is_busy(t))
		return;
	tend_accounts(t, now_us);
	tend_invitations(t, now_us);
}

struct tender *tender_new(struct directory *directory, const struct audience *audience)
{
	struct tender *t = mem_new(1, sizeof(*t));
	t->directory = directory;
	t->audience = audience;
	(void)pthread_mutex_init(&t->mu, NULL); /* cannot fail with default attributes */
	(void)pthread_cond_init(&t->idle, NULL);
	return t;
}

struct tender *tender_free(struct tender *t)
{
	if (!t)
		return NULL;
	pthread_mutex_lock(&t->mu);
	while (t->under_way > 0)
		(void)pthread_cond_wait(&t->idle, &t->mu);
	pthread_mutex_unlock(&t->mu);
	(void)pthread_mutex_destroy(&t->mu);
	(void)pthread_cond_destroy(&t->idle);
	free(t);
	return NULL;
}
