/*
 * Starting, configuring, reloading and stopping: what an administrator sees, and what clients see of
 * it.
 */
#include "cmocka_std.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "grpc/health/v1/health.pb-c.h"
#include "pair.h"
#include "raw.h"

enum {
	OUTPUT_BYTES = 64 * 1024,
	EXIT_WRONG_SETTINGS = 78,
	EXIT_WRONG_USAGE = 64,
};

struct answer {
	int status;
	char text[OUTPUT_BYTES];
};

/* Runs gchatd with words of our own, its stderr with its stdout. */
static void run_gchatd(const char *words, struct answer *ret)
{
	char command[512];
	size_t len = 0;
	size_t n = 0;

	(void)snprintf(command, sizeof(command), "%s %s 2>&1", GCHATD, words);
	FILE *out = popen(command, "r");
	assert_non_null(out);
	do {
		n = fread(ret->text + len, 1, sizeof(ret->text) - 1 - len, out);
		len += n;
	} while (n > 0);
	ret->text[len] = '\0';
	ret->status = WEXITSTATUS(pclose(out));
}

static void check_config(struct td *td, const char *option, struct answer *ret)
{
	char words[256];

	(void)snprintf(words, sizeof(words), "--config %s %s", td_config_path(td), option);
	run_gchatd(words, ret);
}

static void fingerprint_of(struct td *td, char ret[GCHAT_FINGERPRINT_SIZE])
{
	struct td_client *c = td_open(td, NULL);
	struct gchat_certificate certificate;
	struct gchat_server_info *info = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_server_info(td_gchat(c), &info, &error), &error, "info");
	gchat_free(info);
	gchat_get_certificate(td_gchat(c), &certificate);
	memcpy(ret, certificate.fingerprint, GCHAT_FINGERPRINT_SIZE);
	td_disconnect(c);
}

/* ---- the command line and the configuration ---- */

