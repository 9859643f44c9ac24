/* The table. */
#include "fault.h"

#include <string.h>

static const struct fault faults[] = {
	/* clang-format off */
	{"kill", "kill -9 of the daemon", FAULT_OF_DAEMON,
		NULL, fault_kill, fault_revive, 300},
	{"kill-often", "kill -9 of the daemon again and again while it starts", FAULT_OF_DAEMON,
		NULL, fault_kill_often, fault_revive, 100},
	{"restart", "SIGTERM, its end, a new start", FAULT_OF_DAEMON,
		NULL, fault_restart, fault_revive, 200},
	{"hurry", "SIGTERM when it is ready, but its threads haven't begun", FAULT_OF_DAEMON,
		fault_has_no_shift, fault_hurry, fault_revive, 50},
	{"stop", "SIGSTOP of the daemon for up to seconds", FAULT_OF_DAEMON,
		NULL, fault_stop, fault_continue, 2500},
	{"torn-wal", "kill -9, and garbage behind the end of the WAL", FAULT_OF_DAEMON,
		NULL, fault_tear_wal, fault_revive, 100},
	{"wal-copy", "kill -9, and another daemon on a copy whose WAL is cut", FAULT_OF_DAEMON,
		NULL, fault_copy_wal, fault_revive, 50},
	{"store", "transactions, commits and reads that fail or are slow, by plan", FAULT_OF_DAEMON,
		fault_has_no_store, fault_break_store, fault_mend_store, 800},
	{"client-kill", "kill -9 of some clients, who come back with their outbox", FAULT_OF_CLIENTS,
		NULL, fault_kill_clients, fault_start_clients, 400},
	{"cut", "connections reset, some again and again", FAULT_OF_NETWORK,
		NULL, fault_cut, fault_mend, 300},
	{"silent", "connections that say nothing and stay open, some for ever", FAULT_OF_NETWORK,
		NULL, fault_silence, fault_mend, 1500},
	{"delay", "each chunk late by its own time", FAULT_OF_NETWORK,
		NULL, fault_delay, fault_mend, 800},
	{"throttle", "a few thousand bytes a second", FAULT_OF_NETWORK,
		NULL, fault_throttle, fault_mend, 800},
	{"stall", "pauses as after lost packets", FAULT_OF_NETWORK,
		NULL, fault_stall, fault_mend, 1200},
	{"disk-full", "no space, or less than the reserve, on the state's file system", FAULT_OF_DISK,
		fault_has_no_disk, fault_fill_disk, fault_empty_disk, 600},
	{"clock", "the daemon's wall clock jumps by hours", FAULT_OF_CLOCK,
		fault_has_no_shift, fault_shift_clock, fault_right_clock, 400},
	{"descriptors", "no descriptor left in the daemon, idle connections hold them",
		FAULT_OF_DESCRIPTORS,
		NULL, fault_take_descriptors, fault_give_descriptors, 400},
	{"rotate", "another certificate, by gchatctl or SIGHUP", FAULT_OF_SETTINGS,
		NULL, fault_rotate, NULL, 0},
	{"reload", "other settings, by SIGHUP", FAULT_OF_SETTINGS,
		NULL, fault_reload, NULL, 0},
	/* clang-format on */
};

const struct fault *fault_table(size_t *ret_count)
{
	*ret_count = GC_LENGTH(faults);
	return faults;
}

const struct fault *fault_find(const char *name)
{
	for (size_t i = 0; i < GC_LENGTH(faults); i++) {
		if (strcmp(faults[i].name, name) == 0)
			return &faults[i];
	}
	return NULL;
}
