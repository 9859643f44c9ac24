/*
 * A process of its own that hashes passwords and does nothing else: gchatd, executed again with one
 * hidden argument. Argon2id's memory is mapped anew for each hash, which holds up every thread of a
 * process that asks the kernel for memory meanwhile; here there is nobody to hold up, and what a
 * scheduler sees is one process that may wait. It has a socket to its gchatd, stderr for its last
 * words, and no other descriptor; it ends with its gchatd. One request, one answer.
 */
#pragma once

#include "proto/limits.h"
#include "service/password.h"
#include <stdint.h>

#define PASSWORD_PROCESS_ARGUMENT "--hash-passwords"

enum {
	PASSWORD_PROCESS_SOCKET = 3, /* the descriptor: a connected SOCK_SEQPACKET */
	PASSWORD_PROCESS_NICE = 19,
};

enum password_task {
	PASSWORD_TASK_HASH, /* the result is that of password_hash */
	PASSWORD_TASK_VERIFY, /* a password_verdict */
	_PASSWORD_TASK_MAX,
};

/* One packet each way, between two processes of the same program. */
struct password_request {
	uint64_t id; /* comes back in the answer */
	uint32_t task;
	struct password_cost cost;
	char password[LIMIT_PASSWORD_BYTES_MAX + 1];
	char hash[PASSWORD_HASH_BYTES]; /* to verify against */
};

struct password_answer {
	uint64_t id;
	int32_t result;
	char hash[PASSWORD_HASH_BYTES]; /* a new one */
};

/* Answers requests until the other end is closed or says what makes no sense. Gives the exit status:
 * 64, after a line on stderr, where it wasn't started by gchatd. */
int password_process_main(void);
