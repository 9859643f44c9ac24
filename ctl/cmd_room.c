/* list-rooms; room show, create, set, delete. */
#include "ctl/command.h"

#include <stdlib.h>

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/confirm.h"
#include "ctl/exit.h"
#include "ctl/room_keys.h"
#include "ctl/words.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

static const struct field room_fields[] = {
	{"room", "ROOM", FIELD_TEXT},
	{"room_id", "ID", FIELD_ID},
	{"visibility", "VISIBILITY", FIELD_TEXT},
	{"read_only", "READ-ONLY", FIELD_FLAG},
	{"members", "MEMBERS", FIELD_COUNT},
	{"online", "ONLINE", FIELD_COUNT},
	{"readers", "READERS", FIELD_COUNT},
	{"head_seq", "HEAD", FIELD_COUNT},
	{"first_seq", "FIRST", FIELD_COUNT},
	{"damaged", "DAMAGED", FIELD_FLAG},
	{"created", "CREATED", FIELD_TIME},
	{"title", "TITLE", FIELD_TEXT},
	{"topic", "TOPIC", FIELD_TEXT},
};

static const struct field details_fields[] = {
	{"room", "Room", FIELD_TEXT},
	{"room_id", "ID", FIELD_ID},
	{"title", "Title", FIELD_TEXT},
	{"topic", "Topic", FIELD_TEXT},
	{"visibility", "Visibility", FIELD_TEXT},
	{"created", "Created", FIELD_TIME},
	{"owners", "Owners", FIELD_LIST},
	{"members", "Members", FIELD_COUNT},
	{"moderators", "Moderators", FIELD_COUNT},
	{"reading_only", "Reading only", FIELD_COUNT},
	{"invited", "Invited", FIELD_COUNT},
	{"banned", "Banned", FIELD_COUNT},
	{"muted", "Muted", FIELD_COUNT},
	{"online", "Online", FIELD_COUNT},
	{"readers", "Sessions", FIELD_COUNT},
	{"head_seq", "Newest event", FIELD_COUNT},
	{"first_seq", "Oldest event", FIELD_COUNT},
	{"events", "Events kept", FIELD_COUNT},
	{"memory_events", "In memory", FIELD_COUNT},
	{"memory_bytes", "Memory", FIELD_BYTES},
	{"read_only", "Read-only", FIELD_FLAG},
	{"slow_mode_s", "Slow mode", FIELD_SECONDS},
	{"message_bytes", "Message limit", FIELD_BYTES},
	{"members_max", "Member limit", FIELD_COUNT},
	{"retention_days", "Kept for days", FIELD_TEXT},
	{"retention_events", "Kept events", FIELD_TEXT},
	{"own_settings", "Set for itself", FIELD_LIST},
	{"damaged", "Damaged", FIELD_FLAG},
};

static const struct field created_fields[] = {
	{"room", "Created", FIELD_TEXT},
	{"room_id", "ID", FIELD_ID},
	{"visibility", "Visibility", FIELD_TEXT},
	{"owner", "Owner", FIELD_TEXT},
};

static const struct field deleted_fields[] = {
	{"room", "Deleted", FIELD_TEXT},
	{"members", "Members", FIELD_COUNT},
	{"events", "Events", FIELD_COUNT},
	{"dry_run", "Only tried", FIELD_FLAG},
};

static const struct field change_fields[] = {
	{"setting", "SETTING", FIELD_TEXT},
	{"before", "BEFORE", FIELD_TEXT},
	{"after", "AFTER", FIELD_TEXT},
};

/* ---- list ---- */

static void add_room(struct rows *rows, const Gchat__V1__AdminRoom *admin_room)
{
	const Gchat__V1__Room *room = admin_room->room;

	if (!room)
		return;
	rows_text(rows, room->name);
	rows_number(rows, room->room_id);
	rows_text(rows, words_visibility(room->visibility));
	rows_flag(rows, room->read_only);
	rows_number(rows, room->member_count);
	rows_number(rows, admin_room->online_count);
	rows_number(rows, admin_room->reader_count);
	rows_number(rows, room->head_seq);
	rows_number(rows, room->first_seq);
	rows_flag(rows, admin_room->damaged);
	rows_number(rows, room->created_us);
	rows_text(rows, room->title);
	rows_text(rows, room->topic);
}

