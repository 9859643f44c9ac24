/*
 * export: one JSON object a line, each with a "type" and else a message of the contract as proto_json
 * writes it. Page by page: what has been written is forgotten.
 */
#include "ctl/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "ctl/proto_json.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

struct export
{
	const struct command_call *call;
	const char *room; /* NULL: all */
	const char *user; /* NULL: all */
	FILE *out;
	int error; /* of writing; 0: none */
	uint64_t lines;
	uint64_t unreadable;
	bool user_found;
};

/* The rest of an export's line is `msg`. `room`: beside it; NULL: none. */
static void put(struct export *e, const char *type, const char *room, const ProtobufCMessage *msg)
{
	json_t *line = json_object();
	json_t *rest = proto_json(msg);

	(void)json_object_set_new(line, "type", json_string(type));
	if (room)
		(void)json_object_set_new(line, "room", json_string(room));
	(void)json_object_update(line, rest);
	if (json_dumpf(line, e->out, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 ||
		fputc('\n', e->out) == EOF)
		e->error = EIO;
	json_decref(rest);
	json_decref(line);
	e->lines++;
}

/* ---- the parts ---- */

static int put_server(struct export *e)
{
	Gchat__V1__GetStatusRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__get_status_request__init(&request);
	int r = admin_call(e->call->admin, "GetStatus", &request.base,
		&gchat__v1__get_status_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	Gchat__V1__GetStatusResponse *status = (void *)answer;
	Gchat__V1__GetStatusResponse header;
	gchat__v1__get_status_response__init(&header);
	header.name = status->name;
	header.version = status->version;
	header.accounts = status->accounts;
	header.rooms = status->rooms;
	put(e, "server", NULL, &header.base);
	codec_free(answer);
	return EXIT_DONE;
}

static int put_accounts(struct export *e)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;
	int r = EXIT_DONE;

	do {
		Gchat__V1__ListUsersRequest request;
		ProtobufCMessage *answer = NULL;
		gchat__v1__list_users_request__init(&request);
		r = admin_call_page(e->call->admin, "ListUsers", &request.base,
			&gchat__v1__list_users_response__descriptor, &page_token, &answer);
		if (r != EXIT_DONE)
			return r;
		const Gchat__V1__ListUsersResponse *page = (const void *)answer;
		for (size_t i = 0; i < page->n_users; i++) {
			const Gchat__V1__User *user = page->users[i];
			bool wanted = !e->user ||
				      (user->profile && strcmp(user->profile->user, e->user) == 0);
			e->user_found = e->user_found || wanted;
			if (wanted)
				put(e, "account", NULL, &user->base);
		}
		codec_free(answer);
	} while (page_token && e->error == 0);
	return r;
}

static int put_bans(struct export *e)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;
	int r = EXIT_DONE;

	do {
		Gchat__V1__ListBansRequest request;
		ProtobufCMessage *answer = NULL;
		gchat__v1__list_bans_request__init(&request);
		admin_set_text(&request.room, e->room);
		r = admin_call_page(e->call->admin, "ListBans", &request.base,
			&gchat__v1__list_bans_response__descriptor, &page_token, &answer);
		if (r != EXIT_DONE)
			return r;
		const Gchat__V1__ListBansResponse *page = (const void *)answer;
		for (size_t i = 0; i < page->n_bans; i++)
			if (!e->user || strcmp(page->bans[i]->target, e->user) == 0)
				put(e, "ban", NULL, &page->bans[i]->base);
		codec_free(answer);
	} while (page_token && e->error == 0);
	return r;
}

static int put_members(struct export *e, char *room)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;
	int r = EXIT_DONE;

	do {
		Gchat__V1__ListRoomMembersRequest request;
		ProtobufCMessage *answer = NULL;
		gchat__v1__list_room_members_request__init(&request);
		request.room = room;
		r = admin_call_page(e->call->admin, "ListRoomMembers", &request.base,
			&gchat__v1__list_room_members_response__descriptor, &page_token, &answer);
		if (r != EXIT_DONE)
			return r;
		const Gchat__V1__ListRoomMembersResponse *page = (const void *)answer;
		for (size_t i = 0; i < page->n_members; i++) {
			const Gchat__V1__AdminMember *member = page->members[i];
			if (!e->user || strcmp(member->member->user, e->user) == 0)
				put(e, "member", room, &member->base);
		}
		codec_free(answer);
	} while (page_token && e->error == 0);
	return r;
}

static int put_events(struct export *e, char *room)
{
	uint64_t after = 0;
	uint64_t head = 0;
	int r = EXIT_DONE;

	do {
		Gchat__V1__ExportEventsRequest request;
		ProtobufCMessage *answer = NULL;
		gchat__v1__export_events_request__init(&request);
		request.room = room;
		request.after_seq = after;
		admin_set_text(&request.author, e->user);
		r = admin_call(e->call->admin, "ExportEvents", &request.base,
			&gchat__v1__export_events_response__descriptor, &answer);
		if (r != EXIT_DONE)
			return r;
		const Gchat__V1__ExportEventsResponse *page = (const void *)answer;
		for (size_t i = 0; i < page->n_events; i++)
			put(e, "event", room, &page->events[i]->base);
		bool stands = page->next_after_seq <= after;
		after = page->next_after_seq;
		head = page->head_seq;
		e->unreadable += page->unreadable;
		codec_free(answer);
		if (stands)
			break;
	} while (after < head && e->error == 0);
	return r;
}

