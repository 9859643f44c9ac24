/*
 * Showing is done on the shard, checking on a reader thread, since it reads a file. Reading it again is
 * the main thread's, as with SIGHUP: the call goes there as a letter, and comes back as one.
 */
#include "service/admin_config.h"

#include "base/log.h"
#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "service/call.h"
#include "service/reload.h"
#include "service/rotate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- showing ---- */

enum {
	ITEM_TEXTS = 4,
};

struct shown {
	Gchat__V1__ConfigSetting **list; /* owned, and what it points to */
	size_t count;
};

static void add_item(void *arg, const struct config_item *item)
{
	struct shown *shown = arg;
	Gchat__V1__ConfigSetting *out = mem_new(1, sizeof(*out));
	gchat__v1__config_setting__init(out);
	out->key = mem_strdup(item->key);
	out->value = mem_strdup(item->value);
	out->source = mem_strdup(item->source);
	out->fallback = mem_strdup(item->fallback);
	out->needs_restart = !item->live;
	shown->list = mem_grow(shown->list, shown->count + 1, sizeof(*shown->list));
	shown->list[shown->count++] = out;
}

static void free_items(struct shown *shown)
{
	for (size_t i = 0; i < shown->count; i++) {
		Gchat__V1__ConfigSetting *setting = shown->list[i];
		char *const texts[ITEM_TEXTS] = {
			setting->key, setting->value, setting->source, setting->fallback};
		for (size_t k = 0; k < ITEM_TEXTS; k++)
			free(texts[k]);
		free(setting);
	}
	free(shown->list);
}

void admin_get_config(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	struct shown shown = {0};
	char none[] = "";
	const char *path = call->service->main.config_path;
	Gchat__V1__GetConfigResponse response;
	gchat__v1__get_config_response__init(&response);
	config_each(service_config(call->service), add_item, &shown);
	response.settings = shown.list;
	response.n_settings = shown.count;
	char *copy = path ? mem_strdup(path) : NULL;
	response.path = copy ? copy : none;
	call_reply(call, &response.base);
	free(copy);
	free_items(&shown);
}

/* ---- what a reload came to, or would ---- */

struct reading {
	struct mail mail; /* to the main thread */
	struct call *call;
	char *path; /* owned; of a check */
	struct reload reload;
};

static void wipe(void *data)
{
	struct reading *reading = data;
	free(reading->path);
	reload_deinit(&reading->reload);
}

static struct reading *reading_new(struct call *call)
{
	struct reading *reading = call_data(call, sizeof(*reading));
	reading->call = call;
	call->wipe = wipe;
	return reading;
}

static size_t errors_kept(const struct reload *reload)
{
	return reload->errors.count < CONFIG_ERRORS_MAX ? reload->errors.count : CONFIG_ERRORS_MAX;
}

/* Owned: free(3); the texts stay the reload's. */
static Gchat__V1__ConfigChange *fill_changes(
	const struct reload *reload, Gchat__V1__ConfigChange **ret_list)
{
	Gchat__V1__ConfigChange *changes = mem_new(reload->count, sizeof(*changes));
	for (size_t i = 0; i < reload->count; i++) {
		gchat__v1__config_change__init(&changes[i]);
		changes[i].key = reload->changes[i].key;
		changes[i].before = reload->changes[i].before;
		changes[i].after = reload->changes[i].after;
		changes[i].needs_restart = !reload->changes[i].live;
		ret_list[i] = &changes[i];
	}
	return changes;
}

/* ---- checking ---- */

static void reply_checked(struct call *call)
{
	struct reload *reload = &((struct reading *)call->data)->reload;
	Gchat__V1__ConfigChange **list =
		mem_new(reload->count, sizeof(struct Gchat__V1__ConfigChange *));
	Gchat__V1__ConfigChange *changes = fill_changes(reload, list);
	Gchat__V1__CheckConfigResponse response;
	gchat__v1__check_config_response__init(&response);
	response.errors = reload->errors.lines;
	response.n_errors = errors_kept(reload);
	response.error_count = (uint32_t)reload->errors.count;
	response.changed = list;
	response.n_changed = reload->count;
	call_reply(call, &response.base);
	free(changes);
	free(list);
}

