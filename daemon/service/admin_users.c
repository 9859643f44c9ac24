/* Accounts listed and shown, with their rooms and tokens. */
#include "service/admin_users.h"

#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "service/call.h"
#include "service/page.h"

#include <stdlib.h>
#include <string.h>

/* ---- one account ---- */

struct row {
	struct profile profile;
	Gchat__V1__Profile shown; /* borrows from profile */
	Gchat__V1__User message; /* the same */
};

static Gchat__V1__UserState state_of(const struct account *account)
{
	if (atomic_load(&account->suspended))
		return GCHAT__V1__USER_STATE__USER_STATE_SUSPENDED;
	return account->guest ? GCHAT__V1__USER_STATE__USER_STATE_GUEST
			      : GCHAT__V1__USER_STATE__USER_STATE_ACTIVE;
}

static uint32_t count_tokens(const struct account *account)
{
	struct account_token *token;
	uint32_t count = 0;
	LIST_FOREACH (token, &account->tokens, link)
		count++;
	return count;
}

static void fill_row(struct service *service, struct account *account, struct row *row)
{
	struct credentials credentials;
	account_get_profile(account, &row->profile);
	account_get_credentials(account, &credentials);
	profile_to_message(&row->profile, &row->shown);
	Gchat__V1__User *out = &row->message;
	gchat__v1__user__init(out);
	out->profile = &row->shown;
	out->created_us = account->created_us;
	out->sessions = atomic_load(&account->sessions);
	out->last_seen_us = out->sessions > 0 ? 0 : atomic_load(&account->last_seen_us);
	out->suspended = atomic_load(&account->suspended);
	out->state = state_of(account);
	out->has_password = credentials.password_hash[0] != '\0';
	out->presence = presence_of(service->presence, account);
	pthread_rwlock_rdlock(&service->directory->lock);
	out->rooms = account->membership_count;
	out->tokens = count_tokens(account);
	pthread_rwlock_unlock(&service->directory->lock);
}

/* ---- the list ---- */

static bool fits(void *arg, const struct account *account)
{
	const Gchat__V1__UserState *state = arg;
	return *state == GCHAT__V1__USER_STATE__USER_STATE_UNSPECIFIED ||
	       state_of(account) == *state;
}

void admin_list_users(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListUsersRequest *r = CALL_REQUEST(Gchat__V1__ListUsersRequest, msg);
	struct user_page page;
	Gchat__V1__UserState state = r->state;
	user_page_make(call->service->directory, r->page_token, call_page_size(r->page_size), fits,
		&state, &page);
	struct row *rows = mem_new(page.count, sizeof(*rows));
	Gchat__V1__User **list = mem_new(page.count, sizeof(struct Gchat__V1__User *));
	for (size_t i = 0; i < page.count; i++) {
		fill_row(call->service, page.accounts[i], &rows[i]);
		list[i] = &rows[i].message;
	}
	Gchat__V1__ListUsersResponse response;
	gchat__v1__list_users_response__init(&response);
	response.users = list;
	response.n_users = page.count;
	if (page.more)
		response.next_page_token = rows[page.count - 1].profile.user;
	call_reply(call, &response.base);
	free(list);
	free(rows);
	user_page_deinit(&page);
}

/* ---- tokens ---- */

struct tokens {
	struct one {
		Gchat__V1__Token message;
		char device[LIMIT_CLIENT_NAME_BYTES + 1];
	} items[ACCOUNT_TOKENS_MAX];
	Gchat__V1__Token *list[ACCOUNT_TOKENS_MAX];
	size_t count;
};

static int newest_first(const void *a, const void *b)
{
	const Gchat__V1__Token *const *x = a;
	const Gchat__V1__Token *const *y = b;
	return ((*x)->token_id < (*y)->token_id) - ((*x)->token_id > (*y)->token_id);
}

