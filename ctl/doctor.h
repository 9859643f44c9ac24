/*
 * What `gchatctl doctor` looks at, one finding after the other. Each check says what it found, and
 * where something is to be done, what. One thread.
 */
#pragma once

#include "base/macros.h"
#include "gchat/v1/admin.pb-c.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	DOCTOR_TEXT_BYTES = 320,
};

struct admin;

enum finding {
	FINDING_OK,
	FINDING_SKIPPED, /* it can't be looked at from here */
	FINDING_WARN,
	FINDING_FAIL,
	_FINDING_MAX,
};

struct doctor {
	struct admin *admin; /* borrowed */
	const Gchat__V1__GetStatusResponse *status; /* borrowed */
	const char *server; /* host:port to talk to; borrowed */
	unsigned messages; /* to send */
	unsigned counts[_FINDING_MAX];
	/* Told of each finding. False: nobody listens any more. */
	void (*tell)(void *arg, const char *check, enum finding finding, const char *detail,
		const char *advice);
	void *arg;
};

/* "ok", "skipped", "warn", "fail". Static storage. */
const char *finding_name(enum finding finding);

/* Tells of one finding; advice NULL: nothing is to be done. */
void doctor_find(struct doctor *d, const char *check, enum finding finding, const char *advice,
	const char *format, ...) GC_PRINTF(5, 6);

/* From what the daemon says, and what this machine says of it. */
void doctor_check_server(struct doctor *d);
/* The certificate in service: its dates, and `seen`, the fingerprint met at the port ("": none). */
void doctor_check_certificate(
	struct doctor *d, const Gchat__V1__Certificate *certificate, const char *seen);
/* Talks for a while in a room of its own over the TLS port, with a break in between: order, loss,
 * delay. Account and room are gone afterwards. `ret_seen`: the certificate's fingerprint. */
void doctor_check_talk(struct doctor *d, char ret_seen[65]);

/* Findings from figures, for those above and for tests. */
enum finding doctor_judge_disk(uint64_t free_bytes, uint64_t total_bytes);
enum finding doctor_judge_expiry(uint64_t not_before_us, uint64_t not_after_us, uint64_t now_us);
enum finding doctor_judge_share(uint64_t used, uint64_t limit);
/* "[::]:7443, 127.0.0.1:1" -> "[::1]:7443": where to reach the first of them from this machine.
 * False: none. */
bool doctor_find_address(const char *listeners, char *ret, size_t size);
