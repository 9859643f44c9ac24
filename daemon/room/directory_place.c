/* Memberships under way: what they are counted against, and an account's end, which waits for them. */
#include "room/directory_priv.h"

#include "room/audit.h"

static bool room_ids_left(struct directory *d)
{
	pthread_mutex_lock(&d->ids_mu);
	bool left = d->next_id[ID_ROOM] <= AUDIT_ROOM_ID_MAX;
	pthread_mutex_unlock(&d->ids_mu);
	return left;
}

/* Under both locks. */
static enum reason check_place(struct directory *d, const struct account *account, enum place place)
{
	if (account && account->ending)
		return REASON_SIGNED_OUT;
	bool full = account && place != PLACE_BROUGHT &&
		    account->membership_count + account->entering >= d->limits.rooms_per_account;
	if (place == PLACE_NEW)
		full = full || d->room_count + d->making >= d->limits.rooms_max ||
		       !room_ids_left(d);
	return full ? REASON_TOO_MANY_ROOMS : REASON_NONE;
}

enum reason directory_take_place(struct directory *d, struct account *account, enum place place)
{
	pthread_rwlock_rdlock(&d->lock);
	pthread_mutex_lock(&d->places_mu);
	enum reason reason = check_place(d, account, place);
	if (reason == REASON_NONE)
		d->making += place == PLACE_NEW;
	if (reason == REASON_NONE && account) {
		account->entering++;
		account->unsettled++;
	}
	pthread_mutex_unlock(&d->places_mu);
	pthread_rwlock_unlock(&d->lock);
	return reason;
}

void directory_uncount_place(struct directory *d, struct account *account, enum place place)
{
	if (place == PLACE_NONE || place == PLACE_TAKEN)
		return;
	if (account)
		account->entering--;
	d->making -= place == PLACE_NEW;
}

void directory_return_place(struct directory *d, struct account *account, enum place place)
{
	struct settling *settling = NULL;
	pthread_mutex_lock(&d->places_mu);
	GC_ASSERT(!account || account->unsettled > 0);
	directory_uncount_place(d, account, place);
	if (account && --account->unsettled == 0)
		settling = GC_TAKE(account->settling);
	pthread_mutex_unlock(&d->places_mu);
	if (settling)
		settling->settled(settling);
}

bool directory_begin_end(struct directory *d, struct account *account)
{
	pthread_mutex_lock(&d->places_mu);
	bool first = !account->ending;
	account->ending = true;
	pthread_mutex_unlock(&d->places_mu);
	return first;
}

void directory_cancel_end(struct directory *d, struct account *account)
{
	pthread_mutex_lock(&d->places_mu);
	account->ending = false;
	pthread_mutex_unlock(&d->places_mu);
}

bool directory_is_settled(struct directory *d, struct account *account, struct settling *settling)
{
	pthread_mutex_lock(&d->places_mu);
	bool settled = account->unsettled == 0;
	if (!settled)
		account->settling = settling;
	pthread_mutex_unlock(&d->places_mu);
	return settled;
}