/* A copy, in which the messages borrow the devices. Owned: free. */
static struct tokens *tokens_of(struct directory *d, struct account *account)
{
	struct tokens *tokens = mem_new(1, sizeof(*tokens));
	struct account_token *token;
	pthread_rwlock_rdlock(&d->lock);
	LIST_FOREACH (token, &account->tokens, link) {
		if (tokens->count == ACCOUNT_TOKENS_MAX)
			break;
		struct one *one = &tokens->items[tokens->count];
		memcpy(one->device, token->device, sizeof(one->device));
		gchat__v1__token__init(&one->message);
		one->message.token_id = token->id;
		one->message.device = one->device;
		one->message.created_us = token->created_us;
		one->message.last_used_us = atomic_load(&token->last_used_us);
		tokens->list[tokens->count++] = &one->message;
	}
	pthread_rwlock_unlock(&d->lock);
	qsort(tokens->list, tokens->count, sizeof(tokens->list[0]), newest_first);
	return tokens;
}

void admin_list_user_tokens(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListUserTokensRequest *r =
		CALL_REQUEST(Gchat__V1__ListUserTokensRequest, msg);
	struct account *account = call_find_user(call, r->user);
	if (!account)
		return;
	struct tokens *tokens = tokens_of(call->service->directory, account);
	Gchat__V1__ListUserTokensResponse response;
	gchat__v1__list_user_tokens_response__init(&response);
	response.tokens = tokens->list;
	response.n_tokens = tokens->count;
	call_reply(call, &response.base);
	free(tokens);
	(void)account_unref(account);
}

/* ---- one account with all that belongs to it ---- */

struct memberships {
	struct room **rooms; /* owned, with refs */
	size_t count; /* all of them */
	struct room_info *infos; /* owned: of those shown */
	Gchat__V1__UserRoom *messages; /* owned: borrow from infos */
	Gchat__V1__UserRoom **list; /* owned */
	size_t shown;
};

static int by_name(const void *a, const void *b)
{
	const struct room *const *x = a;
	const struct room *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

/* False: no member any more. */
static bool fill_room(
	struct room *room, uint64_t account_id, struct room_info *info, Gchat__V1__UserRoom *out)
{
	room_get_info(room, info);
	gchat__v1__user_room__init(out);
	out->room = info->name;
	out->room_id = info->id;
	out->visibility = info->visibility;
	out->head_seq = info->head_seq;
	room_lock(room);
	const struct member *member = room_find_member(room, account_id);
	if (member) {
		out->role = member->role;
		out->joined_us = member->joined_us;
		out->read_seq = member->read_seq;
	}
	room_unlock(room);
	return member;
}

static void memberships_init(struct memberships *m, struct directory *d, struct account *account)
{
	m->rooms = directory_rooms_of(d, account, &m->count);
	if (m->count > 0)
		qsort(m->rooms, m->count, sizeof(struct room *), by_name);
	size_t most = m->count < LIMIT_PAGE_MAX ? m->count : LIMIT_PAGE_MAX;
	m->infos = mem_new(most, sizeof(*m->infos));
	m->messages = mem_new(most, sizeof(*m->messages));
	m->list = mem_new(most, sizeof(struct Gchat__V1__UserRoom *));
	m->shown = 0;
	for (size_t i = 0; i < most; i++)
		if (fill_room(m->rooms[i], account->id, &m->infos[m->shown],
			    &m->messages[m->shown])) {
			m->list[m->shown] = &m->messages[m->shown];
			m->shown++;
		}
}

static void memberships_deinit(struct memberships *m)
{
	for (size_t i = 0; i < m->count; i++)
		(void)room_unref(m->rooms[i]);
	free(m->rooms);
	free(m->infos);
	free(m->messages);
	free(m->list);
}

void admin_get_user(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__GetUserRequest *r = CALL_REQUEST(Gchat__V1__GetUserRequest, msg);
	struct account *account = call_find_user(call, r->user);
	if (!account)
		return;
	struct row *row = mem_new(1, sizeof(*row));
	struct memberships rooms;
	struct tokens *tokens = tokens_of(call->service->directory, account);
	fill_row(call->service, account, row);
	memberships_init(&rooms, call->service->directory, account);
	Gchat__V1__GetUserResponse response;
	gchat__v1__get_user_response__init(&response);
	response.user = &row->message;
	response.rooms = rooms.list;
	response.n_rooms = rooms.shown;
	response.tokens = tokens->list;
	response.n_tokens = tokens->count;
	call_reply(call, &response.base);
	memberships_deinit(&rooms);
	free(tokens);
	free(row);
	(void)account_unref(account);
}
