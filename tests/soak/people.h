/*
 * People who come, talk and go: sessions of a few accounts that are members of the same rooms, in
 * one thread over the small HTTP/2 client. Every session checks that each room's sequence reaches it
 * without a gap; a session that ends without being asked to fails the test. Main thread.
 */
#pragma once

#include "h2/h2.h"
#include "support/td.h"

enum {
	PEOPLE_MAX = 400, /* sessions at a time */
	PEOPLE_ROOMS = 4,
	PEOPLE_ACCOUNTS = 20,
};

struct people;

/* Makes the accounts and the rooms; no session yet. Owned. */
struct people *people_new(struct td *td);
/* Cuts all sessions. NULL is allowed and given back. */
struct people *people_free(struct people *p);

/* How many sessions there shall be; people_turn opens and cuts. At most PEOPLE_MAX. */
void people_want(struct people *p, unsigned count);
/* Cuts one session at random, so that another one comes. */
void people_replace_one(struct people *p);
/* Someone says something in some room. Nothing when no one is there. */
void people_say(struct people *p);
/* Sends what is queued, takes what comes, waits at most timeout_ms. Fails the test on any fault. */
void people_turn(struct people *p, int timeout_ms);

/* Sessions that have their welcome. */
unsigned people_here(const struct people *p);
/* Messages said, less those whose speaker was cut before the answer; and how many were answered. */
uint64_t people_said(const struct people *p);
uint64_t people_acked(const struct people *p);
/* Message events received, all sessions together. */
uint64_t people_deliveries(const struct people *p);
/* The 99th percentile of the times from saying to receiving since the last call, in us; 0: none. */
uint64_t people_take_p99_us(struct people *p);
