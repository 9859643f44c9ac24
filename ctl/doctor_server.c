/* Without rights to look at the daemon's process or folder, that is said and the rest is done. */
#include "ctl/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "base/clock.h"
#include "base/duration.h"

enum {
	PATH_BYTES = 64,
	LINE_BYTES = 256,
	PERCENT = 100,
	DAY_S = 86400,
	EXPIRY_WARN_DAYS = 21,
	EXPIRY_FAIL_DAYS = 3,
	DISK_WARN_PERCENT = 10,
	DISK_FAIL_PERCENT = 2,
	SHARE_WARN_PERCENT = 80,
	SHARE_FAIL_PERCENT = 95,
	PER_CONNECTION = 2, /* descriptors */
};

#define MIB             ((uint64_t)1 << 20)
#define DISK_FAIL_BYTES (100 * MIB)
#define DISK_WARN_BYTES (1024 * MIB)

static const char *const names[_FINDING_MAX] = {
	[FINDING_OK] = "ok",
	[FINDING_SKIPPED] = "skipped",
	[FINDING_WARN] = "warn",
	[FINDING_FAIL] = "fail",
};

const char *finding_name(enum finding finding)
{
	return names[finding];
}

void doctor_find(struct doctor *d, const char *check, enum finding finding, const char *advice,
	const char *format, ...)
{
	char detail[DOCTOR_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	d->counts[finding]++;
	d->tell(d->arg, check, finding, detail, finding == FINDING_OK || !advice ? "" : advice);
}

/* ---- judgements ---- */

enum finding doctor_judge_disk(uint64_t free_bytes, uint64_t total_bytes)
{
	uint64_t percent = total_bytes / PERCENT;

	if (free_bytes < DISK_FAIL_BYTES || free_bytes < percent * DISK_FAIL_PERCENT)
		return FINDING_FAIL;
	if (free_bytes < DISK_WARN_BYTES || free_bytes < percent * DISK_WARN_PERCENT)
		return FINDING_WARN;
	return FINDING_OK;
}

enum finding doctor_judge_expiry(uint64_t not_before_us, uint64_t not_after_us, uint64_t now_us)
{
	const uint64_t day_us = (uint64_t)DAY_S * CLOCK_US_PER_S;

	if (now_us < not_before_us || now_us + EXPIRY_FAIL_DAYS * day_us > not_after_us)
		return FINDING_FAIL;
	return now_us + EXPIRY_WARN_DAYS * day_us > not_after_us ? FINDING_WARN : FINDING_OK;
}

enum finding doctor_judge_share(uint64_t used, uint64_t limit)
{
	if (used > limit / PERCENT * SHARE_FAIL_PERCENT)
		return FINDING_FAIL;
	return used > limit / PERCENT * SHARE_WARN_PERCENT ? FINDING_WARN : FINDING_OK;
}

bool doctor_find_address(const char *listeners, char *ret, size_t size)
{
	char one[LINE_BYTES];
	size_t len = strcspn(listeners, ", \n");

	if (len == 0 || len >= sizeof(one))
		return false;
	(void)snprintf(one, sizeof(one), "%.*s", (int)len, listeners);
	const char *colon = strrchr(one, ':');
	if (!colon)
		return false;
	if (strncmp(one, "[::]:", strlen("[::]:")) == 0)
		(void)snprintf(ret, size, "[::1]%s", colon);
	else if (strncmp(one, "0.0.0.0:", strlen("0.0.0.0:")) == 0)
		(void)snprintf(ret, size, "127.0.0.1%s", colon);
	else
		(void)snprintf(ret, size, "%s", one);
	return true;
}

/* ---- the daemon and its store ---- */

static void check_daemon(struct doctor *d)
{
	const Gchat__V1__GetStatusResponse *s = d->status;
	uint64_t now_us = clock_wall_us();
	char up[DURATION_BYTES];
	bool serving = strcmp(s->state, "SERVING") == 0;
	bool same = strcmp(s->version, GCHAT_VERSION) == 0;

	(void)duration_print(
		now_us > s->started_us ? (now_us - s->started_us) / CLOCK_US_PER_S : 0, up);
	doctor_find(d, "daemon", serving ? same ? FINDING_OK : FINDING_WARN : FINDING_FAIL,
		serving ? "restart gchatd after an upgrade: systemctl restart gchatd"
			: "it takes no new sessions; see journalctl -u gchatd",
		"gchatd %s, %s, up %s", s->version, s->state, up);
}

static void check_store(struct doctor *d)
{
	const Gchat__V1__GetStatusResponse *s = d->status;
	bool ok = strcmp(s->store_health, "OK") == 0;

	doctor_find(d, "store", ok ? s->damaged_rooms ? FINDING_FAIL : FINDING_OK : FINDING_FAIL,
		ok ? "find out more with: gchatctl verify"
		   : "free disk space, or see journalctl -u gchatd",
		"%s, %s, %" PRIu64 " MiB, durability %s, %u damaged rooms%s%s", s->store,
		s->store_health, s->store_bytes / MIB, s->durability, s->damaged_rooms,
		s->store_reason[0] ? ": " : "", s->store_reason);
	if (s->disk_full_refusals > 0)
		doctor_find(d, "store-refusals", FINDING_WARN,
			"give the store's file system more room",
			"%" PRIu64 " changes were refused since the start, for the disk was full",
			s->disk_full_refusals);
}

static void check_disk(struct doctor *d)
{
	const char *path = d->status->store_path;
	struct statvfs fs;

	if (path[0] == '\0' || statvfs(path, &fs) < 0) {
		doctor_find(d, "disk", FINDING_SKIPPED, "run this as root", "%s: %s",
			path[0] ? path : "in memory",
			path[0] ? strerror(errno) : "no disk is used");
		return;
	}
	uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	uint64_t total = (uint64_t)fs.f_blocks * fs.f_frsize;
	doctor_find(d, "disk", doctor_judge_disk(free_bytes, total),
		"free some space, or shorten retention in gchatd.conf",
		"%s: %" PRIu64 " MiB of %" PRIu64 " MiB are free", path, free_bytes / MIB,
		total / MIB);
}

/* ---- the machine ---- */

/* The number behind `key` in a file like /proc/meminfo; 0: not found. */
static uint64_t read_figure(const char *path, const char *key)
{
	char line[LINE_BYTES];
	uint64_t figure = 0;
	FILE *f = fopen(path, "re");

	while (f && figure == 0 && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, strlen(key)) == 0)
			figure = strtoull(line + strlen(key), NULL, 10);
	}
	if (f)
		(void)fclose(f);
	return figure;
}

