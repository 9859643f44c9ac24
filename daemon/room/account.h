/*
 * Accounts and their tokens, in memory for as long as the daemon runs. The directory finds them; a
 * reference keeps them. Memberships are a list through struct member (room.h).
 */
#pragma once

#include "base/hash.h"
#include "base/macros.h"
#include "base/quota.h"
#include "gchat/v1/chat.pb-c.h"
#include "proto/limits.h"
#include "room/record.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

enum {
	ACCOUNT_PASSWORD_HASH_BYTES = 128, /* crypto_pwhash_STRBYTES of libsodium */
	ACCOUNT_NAMES_MAX = 1000, /* in one life of the daemon, which keeps them all */
	ACCOUNT_TOKENS_MAX = 100, /* one more, and the longest unused ends */
};

/* In place of a token's id: signed in with a certificate. No token has it. */
#define ACCOUNT_BY_CERTIFICATE UINT64_MAX

struct member;

/* One of the names that an account had. Kept, so that whoever reads one needs no lock. */
struct account_name {
	struct account_name *former; /* owned, or NULL */
	char text[LIMIT_USER_NAME_BYTES + 1];
};

struct account {
	atomic_uint refs;
	uint64_t id;
	char *_Atomic name; /* owned, as long as the account lives: see account_rename */
	struct account_name *names; /* owned: the name, and former ones; the writer's */
	atomic_uint name_count;
	uint64_t created_us;
	bool guest;
	atomic_bool suspended; /* set by the writer */
	_Atomic uint64_t banned_until_us; /* from the server; 0: not, UINT64_MAX: for ever */
	_Atomic uint64_t muted_until_us; /* in all rooms; the same */
	atomic_bool rewritten; /* a write of its record is under way: write_claim_account */
	atomic_uint sessions; /* open streams */
	_Atomic uint64_t last_seen_us;
	struct bucket messages; /* own lock */
	struct bucket bytes; /* own lock */
	struct counter_limit unsent; /* bytes of answers that are not written yet */
	_Atomic int64_t unsent_until_us; /* monotonic: was told to wait until then */
	struct { /* any thread, under mu */
		pthread_mutex_t mu;
		char display_name[LIMIT_DISPLAY_NAME_BYTES + 1];
		char status_text[LIMIT_STATUS_TEXT_BYTES + 1];
		uint8_t avatar_hash[LIMIT_SHA256_BYTES];
		bool has_avatar;
		uint8_t next_avatar[LIMIT_SHA256_BYTES]; /* of a write under way */
		bool has_next_avatar;
		char password_hash[ACCOUNT_PASSWORD_HASH_BYTES];
		uint64_t token_epoch; /* tokens of another one are void; set by the writer */
		uint8_t *upload; /* owned: avatar under way, or NULL */
		uint32_t upload_total;
		uint32_t upload_len;
	} shared;
	/* The directory's, under its lock. */
	LIST_HEAD(, member) memberships;
	unsigned membership_count;
	LIST_HEAD(, account_token) tokens;
	/* The directory's, under its places_mu. */
	unsigned entering; /* memberships under way that count against the limit */
	unsigned unsettled; /* writes under way that give it a membership */
	bool ending; /* it is about to go: no new ones */
	struct settling *settling; /* borrowed: to be called when none is under way; or NULL */
	UT_hash_handle by_id;
	UT_hash_handle by_name;
	/* The presence module's, under its mutex. */
	struct {
		unsigned online; /* sessions that are online */
		unsigned away; /* sessions that are away */
		int shown; /* Gchat__V1__PresenceState last told to others */
		bool seen; /* someone asked and got another state than that */
		int64_t due_us; /* monotonic: when to look again; 0: not listed */
		TAILQ_ENTRY(account) link;
	} presence;
};

/* A bearer token, known by its hash. Immutable but for last_used_us. */
struct account_token {
	uint8_t hash[LIMIT_SHA256_BYTES];
	uint64_t id;
	struct account *account; /* ref */
	char device[LIMIT_CLIENT_NAME_BYTES + 1];
	uint64_t created_us;
	uint64_t epoch; /* the account's when the sign-in was checked */
	_Atomic uint64_t last_used_us;
	LIST_ENTRY(account_token) link;
	UT_hash_handle hh;
};

/* A copy of what an account shows of itself. */
struct profile {
	uint64_t account_id;
	char user[LIMIT_USER_NAME_BYTES + 1];
	char display_name[LIMIT_DISPLAY_NAME_BYTES + 1];
	char status_text[LIMIT_STATUS_TEXT_BYTES + 1];
	uint8_t avatar_hash[LIMIT_SHA256_BYTES];
	bool has_avatar;
	bool guest;
};

/* A new account with one reference, not in any directory yet. */
struct account *account_new(uint64_t id, const char *name, bool guest, uint64_t created_us);
struct account *account_ref(struct account *account);
struct account *account_unref(struct account *account);

/* Another name from now on. What was read before stays readable while the account lives. Writer
 * thread, under the lock of the directory that lists it. */
void account_rename(struct account *account, const char *name);

/* Any thread. */
void account_get_profile(struct account *account, struct profile *ret_profile);

/* Points `out` at the profile's strings: borrowed while `profile` lives and stays. */
void profile_to_message(struct profile *profile, Gchat__V1__Profile *out);

/* The profile as a room's member. Borrows as above. */
void profile_to_member(struct profile *profile, Gchat__V1__Role role,
	Gchat__V1__PresenceState presence, Gchat__V1__Member *out);

/* What signs an account in, and what its tokens must have; one cannot change without the other
 * being right. */
struct credentials {
	char password_hash[ACCOUNT_PASSWORD_HASH_BYTES];
	uint64_t token_epoch;
	bool suspended; /* it can't sign in, and its tokens are refused */
};

/* An avatar that a write under way gives it; until account_end_rewrite. Any thread. */
void account_begin_avatar(struct account *account, const uint8_t hash[LIMIT_SHA256_BYTES]);
/* Its record may be written by others. Any thread. */
void account_end_rewrite(struct account *account);
/* Whether its avatar is, or is about to be, the one of that hash. Any thread. */
bool account_uses_avatar(struct account *account, const uint8_t hash[LIMIT_SHA256_BYTES]);

/* Any thread. */
void account_get_credentials(struct account *account, struct credentials *ret_credentials);

/* The stored form of the account, with the profile and credentials given. */
struct record_value account_encode(struct account *account, const struct profile *profile,
	const struct credentials *credentials);
