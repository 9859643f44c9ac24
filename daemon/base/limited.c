/* One table by limit. */
#include "base/limited.h"

#include "base/log.h"
#include "base/metrics.h"

static const struct {
	enum metric metric;
	const char *setting;
} table[_LIMITED_MAX] = {
	[LIMITED_LOG_INS] = {METRIC_LIMITED_LOG_INS, "limits.log_ins_per_minute"},
	[LIMITED_LOG_IN_QUEUE] = {METRIC_LIMITED_LOG_IN_QUEUE, "limits.log_in_queue"},
	[LIMITED_REGISTRATIONS] = {METRIC_LIMITED_REGISTRATIONS, "limits.registrations_per_hour"},
	[LIMITED_RATE] = {METRIC_LIMITED_RATE, "limits.messages_per_minute"},
	[LIMITED_SESSIONS] = {METRIC_LIMITED_SESSIONS, "limits.sessions_per_account"},
	[LIMITED_ANSWERS] = {METRIC_LIMITED_ANSWERS, "limits.unsent_bytes"},
	[LIMITED_REFUSALS] = {METRIC_LIMITED_REFUSALS, "limits.refusals_per_minute"},
	[LIMITED_HANDSHAKES] = {METRIC_LIMITED_HANDSHAKES, "limits.handshakes_per_second"},
};

/* Static storage: zeroed, which is what LOG_LIMIT_INIT says. */
static struct log_limit lines[_LIMITED_MAX];

static void say(const char *setting, const struct log_fields *who, uint32_t dropped)
{
	struct log_fields fields = *who;
	fields.reason = setting;
	log_with(LOG_LEVEL_NOTICE, &fields, LOG_ID_LIMITED, "refused or slowed limit=%s dropped=%u",
		setting, (unsigned)dropped);
}

void limited_note(enum limited limit, const struct log_fields *who)
{
	uint32_t dropped = 0;
	metric_add(table[limit].metric, 1);
	if (log_limit_allows(&lines[limit], &dropped))
		say(table[limit].setting, who, dropped);
}
