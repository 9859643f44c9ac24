/* getpwuid_r(3), and a few answers of it. */
#include "service/user_names.h"

#include "base/clock.h"
#include "base/mem.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ENTRY_BYTES_MAX = 65536, /* of passwd(5); a user with a larger one has no name here */
};

void user_names_init(struct user_names *names)
{
	*names = (struct user_names){0};
	(void)pthread_mutex_init(&names->mu, NULL); /* cannot fail with default attributes */
}

void user_names_deinit(struct user_names *names)
{
	(void)pthread_mutex_destroy(&names->mu);
}

/* Under mu. */
static struct user_name *find(struct user_names *names, uint32_t uid)
{
	for (size_t i = 0; i < USER_NAMES_MAX; i++)
		if (names->list[i].until_us > 0 && names->list[i].uid == uid)
			return &names->list[i];
	return NULL;
}

bool user_names_find(struct user_names *names, uint32_t uid, char ret_name[USER_NAMES_BYTES])
{
	int64_t now_us = clock_mono().us;
	(void)pthread_mutex_lock(&names->mu);
	const struct user_name *found = find(names, uid);
	bool fresh = found && now_us < found->until_us;
	if (fresh)
		memcpy(ret_name, found->name, USER_NAMES_BYTES);
	(void)pthread_mutex_unlock(&names->mu);
	return fresh;
}

static void ask(uint32_t uid, char ret_name[USER_NAMES_BYTES])
{
	struct passwd entry;
	struct passwd *found = NULL;
	char *buf GC_CLEANUP(mem_freep) = mem_try(ENTRY_BYTES_MAX);
	ret_name[0] = '\0';
	if (buf && getpwuid_r(uid, &entry, buf, ENTRY_BYTES_MAX, &found) == 0 && found)
		(void)snprintf(ret_name, USER_NAMES_BYTES, "%s", entry.pw_name);
}

void user_names_learn(struct user_names *names, uint32_t uid, char ret_name[USER_NAMES_BYTES])
{
	ask(uid, ret_name);
	struct mono until =
		clock_mono_add_ms(clock_mono(), (int64_t)USER_NAMES_LIFE_S * CLOCK_MS_PER_S);
	(void)pthread_mutex_lock(&names->mu);
	struct user_name *place = find(names, uid);
	if (!place)
		place = &names->list[names->next++ % USER_NAMES_MAX];
	place->uid = uid;
	place->until_us = until.us;
	memcpy(place->name, ret_name, USER_NAMES_BYTES);
	(void)pthread_mutex_unlock(&names->mu);
}
