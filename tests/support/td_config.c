/* The configuration of a daemon under test: a template, and libconfig text laid over it. */
#include "support/td_priv.h"

#include <libconfig.h>
#include <stdio.h>
#include <string.h>

/* Limits are far out of the way, and hashing is cheap: a test that is about one sets it. */
static const char td_template[] =
	"server: { name = \"gchat-test\"; shards = 2; drain_ms = 1000; reconnect_spread_ms = 100; };\n"
	"accounts: { registration = \"open\"; guests = true; password_memory_kb = 8192;\n"
	"  password_passes = 1; };\n"
	"limits: { connections_per_address = 50000; log_ins_per_minute = 100000;\n"
	"  registrations_per_hour = 100000; messages_per_minute = 1000000;\n"
	"  messages_burst = 100000; message_bytes_per_minute = 1000000000;\n"
	"  message_bytes_burst = 1000000000;\n"
	"  streams_per_second = 100000; };\n"
	"log: { level = \"debug\"; };\n";

static void parse(config_t *config, const char *text, const char *what)
{
	if (config_read_string(config, text) != CONFIG_TRUE)
		td_fail(NULL, "%s, line %d: %s", what, config_error_line(config),
			config_error_text(config));
}

static void copy_scalar(config_setting_t *to, const config_setting_t *from)
{
	switch (config_setting_type(from)) {
	case CONFIG_TYPE_INT:
		(void)config_setting_set_int(to, config_setting_get_int(from));
		break;
	case CONFIG_TYPE_INT64:
		(void)config_setting_set_int64(to, config_setting_get_int64(from));
		break;
	case CONFIG_TYPE_FLOAT:
		(void)config_setting_set_float(to, config_setting_get_float(from));
		break;
	case CONFIG_TYPE_BOOL:
		(void)config_setting_set_bool(to, config_setting_get_bool(from));
		break;
	case CONFIG_TYPE_STRING:
		(void)config_setting_set_string(to, config_setting_get_string(from));
		break;
	default:
		break;
	}
}

/* Groups are merged; everything else replaces what was there. */
static void lay_over(config_setting_t *to, const config_setting_t *from)
{
	for (int i = 0; i < config_setting_length(from); i++) {
		config_setting_t *item = config_setting_get_elem(from, (unsigned)i);
		const char *name = config_setting_name(item);
		config_setting_t *old = name ? config_setting_get_member(to, name) : NULL;
		if (old && !config_setting_is_group(item)) {
			(void)config_setting_remove(to, name);
			old = NULL;
		}
		if (!old)
			old = config_setting_add(to, name, config_setting_type(item));
		if (config_setting_is_aggregate(item))
			lay_over(old, item);
		else
			copy_scalar(old, item);
	}
}

static void lay_text_over(config_t *config, const char *text, const char *what)
{
	config_t over;

	config_init(&over);
	parse(&over, text, what);
	lay_over(config_root_setting(config), config_root_setting(&over));
	config_destroy(&over);
}

/* Where things are, known only now. */
static void lay_places_over(config_t *config, const struct td *td)
{
	char text[1024];
	char ipv6[TD_PATH_BYTES + 8] = "";

	if (td->address_ipv6[0])
		(void)snprintf(ipv6, sizeof(ipv6), ", \"%s\"", td->address_ipv6);
	(void)snprintf(text, sizeof(text),
		"store: { folder = \"%s\"; };\n"
		"listen: { addresses = [ \"%s\"%s ]; admin_socket = \"%s\"; };\n",
		td->state, td->address, ipv6, td->admin_path);
	lay_text_over(config, text, "places");
}

void td_write_config(struct td *td)
{
	config_t config;

	config_init(&config);
	parse(&config, td_template, "template");
	lay_places_over(&config, td);
	if (td->overrides)
		lay_text_over(&config, td->overrides, "the test's configuration");
	if (config_write_file(&config, td->config_path) != CONFIG_TRUE)
		td_fail(NULL, "%s: can't be written", td->config_path);
	config_destroy(&config);
}
