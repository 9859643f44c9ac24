/* What is needed before the first round. */
#include "world_make.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

enum {
	FILE_BYTES_MAX = 1024 * 1024,
	PAIR_AGE_S = 96 * 3600, /* more than the clock is ever set back */
};

static const char base_config[] = "server: { reconnect_spread_ms = %d; };\n"
				  "store: { durability = \"always\"; reserve_mb = 2; };\n"
				  "delivery: { tail_events = %d; presence_grace_ms = 200; };\n"
				  "log: { level = \"info\"; };\n";

/* ---- the disk ---- */

/* In a mount namespace of its own: nobody else sees it, and it ends with the process. */
static const char *mount_disk(const char *folder)
{
	static char why[128];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("gchat-fault", folder, "tmpfs", 0, "size=192m,mode=0750") < 0) {
		(void)snprintf(why, sizeof(why), "no file system of its own: %s", strerror(errno));
		return why;
	}
	return NULL;
}

static struct world *mounted; /* the one whose disk is mounted */

static void unmount_at_exit(void)
{
	world_abandon(mounted);
}

/* Registered after the harness's own clean-up, and so run before it: what is mounted can't be
 * removed. */
static void unmount_whatever_happens(struct world *w)
{
	if (!mounted)
		(void)atexit(unmount_at_exit);
	mounted = w;
}

/* ---- the clock ---- */

static void map_clock(struct world *w, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(*w->shift)) < 0)
		td_fail(w->td, "%s: %s", path, strerror(errno));
	void *at = mmap(NULL, sizeof(*w->shift), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (at == MAP_FAILED)
		td_fail(w->td, "mmap: %s", strerror(errno));
	w->shift = at;
}

/* ---- certificates ---- */

void world_copy_file(struct world *w, const char *from, const char *to)
{
	char *data = NULL;
	size_t len = 0;

	if (fd_read_file(from, FILE_BYTES_MAX, &data, &len) < 0 ||
		fd_write_file(to, data, len, 0600) < 0)
		td_fail(w->td, "%s can't be copied to %s", from, to);
	free(data);
}

static void copy_with_suffix(struct world *w, const char *from, const char *to, const char *suffix)
{
	char source[2 * TD_PATH_BYTES];
	char target[2 * TD_PATH_BYTES];

	(void)snprintf(source, sizeof(source), "%s%s", from, suffix);
	(void)snprintf(target, sizeof(target), "%s%s", to, suffix);
	world_copy_file(w, source, target);
}

/* What another daemon made at its first start; clients trust both. */
static void make_pair(struct world *w, unsigned which, const struct td_options *options)
{
	struct td *other = td_start(options);
	char name[16];
	char made[2 * TD_PATH_BYTES];

	(void)snprintf(name, sizeof(name), "pair%u", which);
	(void)td_path(w->td, name, w->pairs[which]);
	(void)snprintf(made, sizeof(made), "%s/server", td_state_folder(other));
	copy_with_suffix(w, made, w->pairs[which], ".crt");
	copy_with_suffix(w, made, w->pairs[which], ".key");
	td_stop(other);
}

static void join_certificates(struct world *w)
{
	char bundle[FILE_BYTES_MAX / 8];
	size_t used = 0;

	for (unsigned i = 0; i < GC_LENGTH(w->pairs); i++) {
		char path[2 * TD_PATH_BYTES];
		char *pem = NULL;
		size_t len = 0;
		(void)snprintf(path, sizeof(path), "%s.crt", w->pairs[i]);
		if (fd_read_file(path, sizeof(bundle) / 2, &pem, &len) < 0)
			td_fail(w->td, "%s can't be read", path);
		memcpy(bundle + used, pem, len);
		used += len;
		free(pem);
	}
	if (fd_write_file(td_path(w->td, "ca.pem", w->ca), bundle, used, 0600) < 0)
		td_fail(w->td, "%s can't be written", w->ca);
	(void)td_path(w->td, "server", w->pair);
	copy_with_suffix(w, w->pairs[0], w->pair, ".crt");
	copy_with_suffix(w, w->pairs[0], w->pair, ".key");
}

