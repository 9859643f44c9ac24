/* Which entries of the audit log are past their age. On a reader thread. */
#include "server_priv.h"

#include "base/mem.h"
#include "room/audit.h"

#include <stdlib.h>

struct sweep {
	struct store_job job;
	struct store *store; /* borrowed */
	uint64_t oldest_us;
};

static void run(struct store_job *job, struct store_reader *reader)
{
	struct sweep *sweep = GC_CONTAINER_OF(job, struct sweep, job);
	struct store_head head;
	uint64_t floor = 0;
	if (store_head(reader, AUDIT_LOG, &head) == STORE_OK &&
		store_seq_at(reader, AUDIT_LOG, sweep->oldest_us, &floor) == STORE_OK &&
		floor > head.first)
		store_trim(sweep->store, AUDIT_LOG, floor);
	free(sweep);
}

void server_sweep_audit(struct server *s)
{
	enum {
		S_PER_DAY = 86400
	};
	uint64_t age_us = (uint64_t)s->config->audit.max_age_days * S_PER_DAY * CLOCK_US_PER_S;
	if (age_us == 0)
		return;
	struct sweep *sweep = mem_new(1, sizeof(*sweep));
	*sweep = (struct sweep){
		.job.run = run, .store = s->store, .oldest_us = clock_wall_us() - age_us};
	store_run(s->store, &sweep->job);
}
