/* A build without the frame guard: byte budgets (guard.h) alone. */
#include "net/tap.h"

bool tap_ssl_start(void)
{
	return false;
}
