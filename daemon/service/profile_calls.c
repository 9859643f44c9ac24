/* Profiles and avatars. */
#include "service/profile_calls.h"

#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"
#include "room/image.h"
#include "service/call.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

struct found {
	struct profile profiles[LIMIT_PROFILES_MAX];
	Gchat__V1__Profile messages[LIMIT_PROFILES_MAX];
	Gchat__V1__Profile *list[LIMIT_PROFILES_MAX];
	size_t count;
};

static void add_found(struct found *found, struct account *account)
{
	if (!account)
		return;
	size_t i = found->count++;
	account_get_profile(account, &found->profiles[i]);
	profile_to_message(&found->profiles[i], &found->messages[i]);
	found->list[i] = &found->messages[i];
	(void)account_unref(account);
}

void profile_get_many(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__GetProfilesRequest *r = CALL_REQUEST(Gchat__V1__GetProfilesRequest, msg);
	struct directory *d = call->service->directory;
	if (r->n_account_ids + r->n_users > LIMIT_PROFILES_MAX) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	struct found *found = mem_new(1, sizeof(*found));
	for (size_t i = 0; i < r->n_account_ids; i++)
		add_found(found, directory_find_account(d, r->account_ids[i]));
	for (size_t i = 0; i < r->n_users; i++)
		add_found(found, directory_find_user(d, r->users[i]));
	Gchat__V1__GetProfilesResponse response;
	gchat__v1__get_profiles_response__init(&response);
	response.profiles = found->list;
	response.n_profiles = found->count;
	call_reply(call, &response.base);
	free(found);
}

/* ---- changing ---- */

static void reply_profile(struct call *call)
{
	struct profile profile;
	Gchat__V1__Profile message;
	account_get_profile(call->account, &profile);
	profile_to_message(&profile, &message);
	Gchat__V1__UpdateProfileResponse response;
	gchat__v1__update_profile_response__init(&response);
	response.profile = &message;
	call_reply(call, &response.base);
}

void profile_update(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__UpdateProfileRequest *r =
		CALL_REQUEST(Gchat__V1__UpdateProfileRequest, msg);
	struct profile profile;
	if (strlen(r->display_name) > LIMIT_DISPLAY_NAME_BYTES ||
		strlen(r->status_text) > LIMIT_STATUS_TEXT_BYTES) {
		call_fail(call, REASON_TEXT_TOO_LONG);
		return;
	}
	if (!call_charge(call))
		return;
	account_get_profile(call->account, &profile);
	if (r->set_display_name)
		strcpy(profile.display_name, r->display_name);
	if (r->set_status_text)
		strcpy(profile.status_text, r->status_text);
	struct write *write = call_begin_write(call);
	call_write(call, op_set_profile(write, &profile), reply_profile);
}

/* ---- avatars ---- */

static void reply_avatar_set(struct call *call)
{
	Gchat__V1__SetAvatarResponse response;
	gchat__v1__set_avatar_response__init(&response);
	response.received_bytes = (uint32_t)call->write.number;
	response.avatar_hash = (ProtobufCBinaryData){
		.data = call->write.state->profile.avatar_hash, .len = LIMIT_SHA256_BYTES};
	call_reply(call, &response.base);
}

/* The whole image is there: checks and stores it. */
static void finish_upload(struct call *call, uint8_t *image, uint32_t len)
{
	struct image_info info;
	struct profile profile;
	enum image_status status = image_check(image, len, &info);
	if (status != IMAGE_OK) {
		call_fail_text(call, REASON_BAD_IMAGE, "the image was not accepted: %s",
			image_status_text(status));
		free(image);
		return;
	}
	account_get_profile(call->account, &profile);
	struct write *write = call_begin_write(call);
	enum reason reason = op_set_avatar(write, &profile, image, len, info.media_type);
	write->number = len;
	free(image);
	call_write(call, reason, reply_avatar_set);
}

