/* A page is fetched, thinned out, printed, forgotten. */
#include "ctl/list.h"

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/command.h"
#include "ctl/exit.h"

const struct option_row options_of_lists[] = {
	{.name = "limit",
		.argument = "N",
		.help = "At most this many",
		.kind = OPTION_NUMBER,
		.min = 1},
	{.name = NULL},
};

int list_run(const struct command_call *call, const struct list_spec *spec)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;
	struct listing listing =
		listing_start(call->output, spec->noun, spec->fields, spec->field_count);
	uint64_t limit = options_number(call->options, "limit", UINT64_MAX);
	struct rows rows;
	int r = EXIT_DONE;

	listing.details = spec->details;
	rows_init(&rows, spec->fields, spec->field_count);
	do {
		rows_clear(&rows);
		r = spec->fetch(call, &rows, &page_token);
		if (r == EXIT_DONE) {
			rows_cut(&rows, limit - listing.count);
			r = listing_page(&listing, &rows) < 0 ? EXIT_FAILED : EXIT_DONE;
		}
	} while (r == EXIT_DONE && page_token && listing.count < limit);
	if (r == EXIT_DONE && listing_end(&listing) < 0)
		r = EXIT_FAILED;
	rows_deinit(&rows);
	return r;
}