static int put_room(struct export *e, const Gchat__V1__Room *room)
{
	put(e, "room", NULL, &room->base);
	int r = put_members(e, room->name);
	if (r == EXIT_DONE)
		r = put_events(e, room->name);
	return r;
}

static int put_rooms(struct export *e, bool *ret_found)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;
	int r = EXIT_DONE;

	do {
		Gchat__V1__ListAllRoomsRequest request;
		ProtobufCMessage *answer = NULL;
		gchat__v1__list_all_rooms_request__init(&request);
		r = admin_call_page(e->call->admin, "ListAllRooms", &request.base,
			&gchat__v1__list_all_rooms_response__descriptor, &page_token, &answer);
		if (r != EXIT_DONE)
			return r;
		const Gchat__V1__ListAllRoomsResponse *page = (const void *)answer;
		for (size_t i = 0; r == EXIT_DONE && i < page->n_rooms; i++) {
			const Gchat__V1__Room *room = page->rooms[i]->room;
			if (e->room && strcmp(room->name, e->room) != 0)
				continue;
			*ret_found = true;
			r = put_room(e, room);
			if (r == EXIT_NOT_FOUND && !e->room)
				r = EXIT_DONE; /* deleted meanwhile */
		}
		codec_free(answer);
	} while (r == EXIT_DONE && page_token && e->error == 0);
	return r;
}

/* ---- all of it ---- */

static int put_all(struct export *e)
{
	bool found = false;
	int r = put_server(e);

	if (r == EXIT_DONE && !e->room)
		r = put_accounts(e);
	if (r == EXIT_DONE && !e->room && e->user && !e->user_found) {
		(void)fprintf(stderr, "gchatctl: there is no account %s\n", e->user);
		return EXIT_NOT_FOUND;
	}
	if (r == EXIT_DONE)
		r = put_bans(e);
	if (r == EXIT_DONE)
		r = put_rooms(e, &found);
	if (r == EXIT_DONE && e->room && !found) {
		(void)fprintf(stderr, "gchatctl: there is no room %s\n", e->room);
		return EXIT_NOT_FOUND;
	}
	return r;
}

/* For its owner's eyes: it holds what people said. Nothing is overwritten. */
static FILE *open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out) {
		(void)fprintf(stderr, "gchatctl: %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
	}
	return out;
}

static int finish(struct export *e, int r)
{
	if (fflush(e->out) != 0 || e->error != 0) {
		(void)fprintf(stderr, "gchatctl: the export can't be written\n");
		r = r == EXIT_DONE ? EXIT_FAILED : r;
	}
	if (e->unreadable > 0) {
		(void)fprintf(stderr,
			"gchatctl: %llu events can't be read and are left out: see gchatctl verify\n",
			(unsigned long long)e->unreadable);
		r = r == EXIT_DONE ? EXIT_FAILED : r;
	}
	return r;
}

static int export(const struct command_call *call)
{
	const char *path = options_text(call->options, "to");
	struct export e = {.call = call,
		.room = options_text(call->options, "room"),
		.user = options_text(call->options, "user"),
		.out = path ? open_file(path) : stdout};

	if (!e.out)
		return EXIT_FAILED;
	int r = finish(&e, put_all(&e));
	if (path && fclose(e.out) != 0 && r == EXIT_DONE)
		r = EXIT_FAILED;
	if (path && r == EXIT_DONE && call->output->legend)
		(void)fprintf(stderr, "gchatctl: %llu lines written to %s\n",
			(unsigned long long)e.lines, path);
	return r;
}

static const struct option_row export_options[] = {
	{.name = "room",
		.argument = "ROOM",
		.help = "Only this room, its members and what is said there",
		.kind = OPTION_TEXT},
	{.name = "to",
		.argument = "FILE",
		.help = "Writes to a new file instead of standard output",
		.kind = OPTION_TEXT},
	{.name = "user",
		.argument = "USER",
		.help = "Only this account, its memberships and what it said",
		.kind = OPTION_TEXT},
	{.name = NULL},
};

const struct command export_commands[] = {
	{.name = "export",
		.arguments = "",
		.summary = "Writes accounts, rooms and messages as JSON lines",
		.help = "One object a line, of the types server, account, ban, room, member and "
			"event, in\nprotobuf's JSON mapping of the contract. Without secrets: what "
			"restores a server is a\nbackup. Each page is as of its moment; talk goes on "
			"meanwhile.",
		.options = export_options,
		.run = export},
	{.name = NULL},
};
