/* labels: slow
 * timeout: 300
 * Certificates of the running daemon: what a rotation refuses, rotations under load, files that are
 * watched, and an end that is near. */
#include "certs.h"
#include "cmocka_std.h"
#include "support/td_client.h"
#include "tool.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum {
	ROTATIONS = 50,
	LISTENERS = 8,
	DAY_S = 86400,
	EXIT_CONFLICT = 6,
};

/* ---- pairs that are refused ---- */

static const struct recipe GOOD = {.common_name = "localhost", .alternatives = "DNS:localhost"};

static void write_with_key(const struct td *td, EVP_PKEY *key)
{
	struct recipe recipe = GOOD;
	recipe.key = key;
	certs_write(td, "bad", &recipe);
}

static void make_wrong_key(const struct td *td)
{
	struct folder folder = certs_folder(td);
	EVP_PKEY *other = EVP_EC_gen("P-256");
	certs_write(td, "bad", &GOOD);
	pair_write_key(&folder, "bad.key", other, NULL);
	EVP_PKEY_free(other);
}

static void make_expired(const struct td *td)
{
	struct recipe recipe = GOOD;
	recipe.from_s = -2 * DAY_S;
	recipe.until_s = -60;
	certs_write(td, "bad", &recipe);
}

static void make_future(const struct td *td)
{
	struct recipe recipe = GOOD;
	recipe.from_s = DAY_S / 2;
	certs_write(td, "bad", &recipe);
}

static void make_wrong_name(const struct td *td)
{
	certs_write(td, "bad", &(struct recipe){.alternatives = "DNS:other.example"});
}

