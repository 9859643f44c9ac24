/*
 * How cost grows with what is stored: fills a store in steps with events of 10,000 rooms at random,
 * as chat would, and at each step prints how fast it appends (always durable, one room and all at
 * random) and how long it takes to open it and to read 1,000 and 10,000 events of one room, with the
 * page cache warm and cold. Usage: store-curve FOLDER [--from EVENTS] [EVENTS...], by default 0 1000000 10000000;
 * the store stays in FOLDER as gchat.db, with rooms, accounts and members that gchatd can start on.
 * Not a test; the script `curve` beside it adds gchatd's own start-up.
 */
#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"
#include "load.h"
#include "room/record.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ROOMS = 10000,
	ACCOUNTS = 10000,
	MEMBERS = 10, /* of each room */
	MEASURED = 60000, /* appends in one measurement */
	FILL_OUTSTANDING = 40000, /* in one transaction */
};

static char path[4096];

/* ---- rooms, accounts, members ---- */

struct records {
	struct store_op op;
	struct store_put puts[2 + MEMBERS];
	struct record_key keys[2 + MEMBERS];
	_Atomic bool done;
};

static void on_records(struct store_op *op, enum store_status status)
{
	if (status != STORE_OK)
		abort();
	atomic_store(&GC_CONTAINER_OF(op, struct records, op)->done, true);
}

static void add(struct records *r, enum record_kind kind, struct record_key key,
	const ProtobufCMessage *msg)
{
	size_t i = r->op.put_count++;
	struct record_value value = record_encode(msg);
	r->keys[i] = key;
	r->puts[i] = (struct store_put){.kind = (uint32_t)kind,
		.key = r->keys[i].bytes,
		.key_len = key.len,
		.value = value.data,
		.value_len = value.len};
}

static void add_room(struct records *r, uint64_t id)
{
	char name[32];
	Gchat__V1__RoomRecord room;
	Gchat__V1__RoomNameRecord room_name;
	Gchat__V1__MemberRecord member;
	gchat__v1__room_record__init(&room);
	gchat__v1__room_name_record__init(&room_name);
	gchat__v1__member_record__init(&member);
	(void)snprintf(name, sizeof(name), "room-%lu", (unsigned long)id);
	room.room_id = room_name.room_id = id;
	room.name = name;
	room.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC;
	member.role = GCHAT__V1__ROLE__ROLE_MEMBER;
	add(r, RECORD_ROOM, record_key_id(id), &room.base);
	add(r, RECORD_ROOM_NAME, record_key_bytes(name, strlen(name)), &room_name.base);
	for (uint64_t i = 0; i < MEMBERS; i++)
		add(r, RECORD_MEMBER, record_key_pair(id, 1 + (id * 7 + i * 997) % ACCOUNTS),
			&member.base);
}

static void add_account(struct records *r, uint64_t id)
{
	char name[32];
	Gchat__V1__AccountRecord account;
	Gchat__V1__UserNameRecord user_name;
	gchat__v1__account_record__init(&account);
	gchat__v1__user_name_record__init(&user_name);
	(void)snprintf(name, sizeof(name), "user-%lu", (unsigned long)id);
	account.account_id = user_name.account_id = id;
	account.user = name;
	add(r, RECORD_ACCOUNT, record_key_id(id), &account.base);
	add(r, RECORD_USER_NAME, record_key_bytes(name, strlen(name)), &user_name.base);
}

static void write_records(void)
{
	struct store *store = load_open(path, STORE_DURABILITY_PROCESS, 1);
	struct records *all = mem_new(ROOMS + ACCOUNTS, sizeof(*all));
	for (uint64_t i = 0; i < ROOMS + ACCOUNTS; i++) {
		if (i < ROOMS)
			add_room(&all[i], i + 1);
		else
			add_account(&all[i], i - ROOMS + 1);
		all[i].op.puts = all[i].puts;
		all[i].op.on_done = on_records;
		store_submit(store, &all[i].op);
	}
	(void)store_close(store); /* completes them */
	for (size_t i = 0; i < ROOMS + ACCOUNTS; i++)
		for (size_t j = 0; j < all[i].op.put_count; j++)
			free((void *)(uintptr_t)all[i].puts[j].value); /* record_encode's */
	free(all);
}

/* ---- filling ---- */

static void fill(uint64_t events)
{
	struct store *store = load_open(path, STORE_DURABILITY_PROCESS, FILL_OUTSTANDING);
	const struct load load = {.logs = ROOMS, .outstanding = FILL_OUTSTANDING, .total = events};
	struct load_result r = load_run(store, &load);
	(void)store_close(store);
	fprintf(stderr, "filled with %lu events in %.0f s (%lu failed)\n", (unsigned long)events,
		(double)r.us / 1e6, (unsigned long)r.failed);
}

