/*
 * Many sessions of the real library that stay in their rooms, talk at a steady rate and check all
 * they hear, while whoever runs this disturbs the daemon; callers beside them connect afresh all the
 * time. It says what was lost, doubled or refused, and for how long anyone heard nothing.
 *
 * A thread of its own does all of it; the functions may be called from any one other thread.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include <stdbool.h>
#include <stdint.h>

struct steady;

struct steady_options {
	const char *server; /* "127.0.0.1:7443"; its certificate is the one seen first */
	unsigned sessions;
	unsigned rooms; /* the sessions are spread over them evenly */
	unsigned rate; /* messages a second in each room */
	unsigned calls_per_s; /* fresh connections */
};

/* Of so many clients, in milliseconds. */
struct steady_spread {
	double p50;
	double p99;
	double max;
};

/* What a disturbance was to the clients. */
struct steady_figures {
	unsigned sessions;
	unsigned broken; /* sessions that lost their connection */
	unsigned attempts; /* to come back, all together */
	unsigned missing; /* sessions not back; 0: all are */
	struct steady_spread silence; /* the longest time between two deliveries, of each session */
	struct steady_spread ack; /* the longest time until a message was acknowledged, of each */
	struct steady_spread told; /* from the beginning until its connection broke */
	struct steady_spread waited; /* between attempts, as the library decided */
	struct steady_spread connecting; /* the rest, until the welcome */
	unsigned calls; /* fresh connections that got their welcome */
	unsigned calls_again; /* of those, who had to try again */
	struct steady_spread call; /* from connecting to the welcome */
	unsigned refused; /* TCP connects that failed */
};

/* Since the start. */
struct steady_totals {
	uint64_t said;
	uint64_t acked;
	uint64_t delivered;
	uint64_t lost; /* gaps, and what was acknowledged and isn't there, or never was answered */
	uint64_t doubled;
	uint64_t disordered; /* two who heard differently at the same place */
	uint64_t refused; /* messages, sessions, connections */
	char trouble[ERR_TEXT_BYTES]; /* the first of all that; "": none */
};

/* Makes accounts and rooms, opens all sessions; they talk when it returns. 0 with *ret owned, or
 * -EIO with a sentence. The daemon must allow it: open registration, room for the sessions. */
int steady_open(const struct steady_options *options, struct steady **ret,
	struct err_text *err) GC_MUST_CHECK;
/* Cuts all sessions. NULL is allowed and given back. */
struct steady *steady_close(struct steady *s);

/* A disturbance begins. */
void steady_begin(struct steady *s);
/* It is over: waits until every session has heard something said after this call, at most
 * timeout_ms. */
void steady_end(struct steady *s, int64_t timeout_ms, struct steady_figures *ret);
/* Nobody says anything more; all that was said is acknowledged and heard by all, and a newcomer
 * reads the same, or `lost` says otherwise after timeout_ms. The last call before steady_close. */
void steady_finish(struct steady *s, int64_t timeout_ms, struct steady_totals *ret);
/* Of so many values, which it sorts. */
struct steady_spread steady_spread_of(double *values, unsigned count);
/* Whether nothing was lost, doubled, disordered or refused. */
bool steady_is_sound(const struct steady_totals *totals);