static void check_memory(struct doctor *d)
{
	enum {
		KIB = 1024
	};
	uint64_t total = read_figure("/proc/meminfo", "MemTotal:") * KIB;
	uint64_t available = read_figure("/proc/meminfo", "MemAvailable:") * KIB;

	if (total == 0) {
		doctor_find(d, "memory", FINDING_SKIPPED, NULL, "/proc/meminfo can't be read");
		return;
	}
	enum finding finding = doctor_judge_share(total - available, total);
	doctor_find(d, "memory", finding,
		"give the machine more memory, or lower limits.connections",
		"gchatd has %" PRIu64 " MiB; %" PRIu64 " MiB of %" PRIu64 " MiB are available",
		d->status->rss_bytes / MIB, available / MIB, total / MIB);
}

static uint64_t count_descriptors(const char *folder)
{
	uint64_t count = 0;
	DIR *dir = opendir(folder);

	if (!dir)
		return 0;
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		count += entry->d_name[0] != '.';
	(void)closedir(dir);
	return count;
}

static void check_descriptors(struct doctor *d)
{
	char path[PATH_BYTES];

	(void)snprintf(path, sizeof(path), "/proc/%u/limits", d->status->pid);
	uint64_t limit = read_figure(path, "Max open files");
	(void)snprintf(path, sizeof(path), "/proc/%u/fd", d->status->pid);
	uint64_t used = count_descriptors(path);
	if (used == 0) /* of another user: what connections take is known */
		used = (uint64_t)d->status->connections * PER_CONNECTION;
	if (limit == 0) {
		doctor_find(d, "descriptors", FINDING_SKIPPED, "run this on the server's machine",
			"process %u can't be looked at", d->status->pid);
		return;
	}
	doctor_find(d, "descriptors", doctor_judge_share(used, limit),
		"raise LimitNOFILE of gchatd.service", "%" PRIu64 " of %" PRIu64 " are in use",
		used, limit);
}

/* What systemd's NTPSynchronized says, too: the kernel's own flag. */
static void check_clock(struct doctor *d)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	if (state < 0) {
		doctor_find(d, "clock", FINDING_SKIPPED, NULL, "%s", strerror(errno));
		return;
	}
	doctor_find(d, "clock", state == TIME_ERROR ? FINDING_WARN : FINDING_OK,
		"let something set it: timedatectl set-ntp true",
		state == TIME_ERROR ? "nothing keeps the machine's clock right"
				    : "it is kept right, to %ld ms",
		t.maxerror / CLOCK_US_PER_MS);
}

void doctor_check_server(struct doctor *d)
{
	check_daemon(d);
	check_store(d);
	check_disk(d);
	check_memory(d);
	check_descriptors(d);
	check_clock(d);
}

void doctor_check_certificate(struct doctor *d, const Gchat__V1__Certificate *c, const char *seen)
{
	uint64_t now_us = clock_wall_us();
	char left[DURATION_BYTES];
	bool over = now_us > c->not_after_us;

	(void)duration_print(
		(over ? now_us - c->not_after_us : c->not_after_us - now_us) / CLOCK_US_PER_S,
		left);
	doctor_find(d, "certificate",
		doctor_judge_expiry(c->not_before_us, c->not_after_us, now_us),
		"put a new pair in place, then: gchatctl cert rotate",
		now_us < c->not_before_us ? "%s: not valid yet"
		: over                    ? "%s: expired %s ago"
					  : "%s: valid for another %s",
		c->subject, left);
	if (seen[0] == '\0')
		return;
	bool same = strcmp(seen, c->fingerprint) == 0;
	doctor_find(d, "handshake", same ? FINDING_OK : FINDING_FAIL,
		"something else answers at that port",
		same ? "%s serves it: %.16s..." : "%s serves another one: %.16s...", d->server,
		seen);
}