/* Something else than a file could keep the reader waiting for ever. */
static bool is_file(const char *path, int *ret_error)
{
	struct stat st;
	*ret_error = stat(path, &st) < 0 ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
	return *ret_error == 0;
}

static void refuse_path(struct call *call)
{
	const struct reading *reading = call->data;
	int error = 0;
	(void)is_file(reading->path, &error);
	if (error == 0) /* it has come back meanwhile */
		call_fail(call, REASON_UNAVAILABLE);
	else
		call_fail_text(call, error == ENOENT ? REASON_NOT_FOUND : REASON_INVALID_ARGUMENT,
			"gchatd can't read %.200s: %s", reading->path,
			error == EINVAL ? "not a file" : strerror(error));
}

/* Refused as a reload with it would be. One to be made is none to check. */
static void check_certificate(
	struct service *service, const struct config *config, struct reload *ret)
{
	struct tls_pair *pair = NULL;
	struct err_text err = {0};
	char text[sizeof("tls: ") + ERR_TEXT_BYTES];
	if (config->tls.certificate[0] && rotate_check(service, config, &pair, &err) < 0) {
		(void)snprintf(text, sizeof(text), "tls: %s", err.text);
		ret->errors.lines[ret->errors.count++] = mem_strdup(text);
	}
	(void)tls_pair_free(pair);
}

/* Reader thread. */
static void check(struct call *call, struct store_reader *reader)
{
	(void)reader;
	struct reading *reading = call->data;
	struct config *config = NULL;
	int error = 0;
	if (!is_file(reading->path, &error)) {
		call->then = refuse_path;
		return;
	}
	if (config_load(reading->path, &config, &reading->reload.errors) == 0)
		check_certificate(call->service, config, &reading->reload);
	if (config && reading->reload.errors.count == 0)
		config_diff(service_config(call->service), config, reload_add, &reading->reload);
	(void)config_free(config);
}

void admin_check_config(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__CheckConfigRequest *r = CALL_REQUEST(Gchat__V1__CheckConfigRequest, msg);
	const char *path = r->path[0] ? r->path : call->service->main.config_path;
	if (!path) {
		call_fail_text(call, REASON_NOT_FOUND, "gchatd runs without a configuration file");
		return;
	}
	if (r->path[0] && r->path[0] != '/') {
		call_fail_text(call, REASON_INVALID_ARGUMENT, "the path must be absolute");
		return;
	}
	reading_new(call)->path = mem_strdup(path);
	call_read(call, check, reply_checked);
}

/* ---- reading it again ---- */

static void reply_reloaded(struct call *call)
{
	struct reload *reload = &((struct reading *)call->data)->reload;
	Gchat__V1__ConfigChange **list =
		mem_new(reload->count, sizeof(struct Gchat__V1__ConfigChange *));
	Gchat__V1__ConfigChange *changes = fill_changes(reload, list);
	Gchat__V1__ReloadConfigResponse response;
	gchat__v1__reload_config_response__init(&response);
	response.errors = reload->errors.lines;
	response.n_errors = errors_kept(reload);
	response.error_count = (uint32_t)reload->errors.count;
	response.changed = list;
	response.n_changed = reload->count;
	response.certificate_error = reload->certificate.text;
	if (reload->errors.count > 0)
		call->outcome = REASON_CONFIG_REFUSED;
	else if (reload->certificate.text[0])
		call->outcome = REASON_CERTIFICATE_REFUSED;
	call_reply(call, &response.base);
	free(changes);
	free(list);
}

/* Main thread. */
static void reload(struct mail *mail)
{
	struct reading *reading = GC_CONTAINER_OF(mail, struct reading, mail);
	struct call *call = reading->call;
	const struct service_main *to = &call->service->main;
	to->reload(to->arg, &reading->reload);
	shard_post(call->shard, &call->mail);
}

static void refuse_ending(struct call *call)
{
	call_fail(call, REASON_SHUTDOWN);
}

void admin_reload_config(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	struct reading *reading = reading_new(call);
	const struct service_main *to = &call->service->main;
	reading->mail.deliver = reload;
	call_wait(call, reply_reloaded);
	if (to->post(to->arg, &reading->mail))
		return;
	call->then = refuse_ending;
	shard_post(call->shard, &call->mail);
}