/* ---- the daemon ---- */

void world_configure(struct world *w, bool second)
{
	char text[1024];
	size_t used = (size_t)snprintf(
		text, sizeof(text), base_config, second ? 50 : 100, second ? 64 : 256);

	(void)snprintf(text + used, sizeof(text) - used,
		"tls: { certificate = \"%s.crt\"; key = \"%s.key\"; };\n", w->pair, w->pair);
	td_configure(w->td, text);
}

/* Made while the clock was behind: a daemon doesn't start with a certificate whose time hasn't come,
 * and the clock will be set back. */
static void make_pairs(struct world *w, const struct td_options *options)
{
	if (w->shift)
		w->shift->ahead_s = -PAIR_AGE_S;
	for (unsigned i = 0; i < GC_LENGTH(w->pairs); i++)
		make_pair(w, i, options);
	if (w->shift)
		w->shift->ahead_s = 0;
	join_certificates(w);
}

void world_make_daemon(struct world *w)
{
	static char clock_env[TD_PATH_BYTES + 32];
	static char preload_env[] = "LD_PRELOAD=" FAULT_SHIFT;
	static char plan_env[TD_PATH_BYTES + 32];
	static const char *const env[] = {plan_env, clock_env, preload_env, NULL};
	static const char *const plain_env[] = {plan_env, NULL};
	char path[TD_PATH_BYTES];
	struct td_options options = {.env = TD_SANITIZED ? plain_env : env};

	w->td = td_prepare(&options);
	w->no_disk = mount_disk(td_state_folder(w->td));
	unmount_whatever_happens(w);
	(void)snprintf(
		clock_env, sizeof(clock_env), "GCHAT_FAULT_TIME=%s", td_path(w->td, "time", path));
	(void)snprintf(plan_env, sizeof(plan_env), "GCHAT_FAULT_PLAN=%s",
		td_path(w->td, "plan", w->store_plan));
	if (!TD_SANITIZED)
		map_clock(w, path);
	make_pairs(w, &options);
	world_configure(w, false);
	td_spawn(w->td);
	td_wait_ready(w->td, TD_WAIT_MS);
}

/* ---- people ---- */

static void make_actor(struct world *w, unsigned i)
{
	struct actor *a = &w->actors[i];
	struct actor_plan *plan = &a->plan;

	*a = (struct actor){.td = w->td, .ledger = w->ledger, .orders = -1, .reports = -1};
	a->wire = wire_open(w->td);
	plan->index = i;
	plan->count = w->actor_count;
	memcpy(plan->rooms, w->rooms, sizeof(plan->rooms));
	(void)snprintf(plan->user, sizeof(plan->user), "actor%u", i);
	(void)snprintf(plan->address, sizeof(plan->address), "%s", wire_address(a->wire));
	(void)snprintf(plan->ca, sizeof(plan->ca), "%s", w->ca);
	(void)td_path(w->td, plan->user, plan->state);
}

void world_make_people(struct world *w)
{
	uint64_t accounts[ACTORS_MAX] = {0};
	char tokens[ACTORS_MAX][ACTOR_TOKEN_BYTES];
	char user[ACTOR_USER_BYTES];

	w->witness = witness_open(w->td, w->ca);
	for (unsigned i = 0; i < w->actor_count; i++) {
		(void)snprintf(user, sizeof(user), "actor%u", i);
		accounts[i] = witness_sign_up(w->witness, user, tokens[i]);
	}
	witness_be(w->witness, tokens[0]);
	w->rooms[STAGE_TALK] = witness_make_room(w->witness, "talk");
	w->rooms[STAGE_HALL] = witness_make_room(w->witness, "hall");
	w->ledger = ledger_new(w->rooms, accounts);
	for (unsigned i = 0; i < w->actor_count; i++) {
		make_actor(w, i);
		memcpy(w->actors[i].plan.token, tokens[i], sizeof(tokens[i]));
	}
}
