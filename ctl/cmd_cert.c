/* cert status and cert rotate. */
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

static const struct field cert_fields[] = {
	{"subject", "Subject", FIELD_TEXT},
	{"issuer", "Issuer", FIELD_TEXT},
	{"names", "Names", FIELD_LIST},
	{"fingerprint", "Fingerprint", FIELD_TEXT},
	{"not_before", "Valid from", FIELD_TIME},
	{"not_after", "Valid until", FIELD_TIME},
	{"cert_file", "Certificate", FIELD_TEXT},
	{"key_file", "Key", FIELD_TEXT},
};

static const struct field rotate_fields[] = {
	{"before.fingerprint", "Before", FIELD_TEXT},
	{"before.not_after", "Valid until", FIELD_TIME},
	{"after.fingerprint", "Now", FIELD_TEXT},
	{"after.not_after", "Valid until", FIELD_TIME},
	{"after.cert_file", "Certificate", FIELD_TEXT},
	{"after.key_file", "Key", FIELD_TEXT},
};

static void add_certificate(struct rows *rows, const Gchat__V1__Certificate *certificate)
{
	rows_text(rows, certificate->subject);
	rows_text(rows, certificate->issuer);
	rows_list(rows, certificate->names, certificate->n_names);
	rows_text(rows, certificate->fingerprint);
	rows_number(rows, certificate->not_before_us);
	rows_number(rows, certificate->not_after_us);
	rows_text(rows, certificate->cert_file);
	rows_text(rows, certificate->key_file);
}

static int show_certificate(const struct command_call *call)
{
	Gchat__V1__GetCertificateRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__get_certificate_request__init(&request);
	int r = admin_call(call->admin, "GetCertificate", &request.base,
		&gchat__v1__get_certificate_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__GetCertificateResponse *response = (const void *)answer;
	Gchat__V1__Certificate none;
	gchat__v1__certificate__init(&none);
	rows_init(&rows, cert_fields, GC_LENGTH(cert_fields));
	add_certificate(&rows, response->certificate ? response->certificate : &none);
	codec_free(answer);
	return command_print_record(call, &rows);
}

static void add_rotated(struct rows *rows, const Gchat__V1__RotateCertificateResponse *response)
{
	const Gchat__V1__Certificate *before = response->before;
	const Gchat__V1__Certificate *after = response->after;

	rows_text(rows, before ? before->fingerprint : NULL);
	rows_number(rows, before ? before->not_after_us : 0);
	rows_text(rows, after ? after->fingerprint : NULL);
	rows_number(rows, after ? after->not_after_us : 0);
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
			"match, are\nvalid now and fit the server, and serves them to new connections. "
			"Existing connections\ngo on. On any failure the old certificate stays in "
			"service.",
		.options = rotate_options,
		.run = rotate},
	{.name = "cert status",
		.arguments = "",
		.summary = "Shows the certificate in service",
		.help = "Shows subject, names, fingerprint (SHA-256) and validity of the "
			"certificate that new\nconnections are served with.",
		.run = show_certificate},
	{.name = NULL},
};
