/*
 * Someone was refused because of a limit: the counter of that limit, and a line in the log that names
 * the setting and is limited by itself. Any thread.
 */
#pragma once

struct log_fields;

enum limited {
	LIMITED_LOG_INS, /* log_ins_per_minute */
	LIMITED_LOG_IN_QUEUE, /* log_in_queue */
	LIMITED_REGISTRATIONS, /* registrations_per_hour */
	LIMITED_RATE, /* messages_per_minute and its neighbours */
	LIMITED_SESSIONS, /* sessions_per_account */
	LIMITED_ANSWERS, /* unsent_bytes */
	LIMITED_REFUSALS, /* refusals_per_minute: not refused, but read slowly */
	LIMITED_HANDSHAKES, /* handshakes_per_second: they wait before they are accepted */
	_LIMITED_MAX,
};

/* `who` is borrowed; its fields may be NULL. */
void limited_note(enum limited limit, const struct log_fields *who);
