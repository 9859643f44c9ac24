/* Who is on the Unix socket, as the kernel says. Any thread. */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#define PEERCRED_NO_GROUP ((gid_t)-1)

/* The group's number, or PEERCRED_NO_GROUP when `group` is NULL, empty or unknown. */
gid_t peercred_find_group(const char *group);

/* The credentials with which the peer of `fd` connected. 0 or negative errno. */
int peercred_get(int fd, struct ucred *ret) GC_MUST_CHECK;

/* Whether that peer may administer: root, our own effective user, or a member of `group`, by its
 * primary or a supplementary group. */
bool peercred_may_administer(int fd, const struct ucred *peer, gid_t group);