static int fetch_rooms(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListAllRoomsRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_all_rooms_request__init(&request);
	int r = admin_call_page(call->admin, "ListAllRooms", &request.base,
		&gchat__v1__list_all_rooms_response__descriptor, page_token, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListAllRoomsResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_rooms; i++)
		add_room(rows, page->rooms[i]);
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec room_list = {
	.noun = "room",
	.fields = room_fields,
	.field_count = GC_LENGTH(room_fields),
	.details = "room_id,damaged,first_seq,readers,created,read_only,title,visibility,head_seq",
	.fetch = fetch_rooms,
};

/* ---- show ---- */

/* The room of that name. EXIT_DONE with *ret_answer owned (codec_free). */
static int get_details(const struct command_call *call, const char *room,
	Gchat__V1__GetRoomDetailsResponse **ret_answer)
{
	Gchat__V1__GetRoomDetailsRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__get_room_details_request__init(&request);
	admin_set_text(&request.room, room);
	int r = admin_call(call->admin, "GetRoomDetails", &request.base,
		&gchat__v1__get_room_details_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	*ret_answer = (void *)answer;
	const Gchat__V1__AdminRoom *room_part = (*ret_answer)->room;
	if (room_part && room_part->room && room_part->settings && (*ret_answer)->defaults)
		return EXIT_DONE;
	(void)fprintf(stderr, "gchatctl: GetRoomDetails: the answer is not complete\n");
	codec_free(answer);
	return EXIT_FAILED;
}

static uint64_t events_of(const Gchat__V1__Room *room)
{
	return room->head_seq + 1 > room->first_seq ? room->head_seq + 1 - room->first_seq : 0;
}

static void add_people(struct rows *rows, const Gchat__V1__GetRoomDetailsResponse *d)
{
	rows_list(rows, d->owners, d->n_owners);
	rows_number(rows, d->room->room->member_count);
	rows_number(rows, d->moderator_count);
	rows_number(rows, d->reader_role_count);
	rows_number(rows, d->invited_count);
	rows_number(rows, d->ban_count);
	rows_number(rows, d->mute_count);
	rows_number(rows, d->room->online_count);
	rows_number(rows, d->room->reader_count);
}

static void add_log(struct rows *rows, const Gchat__V1__GetRoomDetailsResponse *d)
{
	const Gchat__V1__Room *room = d->room->room;

	rows_number(rows, room->head_seq);
	rows_number(rows, room->first_seq);
	rows_number(rows, events_of(room));
	rows_number(rows, d->tail_events);
	rows_number(rows, d->tail_bytes);
}

static uint32_t lower(uint32_t server, uint32_t own)
{
	return own > 0 && own < server ? own : server;
}

static void add_limit(struct rows *rows, uint32_t own, uint32_t server)
{
	char text[16];
	uint32_t value = own ? own : server;

	(void)snprintf(text, sizeof(text), "%u", value);
	rows_text(rows, value ? text : "all");
}

/* The names of those that are not left to the server. */
static void add_own(struct rows *rows, const Gchat__V1__AdminRoom *room)
{
	char *names[_ROOM_KEY_MAX];
	size_t count = 0;
	const Gchat__V1__RoomSettings *s = room->settings;
	const bool own[_ROOM_KEY_MAX] = {[ROOM_KEY_READ_ONLY] = s->read_only,
		[ROOM_KEY_SLOW_MODE] = s->slow_mode_s,
		[ROOM_KEY_MESSAGE_BYTES] = s->text_bytes_max,
		[ROOM_KEY_MEMBERS] = s->members_max,
		[ROOM_KEY_RETENTION_DAYS] = s->retention_days,
		[ROOM_KEY_RETENTION_EVENTS] = s->retention_events};

	for (unsigned key = 0; key < _ROOM_KEY_MAX; key++) {
		if (own[key])
			admin_set_text(&names[count++], room_key_name((enum room_key)key));
	}
	rows_list(rows, names, count);
}

static void add_settings(struct rows *rows, const Gchat__V1__GetRoomDetailsResponse *d)
{
	const Gchat__V1__RoomSettings *own = d->room->settings;
	const Gchat__V1__RoomSettings *server = d->defaults;

	rows_flag(rows, own->read_only);
	rows_number(rows, own->slow_mode_s);
	rows_number(rows, lower(server->text_bytes_max, own->text_bytes_max));
	rows_number(rows, lower(server->members_max, own->members_max));
	add_limit(rows, own->retention_days, server->retention_days);
	add_limit(rows, own->retention_events, server->retention_events);
	add_own(rows, d->room);
}

static int room_show(const struct command_call *call)
{
	Gchat__V1__GetRoomDetailsResponse *d = NULL;
	struct rows rows;
	int r = get_details(call, call->args[0], &d);

	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__Room *room = d->room->room;
	rows_init(&rows, details_fields, GC_LENGTH(details_fields));
	rows_text(&rows, room->name);
	rows_number(&rows, room->room_id);
	rows_text(&rows, room->title);
	rows_text(&rows, room->topic);
	rows_text(&rows, words_visibility(room->visibility));
	rows_number(&rows, room->created_us);
	add_people(&rows, d);
	add_log(&rows, d);
	add_settings(&rows, d);
	rows_flag(&rows, d->room->damaged);
	codec_free(&d->base);
	return command_print_record(call, &rows);
}

/* ---- create ---- */

static int print_created(const struct command_call *call, const Gchat__V1__Room *room)
{
	struct rows rows;

	rows_init(&rows, created_fields, GC_LENGTH(created_fields));
	rows_text(&rows, room ? room->name : call->args[0]);
	rows_number(&rows, room ? room->room_id : 0);
	rows_text(&rows, room ? words_visibility(room->visibility) : "");
	rows_text(&rows, options_text(call->options, "owner"));
	return command_print_record(call, &rows);
}

static int room_create(const struct command_call *call)
{
	Gchat__V1__AdminCreateRoomRequest request;
	struct room_values values;
	ProtobufCMessage *answer = NULL;
	int r = room_keys_read(call->args + 1, call->arg_count - 1, &values, stderr);

	if (r != EXIT_DONE)
		return r;
	gchat__v1__admin_create_room_request__init(&request);
	request.name = call->args[0];
	admin_set_text(&request.owner, options_text(call->options, "owner"));
	admin_set_text(&request.title, values.title);
	admin_set_text(&request.topic, values.topic);
	request.visibility = values.visibility;
	request.settings = &values.settings;
	r = admin_call(call->admin, "AdminCreateRoom", &request.base,
		&gchat__v1__admin_create_room_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	r = print_created(
		call, ((const Gchat__V1__AdminCreateRoomResponse *)(const void *)answer)->room);
	codec_free(answer);
	return r;
}

/* ---- set ---- */

static void fill_update(Gchat__V1__AdminUpdateRoomRequest *request, struct room_values *values)
{
	request->set_title = values->title != NULL;
	request->set_topic = values->topic != NULL;
	request->set_visibility = values->visibility != 0;
	admin_set_text(&request->title, values->title);
	admin_set_text(&request->topic, values->topic);
	request->visibility = values->visibility;
	request->set_read_only = (values->given >> ROOM_KEY_READ_ONLY) & 1;
	request->set_slow_mode = (values->given >> ROOM_KEY_SLOW_MODE) & 1;
	request->set_text_bytes_max = (values->given >> ROOM_KEY_MESSAGE_BYTES) & 1;
	request->set_members_max = (values->given >> ROOM_KEY_MEMBERS) & 1;
	request->set_retention_days = (values->given >> ROOM_KEY_RETENTION_DAYS) & 1;
	request->set_retention_events = (values->given >> ROOM_KEY_RETENTION_EVENTS) & 1;
	request->settings = &values->settings;
}

static const struct list_spec change_list = {
	.noun = "setting",
	.fields = change_fields,
	.field_count = GC_LENGTH(change_fields),
};

/* What was named, before and after. */
static int print_changes(const struct command_call *call, unsigned given,
	const Gchat__V1__AdminRoom *before, const Gchat__V1__AdminUpdateRoomResponse *response)
{
	struct rows rows;
	char text[ROOM_KEY_VALUE_BYTES];
	Gchat__V1__AdminRoom after;

	gchat__v1__admin_room__init(&after);
	after.room = response->room;
	after.settings = response->settings;
	rows_init(&rows, change_fields, GC_LENGTH(change_fields));
	for (unsigned key = 0; key < _ROOM_KEY_MAX; key++) {
		if (!(given & (1U << key)))
			continue;
		rows_text(&rows, room_key_name((enum room_key)key));
		room_key_print((enum room_key)key, before, text);
		rows_text(&rows, text);
		room_key_print((enum room_key)key, &after, text);
		rows_text(&rows, text);
	}
	int r = list_print(call, &change_list, &rows);
	rows_deinit(&rows);
	return r;
}

static int room_set(const struct command_call *call)
{
	Gchat__V1__AdminUpdateRoomRequest request;
	Gchat__V1__GetRoomDetailsResponse *before = NULL;
	struct room_values values;
	ProtobufCMessage *answer = NULL;
	int r = room_keys_read(call->args + 1, call->arg_count - 1, &values, stderr);

	if (r == EXIT_DONE)
		r = get_details(call, call->args[0], &before);
	if (r != EXIT_DONE)
		return r;
	gchat__v1__admin_update_room_request__init(&request);
	request.room = call->args[0];
	fill_update(&request, &values);
	r = admin_call(call->admin, "AdminUpdateRoom", &request.base,
		&gchat__v1__admin_update_room_response__descriptor, &answer);
	if (r == EXIT_DONE)
		r = print_changes(call, values.given, before->room, (const void *)answer);
	codec_free(answer);
	codec_free(&before->base);
	return r;
}

/* ---- delete ---- */

static int print_deleted(
	const struct command_call *call, uint32_t members, uint64_t events, bool dry_run)
{
	struct rows rows;

	rows_init(&rows, deleted_fields, GC_LENGTH(deleted_fields));
	rows_text(&rows, call->args[0]);
	rows_number(&rows, members);
	rows_number(&rows, events);
	rows_flag(&rows, dry_run);
	return command_print_record(call, &rows);
}

static int delete_now(const struct command_call *call)
{
	Gchat__V1__AdminDeleteRoomRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__admin_delete_room_request__init(&request);
	request.room = call->args[0];
	int r = admin_call(call->admin, "AdminDeleteRoom", &request.base,
		&gchat__v1__admin_delete_room_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__AdminDeleteRoomResponse *done = (const void *)answer;
	r = print_deleted(call, done->member_count, done->event_count, false);
	codec_free(answer);
	return r;
}

static int room_delete(const struct command_call *call)
{
	Gchat__V1__GetRoomDetailsResponse *d = NULL;
	int r = get_details(call, call->args[0], &d);

	if (r != EXIT_DONE)
		return r;
	uint32_t members = d->room->room->member_count;
	uint64_t events = events_of(d->room->room);
	codec_free(&d->base);
	if (confirm_is_dry_run(call))
		return print_deleted(call, members, events, true);
	r = confirm_ask(call, "Delete room %s with its %llu events and %u members for good?",
		call->args[0], (unsigned long long)events, members);
	return r == EXIT_DONE ? delete_now(call) : r;
}

/* ---- the table ---- */

static const struct option_row create_options[] = {
	{.name = "owner",
		.argument = "USER",
		.help = "Its owner and first member; without one, nobody is",
		.kind = OPTION_TEXT},
	{.name = NULL},
};

#define KEYS_HELP                                                                                  \
	"The settings are title, topic, visibility (public, private), read-only (yes, no: only\n"  \
	"moderators and owners write), slow-mode (off, or the time between two messages of one\n"  \
	"member), message-bytes, members, retention-days and retention-events (a number, or\n"     \
	"default: as the server has it)."

const struct command room_commands[] = {
	{.name = "list-rooms",
		.aliases = {"room list"},
		.arguments = "",
		.summary = "Lists all rooms",
		.help = "Lists all rooms with members, those online, sessions that read the room "
			"now, and the\nsequence number of the newest event.",
		.list = &room_list},
	{.name = "room create",
		.aliases = {"create-room"},
		.arguments = "NAME [SETTING=VALUE]...",
		.summary = "Makes a room",
		.help = "Makes a room, public unless it is said to be private. " KEYS_HELP,
		.args_min = 1,
		.args_max = 1 + ROOM_KEYS_MAX,
		.options = create_options,
		.run = room_create},
	{.name = "room delete",
		.aliases = {"delete-room"},
		.arguments = "ROOM",
		.summary = "Deletes a room with all that was said in it",
		.help = "Deletes a room, its log and its memberships for good. Its members see it "
			"go. With\n--dry-run says how much would go.",
		.args_min = 1,
		.args_max = 1,
		.destroys = true,
		.run = room_delete},
	{.name = "room set",
		.aliases = {"set-room"},
		.arguments = "ROOM SETTING=VALUE...",
		.summary = "Changes a room's settings",
		.help = "Changes what is named, and shows it before and after. " KEYS_HELP,
		.args_min = 2,
		.args_max = 1 + ROOM_KEYS_MAX,
		.list = &change_list,
		.run = room_set},
	{.name = "room show",
		.aliases = {"show-room"},
		.arguments = "ROOM",
		.summary = "Shows all about a room",
		.help = "Shows a room with its owners, numbers, log and the settings in force: "
			"those that the\nroom has for itself are named, the others are the server's.",
		.args_min = 1,
		.args_max = 1,
		.run = room_show},
	{.name = NULL},
};
