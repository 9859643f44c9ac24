/* SO_PEERCRED and SO_PEERGROUPS, socket(7) and unix(7). */
#include "net/peercred.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <unistd.h>

enum {
	GROUP_BYTES_MAX = 1048576, /* a group with more members than fit is not looked at */
	GROUPS_MAX = 65536, /* the kernel's own limit, NGROUPS_MAX */
};

gid_t peercred_find_group(const char *group)
{
	if (!group || !group[0])
		return PEERCRED_NO_GROUP;
	char *buf GC_CLEANUP(mem_freep) = mem_try(GROUP_BYTES_MAX);
	struct group entry;
	struct group *found = NULL;
	if (!buf || getgrnam_r(group, &entry, buf, GROUP_BYTES_MAX, &found) != 0 || !found)
		return PEERCRED_NO_GROUP;
	return found->gr_gid;
}

int peercred_get(int fd, struct ucred *ret)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return err_raise(-errno);
	*ret = peer;
	return 0;
}

static bool has_supplementary(int fd, gid_t group)
{
	socklen_t len = 0;
	/* The first call only asks how many there are. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0 || errno != ERANGE)
		return false;
	if (len > GROUPS_MAX * sizeof(gid_t))
		return false;
	gid_t *groups GC_CLEANUP(mem_freep) = mem_try(len);
	if (!groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(gid_t); i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

bool peercred_may_administer(int fd, const struct ucred *peer, gid_t group)
{
	if (peer->uid == 0 || peer->uid == geteuid())
		return true;
	if (group == PEERCRED_NO_GROUP)
		return false;
	return peer->gid == group || has_supplementary(fd, group);
}
