/* abseil's switch is found by its mangled name: it has no C interface, and another build of abseil
 * names it otherwise, in which case it stays as it is. */
#include "rpc/quiet.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* absl::debian3::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle), and without the name space
 * that Debian adds. */
static const char *const SWITCHES[] = {
	"_ZN4absl7debian329SetMutexDeadlockDetectionModeENS0_15OnDeadlockCycleE",
	"_ZN4absl29SetMutexDeadlockDetectionModeENS_15OnDeadlockCycleE",
};

enum {
	ABSL_ON_DEADLOCK_IGNORE = 0, /* absl::OnDeadlockCycle::kIgnore */
};

typedef void (*switch_fn)(int mode);

bool rpc_quiet_mutexes(void)
{
	for (size_t i = 0; i < GC_LENGTH(SWITCHES); i++) {
		void *symbol = dlsym(RTLD_DEFAULT, SWITCHES[i]);
		if (!symbol)
			continue;
		/* POSIX lets dlsym's result be a function; ISO C has no cast for it. */
		switch_fn set_mode = NULL;
		memcpy(&set_mode, &symbol, sizeof(set_mode));
		set_mode(ABSL_ON_DEADLOCK_IGNORE);
		return true;
	}
	return false;
}
