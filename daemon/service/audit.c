/* One entry on its way: shard thread, a reader thread where the name isn't known, writer thread. */
#include "service/audit.h"

#include "base/log.h"
#include "base/mem.h"
#include "room/audit.h"
#include "service/call.h"
#include "service/request_text.h"
#include "service/watch_notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct audit {
	struct call *call; /* borrowed: it is held until `then` */
	void (*then)(struct call *call);
	struct audit_entry entry;
	struct store_job job; /* finds the name */
	struct store_op op;
	struct store_append append;
	struct record_value body; /* owned */
	enum store_status status;
	struct mail mail;
};

static void log_change(const struct audit *audit)
{
	const struct audit_entry *e = &audit->entry;
	bool kept = audit->status == STORE_OK;
	const struct log_fields who = {.uid = &e->uid};
	log_with(kept ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING, &who,
		kept ? LOG_ID_AUDIT : LOG_ID_AUDIT_LOST,
		"%s action=%s name=%s pid=%u outcome=%s%s%s",
		kept ? "an administrator's call"
		     : "an administrator's call could not be written to the audit log",
		e->action, e->user[0] ? e->user : "-", e->pid, e->outcome, e->object[0] ? " " : "",
		e->object);
}

/* Shard thread. */
static void on_mail(struct mail *mail)
{
	struct audit *audit = GC_CONTAINER_OF(mail, struct audit, mail);
	struct call *call = audit->call;
	log_change(audit);
	watch_notes_admin(call, audit->entry.user, audit->entry.action, audit->entry.object,
		audit->entry.outcome);
	call->audit = NULL;
	free(audit->body.data);
	void (*then)(struct call *) = audit->then;
	free(audit);
	then(call);
}

/* Writer thread. */
static void on_done(struct store_op *op, enum store_status status)
{
	struct audit *audit = GC_CONTAINER_OF(op, struct audit, op);
	audit->status = status;
	shard_post_quietly(audit->call->shard, &audit->mail);
}

static void submit(struct audit *audit)
{
	audit->body = audit_encode(&audit->entry);
	audit->append = (struct store_append){
		.log = AUDIT_LOG, .body = audit->body.data, .body_len = audit->body.len};
	audit->op = (struct store_op){.appends = &audit->append,
		.append_count = 1,
		.vital = true, /* small, and what freed the disk should be in it */
		.on_done = on_done};
	store_submit(audit->call->service->store, &audit->op);
}

/* Reader thread. */
static void learn_name(struct store_job *job, struct store_reader *reader)
{
	(void)reader;
	struct audit *audit = GC_CONTAINER_OF(job, struct audit, job);
	user_names_learn(&audit->call->service->user_names, audit->entry.uid, audit->entry.user);
	submit(audit);
}

void audit_begin(struct call *call, const ProtobufCMessage *msg)
{
	struct audit *audit = mem_new(1, sizeof(*audit));
	audit->call = call;
	audit->job.run = learn_name;
	audit->mail.deliver = on_mail;
	audit->entry.uid = call->admin_uid;
	audit->entry.pid = call->admin_pid;
	(void)snprintf(audit->entry.action, sizeof(audit->entry.action), "%s", call->method->audit);
	if (msg)
		request_text(msg, audit->entry.object, sizeof(audit->entry.object));
	call->audit = audit;
}

void audit_end(struct call *call, enum reason outcome, void (*then)(struct call *call))
{
	struct audit *audit = call->audit;
	_Static_assert(AUDIT_USER_BYTES + 1 == USER_NAMES_BYTES, "a name fits");
	audit->then = then;
	(void)snprintf(audit->entry.outcome, sizeof(audit->entry.outcome), "%s",
		outcome == REASON_NONE ? "OK" : reason_name(outcome));
	if (user_names_find(&call->service->user_names, audit->entry.uid, audit->entry.user))
		submit(audit);
	else
		store_run(call->service->store, &audit->job);
}
