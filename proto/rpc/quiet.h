/* Turning off what Debian's build of gRPC and abseil leaves on and a server cannot afford. */
#pragma once

#include "base/macros.h"
#include <stdbool.h>

/* Switches abseil's deadlock detection off: it takes a process-wide lock at every mutex and would
 * abort on a suspicion. False when this abseil has no such switch, which is harmless. Main thread,
 * before grpc_init. */
bool rpc_quiet_mutexes(void);
