/* Who may come in: invitations, and the lockdown. */
#include "service/admin_invites.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/log_ids.h"
#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "net/listen.h"
#include "room/invitation.h"
#include "service/admin_certificate.h"
#include "service/call.h"
#include "service/invite_code.h"
#include "service/server_info.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ADDRESS_BYTES = 300, /* a name and a port */
};

/* An Invitation message with its text. */
struct shown {
	Gchat__V1__Invitation message;
	char note[INVITATION_NOTE_BYTES + 1];
};

static void show(struct invitation *invitation, struct shown *shown)
{
	gchat__v1__invitation__init(&shown->message);
	memcpy(shown->note, invitation->note, sizeof(shown->note));
	shown->message.invite_id = invitation->id;
	shown->message.uses = invitation->uses;
	shown->message.used = invitation_used(invitation);
	shown->message.created_us = invitation->created_us;
	shown->message.expires_us = invitation->expires_us;
	shown->message.note = shown->note;
}

/* ---- where newcomers connect to ---- */

static bool is_address(const char *name)
{
	struct in6_addr any;
	return inet_pton(AF_INET, name, &any) == 1 || inet_pton(AF_INET6, name, &any) == 1;
}

/* The first name of the certificate by which others can reach this machine. */
static const char *public_name(const struct certificate_message *c)
{
	for (size_t i = 0; i < c->info.name_count; i++) {
		const char *name = c->info.names[i];
		if (name[0] != '*' && strcmp(name, "localhost") != 0 && !is_address(name))
			return name;
	}
	return NULL;
}

/* "": not known. */
static void print_address(
	struct service *service, const struct certificate_message *c, char ret[ADDRESS_BYTES])
{
	char listeners[LISTENER_TEXT_BYTES * 4];
	const char *name = public_name(c);
	ret[0] = '\0';
	listeners_describe(service->listeners, LISTENER_TLS, listeners, sizeof(listeners));
	const char *port = strrchr(listeners, ':');
	if (name && port)
		(void)snprintf(ret, ADDRESS_BYTES, "%s%.6s", name, port);
}

/* ---- making one ---- */

struct creation {
	char code[INVITE_CODE_BYTES];
	struct shown shown;
	char address[ADDRESS_BYTES];
	struct certificate_message certificate;
};

static void reply_created(struct call *call)
{
	struct creation *creation = call->data;
	show(call->write.invitation, &creation->shown);
	certificate_fill(call->service, &creation->certificate);
	print_address(call->service, &creation->certificate, creation->address);
	Gchat__V1__CreateInviteResponse response;
	gchat__v1__create_invite_response__init(&response);
	response.invite = creation->code;
	response.info = &creation->shown.message;
	response.registration = server_info_registration(call->service);
	response.address = creation->address;
	if (!service_config(call->service)->tls.certificate[0]) /* else its issuer vouches for it */
		response.fingerprint = creation->certificate.info.fingerprint;
	call_reply(call, &response.base);
}

void admin_create_invite(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__CreateInviteRequest *r = CALL_REQUEST(Gchat__V1__CreateInviteRequest, msg);
	struct creation *creation = call_data(call, sizeof(*creation));
	uint8_t hash[LIMIT_SHA256_BYTES];
	invite_code_make(creation->code);
	if (!invite_code_hash(creation->code, hash)) {
		call_fail(call, REASON_UNAVAILABLE);
		return;
	}
	const struct op_invitation new = {.hash = hash,
		.uses = r->uses ? r->uses : 1,
		.expires_us =
			r->valid_s ? clock_wall_us() + r->valid_s * (uint64_t)CLOCK_US_PER_S : 0,
		.note = r->note};
	struct write *write = call_begin_write(call);
	call_write(call, op_create_invitation(write, &new), reply_created);
}

/* ---- listing ---- */

void admin_list_invites(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListInvitesRequest *r = CALL_REQUEST(Gchat__V1__ListInvitesRequest, msg);
	enum {
		DECIMAL = 10
	};
	size_t size = call_page_size(r->page_size);
	size_t count;
	struct invitation **all = invitation_page(
		call->service->directory, strtoull(r->page_token, NULL, DECIMAL), size + 1, &count);
	size_t shown = count < size ? count : size;
	struct shown *rows = mem_new(shown, sizeof(*rows));
	Gchat__V1__Invitation **list = mem_new(shown, sizeof(struct Gchat__V1__Invitation *));
	char token[24] = "";
	for (size_t i = 0; i < count; i++) {
		if (i < shown) {
			show(all[i], &rows[i]);
			list[i] = &rows[i].message;
		}
		(void)invitation_unref(all[i]);
	}
	if (count > shown)
		(void)snprintf(token, sizeof(token), "%" PRIu64, rows[shown - 1].message.invite_id);
	Gchat__V1__ListInvitesResponse response;
	gchat__v1__list_invites_response__init(&response);
	response.invites = list;
	response.n_invites = shown;
	response.next_page_token = token;
	call_reply(call, &response.base);
	free(list);
	free(rows);
	free(all);
}

/* ---- taking one back ---- */

static void reply_revoked(struct call *call)
{
	struct shown shown;
	show(call->write.invitation, &shown);
	Gchat__V1__RevokeInviteResponse response;
	gchat__v1__revoke_invite_response__init(&response);
	response.info = &shown.message;
	call_reply(call, &response.base);
}

void admin_revoke_invite(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__RevokeInviteRequest *r = CALL_REQUEST(Gchat__V1__RevokeInviteRequest, msg);
	struct invitation *invitation = invitation_find_id(call->service->directory, r->invite_id);
	if (!invitation) {
		call_fail_text(call, REASON_NOT_FOUND, "there is no such invitation");
		return;
	}
	struct write *write = call_begin_write(call);
	write->invitation = invitation;
	call_write(call, op_revoke_invitation(write), reply_revoked);
}

/* ---- the lockdown ---- */

static void reply_lockdown(struct call *call)
{
	bool on = atomic_load(&call->service->directory->lockdown);
	Gchat__V1__SetLockdownResponse response;
	gchat__v1__set_lockdown_response__init(&response);
	response.changed = !call->write.already;
	if (response.changed)
		log_with(LOG_LEVEL_NOTICE, NULL, LOG_ID_LOCKDOWN, "%s uid=%u",
			on ? "lockdown: no new accounts and guests are taken"
			   : "the lockdown is over: new accounts and guests as configured",
			call->admin_uid);
	call_reply(call, &response.base);
}

void admin_set_lockdown(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__SetLockdownRequest *r = CALL_REQUEST(Gchat__V1__SetLockdownRequest, msg);
	struct write *write = call_begin_write(call);
	call_write(call, op_set_lockdown(write, r->on), reply_lockdown);
}
