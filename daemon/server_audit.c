/* Entries of the audit log go when they are past their age. */
#include "server_priv.h"

#include "room/audit.h"

void server_sweep_audit(struct server *s)
{
	enum {
		S_PER_DAY = 86400
	};
	uint64_t age_us = (uint64_t)s->config->audit.max_age_days * S_PER_DAY * CLOCK_US_PER_S;
	if (age_us > 0)
		audit_sweep(s->store, clock_wall_us() - age_us);
}
