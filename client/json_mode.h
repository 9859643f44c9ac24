/*
 * Script mode: requests as JSON objects on standard input, replies and events on standard output.
 * A request is {"op": "send", "id": any, ...}; its reply repeats the id. Main thread.
 */
#pragma once

#include "client/reader.h"
#include "client/rooms.h"
#include "client/session.h"
#include <jansson.h>
#include <sys/queue.h>

enum {
	JSON_LINE_BYTES_MAX = 256 * 1024,
	JSON_WAITING_MAX = 256, /* unanswered requests before the next line is read */
};

struct json_waiting {
	TAILQ_ENTRY(json_waiting) link;
	uint64_t tag;
	json_t *id; /* owned, may be NULL */
};

struct json_mode {
	struct session session;
	struct rooms rooms;
	struct reader reader;
	TAILQ_HEAD(json_waiting_list, json_waiting) waiting;
	size_t waiting_count;
	bool input_ended;
	bool stopped;
	int status;
};

/* One request. */
struct json_call {
	struct json_mode *mode;
	const json_t *request; /* borrowed */
	const json_t *id; /* borrowed, may be NULL */
	struct gchat_error error; /* filled where a handler returns < 0 */
	uint64_t tag;
	json_t *result; /* owned: fields for the reply */
};

/* What a handler did. */
enum json_outcome {
	JSON_DONE, /* the reply is made of `result` now */
	JSON_WAITS, /* the reply comes with `tag` */
};

struct json_op {
	const char *name;
	const char *fields; /* "room text [reply_to]" for the manual page */
	/* enum json_outcome, or a negative return of the library. */
	int (*run)(struct json_call *call);
};

/* Sorted by name; ends with an entry whose name is NULL. */
extern const struct json_op JSON_OPS[];

int json_main(const struct options *options);
/* Handles one line of input. */
void json_take_line(struct json_mode *mode, const char *line, size_t number);
