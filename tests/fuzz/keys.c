/* links: gchat_client_core gchat_lib */
/*
 * Any bytes typed or pasted at the client: the line stays whole characters without controls, what is
 * seen of it fits the row, and what is entered is a command, or something to say.
 */
#include "base/macros.h"
#include "client/command.h"
#include "client/line.h"
#include "client/text.h"
#include "client/text_class.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		int32_t cp;
		size_t n = text_decode(text + i, len - i, &cp);
		GC_ASSERT(cp == '\n' || (cp >= ' ' && cp != 0x7F));
		i += n;
	}
}

static void check_line(struct line *l, int columns)
{
	int column;
	GC_ASSERT(l->at <= l->len && l->len <= LINE_BYTES_MAX && strlen(l->text) == l->len);
	GC_ASSERT(l->at == l->len || (l->text[l->at] & 0xC0) != 0x80);
	char *view = line_view(l, columns, &column);
	GC_ASSERT(column >= 0 && column <= columns);
	GC_ASSERT(!strchr(view, '\n') && text_cells(view, strlen(view)) <= columns);
	free(view);
}

static void run_command(char *text)
{
	struct command_call call;
	char list[64];
	command_parse(text, &call);
	if (call.kind == COMMAND_RUN || call.kind == COMMAND_SHORT)
		GC_ASSERT(call.command && call.command->name);
	if (call.kind == COMMAND_NOTHING || call.kind == COMMAND_SAY)
		return;
	command_list(call.word, list, sizeof(list));
	GC_ASSERT(strlen(call.word) < COMMAND_WORD_BYTES && strlen(list) < sizeof(list));
	(void)command_number(&call.args);
	const char *word = command_word(&call.args);
	GC_ASSERT(!strpbrk(word, " \t"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line l;
	if (size < 1)
		return 0;
	int columns = 2 + data[0] % 80; /* room for one wide character */
	line_init(&l);
	for (size_t i = 1; i < size; i++) {
		enum line_event event = line_feed(&l, data[i]);
		check_line(&l, columns);
		if (event != LINE_SUBMIT)
			continue;
		char *text = line_take(&l);
		check_text(text, strlen(text));
		run_command(text);
		free(text);
	}
	check_text(l.text, l.len);
	line_deinit(&l);
	return 0;
}
