/* Loading the directory from the store at the start: accounts, rooms, then what links them. */
#include "room/directory.h"

#include "base/mem.h"
#include "base/notify.h"
#include "gchat/v1/record.pb-c.h"
#include "proto/codec.h"
#include "room/audit.h"
#include "room/cleanup.h"
#include "room/erase.h"
#include "room/invitation.h"
#include "room/name.h"
#include "store/store.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of accounts and tokens: larger ones were never given. */
#define NUMBER_MAX ((uint64_t)INT64_MAX)

struct load {
	struct store_job job;
	store_record_fn fn; /* for the kind of record being read */
	struct directory *directory; /* borrowed: the caller's */
	enum store_status status;
	unsigned bad_records; /* could not be decoded, or say what nobody wrote */
};

static uint64_t key_number(const uint8_t *key, size_t offset)
{
	uint64_t big;
	memcpy(&big, key + offset, sizeof(big));
	return be64toh(big);
}

static uint64_t above(uint64_t next, uint64_t id)
{
	return id >= next ? id + 1 : next;
}

/* Decodes or counts the record as bad. */
static void *decode(
	struct load *load, const ProtobufCMessageDescriptor *type, const uint8_t *value, size_t len)
{
	void *record = codec_load(type, value, len);
	if (!record)
		load->bad_records++;
	return record;
}

/* What is left of something deleted since. */
static void leave_out(struct load *load, enum record_kind kind, const uint8_t *key, size_t len)
{
	if (len <= RECORD_KEY_BYTES_MAX)
		cleanup_add(load->directory->cleanup, kind, record_key_bytes(key, len));
}

/* Decodes or counts it; NULL also where what was decoded isn't sound. */
static void *take_if(struct load *load, ProtobufCMessage *record, bool is_sound)
{
	if (is_sound)
		return record;
	load->bad_records += record != NULL; /* else it is counted already */
	codec_free(record);
	return NULL;
}

/* A record stands under its number, which must leave room for a next one. */
static bool is_numbered(const uint8_t *key, size_t key_len, uint64_t id, uint64_t max)
{
	return key_len == sizeof(uint64_t) && key_number(key, 0) == id && id > 0 && id <= max;
}

static bool is_known_user(struct directory *d, const char *name)
{
	struct account *account = directory_find_user(d, name);
	(void)account_unref(account);
	return account;
}

static bool is_known_room(struct directory *d, const char *name)
{
	struct room *room = directory_find_room_name(d, name);
	(void)room_unref(room);
	return room;
}

/* What was refused when it was asked for can't have been stored: it would break what is sent. */
static bool is_sound_account(
	struct directory *d, const uint8_t *key, size_t key_len, const Gchat__V1__AccountRecord *r)
{
	return is_numbered(key, key_len, r->account_id, NUMBER_MAX) && name_is_user(r->user) &&
	       name_text_fits(r->display_name, LIMIT_DISPLAY_NAME_BYTES, true) &&
	       name_text_fits(r->status_text, LIMIT_STATUS_TEXT_BYTES, true) &&
	       strlen(r->password_hash) < ACCOUNT_PASSWORD_HASH_BYTES && !is_known_user(d, r->user);
}

static bool is_sound_room(
	struct directory *d, const uint8_t *key, size_t key_len, const Gchat__V1__RoomRecord *r)
{
	bool direct = r->visibility == GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT;
	const struct room_settings settings = room_settings_load(r);
	return is_numbered(key, key_len, r->room_id, AUDIT_ROOM_ID_MAX) &&
	       (direct ? r->name[0] == '@' && strlen(r->name) <= LIMIT_ROOM_NAME_BYTES
		       : name_is_room(r->name)) &&
	       name_text_fits(r->title, LIMIT_TITLE_BYTES, true) &&
	       name_text_fits(r->topic, LIMIT_TOPIC_BYTES, true) &&
	       r->visibility >= GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC &&
	       r->visibility <= GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT &&
	       room_settings_fit(&settings) && !is_known_room(d, r->name);
}

