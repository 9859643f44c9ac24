/* Which groups there are. */
#include "ctl/command_groups.h"

#include "base/macros.h"
#include "ctl/command.h"

const struct command_group command_groups[] = {
	{"Server", server_commands},
	{"Running the server", control_commands},
	{"Looking on", watch_commands},
	{"", top_commands},
	{"", doctor_commands},
	{"Rooms and members", room_commands},
	{"", member_commands},
	{"Accounts", user_commands},
	{"Tokens", token_commands},
	{"Coming in", invite_commands},
	{"Sessions", session_commands},
	{"Moderation", moderation_commands},
	{"Certificates", cert_commands},
	{"Metrics", metrics_commands},
	{"Configuration", config_commands},
	{"Store", store_commands},
	{"Copies of the store", backup_commands},
	{"Export", export_commands},
	{"Audit log", audit_commands},
};

const size_t command_group_count = GC_LENGTH(command_groups);
