/* links: gchat_config */
/* Any text as a configuration: it is refused with bounded messages, or prints to itself. */
#include "config/config.h"
#include "base/macros.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_BYTES_MAX = 16384,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Asked by LeakSanitizer: libconfig 1.5 loses a string that a syntax error cuts short. */
GC_EXPORT const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

/* Owned by the caller. */
static char *printed(const struct config *config)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	GC_ASSERT(out);
	config_print(config, out);
	(void)fclose(out);
	return text;
}

static void on_change(void *arg, const char *key, const char *before, const char *after, bool live)
{
	(void)key;
	(void)before;
	(void)after;
	(void)live;
	++*(unsigned *)arg;
}

static void check_taken(struct config *config)
{
	struct config *again = NULL;
	struct config_errors errors = {.count = 0};
	unsigned changes = 0;
	char *once = printed(config);
	int r = config_parse(once, "again", &again, &errors);
	GC_ASSERT(r == 0 && errors.count == 0);
	char *twice = printed(again);
	GC_ASSERT(strcmp(once, twice) == 0);
	config_diff(config, again, on_change, &changes);
	GC_ASSERT(changes == 0);
	free(once);
	free(twice);
	config_free(again);
	config_errors_deinit(&errors);
}

static void check_refused(const struct config_errors *errors)
{
	GC_ASSERT(errors->count > 0);
	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++) {
		GC_ASSERT(strncmp(errors->lines[i], "fuzz:", 5) == 0);
		GC_ASSERT(!strchr(errors->lines[i], '\n'));
		GC_ASSERT(strlen(errors->lines[i]) < 1024);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_BYTES_MAX + 1];
	struct config *config = NULL;
	struct config_errors errors = {.count = 0};
	if (size > TEXT_BYTES_MAX)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (config_parse(text, "fuzz", &config, &errors) == 0)
		check_taken(config);
	else
		check_refused(&errors);
	config_free(config);
	config_errors_deinit(&errors);
	return 0;
}
