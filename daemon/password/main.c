/* gchatd-hash: hashes passwords for the gchatd that started it. */
#include "password/arena.h"
#include "password/process.h"

int main(void)
{
	return password_process_run(arena_release);
}
