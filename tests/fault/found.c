/* A row is added with the fix of what its seed has found. */
#include "found.h"

#include "base/macros.h"

static const struct found rows[] = {
	{5, 2, 2, "hurry",
		"a daemon told to end when its shards' threads hadn't begun asked servers that were "
		"gone for calls"},
	{7434708792, 4, 6, "stop",
		"the ledger took what is sent to someone just removed for a place in the room"},
	{3665432968, 19, 3, NULL,
		"a daemon doesn't start while its clock is before its certificate's time: "
		"certificates of this harness are old enough now"},
};

const struct found *found_table(size_t *ret_count)
{
	*ret_count = GC_LENGTH(rows);
	return rows;
}