static void a_good_configuration_passes_and_what_is_printed_passes_again(void **state)
{
	static struct answer answer;
	struct td *td = td_prepare(NULL);
	char path[TD_PATH_BYTES];
	char words[256];

	(void)state;
	td_configure(td, "");
	check_config(td, "--check-config", &answer);
	assert_int_equal(answer.status, 0);
	check_config(td, "--print-config", &answer);
	assert_int_equal(answer.status, 0);
	FILE *f = fopen(td_path(td, "printed.conf", path), "we");
	assert_non_null(f);
	assert_true(fputs(answer.text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	(void)snprintf(words, sizeof(words), "--config %s --check-config", path);
	run_gchatd(words, &answer);
	assert_int_equal(answer.status, 0);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	td_stop(td);
}

static void wrong_settings_are_all_named_at_once_and_the_start_fails_with_78(void **state)
{
	static struct answer answer;
	struct td *td = td_prepare(NULL);

	(void)state;
	td_configure(td, "limits: { text_bytes = 0; conections = 5; };\n"
			 "store: { durability = \"sometimes\"; };\n");
	check_config(td, "--check-config", &answer);
	assert_int_equal(answer.status, EXIT_WRONG_SETTINGS);
	assert_non_null(strstr(answer.text, "limits.text_bytes: 0: "));
	assert_non_null(strstr(answer.text, "limits.conections: "));
	assert_non_null(strstr(answer.text, "limits.connections")); /* the nearest known */
	assert_non_null(strstr(answer.text, "store.durability: "));
	assert_non_null(strstr(answer.text, "\"always\", \"process\""));
	assert_ptr_equal(strstr(answer.text, td_config_path(td)), answer.text); /* file:line */
	td_spawn(td);
	assert_int_equal(td_wait_exit(td, TD_WAIT_MS), EXIT_WRONG_SETTINGS);
	td_configure(td, "");
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	td_stop(td);
}

static void a_check_refuses_a_certificate_that_cant_be_read(void **state)
{
	static struct answer answer;
	struct td *td = td_prepare(NULL);

	(void)state;
	td_configure(td, "tls: { certificate = \"/nowhere/a.crt\"; key = \"/nowhere/a.key\"; };\n");
	check_config(td, "--check-config", &answer);
	assert_int_equal(answer.status, EXIT_WRONG_SETTINGS);
	assert_non_null(strstr(answer.text, "/nowhere/a."));
	assert_non_null(strstr(answer.text, "No such file or directory"));
	check_config(td, "--print-config", &answer);
	assert_int_equal(answer.status, 0);
}

static void version_help_and_wrong_usage_are_told(void **state)
{
	static struct answer answer;

	(void)state;
	run_gchatd("--version", &answer);
	assert_int_equal(answer.status, 0);
	assert_int_equal(strncmp(answer.text, "gchatd ", 7), 0);
	run_gchatd("--help", &answer);
	assert_int_equal(answer.status, 0);
	assert_non_null(strstr(answer.text, "--check-config"));
	run_gchatd("--no-such-option", &answer);
	assert_int_equal(answer.status, EXIT_WRONG_USAGE);
	run_gchatd("word", &answer);
	assert_int_equal(answer.status, EXIT_WRONG_USAGE);
}

/* ---- the certificate ---- */

static void the_first_start_makes_a_certificate_and_tells_its_fingerprint(void **state)
{
	struct td *td = td_start(NULL);
	char fingerprint[GCHAT_FINGERPRINT_SIZE];
	char line[128];
	char path[TD_PATH_BYTES * 2];
	struct stat st;

	(void)state;
	fingerprint_of(td, fingerprint);
	(void)snprintf(
		line, sizeof(line), "certificate made at first start sha256=%s", fingerprint);
	assert_true(td_log_has(td, line, 0));
	(void)snprintf(path, sizeof(path), "%s/server.key", td_state_folder(td));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
	td_stop(td);
}

static void the_second_start_keeps_the_certificate(void **state)
{
	struct td *td = td_start(NULL);
	char before[GCHAT_FINGERPRINT_SIZE];
	char after[GCHAT_FINGERPRINT_SIZE];

	(void)state;
	fingerprint_of(td, before);
	td_restart(td);
	fingerprint_of(td, after);
	assert_string_equal(before, after);
	td_stop(td);
}

/* Puts the pair of another server in the place of this one's. */
static void copy_pair(struct td *to, struct td *from)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "cp -f %s/server.crt %s/server.key %s/",
		td_state_folder(from), td_state_folder(from), td_state_folder(to));
	assert_int_equal(system(command), 0); /* paths of our own */
}

/* Better than no server at all: some clients go by the fingerprint, and the clock may be wrong. */
static void a_certificate_that_expired_serves_after_a_start_with_a_warning(void **state)
{
	struct td *td = td_start(NULL);
	struct folder folder;
	EVP_PKEY *key = NULL;
	const struct recipe recipe = {.common_name = "localhost", .from_s = -3600, .until_s = -60};
	X509 *cert = pair_make_cert(&recipe, &key);

	(void)state;
	td_terminate(td);
	(void)snprintf(folder.path, sizeof(folder.path), "%s", td_state_folder(td));
	pair_write_certs(&folder, "server.crt", &cert, 1);
	pair_write_key(&folder, "server.key", key, NULL);
	X509_free(cert);
	EVP_PKEY_free(key);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	assert_true(td_log_has(td, "server.crt expired on 20", TD_WAIT_MS));
	td_signal(td, SIGHUP); /* nothing else is there to change to */
	assert_true(td_log_has(td, "certificate unchanged: certificate 1 of", TD_WAIT_MS));
	td_stop(td);
}

