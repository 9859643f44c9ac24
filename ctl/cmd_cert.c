/* cert status and cert rotate. */
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

enum {
	USE_BYTES = 128, /* of one line about a certificate in use */
	USES_MAX = 1024, /* lines */
};

#define DAY_US (UINT64_C(86400) * CLOCK_US_PER_S)

static const struct field cert_fields[] = {
	{"subject", "Subject", FIELD_TEXT},
	{"issuer", "Issuer", FIELD_TEXT},
	{"names", "Names", FIELD_LIST},
	{"fingerprint", "Fingerprint", FIELD_TEXT},
	{"not_before", "Valid from", FIELD_TIME},
	{"not_after", "Valid until", FIELD_TIME},
	{"expires", "Chain expires", FIELD_TIME},
	{"days_left", "Days left", FIELD_COUNT},
	{"warning", "Warning", FIELD_TEXT},
	{"cert_file", "Certificate", FIELD_TEXT},
	{"key_file", "Key", FIELD_TEXT},
	{"clients.mode", "Clients' certificates", FIELD_TEXT},
	{"clients.subject", "Vouched for by", FIELD_TEXT},
	{"clients.authorities", "Authorities", FIELD_COUNT},
	{"clients.expires", "First one expires", FIELD_TIME},
	{"clients.revoked", "Revoked", FIELD_COUNT},
	{"clients.next_update", "Next list due", FIELD_TIME},
	{"clients.ca_file", "Authorities' file", FIELD_TEXT},
	{"clients.crl_file", "Lists' file", FIELD_TEXT},
	{"clients.warning", "Clients' warning", FIELD_TEXT},
	{"in_use", "In use", FIELD_LIST},
};

static const struct field use_fields[] = {
	{"fingerprint", "FINGERPRINT", FIELD_TEXT},
	{"current", "CURRENT", FIELD_FLAG},
	{"sessions", "SESSIONS", FIELD_COUNT},
	{"connections", "CONNECTIONS", FIELD_COUNT},
};

static const struct field rotate_fields[] = {
	{"before.fingerprint", "Before", FIELD_TEXT},
	{"before.not_after", "Valid until", FIELD_TIME},
	{"after.fingerprint", "Now", FIELD_TEXT},
	{"after.not_after", "Valid until", FIELD_TIME},
	{"after.warning", "Warning", FIELD_TEXT},
	{"after.cert_file", "Certificate", FIELD_TEXT},
	{"after.key_file", "Key", FIELD_TEXT},
};

static void add_certificate(
	struct rows *rows, const Gchat__V1__Certificate *certificate, uint64_t now_us)
{
	rows_text(rows, certificate->subject);
	rows_text(rows, certificate->issuer);
	rows_list(rows, certificate->names, certificate->n_names);
	rows_text(rows, certificate->fingerprint);
	rows_number(rows, certificate->not_before_us);
	rows_number(rows, certificate->not_after_us);
	rows_number(rows, certificate->expires_us);
	rows_number(rows,
		certificate->expires_us > now_us ? (certificate->expires_us - now_us) / DAY_US : 0);
	rows_text(rows, certificate->warning);
	rows_text(rows, certificate->cert_file);
	rows_text(rows, certificate->key_file);
}

static void add_authorities(struct rows *rows, const Gchat__V1__ClientAuthorities *clients)
{
	rows_text(rows, clients->mode);
	rows_text(rows, clients->subject);
	rows_number(rows, clients->authorities);
	rows_number(rows, clients->expires_us);
	rows_number(rows, clients->revoked);
	rows_number(rows, clients->next_update_us);
	rows_text(rows, clients->ca_file);
	rows_text(rows, clients->crl_file);
	rows_text(rows, clients->warning);
}

/* One line each: which certificate, and how many are served with it. */
static void add_uses(struct rows *rows, const Gchat__V1__GetCertificateResponse *response)
{
	size_t count = response->n_uses < USES_MAX ? response->n_uses : USES_MAX;
	char(*lines)[USE_BYTES] = mem_new(count + 1, USE_BYTES);
	char **items = mem_new(count + 1, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		const Gchat__V1__CertificateUse *use = response->uses[i];
		items[i] = lines[i];
		(void)snprintf(lines[i], USE_BYTES, "%.64s %u session%s, %u connection%s%s",
			use->fingerprint[0] ? use->fingerprint : "others", use->sessions,
			use->sessions == 1 ? "" : "s", use->connections,
			use->connections == 1 ? "" : "s", use->current ? ", current" : "");
	}
	rows_list(rows, items, count);
	free(items);
	free(lines);
}

static int ask(const struct command_call *call, ProtobufCMessage **ret)
{
	Gchat__V1__GetCertificateRequest request;

	gchat__v1__get_certificate_request__init(&request);
	return admin_call(call->admin, "GetCertificate", &request.base,
		&gchat__v1__get_certificate_response__descriptor, ret);
}

