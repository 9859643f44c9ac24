/*
 * Whether the files of a pair have changed: a look (stat) now and then, which sees a new file, another
 * one behind a symbolic link anywhere on the way, a network folder, and needs no descriptor; inotify
 * sees none of the latter. What has changed counts once it looks the same twice: whoever writes
 * two files is not done after the first. One thread.
 */
#pragma once

#include "net/tls.h"
#include <sys/types.h>
#include <time.h>

enum {
	TLS_WATCH_FILES = 4, /* certificate, key, authorities, lists */
};

struct tls_mark { /* what tells one state of a file from another */
	int error; /* 0, or the errno of stat: then the rest is 0 */
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};

struct tls_watch {
	struct tls_mark taken[TLS_WATCH_FILES]; /* as they were last told of */
	struct tls_mark seen[TLS_WATCH_FILES]; /* at the last look */
};

/* As they are now is as they are known. */
void tls_watch_start(struct tls_watch *watch, const struct tls_files *files);
/* True: they have changed and stay as they are; told once. */
bool tls_watch_look(struct tls_watch *watch, const struct tls_files *files);
/* The change could not be dealt with: the next looks tell of it again. */
void tls_watch_again(struct tls_watch *watch);
