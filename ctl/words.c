#include "ctl/words.h"

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
