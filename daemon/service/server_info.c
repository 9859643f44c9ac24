/* Name, version and limits, for the welcome and for those who ask before signing in. */
#include "service/server_info.h"

#include "proto/limits.h"
#include "service/service.h"
#include "store/store.h"

char *server_info_name(void)
{
	static char name[] = "gchatd " GCHAT_VERSION;
	return name;
}

void server_info_limits(void *arg, Gchat__V1__Limits *ret_limits)
{
	const struct config *config = service_config(arg);
	gchat__v1__limits__init(ret_limits);
	ret_limits->text_bytes_max = (uint32_t)config->limits.text_bytes;
	ret_limits->frame_bytes_max = LIMIT_MESSAGE_BYTES;
	ret_limits->rooms_max = (uint32_t)config->limits.rooms_per_account;
	ret_limits->messages_per_minute = (uint32_t)config->limits.messages_per_minute;
	ret_limits->avatar_bytes_max = LIMIT_AVATAR_BYTES;
	ret_limits->keepalive_s = (uint32_t)config->delivery.keepalive_s;
}

char *server_info_durability(void *arg)
{
	static char always[] = "always";
	static char process[] = "process";
	return service_config(arg)->store.durability == STORE_DURABILITY_ALWAYS ? always : process;
}

Gchat__V1__Registration server_info_registration(void *arg)
{
	static const Gchat__V1__Registration registrations[] = {
		[CONFIG_REGISTRATION_OPEN] = GCHAT__V1__REGISTRATION__REGISTRATION_OPEN,
		[CONFIG_REGISTRATION_INVITE] = GCHAT__V1__REGISTRATION__REGISTRATION_INVITE,
		[CONFIG_REGISTRATION_CLOSED] = GCHAT__V1__REGISTRATION__REGISTRATION_CLOSED,
	};
	const struct service *service = arg;
	if (atomic_load(&service->directory->lockdown))
		return GCHAT__V1__REGISTRATION__REGISTRATION_CLOSED;
	return registrations[service_config(arg)->accounts.registration];
}

bool server_info_guests(void *arg)
{
	const struct service *service = arg;
	return service_config(arg)->accounts.guests && !atomic_load(&service->directory->lockdown);
}
