/*
 * gchat-abuse: what its parts share. The parent process keeps 200 honest sessions talking and
 * measures them (honest.h); each attack runs in a process of its own, forked for it, so that the
 * attacker's work doesn't slow the clock that measures. What the daemon says of it, its counters and
 * its log, is in watch.h.
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ABUSE_SESSIONS_MAX = 16, /* limits.sessions_per_account, as shipped */
	ABUSE_ADDRESSES = 32, /* that attackers have; 127.1.0.1 and on */
	ABUSE_TOKENS = 4, /* accounts that attackers have */
	ABUSE_TOKEN_BYTES = 64,
};

/* What an attacker has to work with. */
struct abuse_ground {
	uint16_t port;
	double secs; /* how long to go on */
	uint64_t room_id; /* an honest room that the attackers' accounts are members of */
	uint64_t heap_id; /* a room of theirs, a page of whose history is large */
	char tokens[ABUSE_TOKENS][ABUSE_TOKEN_BYTES];
	char users[ABUSE_TOKENS][ABUSE_TOKEN_BYTES];
};

/* What came of it, by the attacker's own count. */
struct abuse_outcome {
	uint64_t tries; /* connections, floods or requests */
	uint64_t stopped; /* of those, cut or refused */
	double first_stop_s; /* after so long; negative: never */
};

struct attack {
	const char *name;
	const char *limit; /* the setting that bounds it */
	const char *metric; /* the counter that must rise; NULL: it is bounded without being cut */
	const char *line; /* what the log must say; NULL: nothing */
	bool signed_in;
	bool brief; /* part of the run that every CI does */
	double secs_min; /* 0: as long as the others */
	const char *flood; /* a kind of h2-flood, or NULL and ... */
	void (*run)(const struct abuse_ground *ground, struct abuse_outcome *out); /* ... this */
};

extern const struct attack attacks[];
extern const size_t attacks_count;

double abuse_now_s(void);
/* Notes one that was stopped, `start` being when the attack began. */
void abuse_stopped(struct abuse_outcome *out, double start);
/* "127.1.0.N"; borrowed until the next call. */
const char *abuse_address(unsigned i);

/* connections.c: attacks by connecting. */
void abuse_half_open(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_drip(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_crowding(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_reconnect(const struct abuse_ground *ground, struct abuse_outcome *out);

/* calls.c: attacks by what the contract offers. */
void abuse_guessing(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_join_leave(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_avatars(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_typing(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_big_frames(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_unread_answers(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_never_reading(const struct abuse_ground *ground, struct abuse_outcome *out);
void abuse_sessions(const struct abuse_ground *ground, struct abuse_outcome *out);
