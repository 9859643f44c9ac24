/* Profiles and avatars. */
#include "lib/priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/convert.h"
#include "lib/memory.h"
#include "proto/codec.h"
#include "proto/limits.h"

#include <errno.h>
#include <string.h>

static struct gchat_profile_list *take_profiles(const Gchat__V1__GetProfilesResponse *msg)
{
	struct gchat_profile_list *list = memory_new(sizeof(*list));
	struct gchat_profile *profiles = memory_add(list, msg->n_profiles, sizeof(*profiles));
	for (size_t i = 0; i < msg->n_profiles; i++)
		profiles[i] = convert_profile(list, msg->profiles[i]);
	list->profiles = profiles;
	list->count = msg->n_profiles;
	return list;
}

int gchat_profiles(struct gchat *g, const struct gchat_profile_query *query,
	struct gchat_profile_list **ret, struct gchat_error *ret_error)
{
	Gchat__V1__GetProfilesRequest request;
	gchat__v1__get_profiles_request__init(&request);
	Gchat__V1__GetProfilesResponse *msg = NULL;
	request.n_account_ids = query->account_id_count;
	request.account_ids = (uint64_t *)(uintptr_t)query->account_ids; /* only read */
	request.n_users = query->user_count;
	request.users = (char **)(uintptr_t)query->users; /* only read */
	int r = api_call(g, "/gchat.v1.Chat/GetProfiles", &request.base,
		&gchat__v1__get_profiles_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	*ret = take_profiles(msg);
	codec_free(&msg->base);
	return 0;
}

int gchat_update_profile(struct gchat *g, const char *display_name, const char *status_text,
	struct gchat_profile **ret, struct gchat_error *ret_error)
{
	Gchat__V1__UpdateProfileRequest request;
	gchat__v1__update_profile_request__init(&request);
	Gchat__V1__UpdateProfileResponse *msg = NULL;
	request.set_display_name = display_name != NULL;
	request.set_status_text = status_text != NULL;
	request.display_name = api_text(display_name);
	request.status_text = api_text(status_text);
	int r = api_call(g, "/gchat.v1.Chat/UpdateProfile", &request.base,
		&gchat__v1__update_profile_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	struct gchat_profile *profile = memory_new(sizeof(*profile));
	*profile = convert_profile(profile, msg->profile);
	codec_free(&msg->base);
	*ret = profile;
	return 0;
}

/* Sends bytes from `offset` on; the hash comes with the last of them. */
static int send_chunk(struct gchat *g, const Gchat__V1__SetAvatarRequest *request,
	uint8_t ret_hash[GCHAT_HASH_BYTES], struct gchat_error *ret_error)
{
	Gchat__V1__SetAvatarResponse *msg = NULL;
	int r = api_call(g, "/gchat.v1.Chat/SetAvatar", &request->base,
		&gchat__v1__set_avatar_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	bool is_last = request->offset + request->chunk.len == request->total_bytes;
	bool has_hash = msg->avatar_hash.len == GCHAT_HASH_BYTES;
	if (is_last && has_hash && ret_hash)
		memcpy(ret_hash, msg->avatar_hash.data, GCHAT_HASH_BYTES);
	codec_free(&msg->base);
	if (!is_last || has_hash)
		return 0;
	call_error_set(ret_error, GRPC_STATUS_INTERNAL, "BAD_REPLY", "the avatar has no hash");
	return err_raise(-EIO);
}

int gchat_set_avatar(struct gchat *g, const void *image, size_t len,
	uint8_t ret_hash[GCHAT_HASH_BYTES], struct gchat_error *ret_error)
{
	const uint8_t *bytes = image;
	if (len < 1 || len > LIMIT_AVATAR_BYTES) {
		call_error_set(ret_error, GRPC_STATUS_INVALID_ARGUMENT, "BAD_IMAGE",
			"an avatar has 1 byte to 256 KiB");
		return err_raise(-EIO);
	}
	for (size_t offset = 0; offset < len; offset += LIMIT_AVATAR_CHUNK_BYTES) {
		size_t rest = len - offset;
		Gchat__V1__SetAvatarRequest request;
		gchat__v1__set_avatar_request__init(&request);
		request.total_bytes = (uint32_t)len;
		request.offset = (uint32_t)offset;
		request.chunk.data = (uint8_t *)(uintptr_t)(bytes + offset); /* only read */
		request.chunk.len =
			rest < LIMIT_AVATAR_CHUNK_BYTES ? rest : LIMIT_AVATAR_CHUNK_BYTES;
		int r = send_chunk(g, &request, ret_hash, ret_error);
		if (r < 0)
			return err_pass(r);
	}
	return 0;
}

int gchat_delete_avatar(struct gchat *g, struct gchat_error *ret_error)
{
	Gchat__V1__DeleteAvatarRequest request;
	gchat__v1__delete_avatar_request__init(&request);
	int r = api_call(g, "/gchat.v1.Chat/DeleteAvatar", &request.base,
		&gchat__v1__delete_avatar_response__descriptor, NULL, ret_error);
	return r < 0 ? err_pass(r) : 0;
}

int gchat_get_avatar(struct gchat *g, const uint8_t hash[GCHAT_HASH_BYTES],
	struct gchat_avatar **ret, struct gchat_error *ret_error)
{
	uint8_t copy[GCHAT_HASH_BYTES];
	memcpy(copy, hash, sizeof(copy));
	Gchat__V1__GetAvatarRequest request;
	gchat__v1__get_avatar_request__init(&request);
	Gchat__V1__GetAvatarResponse *msg = NULL;
	request.avatar_hash = (ProtobufCBinaryData){.data = copy, .len = sizeof(copy)};
	int r = api_call(g, "/gchat.v1.Chat/GetAvatar", &request.base,
		&gchat__v1__get_avatar_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	struct gchat_avatar *avatar = memory_new(sizeof(*avatar));
	avatar->image = memory_bytes(avatar, msg->image);
	avatar->len = msg->image.len;
	avatar->media_type = memory_text(avatar, msg->media_type);
	codec_free(&msg->base);
	*ret = avatar;
	return 0;
}
