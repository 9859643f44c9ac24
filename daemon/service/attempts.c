/* The service's rate maps, asked for one call. */
#include "service/attempts.h"

#include "net/accept.h"
#include "service/call.h"

#include <stdio.h>

/* "192.0.2.1 ann": a name at an address. */
static void print_known(const struct call *call, const char *user, char key[RATEMAP_KEY_BYTES])
{
	char address[ACCEPTOR_ADDRESS_BYTES];
	acceptor_rate_key(call->peer, address);
	(void)snprintf(key, RATEMAP_KEY_BYTES, "%.24s %.32s", address, user);
}

bool attempts_may_try(struct call *call, const char *user)
{
	struct service *service = call->service;
	uint32_t wait_ms = 0;
	char address[ACCEPTOR_ADDRESS_BYTES];
	char key[RATEMAP_KEY_BYTES];
	struct mono now = clock_mono();
	acceptor_rate_key(call->peer, address);
	bool ok = ratemap_take(service->attempts, address, now, &wait_ms);
	print_known(call, user, key);
	call->known = ratemap_knows(service->known, key);
	if (ok && call->known) {
		ok = ratemap_take(service->known, key, now, &wait_ms);
	} else if (ok) {
		(void)snprintf(key, sizeof(key), "@%.32s", user);
		ok = ratemap_take(service->attempts, key, now, &wait_ms);
	}
	if (!ok)
		call_fail_log_in(call, LIMITED_LOG_INS, user, wait_ms);
	return ok;
}

void attempts_know(struct call *call, const char *user)
{
	char key[RATEMAP_KEY_BYTES];
	uint32_t wait_ms;
	print_known(call, user, key);
	(void)ratemap_take(call->service->known, key, clock_mono(), &wait_ms); /* is known now */
}

bool attempts_may_register(struct call *call)
{
	uint32_t wait_ms = 0;
	char key[ACCEPTOR_ADDRESS_BYTES];
	acceptor_rate_key(call->peer, key);
	bool ok = ratemap_take_many(call->service->registrations, key, SERVICE_REGISTRATION_AMOUNT,
		clock_mono(), &wait_ms);
	if (!ok)
		call_fail_log_in(call, LIMITED_REGISTRATIONS, NULL, wait_ms);
	return ok;
}