static void cut_file(const struct td *td, const char *name)
{
	char path[TD_PATH_BYTES];
	struct stat st;
	assert_int_equal(stat(td_path(td, name, path), &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
}

static void make_truncated_certificate(const struct td *td)
{
	certs_write(td, "bad", &GOOD);
	cut_file(td, "bad.crt");
}

static void make_truncated_key(const struct td *td)
{
	certs_write(td, "bad", &GOOD);
	cut_file(td, "bad.key");
}

static void make_missing(const struct td *td)
{
	char path[TD_PATH_BYTES];
	certs_write(td, "bad", &GOOD);
	assert_int_equal(unlink(td_path(td, "bad.key", path)), 0);
}

static void make_unreadable(const struct td *td)
{
	char path[TD_PATH_BYTES];
	make_missing(td);
	assert_int_equal(mkdir(td_path(td, "bad.key", path), 0700), 0); /* root reads any file */
}

static void make_no_pem(const struct td *td)
{
	char path[TD_PATH_BYTES];
	(void)rmdir(td_path(td, "bad.key", path));
	certs_write(td, "bad", &GOOD);
	assert_int_equal(fd_write_file(td_path(td, "bad.crt", path), "\x30\x82", 2, 0600), 0);
}

static void make_passphrase(const struct td *td)
{
	struct folder folder = certs_folder(td);
	EVP_PKEY *key = NULL;
	X509 *cert = pair_make_cert(&GOOD, &key);
	pair_write_certs(&folder, "bad.crt", &cert, 1);
	pair_write_key(&folder, "bad.key", key, "secret");
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void make_short_rsa(const struct td *td)
{
	write_with_key(td, pair_make_rsa(1024));
}

static void make_sha1(const struct td *td)
{
	struct recipe recipe = GOOD;
	recipe.md = EVP_sha1();
	certs_write(td, "bad", &recipe);
}

static void make_wrong_order(const struct td *td)
{
	struct folder folder = certs_folder(td);
	EVP_PKEY *ca_key = NULL;
	EVP_PKEY *key = NULL;
	X509 *ca = pair_make_cert(&(struct recipe){.common_name = "ca", .is_ca = true}, &ca_key);
	struct recipe recipe = GOOD;
	recipe.issuer = ca;
	recipe.issuer_key = ca_key;
	X509 *cert = pair_make_cert(&recipe, &key);
	X509 *const chain[] = {ca, cert};
	pair_write_certs(&folder, "bad.crt", chain, 2);
	pair_write_key(&folder, "bad.key", key, NULL);
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
}

static void make_clients(const struct td *td)
{
	struct recipe recipe = GOOD;
	recipe.usage = "clientAuth";
	certs_write(td, "bad", &recipe);
}

static void each_bad_pair_has_its_own_message_and_changes_nothing(void **state)
{
	static const struct {
		void (*make)(const struct td *td);
		const char *says;
	} rows[] = {{make_wrong_key, "bad.key is not that of the certificate in"},
		{make_expired, "bad.crt expired on 20"},
		{make_future, "bad.crt is not valid before 20"},
		{make_wrong_name, "is not for localhost (tls.names), but for other.example"},
		{make_truncated_certificate, "bad.crt is damaged or cut short"},
		{make_truncated_key, "bad.key is damaged or cut short"},
		{make_missing, "bad.key: No such file or directory"},
		{make_unreadable, "bad.key: Is a directory"},
		{make_no_pem, "bad.crt holds no certificate"},
		{make_passphrase, "bad.key is protected by a passphrase"},
		{make_short_rsa, "bad.key is too short: RSA of 1024 bits (at least 2048)"},
		{make_sha1, "has a weak signature: ecdsa-with-SHA1"},
		{make_wrong_order, "bad.crt is in the wrong order"},
		{make_clients, "bad.crt is not one for a server"}};
	struct td *td =
		td_start(&(struct td_options){.config = "tls: { names = [ \"localhost\" ]; };"});
	struct td_client *ann = td_connect(td, "ann");
	char before[65];
	char after[65];
	char text[CERTS_TEXT_BYTES];

	(void)state;
	certs_fingerprint(td, GCHATCTL, before);
	for (size_t i = 0; i < GC_LENGTH(rows); i++) {
		rows[i].make(td);
		assert_int_equal(certs_rotate(td, GCHATCTL, "bad", text), EXIT_CONFLICT);
		if (!strstr(text, rows[i].says) || !strstr(text, "(the certificate in use stays)"))
			td_fail(td, "\"%s\" does not say \"%s\"", text, rows[i].says);
		certs_fingerprint(td, GCHATCTL, after);
		assert_string_equal(after, before);
	}
	td_barrier(ann);
	td_expect_none(ann, GCHAT_EVENT_GOING_AWAY);
	td_stop(td);
}

static void a_rotation_prints_both_fingerprints_and_ends(void **state)
{
	struct td *td = td_start(NULL);
	char before[65];
	char after[65];
	char text[CERTS_TEXT_BYTES];

	(void)state;
	certs_fingerprint(td, GCHATCTL, before);
	certs_write_server(td, "next", 90 * DAY_S);
	assert_int_equal(certs_rotate(td, GCHATCTL, "next", text), 0);
	certs_fingerprint(td, GCHATCTL, after);
	assert_non_null(strstr(text, before));
	assert_non_null(strstr(text, after));
	assert_string_not_equal(before, after);
	td_stop(td);
}

/* ---- under load ---- */

struct talker {
	struct td_client *client; /* borrowed; the thread's alone while it runs */
	uint64_t room;
	atomic_bool stop;
	unsigned sent;
};

static void *talk(void *arg)
{
	struct talker *t = arg;
	while (!atomic_load(&t->stop)) {
		char text[32];
		uint64_t tag;
		(void)snprintf(text, sizeof(text), "m-%u", t->sent);
		if (gchat_send(td_gchat(t->client), t->room, text, 0, &tag) == 0)
			t->sent++;
		struct gchat_event *event = NULL;
		while (gchat_next(td_gchat(t->client), 0, &event) == 1)
			gchat_event_free(event);
		(void)poll(NULL, 0, 1); /* a pace below limits.bytes_per_second, no wait */
	}
	return NULL;
}

/* Sessions by fingerprint, from "list-certs". */
static unsigned sessions_of(struct td *td, json_t *list, const char *fingerprint)
{
	size_t i;
	json_t *use;
	json_array_foreach(list, i, use)
	{
		if (!fingerprint ||
			!strcmp(json_string_value(tool_at(td, use, "fingerprint")), fingerprint))
			return (unsigned)json_integer_value(tool_at(td, use, "sessions"));
	}
	return 0;
}

static unsigned sum_sessions(struct td *td, json_t *list)
{
	size_t i;
	unsigned sum = 0;
	json_t *use;
	json_array_foreach(list, i, use) sum +=
		(unsigned)json_integer_value(tool_at(td, use, "sessions"));
	return sum;
}

static void rotate_many(struct td *td)
{
	for (int i = 0; i < ROTATIONS; i++) {
		char name[32];
		char text[CERTS_TEXT_BYTES];
		(void)snprintf(name, sizeof(name), "pair-%d", i);
		certs_write_server(td, name, 0);
		if (certs_rotate(td, GCHATCTL, name, text) != 0)
			td_fail(td, "rotation %d: %s", i, text);
		(void)snprintf(name, sizeof(name), "new-%d", i);
		(void)td_connect(td, name); /* with the certificate just rotated to */
	}
}

static void expect_all(struct td_client *listener, const struct talker *t)
{
	for (unsigned n = 0; n < t->sent; n++) {
		char text[32];
		(void)snprintf(text, sizeof(text), "m-%u", n);
		(void)td_expect_message(listener, t->room, text);
	}
	td_barrier(listener);
	td_expect_none(listener, GCHAT_EVENT_STATE);
	td_expect_none(listener, GCHAT_EVENT_GOING_AWAY);
}

static void fifty_rotations_under_load_drop_no_session_and_lose_no_message(void **state)
{
	struct td *td = td_start(&(struct td_options){
		.config = "limits: { messages_per_minute = 1000000; messages_burst = 1000000;\n"
			  "message_bytes_per_minute = 1000000000; };"});
	struct td_client *listeners[LISTENERS];
	struct talker talker = {.client = td_connect(td, "talker")};
	char first[65];
	pthread_t thread;

	(void)state;
	certs_fingerprint(td, GCHATCTL, first);
	talker.room = td_create_room(talker.client, "lobby");
	for (int i = 0; i < LISTENERS; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "ear-%d", i);
		listeners[i] = td_connect(td, name);
		(void)td_join(listeners[i], "lobby");
		td_forget(listeners[i]);
	}
	assert_int_equal(pthread_create(&thread, NULL, talk, &talker), 0);
	rotate_many(td);
	atomic_store(&talker.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(talker.sent > ROTATIONS);
	td_barrier(talker.client);
	for (int i = 0; i < LISTENERS; i++)
		expect_all(listeners[i], &talker);
	json_t *list = tool_json(td, GCHATCTL, "list-certs");
	assert_int_equal(json_array_size(list), ROTATIONS + 1);
	assert_int_equal(sessions_of(td, list, first), LISTENERS + 1);
	assert_int_equal(sessions_of(td, list, NULL), 1); /* of the current one */
	assert_int_equal(sum_sessions(td, list), LISTENERS + 1 + ROTATIONS);
	json_decref(list);
	(void)printf("%u messages to %d sessions during %d rotations\n", talker.sent, LISTENERS,
		ROTATIONS);
	td_stop(td);
}

/* ---- files that are watched ---- */

/* As certbot does: another target behind each link, one after the other. */
static void relink(const struct td *td, const char *to)
{
	static const char *const endings[] = {"crt", "key"};
	for (size_t i = 0; i < GC_LENGTH(endings); i++) {
		char target[64];
		char link[64];
		char next[TD_PATH_BYTES];
		char path[TD_PATH_BYTES];
		(void)snprintf(target, sizeof(target), "%s.%s", to, endings[i]);
		(void)snprintf(link, sizeof(link), "live.%s", endings[i]);
		assert_int_equal(symlink(target, td_path(td, "link", next)), 0);
		assert_int_equal(rename(next, td_path(td, link, path)), 0);
	}
}

struct waiting {
	struct td *td;
	const char *before;
};

static bool is_another(void *arg)
{
	struct waiting *w = arg;
	char now[65];
	certs_fingerprint(w->td, GCHATCTL, now);
	return strcmp(now, w->before) != 0;
}

/* How often the log says it. */
static unsigned count_in_log(const struct td *td, const char *text)
{
	char *log = NULL;
	unsigned count = 0;
	assert_int_equal(fd_read_file(td_log_path(td), (size_t)1 << 20, &log, NULL), 0);
	for (const char *at = log; (at = strstr(at, text)); at++)
		count++;
	free(log);
	return count;
}

static void a_watched_pair_is_taken_when_its_links_lead_elsewhere(void **state)
{
	struct td *td = td_prepare(NULL);
	char before[65];
	char after[65];

	(void)state;
	certs_write_server(td, "one", 0);
	certs_write_server(td, "two", 0);
	make_expired(td); /* bad */
	relink(td, "one");
	certs_start(td,
		"tls: { certificate = \"%s/live.crt\"; key = \"%s/live.key\"; watch = true; };");
	struct td_client *ann = td_connect(td, "ann");
	certs_fingerprint(td, GCHATCTL, before);
	relink(td, "two");
	td_wait_until(
		td, is_another, &(struct waiting){td, before}, TD_WAIT_MS, "the other certificate");
	certs_fingerprint(td, GCHATCTL, after);
	relink(td, "bad");
	assert_true(td_log_has(td, "certificate changed, but refused", TD_WAIT_MS));
	certs_write_server(td, "three", 0);
	certs_fingerprint(td, GCHATCTL, before);
	assert_string_equal(before, after);
	relink(td, "three");
	td_wait_until(
		td, is_another, &(struct waiting){td, after}, TD_WAIT_MS, "the third certificate");
	assert_int_equal(count_in_log(td, "certificate changed, but refused"), 1);
	td_barrier(ann);
	td_expect_none(ann, GCHAT_EVENT_GOING_AWAY);
	td_stop(td);
}

/* ---- an end that is near ---- */

static void a_near_end_is_told_in_the_log_in_status_and_in_cert_status(void **state)
{
	struct td *td = td_prepare(NULL);
	char text[CERTS_TEXT_BYTES];

	(void)state;
	certs_write_server(td, "short", 3 * DAY_S + 60);
	certs_write_server(td, "long", 90 * DAY_S);
	certs_start(td, "tls: { certificate = \"%s/short.crt\"; key = \"%s/short.key\"; };");
	assert_true(td_log_has(td, "the certificate expires in 3 days", TD_WAIT_MS));
	json_t *status = tool_json(td, GCHATCTL, "cert status");
	assert_string_equal(json_string_value(tool_at(td, status, "warning")), "expires in 3 days");
	assert_int_equal(json_integer_value(tool_at(td, status, "days_left")), 3);
	json_decref(status);
	status = tool_json(td, GCHATCTL, "status");
	assert_string_equal(
		json_string_value(tool_at(td, status, "certificate.warning")), "expires in 3 days");
	json_decref(status);
	assert_int_equal(certs_rotate(td, GCHATCTL, "long", text), 0);
	status = tool_json(td, GCHATCTL, "cert status");
	assert_int_equal(json_integer_value(tool_at(td, status, "days_left")), 89);
	json_decref(status);
	assert_int_equal(certs_ctl(td, GCHATCTL, "cert status", text), 0);
	assert_null(strstr(text, "expires in"));
	assert_int_equal(count_in_log(td, "the certificate expires in"), 1);
	td_stop(td);
}

/* ---- a reload ---- */

static void a_reload_takes_other_files_or_nothing_at_all(void **state)
{
	struct td *td = td_prepare(NULL);
	char before[65];
	char after[65];
	char config[CERTS_TEXT_BYTES];

	(void)state;
	certs_write_server(td, "one", 0);
	certs_write_server(td, "two", 0);
	certs_start(td, "tls: { certificate = \"%s/one.crt\"; key = \"%s/one.key\"; };");
	certs_fingerprint(td, GCHATCTL, before);
	make_wrong_key(td);
	(void)snprintf(config, sizeof(config),
		"tls: { certificate = \"%s/bad.crt\"; key = \"%s/bad.key\"; }; log: { level = \"info\"; };",
		td_folder(td), td_folder(td));
	td_configure(td, config);
	td_signal(td, SIGHUP);
	assert_true(td_log_has(td, "certificate refused, the one in use stays", TD_WAIT_MS));
	assert_true(td_log_has(td, "configuration refused", TD_WAIT_MS));
	assert_false(td_log_has(td, "key=log.level", 0));
	certs_fingerprint(td, GCHATCTL, after);
	assert_string_equal(before, after);
	(void)snprintf(config, sizeof(config),
		"tls: { certificate = \"%s/two.crt\"; key = \"%s/two.key\"; }; log: { level = \"info\"; };",
		td_folder(td), td_folder(td));
	td_configure(td, config);
	td_signal(td, SIGHUP);
	assert_true(td_log_has(td, "certificate rotated", TD_WAIT_MS));
	assert_true(td_log_has(td, "key=log.level", TD_WAIT_MS));
	td_stop(td);
}

/* ---- systemd's credentials ---- */

static void put_credential(const struct td *td, const char *file, const char *name)
{
	char from[TD_PATH_BYTES];
	char to[TD_PATH_BYTES];
	(void)unlink(td_path(td, name, to));
	assert_int_equal(link(td_path(td, file, from), to), 0);
}

static void put_credentials(const struct td *td, const char *name, const struct recipe *recipe)
{
	char file[64];
	certs_write(td, name, recipe);
	(void)snprintf(file, sizeof(file), "%s.crt", name);
	put_credential(td, file, "gchatd.tls.certificate");
	(void)snprintf(file, sizeof(file), "%s.key", name);
	put_credential(td, file, "gchatd.tls.key");
}

/* As under systemd, where what the daemon sees is a copy: new ones come with a start alone. */
static void credentials_are_served_without_a_setting_and_a_rotation_says_that_they_stay(
	void **state)
{
	char before[65];
	char after[65];
	static char text[CERTS_TEXT_BYTES];
	struct td *td = td_prepare(NULL);
	(void)state;
	put_credentials(td, "first", &GOOD);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", td_folder(td), 1), 0);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	assert_false(td_log_has(td, "certificate made", 0));
	certs_fingerprint(td, GCHATCTL, before);
	assert_int_equal(certs_ctl(td, GCHATCTL, "cert rotate", text), 0);
	assert_non_null(strstr(text, "systemctl restart gchatd"));
	td_signal(td, SIGHUP);
	assert_true(td_log_has(td, "certificate unchanged: a credential of systemd", TD_WAIT_MS));
	put_credentials(td, "second", &GOOD);
	td_restart(td);
	certs_fingerprint(td, GCHATCTL, after);
	assert_string_not_equal(before, after);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			each_bad_pair_has_its_own_message_and_changes_nothing, td_teardown),
		cmocka_unit_test_teardown(
			a_rotation_prints_both_fingerprints_and_ends, td_teardown),
		cmocka_unit_test_teardown(
			fifty_rotations_under_load_drop_no_session_and_lose_no_message,
			td_teardown),
		cmocka_unit_test_teardown(
			a_watched_pair_is_taken_when_its_links_lead_elsewhere, td_teardown),
		cmocka_unit_test_teardown(
			a_near_end_is_told_in_the_log_in_status_and_in_cert_status, td_teardown),
		cmocka_unit_test_teardown(
			a_reload_takes_other_files_or_nothing_at_all, td_teardown),
		cmocka_unit_test_teardown(
			credentials_are_served_without_a_setting_and_a_rotation_says_that_they_stay,
			td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