static void a_new_certificate_is_taken_on_reload_and_sessions_go_on(void **state)
{
	struct td *other = td_start(NULL);
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	char before[GCHAT_FINGERPRINT_SIZE];
	char wanted[GCHAT_FINGERPRINT_SIZE];
	char after[GCHAT_FINGERPRINT_SIZE];

	(void)state;
	fingerprint_of(td, before);
	fingerprint_of(other, wanted);
	assert_string_not_equal(before, wanted);
	copy_pair(td, other);
	td_signal(td, SIGHUP);
	assert_true(td_log_has(td, "certificate rotated", TD_WAIT_MS));
	fingerprint_of(td, after);
	assert_string_equal(after, wanted);
	td_barrier(ann);
	td_expect_none(ann, GCHAT_EVENT_GOING_AWAY);
	td_stop(td);
	td_stop(other);
}

static void a_certificate_rotated_by_gchatctl_is_shown_to_new_connections(void **state)
{
	struct td *other = td_start(NULL);
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	char wanted[GCHAT_FINGERPRINT_SIZE];
	char after[GCHAT_FINGERPRINT_SIZE];
	char command[512];

	(void)state;
	fingerprint_of(other, wanted);
	copy_pair(td, other);
	(void)snprintf(command, sizeof(command), "%s --socket=%s cert rotate > /dev/null", GCHATCTL,
		td_admin_target(td) + strlen("unix:"));
	assert_int_equal(system(command), 0);
	fingerprint_of(td, after);
	assert_string_equal(after, wanted);
	td_barrier(ann);
	td_expect_none(ann, GCHAT_EVENT_GOING_AWAY);
	td_stop(td);
	td_stop(other);
}

/* ---- listening ---- */

static void people_on_ipv4_and_ipv6_meet(void **state)
{
	struct td *td = td_start(NULL);

	(void)state;
	if (!td_address_ipv6(td))
		skip();
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect_with(
		td, "bob", &(struct td_client_options){.address = td_address_ipv6(td)});
	uint64_t room = td_enter_room(ann, "lobby");
	(void)td_join(bob, "lobby");
	(void)td_send_acked(bob, room, "from ::1");
	(void)td_expect_message(ann, room, "from ::1");
	td_stop(td);
}

static void without_systemd_the_daemon_opens_its_sockets_itself(void **state)
{
	struct td *td = td_start(&(struct td_options){.self_listen = true});
	struct td_client *ann = td_connect(td, "ann");

	(void)state;
	(void)td_create_room(ann, "lobby");
	if (td_address_ipv6(td))
		(void)td_connect_with(
			td, "bob", &(struct td_client_options){.address = td_address_ipv6(td)});
	td_restart(td);
	(void)td_expect_welcome(ann);
	td_stop(td);
}

/* ---- reloading ---- */

static void a_good_configuration_is_applied_on_reload_without_a_break(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_send_acked(ann, room, "six by");
	td_configure(td, "limits: { text_bytes = 5; };");
	td_signal(td, SIGHUP);
	assert_true(td_log_has(td, "configuration changed key=limits.text_bytes", TD_WAIT_MS));
	td_wait_notify(td, "RELOADING=1", TD_WAIT_MS);
	uint64_t tag = 0;
	do { /* applied just after it was logged */
		tag = td_send(ann, room, "six by");
	} while (td_reply(ann, tag)->kind == GCHAT_REPLY_COMMITTED);
	td_expect_error(ann, td_send(ann, room, "six by"), "TEXT_TOO_LONG");
	td_expect_none(ann, GCHAT_EVENT_GOING_AWAY);
	td_stop(td);
}

static void a_wrong_configuration_is_refused_on_reload_and_the_old_one_stays(void **state)
{
	struct td *td = td_start(&(struct td_options){.config = "limits: { text_bytes = 10; };"});
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	td_configure(td, "limits: { text_bytes = 5; rooms = -1; nonsense = 1; };");
	td_signal(td, SIGHUP);
	assert_true(td_log_has(
		td, "configuration refused, the one in force stays errors=2", TD_WAIT_MS));
	assert_true(td_log_has(td, "limits.nonsense", 0));
	(void)td_send_acked(ann, room, "ten bytes.");
	td_expect_error(ann, td_send(ann, room, "eleven byte"), "TEXT_TOO_LONG");
	td_configure(td, "");
	td_stop(td);
}

