/* Accounts sign up one after the other: each costs the daemon a password hash. */
#include "place.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NAME_BYTES = 32,
	PAGE = 500,
	WAIT_MS = 20000,
};

static const char password[] = "correct horse battery";

static int fail(struct err_text *err, const char *what, int r, const struct gchat_error *error)
{
	err_say(err, "%s: %s", what, r == -EIO && error->reason[0] ? error->message : strerror(-r));
	return err_raise(-EIO);
}

int place_open_client(struct place *p, struct gchat **ret, struct err_text *err)
{
	struct gchat_error error = {0};
	struct gchat_options o = {.server = p->server,
		.trust_mode =
			p->fingerprint[0] ? GCHAT_TRUST_MODE_EXACT : GCHAT_TRUST_MODE_FIRST_USE,
		.accept_new = true,
		.fingerprint = p->fingerprint,
		.client_name = "gchat-steady"};
	int r = gchat_open(&o, ret, &error);
	return r < 0 ? fail(err, "a client can't be made", r, &error) : 0;
}

static void learn_certificate(struct place *p, struct gchat *g)
{
	struct gchat_certificate certificate;
	gchat_get_certificate(g, &certificate);
	memcpy(p->fingerprint, certificate.fingerprint, sizeof(p->fingerprint));
}

static int sign_up(
	struct gchat *g, unsigned i, char ret_token[PLACE_TOKEN_BYTES], struct err_text *err)
{
	char user[NAME_BYTES];
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};
	(void)snprintf(user, sizeof(user), "steady-%u-%u", (unsigned)getpid(), i);
	struct gchat_credentials who = {.user = user, .password = password, .device = "steady"};
	int r = gchat_create_account(g, &who, &account, &error);
	if (r < 0)
		return fail(err, "an account can't be made", r, &error);
	(void)snprintf(ret_token, PLACE_TOKEN_BYTES, "%s", account->token);
	gchat_free(account);
	return 0;
}

static int make_room(struct gchat *g, unsigned i, uint64_t *ret_id, struct err_text *err)
{
	char name[NAME_BYTES];
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};
	(void)snprintf(name, sizeof(name), "steady-%u-%u", (unsigned)getpid(), i);
	struct gchat_room_spec spec = {.name = name, .visibility = GCHAT_VISIBILITY_PUBLIC};
	int r = gchat_create_room(g, &spec, &room, &error);
	if (r < 0)
		return fail(err, "a room can't be made", r, &error);
	*ret_id = room->room_id;
	gchat_free(room);
	return 0;
}

/* True: it is what we wait for. */
static bool is_joined(const struct gchat_event *event, uint64_t tag)
{
	return event->kind == GCHAT_EVENT_REPLY && event->reply.tag == tag &&
	       event->reply.kind == GCHAT_REPLY_JOINED;
}

/* A session that joins the room once it is welcome. */
static int join(struct gchat *g, uint64_t room_id, struct err_text *err)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), WAIT_MS);
	struct gchat_event *event = NULL;
	struct gchat_error none = {0};
	uint64_t tag = 0;
	bool joined = false;
	int r = gchat_connect(g, NULL);
	while (r == 0 && !joined && clock_mono().us < deadline.us) {
		if (gchat_next(g, WAIT_MS, &event) != 1)
			break;
		if (event->kind == GCHAT_EVENT_WELCOME)
			r = gchat_join(g, room_id, NULL, &tag);
		joined = is_joined(event, tag);
		gchat_event_free(event);
	}
	return joined ? 0 : fail(err, "a room can't be joined", r < 0 ? r : -ETIME, &none);
}

static int make_account(struct place *p, unsigned i, struct err_text *err)
{
	struct gchat *g = NULL;
	unsigned room = i % p->rooms;
	int r = place_open_client(p, &g, err);
	if (r == 0)
		r = sign_up(g, i, p->tokens[i], err);
	if (r == 0)
		learn_certificate(p, g);
	if (r == 0 && i < p->rooms)
		r = make_room(g, i, &p->room_ids[i], err);
	else if (r == 0)
		r = join(g, p->room_ids[room], err);
	gchat_close(g);
	return r < 0 ? err_pass(r) : 0;
}

int place_init(struct place *p, const struct steady_options *options, struct err_text *err)
{
	unsigned accounts = (options->sessions + PLACE_PER_ACCOUNT - 1) / PLACE_PER_ACCOUNT;
	int r = 0;
	*p = (struct place){
		.rooms = options->rooms, .accounts = accounts, .server = options->server};
	if (accounts < p->rooms)
		p->accounts = p->rooms;
	p->room_ids = mem_new(p->rooms, sizeof(*p->room_ids));
	p->tokens = mem_new(p->accounts, sizeof(*p->tokens));
	for (unsigned i = 0; r == 0 && i < p->accounts; i++)
		r = make_account(p, i, err);
	return r < 0 ? err_pass(r) : 0;
}

void place_deinit(struct place *p)
{
	free(p->room_ids);
	free(p->tokens);
	*p = (struct place){0};
}

int place_read(struct place *p, unsigned room,
	void (*heard)(void *arg, const struct gchat_entry *entry), void *arg)
{
	struct gchat *g = NULL;
	struct gchat_error error = {0};
	uint64_t seq = 0;
	uint64_t head = 1;
	int r = place_open_client(p, &g, NULL);
	if (r == 0)
		gchat_set_token(g, p->tokens[room]);
	while (r == 0 && seq < head) {
		struct gchat_history *page = NULL;
		struct gchat_history_query query = {.room_id = p->room_ids[room],
			.place = GCHAT_PLACE_AFTER,
			.seq = seq,
			.page_size = PAGE};
		r = gchat_history(g, &query, &page, &error);
		if (r < 0)
			break;
		for (size_t i = 0; i < page->count; i++)
			heard(arg, &page->entries[i]);
		head = page->count ? page->head_seq : seq; /* an empty page is the last */
		seq = page->count ? page->entries[page->count - 1].seq : seq;
		gchat_free(page);
	}
	gchat_close(g);
	return r < 0 ? err_pass(r) : 0;
}
