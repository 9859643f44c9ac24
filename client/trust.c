/*
 * Whether the server is the right one. An unknown certificate is shown and asked about; a changed
 * one is a hard stop that only "gchat-client trust --replace" passes. Where there is nobody to ask,
 * the answer is no.
 */
#include "client/fault.h"
#include "client/signin.h"
#include "client/term.h"
#include "client/text.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <time.h>

enum {
	DAY_BYTES = 16,
	GROUPED_BYTES = 2 * GCHAT_FINGERPRINT_SIZE,
	GROUP = 4, /* digits between two spaces */
	ROW = 8 * GROUP, /* digits in a row */
};

static void show_field(const char *label, const char *value)
{
	char *clean = text_clean(TEXT_NAME, value, strlen(value));
	if (*clean)
		fprintf(stderr, "  %-12s %s\n", label, clean);
	free(clean);
}

static const char *day(uint64_t us, char out[DAY_BYTES])
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm parts;
	if (!gmtime_r(&seconds, &parts) || !strftime(out, DAY_BYTES, "%Y-%m-%d", &parts))
		out[0] = '\0';
	return out;
}

static void show_fingerprint(const char *label, const char *fingerprint)
{
	char grouped[GROUPED_BYTES];
	size_t used = 0;
	for (size_t i = 0; fingerprint[i] && used + 2 < sizeof(grouped); i++) {
		if (i && i % GROUP == 0)
			grouped[used++] = i == ROW ? '\n' : ' ';
		grouped[used++] = fingerprint[i];
	}
	grouped[used] = '\0';
	char *half = strchr(grouped, '\n');
	if (half)
		*half++ = '\0';
	fprintf(stderr, "  %-12s %s\n  %-12s %s\n", label, grouped, "", half ? half : "");
}

static void show(const struct gchat_certificate *certificate)
{
	char first[DAY_BYTES], last[DAY_BYTES];
	show_field("subject", certificate->subject);
	show_field("issuer", certificate->issuer);
	show_field("names", certificate->names);
	fprintf(stderr, "  %-12s %s to %s\n", "valid", day(certificate->not_before_us, first),
		day(certificate->not_after_us, last));
	show_fingerprint("SHA-256", certificate->fingerprint);
	show_field("but", certificate->why);
}

/* Spaces and colons don't count, nor does "sha256:" in front. */
static bool same_fingerprint(const char *typed, const char *fingerprint)
{
	if (!strncasecmp(typed, "sha256:", 7))
		typed += 7;
	for (; *typed; typed++) {
		if (*typed == ':' || *typed == ' ')
			continue;
		if (tolower((unsigned char)*typed) != *fingerprint)
			return false;
		fingerprint++;
	}
	return !*fingerprint;
}

static bool ask(const struct gchat_certificate *certificate)
{
	char *answer = term_ask("Trust it from now on? Type yes, or the fingerprint: ");
	bool yes = answer &&
		   (!strcmp(answer, "yes") || same_fingerprint(answer, certificate->fingerprint));
	free(answer);
	return yes;
}

static int accept_it(struct session *s, const struct gchat_certificate *certificate)
{
	int r = gchat_trust(s->g, certificate->fingerprint);
	if (r < 0)
		term_say("cannot keep the certificate in %s: %s", s->state.dir, strerror(-r));
	return EX_OK;
}

static int settle_unknown(struct session *s, const struct gchat_certificate *certificate)
{
	if (s->options->verb == VERB_TRUST && s->options->fingerprint)
		return same_fingerprint(s->options->fingerprint, certificate->fingerprint)
			       ? accept_it(s, certificate)
			       : EX_NOPERM;
	if (!term_can_ask()) {
		term_say("%s: the certificate is not known: %s", s->server, certificate->why);
		term_say("trust it with: gchat-client --fingerprint sha256:%s trust %s",
			certificate->fingerprint, s->server);
		return EX_NOPERM;
	}
	fprintf(stderr, "The certificate of %s is not known yet.\n", s->server);
	show(certificate);
	return ask(certificate) ? accept_it(s, certificate) : EX_NOPERM;
}

static int settle_changed(struct session *s, const struct gchat_certificate *certificate)
{
	if (s->options->verb == VERB_TRUST && s->options->replace)
		return settle_unknown(s, certificate);
	term_say("%s: THE CERTIFICATE HAS CHANGED", s->server);
	fprintf(stderr, "Either the server has a new one, or someone stands in between.\n");
	show_fingerprint("known", certificate->pinned);
	show_fingerprint("now", certificate->fingerprint);
	fprintf(stderr,
		"Ask whoever runs the server. If it is a new one:\n"
		"  gchat-client trust --replace %s\n",
		s->server);
	return EX_NOPERM;
}

int trust_settle(struct session *s)
{
	struct gchat_certificate certificate;
	gchat_get_certificate(s->g, &certificate);
	switch (certificate.trust) {
	case GCHAT_TRUST_UNKNOWN:
		return settle_unknown(s, &certificate);
	case GCHAT_TRUST_CHANGED:
		return settle_changed(s, &certificate);
	case GCHAT_TRUST_NONE:
	case GCHAT_TRUST_ROOTS:
	case GCHAT_TRUST_PINNED:
	case GCHAT_TRUST_NEW:
	case GCHAT_TRUST_REFUSED:
		break;
	}
	term_say("%s: the certificate is not the one that was asked for", s->server);
	show_fingerprint("it is", certificate.fingerprint);
	return EX_NOPERM;
}

/* Any call shows the certificate. */
static int look(struct session *s, struct gchat_certificate *ret, struct gchat_error *ret_error)
{
	struct gchat_server_info *info;
	*ret_error = (struct gchat_error){0};
	int r = gchat_server_info(s->g, &info, ret_error);
	if (r == 0)
		gchat_free(info);
	else
		fault_fill(ret_error, r);
	gchat_get_certificate(s->g, ret);
	return r;
}

static int trust_server(struct session *s)
{
	struct gchat_certificate certificate;
	struct gchat_error error;
	const char *wanted = s->options->fingerprint;
	int r = look(s, &certificate, &error);
	if (r < 0 && !fault_is_certificate(&error))
		return session_give_up(s, &error);
	int status = r < 0 ? trust_settle(s) : EX_OK;
	if (status == EX_OK && wanted && !same_fingerprint(wanted, certificate.fingerprint))
		status = EX_NOPERM;
	if (status == EX_OK)
		printf("trusted: %s sha256:%s\n", s->server, certificate.fingerprint);
	else
		term_say("%s: not trusted (sha256:%s)", s->server, certificate.fingerprint);
	return status;
}

int trust_main(const struct options *options)
{
	struct session s;
	int status = session_open(&s, options, &(struct session_wish){false});
	if (status == EX_OK)
		status = trust_server(&s);
	session_close(&s);
	return status;
}