/* ---- measuring ---- */

static void forget_pages(void)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		fprintf(stderr, "the page cache stays warm\n");
	if (fd >= 0)
		(void)close(fd);
}

static void append(uint64_t stored, uint64_t logs, size_t outstanding)
{
	uint64_t total = outstanding == 1 ? MEASURED / 10 : MEASURED;
	struct store *store = load_open(path, STORE_DURABILITY_ALWAYS, outstanding);
	const struct load load = {.logs = logs, .outstanding = outstanding, .total = total};
	struct load_result r = load_run(store, &load);
	(void)store_close(store);
	printf("| %9lu | %6lu | %11zu | %9.0f | %7.2f | %7.2f | %8.2f | %10.1f |\n",
		(unsigned long)stored, (unsigned long)logs, outstanding,
		(double)total * 1e6 / (double)r.us, r.p50_us / 1e3, r.p99_us / 1e3,
		r.worst_us / 1e3, (double)total / r.commits);
	(void)fflush(stdout);
}

struct reading {
	struct store_job job;
	uint64_t log;
	uint64_t want;
	uint64_t got;
	int64_t us;
};

static bool on_event(void *arg, const struct store_event *event)
{
	struct reading *r = arg;
	r->got += event->body_len > 0;
	return true;
}

/* In pages, as catching up does, the newest `want` events. */
static void read_log(struct store_job *job, struct store_reader *reader)
{
	struct reading *r = GC_CONTAINER_OF(job, struct reading, job);
	struct store_head head = {.log = r->log};
	struct mono start = clock_mono();
	enum store_status status = store_head(reader, r->log, &head);
	uint64_t from = head.head > r->want ? head.head - r->want + 1 : 1;
	for (; status == STORE_OK && from <= head.head; from += 500)
		status = store_read(reader, r->log, from, from + 499, 500, on_event, r);
	r->us = clock_mono().us - start.us;
	if (status != STORE_OK)
		fprintf(stderr, "reading: %s\n", store_status_text(status));
}

static void catch_up(uint64_t stored, uint64_t log, uint64_t want, bool cold)
{
	if (cold)
		forget_pages();
	struct mono start = clock_mono();
	struct store *store = load_open(path, STORE_DURABILITY_ALWAYS, 1);
	int64_t open_us = clock_mono().us - start.us;
	struct reading r = {.job.run = read_log, .log = log, .want = want};
	store_run_now(store, &r.job);
	printf("| %9lu | %4s | %8.1f | %6lu | %9.2f |\n", (unsigned long)stored,
		cold ? "cold" : "warm", (double)open_us / 1e3, (unsigned long)r.got,
		(double)r.us / 1e3);
	(void)store_close(store);
}

/* Room 1 has at least so many behind it, strewn over the others' as they were written. */
static void step(uint64_t stored)
{
	static const size_t OUTSTANDING[] = {1, 64, 2000};
	printf("\n| stored    | rooms  | under way   | appends/s | p50 ms  | p99 ms  | worst ms | per commit |\n"
	       "|-----------|--------|-------------|-----------|---------|---------|----------|------------|\n");
	for (size_t i = 0; i < GC_LENGTH(OUTSTANDING); i++) {
		append(stored, 1, OUTSTANDING[i]);
		append(stored, ROOMS, OUTSTANDING[i]);
	}
	printf("\n| stored    | pages | open ms | events | read ms |\n"
	       "|-----------|------|----------|--------|-----------|\n");
	for (int cold = 0; cold <= 1; cold++) {
		catch_up(stored, 2, 1000, cold);
		catch_up(stored, 1, 1000, cold);
		catch_up(stored, 1, 10000, cold);
	}
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	static const uint64_t DEFAULTS[] = {0, 1000000, 10000000};
	if (argc < 2) {
		fprintf(stderr, "usage: store-curve FOLDER [EVENTS...]\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/gchat.db", argv[1]);
	uint64_t stored = 0;
	if (argc > 3 && strcmp(argv[2], "--from") == 0) { /* so many are there already */
		stored = strtoull(argv[3], NULL, 10);
		argv += 2;
		argc -= 2;
	}
	int count = argc > 2 ? argc - 2 : (int)GC_LENGTH(DEFAULTS);
	if (access(path, F_OK) != 0)
		write_records();
	for (int i = 0; i < count; i++) {
		uint64_t size = argc > 2 ? strtoull(argv[i + 2], NULL, 10) : DEFAULTS[i];
		if (size > stored)
			fill(size - stored);
		stored = size;
		step(stored);
	}
	return EXIT_SUCCESS;
}
