/*
 * Records of kind INVITATION: under the hash the invitation, under the hash and a number (2 bytes, big
 * endian) each place that is taken.
 */
#include "room/invitation.h"

#include "base/clock.h"
#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"
#include "proto/codec.h"
#include "room/name.h"
#include "room/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLACE_KEY_BYTES = LIMIT_SHA256_BYTES + 2,
};

/* ---- life ---- */

static struct invitation *invitation_new(const uint8_t hash[LIMIT_SHA256_BYTES], const char *note)
{
	struct invitation *invitation = mem_new(1, sizeof(*invitation));
	atomic_init(&invitation->refs, 1);
	memcpy(invitation->hash, hash, LIMIT_SHA256_BYTES);
	(void)snprintf(invitation->note, sizeof(invitation->note), "%s", note);
	pthread_mutex_init(&invitation->shared.mu, NULL);
	return invitation;
}

struct invitation *invitation_ref(struct invitation *invitation)
{
	atomic_fetch_add_explicit(&invitation->refs, 1, memory_order_relaxed);
	return invitation;
}

struct invitation *invitation_unref(struct invitation *invitation)
{
	if (!invitation ||
		atomic_fetch_sub_explicit(&invitation->refs, 1, memory_order_acq_rel) > 1)
		return NULL;
	pthread_mutex_destroy(&invitation->shared.mu);
	free(invitation);
	return NULL;
}

uint32_t invitation_used(struct invitation *invitation)
{
	pthread_mutex_lock(&invitation->shared.mu);
	uint32_t used = invitation->shared.used;
	pthread_mutex_unlock(&invitation->shared.mu);
	return used;
}

static bool is_expired(const struct invitation *invitation, uint64_t now_us)
{
	return invitation->expires_us != 0 && now_us >= invitation->expires_us;
}

bool invitation_is_spent(struct invitation *invitation, uint64_t now_us)
{
	return is_expired(invitation, now_us) || invitation_used(invitation) >= invitation->uses;
}

/* ---- the list ---- */

struct invitation *invitation_find(struct directory *d, const uint8_t hash[LIMIT_SHA256_BYTES])
{
	struct invitation *invitation;
	pthread_rwlock_rdlock(&d->lock);
	HASH_FIND(hh, d->invitations, hash, LIMIT_SHA256_BYTES, invitation);
	if (invitation)
		invitation_ref(invitation);
	pthread_rwlock_unlock(&d->lock);
	return invitation;
}

struct invitation *invitation_find_id(struct directory *d, uint64_t id)
{
	struct invitation *each;
	struct invitation *tmp;
	struct invitation *found = NULL;
	pthread_rwlock_rdlock(&d->lock);
	HASH_ITER (hh, d->invitations, each, tmp)
		if (each->id == id)
			found = invitation_ref(each);
	pthread_rwlock_unlock(&d->lock);
	return found;
}

