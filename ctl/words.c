#include "ctl/words.h"

#include <string.h>

#include "base/macros.h"

static const char *const roles[] = {
	[GCHAT__V1__ROLE__ROLE_READER] = "reader",
	[GCHAT__V1__ROLE__ROLE_MEMBER] = "member",
	[GCHAT__V1__ROLE__ROLE_MODERATOR] = "moderator",
	[GCHAT__V1__ROLE__ROLE_OWNER] = "owner",
};

static const char *const visibilities[] = {
	[GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC] = "public",
	[GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE] = "private",
	[GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT] = "direct",
};

static const char *const presences[] = {
	[GCHAT__V1__PRESENCE_STATE__PRESENCE_ONLINE] = "online",
	[GCHAT__V1__PRESENCE_STATE__PRESENCE_AWAY] = "away",
	[GCHAT__V1__PRESENCE_STATE__PRESENCE_OFFLINE] = "offline",
};

static const char *word(const char *const *words, size_t count, size_t value)
{
	return value < count && words[value] ? words[value] : "?";
}

const char *words_role(Gchat__V1__Role role)
{
	return word(roles, GC_LENGTH(roles), (size_t)role);
}

const char *words_visibility(Gchat__V1__Visibility visibility)
{
	return word(visibilities, GC_LENGTH(visibilities), (size_t)visibility);
}

const char *words_presence(Gchat__V1__PresenceState presence)
{
	return word(presences, GC_LENGTH(presences), (size_t)presence);
}

static size_t find_word(const char *const *words, size_t count, const char *typed)
{
	for (size_t i = 0; i < count; i++) {
		if (words[i] && strcmp(words[i], typed) == 0)
			return i;
	}
	return 0; /* no enum has a word for its first value */
}

bool words_find_role(const char *typed, Gchat__V1__Role *ret)
{
	*ret = (Gchat__V1__Role)find_word(roles, GC_LENGTH(roles), typed);
	return *ret != GCHAT__V1__ROLE__ROLE_UNSPECIFIED;
}

bool words_find_visibility(const char *typed, Gchat__V1__Visibility *ret)
{
	*ret = (Gchat__V1__Visibility)find_word(
		visibilities, GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT, typed);
	return *ret != GCHAT__V1__VISIBILITY__VISIBILITY_UNSPECIFIED;
}
