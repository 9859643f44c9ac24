/* The table of methods, sorted by name, and looking one up. */
#include "service/methods.h"

#include "base/macros.h"
#include "gchat/v1/admin.pb-c.h"
#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"
#include "service/admin_audit.h"
#include "service/admin_backup.h"
#include "service/admin_calls.h"
#include "service/admin_config.h"
#include "service/admin_control.h"
#include "service/admin_export.h"
#include "service/admin_invites.h"
#include "service/admin_members.h"
#include "service/admin_moderation.h"
#include "service/admin_rooms.h"
#include "service/admin_users.h"
#include "service/admin_verify.h"
#include "service/admin_watch.h"
#include "service/auth_calls.h"
#include "service/chat_stream.h"
#include "service/history.h"
#include "service/moderation_calls.h"
#include "service/profile_calls.h"
#include "service/room_calls.h"
#include "service/streams.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define CALL(name, access, request, handle) {name, ACCESS_##access, NULL, &request##__descriptor, handle, NULL}
/* An administrator's change: recorded in the audit log under `action`. */
#define CHANGE(name, request, handle, action) {name, ACCESS_ADMIN, action, &request##__descriptor, handle, NULL}
#define STREAM(name, access, open)          {name, ACCESS_##access, NULL, NULL, NULL, open}
#define UNOFFERED(name, access)             {name, ACCESS_##access, NULL, NULL, NULL, NULL}
static const struct method table[] = {
	CHANGE("/gchat.v1.Admin/AddMember", gchat__v1__add_member_request, admin_add_member, "member-add"),
	CHANGE("/gchat.v1.Admin/AddUser", gchat__v1__add_user_request, admin_add_user, "user-add"),
	CHANGE("/gchat.v1.Admin/AdminCreateRoom", gchat__v1__admin_create_room_request, admin_create_room, "room-create"),
	CHANGE("/gchat.v1.Admin/AdminDeleteRoom", gchat__v1__admin_delete_room_request, admin_delete_room, "room-delete"),
	CHANGE("/gchat.v1.Admin/AdminRemoveMember", gchat__v1__admin_remove_member_request, admin_remove_member,
		"member-remove"),
	CHANGE("/gchat.v1.Admin/AdminUpdateRoom", gchat__v1__admin_update_room_request, admin_update_room, "room-change"),
	CHANGE("/gchat.v1.Admin/Backup", gchat__v1__backup_request, admin_backup, "backup"),
	CHANGE("/gchat.v1.Admin/Ban", gchat__v1__ban_request, admin_ban, "ban"),
	CHANGE("/gchat.v1.Admin/Broadcast", gchat__v1__broadcast_request, admin_broadcast, "broadcast"),
	CALL("/gchat.v1.Admin/CheckConfig", ADMIN, gchat__v1__check_config_request, admin_check_config),
	CHANGE("/gchat.v1.Admin/CreateInvite", gchat__v1__create_invite_request, admin_create_invite, "invite-create"),
	CHANGE("/gchat.v1.Admin/DeleteUser", gchat__v1__delete_user_request, admin_delete_user, "user-delete"),
	CHANGE("/gchat.v1.Admin/Drain", gchat__v1__drain_request, admin_drain, "drain"),
	CHANGE("/gchat.v1.Admin/EndSession", gchat__v1__end_session_request, admin_end_session, "session-end"),
	CALL("/gchat.v1.Admin/Explain", ADMIN, gchat__v1__explain_request, admin_explain),
	CALL("/gchat.v1.Admin/ExportEvents", ADMIN, gchat__v1__export_events_request, admin_export_events),
	CALL("/gchat.v1.Admin/GetCertificate", ADMIN, gchat__v1__get_certificate_request, admin_get_certificate),
	CALL("/gchat.v1.Admin/GetConfig", ADMIN, gchat__v1__get_config_request, admin_get_config),
	CALL("/gchat.v1.Admin/GetMetrics", ADMIN, gchat__v1__get_metrics_request, admin_get_metrics),
	CALL("/gchat.v1.Admin/GetRoomDetails", ADMIN, gchat__v1__get_room_details_request, admin_get_room_details),
	CALL("/gchat.v1.Admin/GetStatus", ADMIN, gchat__v1__get_status_request, admin_get_status),
	CALL("/gchat.v1.Admin/GetUser", ADMIN, gchat__v1__get_user_request, admin_get_user),
	CHANGE("/gchat.v1.Admin/Kick", gchat__v1__kick_request, admin_kick, "kick"),
	CALL("/gchat.v1.Admin/ListAllRooms", ADMIN, gchat__v1__list_all_rooms_request, admin_list_rooms),
	CALL("/gchat.v1.Admin/ListAudit", ADMIN, gchat__v1__list_audit_request, admin_list_audit),
	CALL("/gchat.v1.Admin/ListBans", ADMIN, gchat__v1__list_bans_request, admin_list_bans),
	CALL("/gchat.v1.Admin/ListInvites", ADMIN, gchat__v1__list_invites_request, admin_list_invites),
	CALL("/gchat.v1.Admin/ListMutes", ADMIN, gchat__v1__list_mutes_request, admin_list_mutes),
	CALL("/gchat.v1.Admin/ListRoomMembers", ADMIN, gchat__v1__list_room_members_request, admin_list_members),
	CALL("/gchat.v1.Admin/ListSessions", ADMIN, gchat__v1__list_sessions_request, admin_list_sessions),
	CALL("/gchat.v1.Admin/ListUserTokens", ADMIN, gchat__v1__list_user_tokens_request, admin_list_user_tokens),
	CALL("/gchat.v1.Admin/ListUsers", ADMIN, gchat__v1__list_users_request, admin_list_users),
	CHANGE("/gchat.v1.Admin/Mute", gchat__v1__mute_request, admin_mute, "mute"),
	CHANGE("/gchat.v1.Admin/ReloadConfig", gchat__v1__reload_config_request, admin_reload_config, "config-reload"),
	CHANGE("/gchat.v1.Admin/RenameUser", gchat__v1__rename_user_request, admin_rename_user, "user-rename"),
	CHANGE("/gchat.v1.Admin/RevokeInvite", gchat__v1__revoke_invite_request, admin_revoke_invite, "invite-revoke"),
	CHANGE("/gchat.v1.Admin/RevokeUserToken", gchat__v1__revoke_user_token_request, admin_revoke_user_token, "token-revoke"),
	CHANGE("/gchat.v1.Admin/RotateCertificate", gchat__v1__rotate_certificate_request, admin_rotate_certificate,
		"cert-rotate"),
	CHANGE("/gchat.v1.Admin/SetLockdown", gchat__v1__set_lockdown_request, admin_set_lockdown, "lockdown"),
	CHANGE("/gchat.v1.Admin/SetLogLevel", gchat__v1__set_log_level_request, admin_set_log_level, "log-level"),
	CHANGE("/gchat.v1.Admin/SetPassword", gchat__v1__set_password_request, admin_set_password, "user-passwd"),
	CHANGE("/gchat.v1.Admin/SetRole", gchat__v1__set_role_request, admin_set_role, "member-role"),
	CHANGE("/gchat.v1.Admin/SuspendUser", gchat__v1__suspend_user_request, admin_suspend_user, "user-suspend"),
	CHANGE("/gchat.v1.Admin/Unban", gchat__v1__unban_request, admin_unban, "unban"),
	CALL("/gchat.v1.Admin/Verify", ADMIN, gchat__v1__verify_request, admin_verify),
	CALL("/gchat.v1.Admin/WaitEvents", ADMIN, gchat__v1__wait_events_request, admin_wait_events),
	CALL("/gchat.v1.Auth/ChangePassword", ACCOUNT, gchat__v1__change_password_request, auth_change_password),
	CALL("/gchat.v1.Auth/CreateAccount", ANYONE, gchat__v1__create_account_request, auth_create_account),
	CALL("/gchat.v1.Auth/GetServerInfo", ANYONE, gchat__v1__get_server_info_request, auth_get_server_info),
	CALL("/gchat.v1.Auth/ListTokens", ACCOUNT, gchat__v1__list_tokens_request, auth_list_tokens),
	CALL("/gchat.v1.Auth/Login", ANYONE, gchat__v1__login_request, auth_login),
	CALL("/gchat.v1.Auth/LoginGuest", ANYONE, gchat__v1__login_guest_request, auth_login_guest),
	CALL("/gchat.v1.Auth/Logout", ACCOUNT, gchat__v1__logout_request, auth_logout),
	CALL("/gchat.v1.Auth/RevokeToken", ACCOUNT, gchat__v1__revoke_token_request, auth_revoke_token),
	CALL("/gchat.v1.Chat/BanMember", ACCOUNT, gchat__v1__ban_member_request, moderation_ban),
	STREAM("/gchat.v1.Chat/Connect", ACCOUNT, chat_stream_open),
	CALL("/gchat.v1.Chat/CreateRoom", ACCOUNT, gchat__v1__create_room_request, room_create),
	CALL("/gchat.v1.Chat/DeleteAvatar", ACCOUNT, gchat__v1__delete_avatar_request, profile_delete_avatar),
	CALL("/gchat.v1.Chat/DeleteRoom", ACCOUNT, gchat__v1__delete_room_request, room_delete),
	CALL("/gchat.v1.Chat/GetAvatar", ACCOUNT, gchat__v1__get_avatar_request, profile_get_avatar),
	CALL("/gchat.v1.Chat/GetHistory", ACCOUNT, gchat__v1__get_history_request, history_get),
	CALL("/gchat.v1.Chat/GetProfiles", ACCOUNT, gchat__v1__get_profiles_request, profile_get_many),
	CALL("/gchat.v1.Chat/GetRoom", ACCOUNT, gchat__v1__get_room_request, room_get),
	CALL("/gchat.v1.Chat/ListMembers", ACCOUNT, gchat__v1__list_members_request, room_list_members),
	CALL("/gchat.v1.Chat/ListReadMarkers", ACCOUNT, gchat__v1__list_read_markers_request, room_list_read_markers),
	CALL("/gchat.v1.Chat/ListRoomBans", ACCOUNT, gchat__v1__list_room_bans_request, moderation_list_bans),
	CALL("/gchat.v1.Chat/ListRooms", ACCOUNT, gchat__v1__list_rooms_request, room_list),
	CALL("/gchat.v1.Chat/MuteMember", ACCOUNT, gchat__v1__mute_member_request, moderation_mute),
	CALL("/gchat.v1.Chat/OpenDirectRoom", ACCOUNT, gchat__v1__open_direct_room_request, room_open_direct),
	CALL("/gchat.v1.Chat/RemoveMember", ACCOUNT, gchat__v1__remove_member_request, room_remove_member),
	UNOFFERED("/gchat.v1.Chat/SearchMessages", ACCOUNT),
	CALL("/gchat.v1.Chat/SetAvatar", ACCOUNT, gchat__v1__set_avatar_request, profile_set_avatar),
	CALL("/gchat.v1.Chat/SetMemberRole", ACCOUNT, gchat__v1__set_member_role_request, room_set_member_role),
	CALL("/gchat.v1.Chat/UnbanMember", ACCOUNT, gchat__v1__unban_member_request, moderation_unban),
	CALL("/gchat.v1.Chat/UpdateProfile", ACCOUNT, gchat__v1__update_profile_request, profile_update),
	CALL("/gchat.v1.Chat/UpdateRoom", ACCOUNT, gchat__v1__update_room_request, room_update),
	CALL("/grpc.health.v1.Health/Check", EITHER, grpc__health__v1__health_check_request, health_check),
	STREAM("/grpc.health.v1.Health/Watch", EITHER, stream_health_watch),
	STREAM("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", EITHER, stream_reflection),
	STREAM("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", EITHER, stream_reflection),
};
/* clang-format on */

static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct method *)row)->name);
}

const struct method *method_find(const char *name)
{
	return bsearch(name, table, GC_LENGTH(table), sizeof(table[0]), compare);
}

const struct method *method_table(size_t *ret_count)
{
	*ret_count = GC_LENGTH(table);
	return table;
}