static int by_id(const void *a, const void *b)
{
	const struct invitation *const *x = a;
	const struct invitation *const *y = b;
	return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

struct invitation **invitation_page(
	struct directory *d, uint64_t after, size_t max, size_t *ret_count)
{
	struct invitation *each;
	struct invitation *tmp;
	size_t count = 0;
	pthread_rwlock_rdlock(&d->lock);
	struct invitation **all =
		mem_new(HASH_CNT(hh, d->invitations), sizeof(struct invitation *));
	HASH_ITER (hh, d->invitations, each, tmp)
		if (each->id > after)
			all[count++] = invitation_ref(each);
	pthread_rwlock_unlock(&d->lock);
	if (count > 0)
		qsort(all, count, sizeof(struct invitation *), by_id);
	for (size_t i = max; i < count; i++)
		(void)invitation_unref(all[i]);
	*ret_count = count < max ? count : max;
	return all;
}

static void list_add(struct directory *d, struct invitation *invitation)
{
	pthread_rwlock_wrlock(&d->lock);
	HASH_ADD(hh, d->invitations, hash, LIMIT_SHA256_BYTES, invitation);
	pthread_rwlock_unlock(&d->lock);
}

void invitation_free_all(struct directory *d)
{
	struct invitation *each;
	struct invitation *tmp;
	HASH_ITER (hh, d->invitations, each, tmp) {
		HASH_DELETE(hh, d->invitations, each);
		(void)invitation_unref(each);
	}
}

/* ---- records ---- */

static struct record_key hash_key(const struct invitation *invitation)
{
	return record_key_bytes(invitation->hash, LIMIT_SHA256_BYTES);
}

static struct record_key place_key(const struct invitation *invitation, uint32_t place)
{
	uint8_t bytes[PLACE_KEY_BYTES];
	memcpy(bytes, invitation->hash, LIMIT_SHA256_BYTES);
	bytes[LIMIT_SHA256_BYTES] = (uint8_t)(place >> 8);
	bytes[LIMIT_SHA256_BYTES + 1] = (uint8_t)place;
	return record_key_bytes(bytes, sizeof(bytes));
}

static void put_invitation(
	struct write *write, const struct invitation *invitation, enum store_condition condition)
{
	char note[INVITATION_NOTE_BYTES + 1];
	Gchat__V1__InvitationRecord record;
	gchat__v1__invitation_record__init(&record);
	memcpy(note, invitation->note, sizeof(note));
	record.invitation_id = invitation->id;
	record.uses = invitation->uses;
	record.created_us = invitation->created_us;
	record.expires_us = invitation->expires_us;
	record.note = note;
	write_put(write, RECORD_INVITATION, hash_key(invitation), record_encode(&record.base),
		condition);
}

static void put_place(struct write *write, const struct invitation *invitation, uint32_t place)
{
	Gchat__V1__InvitationUseRecord record;
	gchat__v1__invitation_use_record__init(&record);
	record.account_id = write->actor->id;
	record.used_us = clock_wall_us();
	write_put(write, RECORD_INVITATION, place_key(invitation, place),
		record_encode(&record.base), STORE_ABSENT);
}

/* ---- places ---- */

static bool take_free(struct invitation *invitation, uint32_t *ret_place)
{
	bool found = false;
	pthread_mutex_lock(&invitation->shared.mu);
	for (uint32_t i = 0; i < invitation->uses && !found; i++) {
		found = !invitation->shared.places[i];
		if (found)
			*ret_place = i;
	}
	if (found) {
		invitation->shared.places[*ret_place] = true;
		invitation->shared.taken++;
	}
	pthread_mutex_unlock(&invitation->shared.mu);
	return found;
}

enum reason invitation_take_place(struct write *write, const uint8_t hash[LIMIT_SHA256_BYTES])
{
	struct write_state *state = write_new_state(write);
	struct invitation *invitation = invitation_find(write->directory, hash);
	if (!invitation || is_expired(invitation, clock_wall_us()) ||
		!take_free(invitation, &state->invitation_place)) {
		(void)invitation_unref(invitation);
		return REASON_INVITE_INVALID;
	}
	write->invitation = invitation;
	state->takes_place = true;
	state->invitation_put = write->op.put_count;
	put_invitation(write, invitation, STORE_PRESENT); /* it may be revoked just now */
	put_place(write, invitation, state->invitation_place);
	return REASON_NONE;
}

void invitation_keep_place(struct write *write)
{
	if (!write->state->takes_place)
		return;
	pthread_mutex_lock(&write->invitation->shared.mu);
	write->invitation->shared.used++;
	pthread_mutex_unlock(&write->invitation->shared.mu);
	write->state->takes_place = false;
}

void invitation_release(struct write *write)
{
	struct write_state *state = write->state;
	if (!state || !state->takes_place)
		return;
	pthread_mutex_lock(&write->invitation->shared.mu);
	write->invitation->shared.places[state->invitation_place] = false;
	write->invitation->shared.taken--;
	pthread_mutex_unlock(&write->invitation->shared.mu);
	state->takes_place = false;
}

bool invitation_conflicts(const struct write *write)
{
	const struct write_state *state = write->state;
	return state && state->takes_place && write->op.conflict >= state->invitation_put &&
	       write->op.conflict <= state->invitation_put + 1;
}

/* ---- changes ---- */

static void apply_create(struct write *write)
{
	list_add(write->directory, invitation_ref(write->invitation));
}

static bool are_full(struct directory *d)
{
	pthread_rwlock_rdlock(&d->lock);
	bool full = HASH_CNT(hh, d->invitations) >= INVITATIONS_MAX;
	pthread_rwlock_unlock(&d->lock);
	return full;
}

enum reason op_create_invitation(struct write *write, const struct op_invitation *new)
{
	uint64_t now_us = clock_wall_us();
	if (new->uses < 1 || new->uses > INVITATION_USES_MAX ||
		!name_text_fits(new->note, INVITATION_NOTE_BYTES, true) ||
		(new->expires_us != 0 && new->expires_us <= now_us))
		return REASON_INVALID_ARGUMENT;
	if (are_full(write->directory))
		return REASON_TOO_MANY_INVITATIONS;
	struct invitation *invitation = invitation_new(new->hash, new->note);
	invitation->id = write_take_id(write, ID_INVITATION);
	invitation->uses = new->uses;
	invitation->created_us = now_us;
	invitation->expires_us = new->expires_us;
	write->invitation = invitation;
	put_invitation(write, invitation, STORE_ABSENT);
	write->reason = REASON_UNAVAILABLE; /* on a conflict: two equal codes of 120 random bits */
	write->apply = apply_create;
	return REASON_NONE;
}

static void apply_revoke(struct write *write)
{
	struct directory *d = write->directory;
	struct invitation *listed;
	pthread_rwlock_wrlock(&d->lock);
	HASH_FIND(hh, d->invitations, write->invitation->hash, LIMIT_SHA256_BYTES, listed);
	if (listed)
		HASH_DELETE(hh, d->invitations, listed);
	pthread_rwlock_unlock(&d->lock);
	(void)invitation_unref(listed);
}

/* Who takes a place meanwhile leaves its record behind: it goes at the next start. */
enum reason op_revoke_invitation(struct write *write)
{
	struct invitation *invitation = write->invitation;
	write_put(write, RECORD_INVITATION, hash_key(invitation), RECORD_NONE, STORE_PRESENT);
	pthread_mutex_lock(&invitation->shared.mu);
	for (uint32_t i = 0; i < invitation->uses; i++)
		if (invitation->shared.places[i])
			write_put(write, RECORD_INVITATION, place_key(invitation, i), RECORD_NONE,
				STORE_ANY);
	pthread_mutex_unlock(&invitation->shared.mu);
	write->op.vital = true; /* it keeps someone out */
	write->reason = REASON_NOT_FOUND; /* on a conflict */
	write->apply = apply_revoke;
	return REASON_NONE;
}

/* ---- loading ---- */

static enum invitation_load load_place(struct directory *d, const uint8_t *key)
{
	uint32_t place = (uint32_t)key[LIMIT_SHA256_BYTES] << 8 | key[LIMIT_SHA256_BYTES + 1];
	struct invitation *invitation = invitation_find(d, key);
	if (!invitation)
		return INVITATION_LEFTOVER;
	bool sound = place < invitation->uses && !invitation->shared.places[place];
	if (sound) {
		invitation->shared.places[place] = true;
		invitation->shared.taken++;
		invitation->shared.used++;
	}
	(void)invitation_unref(invitation);
	return sound ? INVITATION_LOADED : INVITATION_UNSOUND;
}

static bool is_sound(const Gchat__V1__InvitationRecord *r)
{
	return r->invitation_id > 0 && r->invitation_id <= INT64_MAX && r->uses >= 1 &&
	       r->uses <= INVITATION_USES_MAX &&
	       name_text_fits(r->note, INVITATION_NOTE_BYTES, true);
}

enum invitation_load invitation_load(struct directory *d, const uint8_t *key, size_t key_len,
	const uint8_t *value, size_t value_len)
{
	if (key_len == PLACE_KEY_BYTES)
		return load_place(d, key);
	Gchat__V1__InvitationRecord *r =
		(void *)codec_load(&gchat__v1__invitation_record__descriptor, value, value_len);
	if (key_len != LIMIT_SHA256_BYTES || !r || !is_sound(r)) {
		codec_free((void *)r);
		return INVITATION_UNSOUND;
	}
	struct invitation *invitation = invitation_new(key, r->note);
	invitation->id = r->invitation_id;
	invitation->uses = r->uses;
	invitation->created_us = r->created_us;
	invitation->expires_us = r->expires_us;
	list_add(d, invitation);
	codec_free(&r->base);
	return INVITATION_LOADED;
}