static bool load_account(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	struct directory *d = load->directory;
	Gchat__V1__AccountRecord *r =
		decode(load, &gchat__v1__account_record__descriptor, value, value_len);
	r = take_if(load, (void *)r, r && is_sound_account(d, key, key_len, r));
	if (!r)
		return true;
	struct account *account = account_new(r->account_id, r->user, r->guest, r->created_us);
	(void)snprintf(account->shared.display_name, sizeof(account->shared.display_name), "%s",
		r->display_name);
	(void)snprintf(account->shared.status_text, sizeof(account->shared.status_text), "%s",
		r->status_text);
	(void)snprintf(account->shared.password_hash, sizeof(account->shared.password_hash), "%s",
		r->password_hash);
	account->shared.token_epoch = r->token_epoch;
	account->shared.has_avatar = r->avatar_hash.len == LIMIT_SHA256_BYTES;
	if (account->shared.has_avatar)
		memcpy(account->shared.avatar_hash, r->avatar_hash.data, LIMIT_SHA256_BYTES);
	atomic_store(&account->suspended, r->suspended);
	d->next_id[ID_ACCOUNT] = above(d->next_id[ID_ACCOUNT], r->account_id);
	directory_add_account(d, account);
	codec_free(&r->base);
	return true;
}

static bool load_room(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	struct directory *d = load->directory;
	Gchat__V1__RoomRecord *r =
		decode(load, &gchat__v1__room_record__descriptor, value, value_len);
	r = take_if(load, (void *)r, r && is_sound_room(d, key, key_len, r));
	if (!r)
		return true;
	struct room *room = room_new(r->room_id, r->name, r->created_us);
	(void)snprintf(room->shared.title, sizeof(room->shared.title), "%s", r->title);
	(void)snprintf(room->shared.topic, sizeof(room->shared.topic), "%s", r->topic);
	room->shared.visibility = r->visibility;
	const struct room_settings settings = room_settings_load(r);
	room_set_settings(room, &settings);
	if (r->request_id.len == LIMIT_CLIENT_MSG_ID_BYTES)
		memcpy(room->request_id, r->request_id.data, LIMIT_CLIENT_MSG_ID_BYTES);
	d->next_id[ID_ROOM] = above(d->next_id[ID_ROOM], r->room_id);
	directory_add_room(d, room);
	codec_free(&r->base);
	return true;
}

static bool load_head(void *arg, const struct store_head *head)
{
	struct load *load = arg;
	notify_starting();
	if (head->log == AUDIT_LOG)
		return true;
	struct room *room = directory_find_room(load->directory, head->log);
	if (!room) {
		cleanup_add_log(load->directory->cleanup, head->log);
		return true;
	}
	roomlog_init(&room->shared.log, head->head);
	room->shared.first_seq = head->first;
	(void)room_unref(room);
	return true;
}

static bool load_member(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	struct directory *d = load->directory;
	Gchat__V1__MemberRecord *r =
		decode(load, &gchat__v1__member_record__descriptor, value, value_len);
	r = take_if(load, (void *)r,
		r && key_len == 2 * sizeof(uint64_t) && r->role >= GCHAT__V1__ROLE__ROLE_READER &&
			r->role <= GCHAT__V1__ROLE__ROLE_OWNER);
	if (!r)
		return true;
	struct room *room = directory_find_room(d, key_number(key, 0));
	struct account *account = directory_find_account(d, key_number(key, sizeof(uint64_t)));
	if (room && account)
		directory_add_member(d, room, account,
			&(struct member_start){.role = r->role,
				.joined_us = r->joined_us,
				.joined_seq = r->joined_seq});
	else
		leave_out(load, RECORD_MEMBER, key, key_len);
	(void)room_unref(room);
	(void)account_unref(account);
	codec_free(&r->base);
	return true;
}

static bool load_marker(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	Gchat__V1__MarkerRecord *r =
		decode(load, &gchat__v1__marker_record__descriptor, value, value_len);
	r = take_if(load, (void *)r, r && key_len == 2 * sizeof(uint64_t));
	if (!r)
		return true;
	struct room *room = directory_find_room(load->directory, key_number(key, sizeof(uint64_t)));
	struct account *account = directory_find_account(load->directory, key_number(key, 0));
	struct member *member = room ? room_find_member(room, key_number(key, 0)) : NULL;
	if (member) {
		uint64_t head =
			room->shared.log.head; /* a log that lost its end is read to there */
		member->read_seq = r->read_seq < head ? r->read_seq : head;
	} else if (!room ||
		   !account) { /* else it may come back and mark anew, before we are there */
		leave_out(load, RECORD_MARKER, key, key_len);
	}
	(void)room_unref(room);
	(void)account_unref(account);
	codec_free(&r->base);
	return true;
}

