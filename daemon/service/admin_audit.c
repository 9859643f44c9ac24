/* A page of the audit log, read on a reader thread. */
#include "service/admin_audit.h"

#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "room/audit.h"
#include "service/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
	struct audit_filter filter;
	uint64_t before;
	size_t page_size;
	struct audit_page page;
};

static void wipe(void *data)
{
	audit_page_deinit(&((struct listing *)data)->page);
}

static void fill_entry(Gchat__V1__AuditEntry *out, struct audit_entry *entry)
{
	gchat__v1__audit_entry__init(out);
	out->seq = entry->seq;
	out->time_us = entry->time_us;
	out->uid = entry->uid;
	out->pid = entry->pid;
	out->user = entry->user;
	out->action = entry->action;
	out->object = entry->object;
	out->outcome = entry->outcome;
}

static void reply(struct call *call)
{
	struct audit_page *page = &((struct listing *)call->data)->page;
	if (call->status != STORE_OK) {
		call_fail(call, REASON_UNAVAILABLE);
		return;
	}
	Gchat__V1__AuditEntry *outs = mem_new(page->count, sizeof(*outs));
	Gchat__V1__AuditEntry **list = mem_new(page->count, sizeof(struct Gchat__V1__AuditEntry *));
	for (size_t i = 0; i < page->count; i++) {
		fill_entry(&outs[i], &page->entries[i]);
		list[i] = &outs[i];
	}
	char token[24] = "";
	if (page->next > 0)
		(void)snprintf(token, sizeof(token), "%llu", (unsigned long long)page->next);
	Gchat__V1__ListAuditResponse response;
	gchat__v1__list_audit_response__init(&response);
	response.entries = list;
	response.n_entries = page->count;
	response.next_page_token = token;
	call_reply(call, &response.base);
	free(list);
	free(outs);
}

/* Reader thread. */
static void read_page(struct call *call, struct store_reader *reader)
{
	struct listing *l = call->data;
	call->status = audit_read(reader, &l->filter, l->before, l->page_size, &l->page);
}

static bool fill_filter(struct audit_filter *filter, const Gchat__V1__ListAuditRequest *r)
{
	if (strlen(r->user) > AUDIT_USER_BYTES || strlen(r->action) > AUDIT_ACTION_BYTES ||
		strlen(r->object) > AUDIT_OBJECT_BYTES)
		return false;
	filter->since_us = r->since_us;
	filter->until_us = r->until_us;
	filter->by_uid = r->by_uid;
	filter->uid = r->uid;
	(void)snprintf(filter->user, sizeof(filter->user), "%s", r->user);
	(void)snprintf(filter->action, sizeof(filter->action), "%s", r->action);
	(void)snprintf(filter->object, sizeof(filter->object), "%s", r->object);
	return true;
}

/* False: that is no token of ours. */
static bool take_token(const char *token, uint64_t *ret_before)
{
	char *end = NULL;
	*ret_before = strtoull(token, &end, 10);
	return *end == '\0' && (token[0] == '\0' || *ret_before > 0);
}

void admin_list_audit(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListAuditRequest *r = CALL_REQUEST(Gchat__V1__ListAuditRequest, msg);
	struct listing *l = call_data(call, sizeof(*l));
	if (!fill_filter(&l->filter, r) || !take_token(r->page_token, &l->before)) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	call->wipe = wipe;
	l->page_size = call_page_size(r->page_size);
	call_read(call, read_page, reply);
}
