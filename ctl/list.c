/* A page is fetched, thinned out, printed, forgotten. */
#include "ctl/list.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "ctl/command.h"
#include "ctl/exit.h"

/* clang-format off */
const struct option_row options_of_lists[] = {
	{.name = "columns", .argument = "KEY,...", .kind = OPTION_TEXT,
	 .help = "These columns only, in this order; all"},
	{.name = "filter",  .argument = "KEY=GLOB", .kind = OPTION_TEXT,
	 .help = "Only such rows; also != > >= < <=; may be repeated"},
	{.name = "limit",   .argument = "N", .kind = OPTION_NUMBER, .min = 1,
	 .help = "At most this many"},
	{.name = "sort",    .argument = "KEY,...", .kind = OPTION_TEXT,
	 .help = "In this order; -KEY: the largest first"},
	{.name = NULL},
};
/* clang-format on */

/* ---- columns ---- */

static int read_columns(const char *text, const struct rows *shape, struct listing *listing)
{
	listing->details = NULL; /* who asks for columns gets them, however narrow */
	if (strcasecmp(text, "all") == 0)
		return EXIT_DONE;
	listing->column_count = 0;
	do {
		size_t len = strcspn(text, ",");
		if (listing->column_count == OUTPUT_FIELDS_MAX) {
			(void)fprintf(
				stderr, "gchatctl: --columns: at most %d\n", OUTPUT_FIELDS_MAX);
			return EXIT_USAGE;
		}
		if (!filter_find_field(
			    shape, text, len, &listing->columns[listing->column_count], stderr))
			return EXIT_USAGE;
		listing->column_count++;
		text += len;
	} while (*text++ == ',');
	return EXIT_DONE;
}

/* ---- by hand ---- */

int list_start(const struct command_call *call, const struct list_spec *spec, struct list *ret)
{
	const struct options *options = call->options;
	const char *columns = options_text(options, "columns");

	*ret = (struct list){.call = call,
		.limit = options_number(options, "limit", UINT64_MAX),
		.listing =
			listing_start(call->output, spec->noun, spec->fields, spec->field_count)};
	ret->listing.details = spec->details;
	rows_init(&ret->sorted, spec->fields, spec->field_count);
	int r = columns ? read_columns(columns, &ret->sorted, &ret->listing) : EXIT_DONE;
	if (r == EXIT_DONE)
		r = filters_read(
			options, &ret->sorted, call->output->now_us, &ret->filters, stderr);
	if (r == EXIT_DONE)
		r = sort_read(options, &ret->sorted, &ret->sort, stderr);
	return r;
}

static void thin_out(const struct filters *filters, struct rows *rows)
{
	size_t kept = 0;

	if (filters->count == 0)
		return;
	for (size_t row = 0; row < rows_count(rows); row++) {
		if (filters_match(filters, rows, row))
			rows_swap(rows, kept++, row);
	}
	rows_cut(rows, kept);
}

/* Keeps the rows for sorting. Where few are wanted, the rest goes as soon as it is known. */
static int keep(struct list *list, struct rows *rows)
{
	rows_append(&list->sorted, rows);
	size_t count = rows_count(&list->sorted);
	if (list->limit < LIST_SORTED_MAX && count > 2 * list->limit) {
		sort_rows(&list->sort, &list->sorted);
		rows_cut(&list->sorted, list->limit);
	} else if (count > LIST_SORTED_MAX) {
		(void)fprintf(stderr,
			"gchatctl: more than %d rows can't be sorted; use --filter or --limit\n",
			LIST_SORTED_MAX);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int list_add(struct list *list, struct rows *rows)
{
	int r = EXIT_DONE;

	thin_out(&list->filters, rows);
	if (list->sort.count > 0) {
		r = keep(list, rows);
	} else {
		rows_cut(rows, list->limit - list->listing.count);
		r = listing_page(&list->listing, rows) < 0 ? EXIT_FAILED : EXIT_DONE;
	}
	rows_clear(rows);
	return r;
}

bool list_is_full(const struct list *list)
{
	return list->sort.count == 0 && list->listing.count >= list->limit;
}

int list_end(struct list *list, int exit_status)
{
	if (exit_status == EXIT_DONE && list->sort.count > 0) {
		sort_rows(&list->sort, &list->sorted);
		rows_cut(&list->sorted, list->limit);
		if (listing_page(&list->listing, &list->sorted) < 0)
			exit_status = EXIT_FAILED;
	}
	if (exit_status == EXIT_DONE && listing_end(&list->listing) < 0)
		exit_status = EXIT_FAILED;
	rows_deinit(&list->sorted);
	return exit_status;
}

/* ---- whole lists ---- */

int list_run(const struct command_call *call, const struct list_spec *spec)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;
	struct rows rows;
	struct list list;
	int r = list_start(call, spec, &list);

	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, spec->fields, spec->field_count);
	do {
		r = spec->fetch(call, &rows, &page_token);
		if (r == EXIT_DONE)
			r = list_add(&list, &rows);
	} while (r == EXIT_DONE && page_token && !list_is_full(&list));
	rows_deinit(&rows);
	return list_end(&list, r);
}

int list_print(const struct command_call *call, const struct list_spec *spec, struct rows *rows)
{
	struct list list;
	int r = list_start(call, spec, &list);

	if (r != EXIT_DONE)
		return r;
	return list_end(&list, list_add(&list, rows));
}