static bool load_invite(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)value;
	(void)value_len;
	if (key_len != 2 * sizeof(uint64_t))
		return true;
	struct load *load = arg;
	struct room *room = directory_find_room(load->directory, key_number(key, 0));
	struct account *account =
		directory_find_account(load->directory, key_number(key, sizeof(uint64_t)));
	if (room && account)
		directory_add_invite(load->directory, room->id, account->id);
	else
		leave_out(load, RECORD_INVITE, key, key_len);
	(void)room_unref(room);
	(void)account_unref(account);
	return true;
}

static bool load_token(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	struct directory *d = load->directory;
	Gchat__V1__TokenRecord *r =
		decode(load, &gchat__v1__token_record__descriptor, value, value_len);
	r = take_if(load, (void *)r,
		r && key_len == LIMIT_SHA256_BYTES && r->token_id > 0 && r->token_id <= NUMBER_MAX);
	if (!r)
		return true;
	struct account *account = directory_find_account(d, r->account_id);
	d->next_id[ID_TOKEN] = above(d->next_id[ID_TOKEN], r->token_id);
	if (account && r->token_epoch == account->shared.token_epoch) {
		struct account_token *token = mem_new(1, sizeof(*token));
		memcpy(token->hash, key, LIMIT_SHA256_BYTES);
		token->id = r->token_id;
		token->account = account_ref(account);
		token->created_us = r->created_us;
		token->epoch = r->token_epoch;
		(void)snprintf(token->device, sizeof(token->device), "%s", r->device);
		directory_add_token(d, token);
	} else {
		leave_out(load, RECORD_TOKEN, key, key_len);
	}
	(void)account_unref(account);
	codec_free(&r->base);
	return true;
}

static bool load_restriction(struct load *load, enum restriction_kind kind, const uint8_t *key,
	size_t key_len, const struct restriction *restriction)
{
	struct directory *d = load->directory;
	d->next_id[ID_RESTRICTION] = above(d->next_id[ID_RESTRICTION], restriction->id);
	if (!restriction_put(d, restriction))
		leave_out(load, restriction_record_kind(kind), key, key_len);
	return true;
}

static bool load_ban(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	struct restriction r;
	if (restriction_decode(RESTRICTION_BAN, key, key_len, value, value_len, &r))
		return load_restriction(load, RESTRICTION_BAN, key, key_len, &r);
	load->bad_records++;
	return true;
}

static bool load_mute(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	struct restriction r;
	if (restriction_decode(RESTRICTION_MUTE, key, key_len, value, value_len, &r))
		return load_restriction(load, RESTRICTION_MUTE, key, key_len, &r);
	load->bad_records++;
	return true;
}

static bool load_meta(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	struct directory *d = load->directory;
	uint64_t next = value_len == sizeof(uint64_t) ? key_number(value, 0) : 0;
	bool is_sound = key_len == 1 && next > 0 && next <= NUMBER_MAX;
	load->bad_records += !is_sound;
	if (is_sound && key[0] == META_LOCKDOWN)
		atomic_store(&d->lockdown, true);
	if (is_sound && key[0] < _ID_MAX)
		d->next_id[key[0]] = above(d->next_id[key[0]], next - 1);
	return true;
}

static bool load_invitation(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	switch (invitation_load(load->directory, key, key_len, value, value_len)) {
	case INVITATION_LOADED:
		break;
	case INVITATION_LEFTOVER:
		leave_out(load, RECORD_INVITATION, key, key_len);
		break;
	case INVITATION_UNSOUND:
		load->bad_records++;
		break;
	}
	return true;
}

static bool load_erasure(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	if (erase_load(load->directory->eraser, key, key_len, value, value_len) < 0)
		load->bad_records++;
	return true;
}

