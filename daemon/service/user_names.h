/*
 * Names of users of the machine. Asking the system for one may go to the network and take its time, so
 * that is done on a reader thread; what is known is remembered for a while. Any thread.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	USER_NAMES_MAX = 16, /* remembered at once */
	USER_NAMES_LIFE_S = 600, /* then it is asked for again */
	USER_NAMES_BYTES = 65, /* with its NUL; a longer one is cut */
};

struct user_names {
	pthread_mutex_t mu; /* guards what follows */
	struct user_name {
		uint32_t uid;
		int64_t until_us; /* monotonic; 0: the place is free */
		char name[USER_NAMES_BYTES]; /* empty: there is none */
	} list[USER_NAMES_MAX];
	unsigned next; /* the place that is taken next */
};

void user_names_init(struct user_names *names);
void user_names_deinit(struct user_names *names);

/* The name, as far as it is remembered; "" where the user has none. False: it has to be learned. */
bool user_names_find(struct user_names *names, uint32_t uid, char ret_name[USER_NAMES_BYTES]);
/* Asks the system, and remembers the answer. Blocks. */
void user_names_learn(struct user_names *names, uint32_t uid, char ret_name[USER_NAMES_BYTES]);
