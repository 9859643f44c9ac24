/* Checks of form first, then the rules between settings. */
#include "config/check.h"

#include "proto/limits.h"
#include <arpa/inet.h>
#include <string.h>
#include <utf8proc.h>

enum {
	PORT_DIGITS_MAX = 5,
	PORT_MAX = 65535,
};

static bool is_control(utf8proc_int32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
}

const char *check_text(const char *value)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)value;
	while (*at) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(at, -1, &c);
		if (n <= 0)
			return "is not UTF-8";
		if (is_control(c))
			return "holds a control character";
		at += n;
	}
	return NULL;
}

const char *check_line(const char *value)
{
	return strpbrk(value, "\n\t") ? "holds a line break or a tab" : check_text(value);
}

const char *check_room(const char *value)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(value);
	if (len == 0 || len > LIMIT_ROOM_NAME_BYTES)
		return "is not 1 to 64 bytes long";
	if (!strchr(first, value[0]) || strspn(value, rest) != len)
		return "is not the name of a room";
	return NULL;
}
_Static_assert(LIMIT_ROOM_NAME_BYTES == 64, "the sentence above says so");

static bool port_valid(const char *port)
{
	size_t len = strlen(port);
	if (len == 0 || len > PORT_DIGITS_MAX || strspn(port, "0123456789") != len)
		return false;
	long value = 0;
	for (const char *digit = port; *digit; digit++)
		value = value * 10 + (*digit - '0');
	return value <= PORT_MAX;
}

const char *check_address(const char *value)
{
	char host[INET6_ADDRSTRLEN];
	struct in6_addr address;
	bool six = value[0] == '[';
	const char *begin = six ? value + 1 : value;
	const char *end = six ? strchr(begin, ']') : strrchr(begin, ':');
	if (!end || (size_t)(end - begin) >= sizeof(host) || (six && end[1] != ':'))
		return "is not an address with a port";
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = '\0';
	if (inet_pton(six ? AF_INET6 : AF_INET, host, &address) != 1)
		return "is not an IPv4 address or an IPv6 address in brackets";
	return port_valid(end + (six ? 2 : 1)) ? NULL : "has no port of 0 to 65535";
}

const char *check_loopback_or_none(const char *value)
{
	if (!value[0])
		return NULL;
	const char *why = check_address(value);
	bool near = strncmp(value, "127.", strlen("127.")) == 0 ||
		    strncmp(value, "[::1]:", strlen("[::1]:")) == 0;
	return why || near ? why : "is not a loopback address: anyone could read what is served";
}

const char *check_host(const char *value)
{
	static const char set[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	enum {
		HOST_BYTES_MAX = 253
	};
	struct in6_addr address;
	size_t len = strlen(value);
	if (inet_pton(AF_INET, value, &address) == 1 || inet_pton(AF_INET6, value, &address) == 1)
		return NULL;
	if (len == 0 || len > HOST_BYTES_MAX || value[0] == '.' || value[0] == '-' ||
		strspn(value, set) != len)
		return "is neither a host's name nor an address";
	return NULL;
}

const char *check_group(const char *value)
{
	static const char set[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	return value[0] == '-' || strspn(value, set) != strlen(value) ? "is not a group's name"
								      : NULL;
}

const char *check_path(const char *value)
{
	if (value[0] != '/')
		return "is not an absolute path";
	return check_line(value);
}

const char *check_path_or_none(const char *value)
{
	return value[0] ? check_path(value) : NULL;
}

static bool has_twice(const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(list->items[i], list->items[k]) == 0)
				return true;
	return false;
}

static bool certificate_alone(const struct config *config)
{
	return config->tls.certificate[0] && !config->tls.key[0];
}

static bool key_alone(const struct config *config)
{
	return config->tls.key[0] && !config->tls.certificate[0];
}

static bool name_twice(const struct config *config)
{
	return has_twice(&config->tls.names);
}

static bool authority_missing(const struct config *config)
{
	return config->tls.client_auth != CONFIG_CLIENT_AUTH_OFF && !config->tls.client_ca[0];
}

static bool list_alone(const struct config *config)
{
	return config->tls.client_crl[0] && !config->tls.client_ca[0];
}

static bool address_twice(const struct config *config)
{
	return has_twice(&config->listen.addresses);
}

static bool room_twice(const struct config *config)
{
	return has_twice(&config->server.suggested_rooms);
}

static bool burst_small(const struct config *config)
{
	return config->limits.bytes_burst < config->limits.bytes_per_second;
}

static bool text_stuck(const struct config *config)
{
	return config->limits.message_bytes_per_minute < config->limits.text_bytes;
}

/* clang-format off */
static const struct {
	bool (*broken)(const struct config *config);
	struct check_rule rule;
} rules[] = {
	{certificate_alone, {"tls.certificate", "tls.key", "tls.key is not set", "both or neither"}},
	{key_alone, {"tls.key", "tls.certificate", "tls.certificate is not set", "both or neither"}},
	{name_twice, {"tls.names", NULL, "a name stands twice", "each once"}},
	{authority_missing, {"tls.client_auth", "tls.client_ca", "there is no tls.client_ca",
		"\"off\", or an authority"}},
	{list_alone, {"tls.client_crl", "tls.client_ca", "there is no tls.client_ca",
		"only beside an authority"}},
	{address_twice, {"listen.addresses", NULL, "an address stands twice", "each once"}},
	{room_twice, {"server.suggested_rooms", NULL, "a room stands twice", "each once"}},
	{burst_small, {"limits.bytes_burst", "limits.bytes_per_second",
		"less than one second's worth", "limits.bytes_per_second or more"}},
	{text_stuck, {"limits.message_bytes_per_minute", "limits.text_bytes",
		"the longest message would never pass", "limits.text_bytes or more"}},
};
/* clang-format on */

void check_together(const struct config *config,
	void (*fail)(void *arg, const struct check_rule *rule), void *arg)
{
	for (size_t i = 0; i < GC_LENGTH(rules); i++)
		if (rules[i].broken(config))
			fail(arg, &rules[i].rule);
}