/* However many there are, the start is seen to make progress. */
static bool load_record(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	struct load *load = arg;
	notify_starting();
	return load->fn(arg, key, key_len, value, value_len);
}

static void load_run(struct store_job *job, struct store_reader *reader)
{
	struct load *load = GC_CONTAINER_OF(job, struct load, job);
	static const struct {
		enum record_kind kind;
		store_record_fn fn;
	} steps[] = {
		{RECORD_META, load_meta},
		{RECORD_ACCOUNT, load_account},
		{RECORD_ROOM, load_room},
		{RECORD_MEMBER, load_member},
		{RECORD_MARKER, load_marker},
		{RECORD_INVITE, load_invite},
		{RECORD_TOKEN, load_token},
		{RECORD_BAN, load_ban},
		{RECORD_MUTE, load_mute},
		{RECORD_INVITATION, load_invitation},
		{RECORD_ERASURE, load_erasure},
	};
	for (size_t i = 0; i < GC_LENGTH(steps) && load->status == STORE_OK; i++) {
		load->fn = steps[i].fn;
		load->status = store_scan(reader, steps[i].kind, NULL, 0, load_record, load);
		if (steps[i].kind == RECORD_ROOM && load->status == STORE_OK)
			load->status = store_heads(reader, load_head, load);
	}
}

int directory_open(struct store *store, const struct directory_limits *limits,
	const struct roomlog_limits *tail, struct directory **ret_directory, struct err_text *err)
{
	struct directory *d = mem_new(1, sizeof(*d));
	*d = (struct directory){.store = store, .limits = *limits, .tail = *tail};
	for (size_t i = 0; i < _ID_MAX; i++)
		d->next_id[i] = 1;
	pthread_rwlock_init(&d->lock, NULL);
	pthread_mutex_init(&d->ids_mu, NULL);
	pthread_mutex_init(&d->places_mu, NULL);
	pthread_mutex_init(&d->held_mu, NULL);
	SLIST_INIT(&d->held);
	d->cleanup = cleanup_new(store);
	d->restrictions = restrictions_new();
	d->eraser = eraser_new(d);
	struct load load = {.job = {.run = load_run}, .directory = d};
	store_run_now(store, &load.job);
	if (load.status != STORE_OK) {
		err_say(err, "the store's records can't be read: %s",
			store_status_text(load.status));
		(void)directory_close(d);
		return err_raise(-EIO);
	}
	if (load.bad_records > 0) {
		err_say(err,
			"%u records of the store can't be read: restore a backup, or see 'gchatctl verify'",
			load.bad_records);
		(void)directory_close(d);
		return err_raise(-EBADMSG);
	}
	cleanup_start(d->cleanup); /* not before all was read: who misses nothing is sure of it */
	erase_tend(d->eraser);
	*ret_directory = d;
	return 0;
}

void directory_stop(struct directory *d)
{
	if (!d)
		return;
	eraser_stop(d->eraser);
	restriction_stop_sweep(d);
	cleanup_stop(d->cleanup);
}

struct directory *directory_close(struct directory *d)
{
	struct account *account;
	struct account *next_account;
	struct room *room;
	struct room *next_room;
	struct invite *invite;
	struct invite *next_invite;
	if (!d)
		return NULL;
	d->eraser = eraser_free(d->eraser);
	d->cleanup = cleanup_free(d->cleanup);
	d->restrictions = restrictions_free(d->restrictions);
	invitation_free_all(d);
	(void)directory_ring_held(d); /* drops the references */
	HASH_ITER (hh, d->invites, invite, next_invite) {
		HASH_DELETE(hh, d->invites, invite);
		free(invite);
	}
	HASH_ITER (by_id, d->rooms, room, next_room)
		directory_remove_room(d, room);
	HASH_ITER (by_id, d->accounts, account, next_account)
		directory_remove_account(d, account);
	pthread_rwlock_destroy(&d->lock);
	pthread_mutex_destroy(&d->ids_mu);
	pthread_mutex_destroy(&d->places_mu);
	pthread_mutex_destroy(&d->held_mu);
	free(d);
	return NULL;
}