static void what_needs_a_restart_is_said_on_reload(void **state)
{
	struct td *td = td_start(NULL);

	(void)state;
	td_configure(td, "server: { shards = 1; };");
	td_signal(td, SIGHUP);
	assert_true(td_log_has(
		td, "configuration changed, but server.shards needs a restart", TD_WAIT_MS));
	td_stop(td);
}

/* ---- health and stopping ---- */

static int take_health(struct raw_stream *watch)
{
	ProtobufCMessage *m = raw_take(watch, &grpc__health__v1__health_check_response__descriptor);
	int status = (int)GC_CONTAINER_OF(m, Grpc__Health__V1__HealthCheckResponse, base)->status;

	codec_free(m);
	return status;
}

static struct raw_stream *watch_health(struct raw *raw, const char *service)
{
	Grpc__Health__V1__HealthCheckRequest request;
	grpc__health__v1__health_check_request__init(&request);
	struct raw_stream *s = raw_stream_open(raw, "/grpc.health.v1.Health/Watch", NULL);
	char name[64];

	(void)snprintf(name, sizeof(name), "%s", service);
	request.service = name;
	raw_put(s, &request.base);
	return s;
}

static int check_health(struct raw *raw, const char *service, struct h2_status *ret_status)
{
	Grpc__Health__V1__HealthCheckRequest request;
	grpc__health__v1__health_check_request__init(&request);
	char name[64];
	int status = -1;

	(void)snprintf(name, sizeof(name), "%s", service);
	request.service = name;
	ProtobufCMessage *m = raw_ask(raw, "/grpc.health.v1.Health/Check", NULL, &request.base,
		&grpc__health__v1__health_check_response__descriptor, ret_status);
	if (m)
		status = (int)GC_CONTAINER_OF(m, Grpc__Health__V1__HealthCheckResponse, base)
				 ->status;
	codec_free(m);
	return status;
}

