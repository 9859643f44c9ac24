/* The groups' tables, each in the file of its handlers. */
#pragma once

#include "ctl/command.h"

extern const struct command audit_commands[]; /* cmd_audit.c */
extern const struct command backup_commands[]; /* cmd_backup.c */
extern const struct command cert_commands[]; /* cmd_cert.c */
extern const struct command invite_commands[]; /* cmd_invite.c */
extern const struct command metrics_commands[]; /* cmd_metrics.c */
extern const struct command config_commands[]; /* cmd_config.c */
extern const struct command control_commands[]; /* cmd_control.c */
extern const struct command moderation_commands[]; /* cmd_moderation.c */
extern const struct command export_commands[]; /* cmd_export.c */
extern const struct command member_commands[]; /* cmd_member.c */
extern const struct command room_commands[]; /* cmd_room.c */
extern const struct command server_commands[]; /* cmd_server.c */
extern const struct command session_commands[]; /* cmd_session.c */
extern const struct command store_commands[]; /* cmd_store.c */
extern const struct command top_commands[]; /* cmd_top.c */
extern const struct command doctor_commands[]; /* cmd_doctor.c */
extern const struct command watch_commands[]; /* cmd_watch.c */
extern const struct command token_commands[]; /* cmd_token.c */
extern const struct command user_commands[]; /* cmd_user.c */
