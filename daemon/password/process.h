/*
 * A process of its own that hashes passwords and does nothing else. While Argon2id's memory is mapped,
 * every thread of a process that asks the kernel for memory waits; here there is nobody to hold up,
 * and what a scheduler sees is one process that may wait. It has a socket to its gchatd, stderr for
 * its last words, and no other descriptor; it ends with its gchatd. One request, one answer.
 */
#pragma once

#include "password/password.h"
#include "proto/limits.h"
#include <stdint.h>

enum {
	PASSWORD_PROCESS_SOCKET = 3, /* the descriptor: a connected SOCK_SEQPACKET */
	PASSWORD_PROCESS_NICE = 10, /* chat goes first; at 19 sign-ins starve on a busy machine */
	PASSWORD_PROCESS_IDLE_MS = 1000, /* without a request: then memory is given back */
};

enum password_task {
	PASSWORD_TASK_HASH, /* the result is that of password_hash */
	PASSWORD_TASK_VERIFY, /* a password_verdict */
	_PASSWORD_TASK_MAX,
};

/* One packet each way, between two programs that were built together. */
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

/* Answers requests until the other end is closed or says what makes no sense; calls `on_idle` when
 * there was none for a while. Gives the exit status: 64, after a line on stderr, where it wasn't
 * started by gchatd. */
int password_process_run(void (*on_idle)(void));
