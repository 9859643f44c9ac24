/*
 * Line mode: one loop over what is typed (or piped in), what the server sends, and signals. The
 * handlers of the slash commands (act.h) work on this struct. Main thread only.
 */
#pragma once

#include "base/clock.h"
#include "client/line.h"
#include "client/reader.h"
#include "client/render.h"
#include "client/rooms.h"
#include "client/screen.h"
#include "client/session.h"
#include <sys/queue.h>

enum {
	CHAT_PAGE_MAX = 500, /* what a server gives at once */
	CHAT_WAITING_MAX = 256, /* unanswered lines of a pipe before the next one is read */
	CHAT_LINE_BYTES_MAX = 64 * 1024,
	CHAT_UNREAD_SHOWN_MAX = 100, /* messages shown on entering a room with unread ones */
};

/* A request that waits for its reply. */
struct waiting {
	TAILQ_ENTRY(waiting) link;
	uint64_t tag;
	char *text; /* owned: given back to the editor when refused; may be NULL */
	char *done; /* owned, clean: said when it is done; may be NULL */
	bool suggested; /* nobody asked for it: no error when refused */
	bool holds; /* the next line of a pipe waits for it */
};

struct chat {
	struct session session;
	struct rooms rooms;
	uint64_t room_id; /* where what is typed goes; 0: nowhere yet */
	struct render render;
	struct screen screen;
	struct line line;
	struct reader reader; /* where the input is no terminal */
	TAILQ_HEAD(waiting_list, waiting) waiting;
	size_t waiting_count, holding_count;
	bool interactive; /* keys, a terminal */
	bool talkative; /* a person reads: say where we are, and what was said before */
	bool online;
	bool away;
	bool welcomed; /* once */
	bool lost; /* said so */
	bool input_ended;
	bool quitting;
	bool leaving; /* Ctrl-C once */
	int status; /* exit status */
	struct mono typed; /* when the server was last told that we type */
};

/* The whole of it; an exit status. */
int chat_main(const struct options *options);

/* ---- for the handlers ---- */

/* "-- ..." as an answer to what was typed; on standard error where that is no terminal. */
void chat_say(struct chat *c, const char *fmt, ...) GC_PRINTF(2, 3);
/* Shows rows of render_*; takes them. */
void chat_show(struct chat *c, char *rows, bool urgent);
/* Says why something failed; from a pipe it also sets the exit status. `what` may be NULL. */
void chat_fail(struct chat *c, const char *what, const struct gchat_error *error);
/* The same for a return of the library. */
void chat_fail_call(struct chat *c, const char *what, int r, struct gchat_error *error);
/* Remembers a request; `text` (for the editor) and `done` are copied. A negative `r` is said at
 * once instead. */
void chat_await(struct chat *c, int r, uint64_t tag, const char *text, const char *done);
/* The last request holds the next line of a pipe until it is answered. */
void chat_hold(struct chat *c);

/* The current room; NULL, and it was said, when there is none. Borrowed until rooms_put. */
struct room *chat_room(struct chat *c);
/* A room by name, from those known or the server; NULL, and it was said. The same. */
struct room *chat_find_room(struct chat *c, const char *name);
/* Makes a room the current one and shows what is new in it. */
void chat_enter(struct chat *c, struct room *room);
/* Finds out who the other one is where that is not known. */
void chat_label(struct chat *c, struct room *room);
/* Shows one entry. */
void chat_entry(struct chat *c, const struct gchat_entry *e, bool urgent);
/* Shows the newest `count` entries before `before` (0: of all). */
void chat_history(struct chat *c, struct room *room, uint32_t count, uint64_t before);
/* What was shown in the current room counts as read. */
void chat_mark_read(struct chat *c);
