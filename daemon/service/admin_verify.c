/*
 * Verify: step after step on the reader threads, each behind the reads that people wait for. Ends early
 * when the caller goes or the daemon stops.
 */
#include "service/admin_verify.h"

#include "base/log.h"
#include "base/log_ids.h"
#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "room/verify.h"
#include "service/call.h"

#include <stdlib.h>

struct check {
	struct verify verify;
	struct service *service; /* borrowed */
	bool more;
};

static void wipe(void *data)
{
	struct check *check = data;
	verify_deinit(&check->verify);
	atomic_store(&check->service->verifying, false);
}

static void fill_problem(Gchat__V1__VerifyProblem *out, struct verify_problem *problem)
{
	gchat__v1__verify_problem__init(out);
	out->room = problem->room;
	out->room_id = problem->room_id;
	out->first_seq = problem->first_seq;
	out->last_seq = problem->last_seq;
	out->text = problem->text;
}

static void reply(struct call *call)
{
	const struct verify *v = &((struct check *)call->data)->verify;
	Gchat__V1__VerifyProblem *outs = mem_new(v->problem_count, sizeof(*outs));
	Gchat__V1__VerifyProblem **list =
		mem_new(v->problem_count, sizeof(struct Gchat__V1__VerifyProblem *));
	for (size_t i = 0; i < v->problem_count; i++) {
		fill_problem(&outs[i], &v->problems[i]);
		list[i] = &outs[i];
	}
	Gchat__V1__VerifyResponse response;
	gchat__v1__verify_response__init(&response);
	response.events = v->events;
	response.problems = list;
	response.n_problems = v->problem_count;
	response.problem_count = v->problem_total;
	response.rooms = v->rooms;
	response.records = v->records;
	response.structure_checked = v->structure_done;
	response.mended_rooms = v->mended;
	log_with(v->problem_total ? LOG_LEVEL_ERROR : LOG_LEVEL_NOTICE, NULL,
		v->problem_total ? LOG_ID_STORE_DAMAGED : NULL,
		"store verified uid=%u events=%llu rooms=%llu problems=%llu", call->admin_uid,
		(unsigned long long)v->events, (unsigned long long)v->rooms,
		(unsigned long long)v->problem_total);
	call_reply(call, &response.base);
	free(list);
	free(outs);
}

/* Reader thread. */
static void step(struct call *call, struct store_reader *reader)
{
	struct check *check = call->data;
	check->more = verify_step(&check->verify, reader);
}

static void after_step(struct call *call)
{
	const struct check *check = call->data;
	if (check->verify.status == STORE_UNAVAILABLE)
		call_fail(call, REASON_UNAVAILABLE);
	else if (!check->more)
		reply(call);
	else if (!call->close_op.busy || atomic_load(&call->service->stopping))
		call_fail(call, REASON_SHUTDOWN); /* or the caller has gone, and hears nothing */
	else
		call_read(call, step, after_step);
}

void admin_verify(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	if (atomic_exchange(&call->service->verifying, true)) {
		call_fail_text(call, REASON_UNAVAILABLE, "the store is being verified already");
		return;
	}
	struct check *check = call_data(call, sizeof(*check));
	check->service = call->service;
	verify_init(&check->verify, call->service->directory);
	call->wipe = wipe;
	call_read(call, step, after_step);
}
