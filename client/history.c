/* Amendments that are entries of the page themselves are shown there, in their place. */
#include "client/history.h"

struct gchat_entry history_entry(const struct gchat_history *page, size_t i)
{
	struct gchat_entry entry = page->entries[i];
	uint64_t last_seq = page->entries[page->count - 1].seq;
	uint64_t newest = last_seq;
	for (size_t a = 0; a < page->amendment_count; a++) {
		const struct gchat_entry *amendment = &page->amendments[a];
		if (amendment->kind != GCHAT_ENTRY_EDIT || amendment->target_seq != entry.seq)
			continue;
		if (amendment->seq <= newest)
			continue;
		newest = amendment->seq;
		entry.text = amendment->text;
	}
	return entry;
}
