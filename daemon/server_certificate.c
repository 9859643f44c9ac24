/* The certificate: opened at the start, read again when its files change, told of when its end is near. */
#include "server_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "service/expiry.h"
#include "service/rotate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOOK_MS = 1000, /* between two looks at the files */
	TELL_MS = 10000, /* between two looks at the time left; told once a day */
};

static int open_pair(struct server *s, struct tls_pair **ret, bool *ret_made, struct err_text *err)
{
	struct rotate_files *found GC_CLEANUP(mem_freep) = mem_new(1, sizeof(*found));
	int r = 0;
	*ret_made = false;
	if (!s->config->tls.certificate[0])
		r = tls_pair_make_missing(s->config->store.folder, ret_made, err);
	if (r < 0)
		return err_pass(r);
	rotate_find_files(s->config, s->service.client_auth, found);
	r = tls_pair_load_flawed(&found->files, ret, err);
	return r < 0 ? err_pass(r) : 0;
}

int server_open_certificate(struct server *s, struct err_text *err)
{
	struct tls_pair *pair = NULL;
	bool made;
	s->service.client_auth = (enum tls_client_auth)s->config->tls.client_auth;
	int r = open_pair(s, &pair, &made, err);
	if (r < 0)
		return err_pass(r);
	log_with(LOG_LEVEL_NOTICE, NULL, made ? LOG_ID_CERT_MADE : NULL, "%s sha256=%s",
		made ? "certificate made at first start" : "certificate", pair->info.fingerprint);
	if (pair->flaw.text[0])
		log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_CERT_UNTIMELY,
			"%s: clients that check this will refuse it; look at the clock, or put a "
			"new pair in place and reload",
			pair->flaw.text);
	if (pair->doubt.text[0])
		log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_CERT_DOUBT, "%s", pair->doubt.text);
	s->tls = tls_holder_new(pair);
	server_certificate_seen(s);
	return 0;
}

void server_certificate_seen(struct server *s)
{
	struct rotate_files *found GC_CLEANUP(mem_freep) = mem_new(1, sizeof(*found));
	rotate_find_files(s->config, s->service.client_auth, found);
	tls_watch_start(&s->files, &found->files);
}

/* ---- the files ---- */

/* A pair that is what is served already is no news: files are touched, copied, or were rotated to. */
static void take_changed(struct server *s, const struct tls_files *files)
{
	struct rotation rotation;
	struct tls_pair *pair = NULL;
	struct err_text err = {""};
	int r = tls_pair_load_files(files, &pair, &err);
	if (r == 0 && rotate_is_in_use(&s->service, pair)) {
		(void)tls_pair_free(pair);
		return;
	}
	if (r == 0)
		r = rotate_to(&s->service, pair, &rotation, &err);
	if (r == -EBUSY)
		tls_watch_again(&s->files);
	else if (r < 0)
		log_with(LOG_LEVEL_ERROR, NULL, LOG_ID_CERT_REFUSED,
			"certificate changed, but refused: the one in use stays: %s", err.text);
}

static void look_at_files(struct server *s)
{
	struct rotate_files *found GC_CLEANUP(mem_freep) = mem_new(1, sizeof(*found));
	rotate_find_files(s->config, s->service.client_auth, found);
	if (tls_watch_look(&s->files, &found->files))
		take_changed(s, &found->files);
}

/* ---- the time left ---- */

static bool tell(const char *what, uint64_t end_us, enum expiry expiry)
{
	static const int levels[] = {[EXPIRY_SOON] = LOG_LEVEL_WARNING,
		[EXPIRY_URGENT] = LOG_LEVEL_WARNING,
		[EXPIRY_OVER] = LOG_LEVEL_ERROR};
	char when[64];
	if (expiry == EXPIRY_FAR)
		return false;
	expiry_print(end_us, clock_wall_us(), when, sizeof(when));
	log_with(levels[expiry], NULL, LOG_ID_CERT_EXPIRES, "%s %s", what, when);
	return true;
}

/* True: something was said. */
static bool tell_of_clients(struct server *s)
{
	uint64_t generation;
	uint64_t now = clock_wall_us();
	struct tls_clients *clients GC_CLEANUP(tls_clients_unrefp) =
		tls_holder_clients(s->tls, &generation);
	if (!clients)
		return false;
	struct tls_clients_info *info GC_CLEANUP(mem_freep) = mem_new(1, sizeof(*info));
	tls_clients_get_info(clients, info);
	bool told = tell("an authority that vouches for clients", info->expires_us,
		expiry_of(info->expires_us, now));
	return tell("the list of clients' certificates that were revoked", info->next_update_us,
		       expiry_of_list(info->next_update_us, now)) ||
	       told;
}

/* Said again after a day, or when another certificate is served. */
static void look_at_time(struct server *s)
{
	enum {
		DAY_MS = 86400 * CLOCK_MS_PER_S
	};
	struct mono now = clock_mono();
	uint64_t end_us = tls_holder_expires_us(s->tls);
	if (end_us == s->told_of_us && now.us < s->next_telling.us)
		return;
	s->told_of_us = end_us;
	bool told = tell("the certificate", end_us, expiry_of(end_us, clock_wall_us()));
	if (tell_of_clients(s) || told)
		s->next_telling = clock_mono_add_ms(now, DAY_MS);
}

/* A stream may outlive the certificate that opened it. */
static void end_expired(struct server *s)
{
	if (s->service.client_auth == TLS_CLIENT_AUTH_OFF)
		return;
	size_t cut = acceptor_cut_expired(s->service.acceptor, clock_wall_us());
	if (cut > 0)
		log_notice("connections cut: their clients' certificates have expired "
			   "connections=%zu",
			cut);
}

void server_watch_certificate(struct server *s)
{
	struct mono now = clock_mono();
	if (s->config->tls.watch && now.us >= s->next_look.us) {
		s->next_look = clock_mono_add_ms(now, LOOK_MS);
		look_at_files(s);
	}
	if (now.us >= s->next_time.us) {
		s->next_time = clock_mono_add_ms(now, TELL_MS);
		look_at_time(s);
		end_expired(s);
	}
}
