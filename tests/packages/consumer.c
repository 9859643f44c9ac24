/* A program of somebody else's, in what C and C++ have in common: built with the installed headers
 * and .pc file alone. It asks a server that isn't there, and checks that it is told so. */
#include <gchat/gchat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, int r, const struct gchat_error *error)
{
	(void)fprintf(stderr, "%s: %d %s %s\n", what, r, error->reason, error->message);
	return 1;
}

int main(void)
{
	struct gchat_options options;
	memset(&options, 0, sizeof(options));
	options.server = "127.0.0.1:1";
	options.client_name = "consumer";
	options.call_timeout_ms = 5000;

	struct gchat_error error;
	memset(&error, 0, sizeof(error));
	struct gchat *g = NULL;
	options.trust_mode = GCHAT_TRUST_MODE_EXACT;
	options.fingerprint = "not one";
	int r = gchat_open(&options, &g, &error);
	if (r != -EINVAL)
		return fail("a bad fingerprint is taken", r, &error);

	options.trust_mode = GCHAT_TRUST_MODE_ROOTS;
	options.fingerprint = NULL;
	r = gchat_open(&options, &g, &error);
	if (r < 0)
		return fail("gchat_open", r, &error);
	struct gchat_server_info *info = NULL;
	r = gchat_server_info(g, &info, &error);
	gchat_close(g);
	if (r != -EIO || strcmp(error.reason, "UNAVAILABLE") != 0)
		return fail("a server that isn't there", r, &error);
	printf("%s\n", error.reason);
	return 0;
}