static void health_is_told_for_the_server_and_each_service(void **state)
{
	static const char *const services[] = {"", "gchat.v1.Chat", "gchat.v1.Auth"};
	struct td *td = td_start(NULL);
	struct raw *raw = raw_open(td);
	struct h2_status status;

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(services); i++) {
		assert_int_equal(check_health(raw, services[i], &status),
			GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
		assert_int_equal(take_health(watch_health(raw, services[i])),
			GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
	}
	assert_int_equal(check_health(raw, "no.such.Service", &status), -1);
	assert_int_equal(status.code, 5); /* NOT_FOUND */
	assert_int_equal(take_health(watch_health(raw, "no.such.Service")),
		GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN);
	raw_close(raw);
	td_stop(td);
}

static void on_a_stop_health_says_not_serving_before_sessions_are_sent_away(void **state)
{
	struct td *td = td_start(&(struct td_options){.config = "server: { shards = 1; };"});
	struct raw *raw = raw_open(td);
	char token[RAW_TOKEN_BYTES];

	(void)state;
	raw_sign_up(td, "ann", token);
	struct raw_stream *watch = watch_health(raw, "");
	assert_int_equal(take_health(watch),
		GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
	struct raw_stream *talk = raw_talk(raw, token);
	td_signal(td, SIGTERM);
	(void)raw_end(talk);
	assert_true(raw_arrival(talk) > 0);
	assert_true(raw_arrival(watch) > 0);
	assert_true(raw_arrival(watch) < raw_arrival(talk));
	assert_int_equal(take_health(watch),
		GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING);
	ProtobufCMessage *m = raw_take(talk, &gchat__v1__server_frame__descriptor);
	const Gchat__V1__ServerFrame *frame = GC_CONTAINER_OF(m, Gchat__V1__ServerFrame, base);
	assert_non_null(frame->going_away);
	assert_string_equal(frame->going_away->reason, "SHUTDOWN");
	codec_free(m);
	raw_close(raw);
	assert_int_equal(td_wait_exit(td, TD_WAIT_MS), 0);
	td_wait_notify(td, "STOPPING=1", TD_WAIT_MS);
	td_stop(td);
}

static bool is_shutdown(const struct gchat_event *event, void *arg)
{
	(void)arg;
	return strcmp(event->going_away.reason, "SHUTDOWN") == 0;
}

static void a_client_hears_of_the_stop_and_comes_back_by_itself(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");

	(void)state;
	td_restart(td);
	(void)td_expect_match(ann, GCHAT_EVENT_GOING_AWAY, is_shutdown, NULL, "going away");
	const struct gchat_welcome *welcome = td_expect_welcome(ann);
	assert_true(welcome->resumed);
	td_stop(td);
}

static void a_session_kicked_by_gchatctl_is_told_why_and_does_not_come_back(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *bob = td_connect(td, "bob");
	struct td_client *ann = td_connect(td, "ann");
	char command[512];

	(void)state;
	(void)snprintf(command, sizeof(command),
		"%s --socket=%s kick bob --reason='too loud' > /dev/null", GCHATCTL,
		td_admin_target(td) + strlen("unix:"));
	assert_int_equal(system(command), 0);
	const struct gchat_going_away *away =
		&td_expect_event(bob, GCHAT_EVENT_GOING_AWAY)->going_away;
	assert_string_equal(away->reason, "REMOVED");
	assert_string_equal(away->message, "too loud");
	assert_string_equal(td_expect_state(bob, GCHAT_STATE_REFUSED)->error.reason, "REMOVED");
	td_barrier(ann);
	td_expect_none(ann, GCHAT_EVENT_GOING_AWAY);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_good_configuration_passes_and_what_is_printed_passes_again, td_teardown),
		cmocka_unit_test_teardown(
			wrong_settings_are_all_named_at_once_and_the_start_fails_with_78,
			td_teardown),
		cmocka_unit_test_teardown(
			a_check_refuses_a_certificate_that_cant_be_read, td_teardown),
		cmocka_unit_test(version_help_and_wrong_usage_are_told),
		cmocka_unit_test_teardown(
			the_first_start_makes_a_certificate_and_tells_its_fingerprint, td_teardown),
		cmocka_unit_test_teardown(the_second_start_keeps_the_certificate, td_teardown),
		cmocka_unit_test_teardown(
			a_certificate_that_expired_serves_after_a_start_with_a_warning,
			td_teardown),
		cmocka_unit_test_teardown(
			a_new_certificate_is_taken_on_reload_and_sessions_go_on, td_teardown),
		cmocka_unit_test_teardown(
			a_certificate_rotated_by_gchatctl_is_shown_to_new_connections, td_teardown),
		cmocka_unit_test_teardown(people_on_ipv4_and_ipv6_meet, td_teardown),
		cmocka_unit_test_teardown(
			without_systemd_the_daemon_opens_its_sockets_itself, td_teardown),
		cmocka_unit_test_teardown(
			a_good_configuration_is_applied_on_reload_without_a_break, td_teardown),
		cmocka_unit_test_teardown(
			a_wrong_configuration_is_refused_on_reload_and_the_old_one_stays,
			td_teardown),
		cmocka_unit_test_teardown(what_needs_a_restart_is_said_on_reload, td_teardown),
		cmocka_unit_test_teardown(
			health_is_told_for_the_server_and_each_service, td_teardown),
		cmocka_unit_test_teardown(
			on_a_stop_health_says_not_serving_before_sessions_are_sent_away,
			td_teardown),
		cmocka_unit_test_teardown(
			a_client_hears_of_the_stop_and_comes_back_by_itself, td_teardown),
		cmocka_unit_test_teardown(
			a_session_kicked_by_gchatctl_is_told_why_and_does_not_come_back,
			td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