static int show_certificate(const struct command_call *call)
{
	ProtobufCMessage *answer = NULL;
	struct rows rows;
	Gchat__V1__Certificate no_certificate;
	Gchat__V1__ClientAuthorities no_clients;

	int r = ask(call, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__GetCertificateResponse *response = (const void *)answer;
	gchat__v1__certificate__init(&no_certificate);
	gchat__v1__client_authorities__init(&no_clients);
	rows_init(&rows, cert_fields, GC_LENGTH(cert_fields));
	add_certificate(&rows, response->certificate ? response->certificate : &no_certificate,
		call->output->now_us);
	add_authorities(
		&rows, response->client_authorities ? response->client_authorities : &no_clients);
	add_uses(&rows, response);
	codec_free(answer);
	return command_print_record(call, &rows);
}

/* All at once: there are few. */
static int fetch_uses(const struct command_call *call, struct rows *rows, char **page_token)
{
	ProtobufCMessage *answer = NULL;

	*page_token = NULL;
	int r = ask(call, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__GetCertificateResponse *response = (const void *)answer;
	for (size_t i = 0; i < response->n_uses; i++) {
		rows_text(rows, response->uses[i]->fingerprint);
		rows_flag(rows, response->uses[i]->current);
		rows_number(rows, response->uses[i]->sessions);
		rows_number(rows, response->uses[i]->connections);
	}
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec use_list = {
	.noun = "certificate",
	.fields = use_fields,
	.field_count = GC_LENGTH(use_fields),
	.fetch = fetch_uses,
};

static void add_rotated(struct rows *rows, const Gchat__V1__RotateCertificateResponse *response)
{
	const Gchat__V1__Certificate *before = response->before;
	const Gchat__V1__Certificate *after = response->after;

	rows_text(rows, before ? before->fingerprint : NULL);
	rows_number(rows, before ? before->not_after_us : 0);
	rows_text(rows, after ? after->fingerprint : NULL);
	rows_number(rows, after ? after->not_after_us : 0);
	rows_text(rows, after ? after->warning : NULL);
	rows_text(rows, after ? after->cert_file : NULL);
	rows_text(rows, after ? after->key_file : NULL);
}

/* The daemon opens the files with its own working directory: give it absolute paths. Owned. */
static char *absolute(const char *path)
{
	char *real = path ? realpath(path, NULL) : NULL;

	return real ? real : mem_strdup(path ? path : "");
}

static int rotate(const struct command_call *call)
{
	Gchat__V1__RotateCertificateRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;
	const char *cert_file = options_text(call->options, "cert");
	const char *key_file = options_text(call->options, "key");

	gchat__v1__rotate_certificate_request__init(&request);
	if (!cert_file != !key_file) {
		(void)fprintf(stderr, "gchatctl: --cert and --key go together\n");
		return EXIT_USAGE;
	}
	request.cert_file = absolute(cert_file);
	request.key_file = absolute(key_file);
	int r = admin_call(call->admin, "RotateCertificate", &request.base,
		&gchat__v1__rotate_certificate_response__descriptor, &answer);
	free(request.cert_file);
	free(request.key_file);
	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, rotate_fields, GC_LENGTH(rotate_fields));
	add_rotated(&rows, (const void *)answer);
	codec_free(answer);
	return command_print_record(call, &rows);
}

static const struct option_row rotate_options[] = {
	{.name = "cert",
		.argument = "FILE",
		.help = "The certificate chain, PEM, as the daemon sees it",
		.kind = OPTION_TEXT},
	{.name = "key",
		.argument = "FILE",
		.help = "The private key, PEM, as the daemon sees it",
		.kind = OPTION_TEXT},
	{.name = NULL},
};

const struct command cert_commands[] = {
	{.name = "cert rotate",
		.arguments = "",
		.summary = "Puts a new certificate into service",
		.help = "Reads the certificate and key anew (or the files given), checks that they "
			"match, are\nvalid now and fit the server, serves them to new connections, and "
			"proves that with a\nhandshake. The authorities and lists for clients' "
			"certificates are read anew too.\nExisting connections go on. On any failure "
			"the old certificate stays in service.",
		.options = rotate_options,
		.run = rotate},
	{.name = "cert status",
		.arguments = "",
		.summary = "Shows the certificate in service",
		.help = "Shows subject, names, fingerprint (SHA-256) and validity of the "
			"certificate that new\nconnections are served with, who may vouch for "
			"clients, and how many sessions are still\nserved with which certificate.",
		.run = show_certificate},
	{.name = "list-certs",
		.aliases = {"cert list"},
		.arguments = "",
		.summary = "Lists the certificates that sessions are served with",
		.help = "Lists the certificate that new connections get and those before it that "
			"open ones still\nhave, with their sessions and connections.",
		.list = &use_list},
	{.name = NULL},
};