static bool chunk_fits(const Gchat__V1__SetAvatarRequest *r)
{
	return r->total_bytes > 0 && r->total_bytes <= LIMIT_AVATAR_BYTES && r->chunk.len > 0 &&
	       r->chunk.len <= LIMIT_AVATAR_CHUNK_BYTES &&
	       (uint64_t)r->offset + r->chunk.len <= r->total_bytes;
}

/* Adds the chunk to the account's upload; one at a time, the newest one counts. Returns the whole
 * image (owned) with the last chunk. */
static uint8_t *add_chunk(
	struct account *account, const Gchat__V1__SetAvatarRequest *r, bool *ret_ok)
{
	uint8_t *whole = NULL;
	pthread_mutex_lock(&account->shared.mu);
	if (r->offset == 0) {
		free(account->shared.upload);
		account->shared.upload = mem_try(r->total_bytes);
		account->shared.upload_total = r->total_bytes;
		account->shared.upload_len = 0;
	}
	*ret_ok = account->shared.upload && account->shared.upload_total == r->total_bytes &&
		  account->shared.upload_len == r->offset;
	if (*ret_ok) {
		memcpy(account->shared.upload + r->offset, r->chunk.data, r->chunk.len);
		account->shared.upload_len += (uint32_t)r->chunk.len;
		if (account->shared.upload_len == account->shared.upload_total)
			whole = GC_TAKE(account->shared.upload);
	}
	pthread_mutex_unlock(&account->shared.mu);
	return whole;
}

void profile_set_avatar(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__SetAvatarRequest *r = CALL_REQUEST(Gchat__V1__SetAvatarRequest, msg);
	bool ok;
	if (!chunk_fits(r)) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	if (!call_charge(call))
		return;
	uint8_t *whole = add_chunk(call->account, r, &ok);
	if (!ok) {
		call_fail_text(call, REASON_INVALID_ARGUMENT,
			"this chunk does not follow the one before: begin again with offset 0");
		return;
	}
	if (whole) {
		finish_upload(call, whole, r->total_bytes);
		return;
	}
	Gchat__V1__SetAvatarResponse response;
	gchat__v1__set_avatar_response__init(&response);
	response.received_bytes = r->offset + (uint32_t)r->chunk.len;
	call_reply(call, &response.base);
}

static void reply_avatar_deleted(struct call *call)
{
	Gchat__V1__DeleteAvatarResponse response;
	gchat__v1__delete_avatar_response__init(&response);
	call_reply(call, &response.base);
}

void profile_delete_avatar(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	struct profile profile;
	if (!call_charge(call))
		return;
	account_get_profile(call->account, &profile);
	profile.has_avatar = false;
	memset(profile.avatar_hash, 0, sizeof(profile.avatar_hash));
	struct write *write = call_begin_write(call);
	call_write(call, op_set_profile(write, &profile), reply_avatar_deleted);
}

struct avatar_hash {
	uint8_t bytes[LIMIT_SHA256_BYTES];
};

static bool take_avatar(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)key;
	(void)key_len;
	struct call *call = arg; /* AvatarRecord and GetAvatarResponse are alike: image 1, type 2 */
	control_add(&call->response, value, value_len);
	return false;
}

/* Reader thread. */
static void read_avatar(struct call *call, struct store_reader *reader)
{
	const struct avatar_hash *hash = call->data;
	call->status = store_get(
		reader, RECORD_AVATAR, hash->bytes, sizeof(hash->bytes), take_avatar, call);
}

static void reply_avatar(struct call *call)
{
	if (call->status != STORE_OK)
		call_fail(call, write_reason(call->status));
	else if (call->response.len == 0)
		call_fail(call, REASON_NOT_FOUND);
	else
		call_reply_bytes(call);
}

void profile_get_avatar(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__GetAvatarRequest *r = CALL_REQUEST(Gchat__V1__GetAvatarRequest, msg);
	if (r->avatar_hash.len != LIMIT_SHA256_BYTES) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	struct avatar_hash *hash = call_data(call, sizeof(*hash));
	memcpy(hash->bytes, r->avatar_hash.data, sizeof(hash->bytes));
	call_read(call, read_avatar, reply_avatar);
}
