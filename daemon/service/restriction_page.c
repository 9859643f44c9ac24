/* Rows from pages of the book. */
#include "service/restriction_page.h"

#include "base/mem.h"
#include "room/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void name_target(
	struct directory *d, const struct restriction *r, struct restriction_row *row)
{
	struct account *account = directory_find_account(d, r->target.account_id);
	struct room *room = directory_find_room(d, r->target.room_id);
	if (!r->target.account_id)
		network_print(&r->target.network, row->target);
	else if (account) /* else it has gone since */
		(void)snprintf(row->target, sizeof(row->target), "%s", account->name);
	if (room)
		(void)snprintf(row->room, sizeof(row->room), "%s", room->name);
	(void)account_unref(account);
	(void)room_unref(room);
}

static void fill(struct directory *d, struct restriction *r, struct restriction_row *row)
{
	name_target(d, r, row);
	gchat__v1__ban_entry__init(&row->entry);
	row->entry.ban_id = r->id;
	row->entry.target = row->target;
	row->entry.room = row->room;
	row->entry.reason = r->reason;
	row->entry.author = r->author;
	row->entry.created_us = r->created_us;
	row->entry.expires_us = r->expires_us;
}

/* From the page that is in it. */
static void show(struct directory *d, struct restriction_rows *rows)
{
	size_t count = rows->page.count;
	rows->rows = mem_new(count, sizeof(*rows->rows));
	rows->list = mem_new(count, sizeof(struct Gchat__V1__BanEntry *));
	for (size_t i = 0; i < count; i++) {
		fill(d, &rows->page.items[i], &rows->rows[i]);
		rows->list[i] = &rows->rows[i].entry;
	}
	if (rows->page.more)
		(void)snprintf(rows->next, sizeof(rows->next), "%llu",
			(unsigned long long)rows->page.items[count - 1].id);
}

void restriction_rows_make(struct directory *d, enum restriction_kind kind, uint64_t room_id,
	const char *token, size_t size, struct restriction_rows *ret)
{
	*ret = (struct restriction_rows){0};
	restriction_list(d, kind, room_id, strtoull(token, NULL, 10), size, &ret->page);
	show(d, ret);
}

void restriction_rows_of(struct directory *d, enum restriction_kind kind, uint64_t room_id,
	uint64_t account_id, struct restriction_rows *ret)
{
	const struct restriction_target targets[] = {
		{.account_id = account_id}, {.room_id = room_id, .account_id = account_id}};
	*ret = (struct restriction_rows){0};
	ret->page.items = mem_new(GC_LENGTH(targets), sizeof(*ret->page.items));
	for (size_t i = 0; i < (room_id ? 2 : 1); i++)
		if (restriction_find(d, kind, &targets[i], &ret->page.items[ret->page.count]))
			ret->page.count++;
	show(d, ret);
}

void restriction_rows_deinit(struct restriction_rows *rows)
{
	free(rows->list);
	free(rows->rows);
	free(rows->page.items);
}
