/* What the tests of certificates share. */
#include "certs.h"

#include "tool.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cmocka_std.h"

enum {
	COMMAND_BYTES = 512,
};

struct folder certs_folder(const struct td *td)
{
	struct folder folder;
	(void)snprintf(folder.path, sizeof(folder.path), "%s", td_folder(td));
	return folder;
}

void certs_write(const struct td *td, const char *name, const struct recipe *recipe)
{
	struct folder folder = certs_folder(td);
	char file[64];
	EVP_PKEY *key = NULL;
	X509 *cert = pair_make_cert(recipe, &key);
	(void)snprintf(file, sizeof(file), "%s.crt", name);
	pair_write_certs(&folder, file, &cert, 1);
	(void)snprintf(file, sizeof(file), "%s.key", name);
	pair_write_key(&folder, file, key, NULL);
	X509_free(cert);
	EVP_PKEY_free(key);
}

void certs_write_server(const struct td *td, const char *name, long until_s)
{
	certs_write(td, name,
		&(struct recipe){.common_name = "localhost",
			.alternatives = "DNS:localhost,IP:127.0.0.1",
			.until_s = until_s});
}

void certs_start(struct td *td, const char *config)
{
	char text[CERTS_TEXT_BYTES];
	size_t used = 0;
	for (const char *at = config; *at && used + TD_PATH_BYTES < sizeof(text);) {
		bool place = at[0] == '%' && at[1] == 's';
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%.*s",
			place ? TD_PATH_BYTES : 1, place ? td_folder(td) : at);
		at += place ? 2 : 1;
	}
	td_configure(td, text);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
}

int certs_ctl(struct td *td, const char *gchatctl, const char *words, char text[CERTS_TEXT_BYTES])
{
	char command[COMMAND_BYTES];
	(void)snprintf(command, sizeof(command), "%s --socket=%s/admin.sock %s 2>&1", gchatctl,
		td_folder(td), words);
	FILE *out = popen(command, "r"); /* words of our own, no one else's */
	assert_non_null(out);
	size_t len = fread(text, 1, CERTS_TEXT_BYTES - 1, out);
	text[len] = '\0';
	return WEXITSTATUS(pclose(out));
}

int certs_rotate(struct td *td, const char *gchatctl, const char *name, char text[CERTS_TEXT_BYTES])
{
	char words[COMMAND_BYTES / 2];
	(void)snprintf(words, sizeof(words), "cert rotate --cert=%s/%s.crt --key=%s/%s.key",
		td_folder(td), name, td_folder(td), name);
	return certs_ctl(td, gchatctl, words, text);
}

void certs_fingerprint(struct td *td, const char *gchatctl, char ret[65])
{
	json_t *status = tool_json(td, gchatctl, "cert status");
	(void)snprintf(ret, 65, "%s", json_string_value(tool_at(td, status, "fingerprint")));
	json_decref(status);
}
