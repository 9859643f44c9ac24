/* Token, password, new account, guest: in this order of preference unless the options say. */
#include "client/signin.h"

#include "base/fd.h"
#include "base/mem.h"
#include "client/fault.h"
#include "client/term.h"
#include "client/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	SIGNIN_ATTEMPTS_MAX = 3, /* wrong passwords before giving up */
	SECRET_FILE_BYTES_MAX = 4096,
	DEVICE_BYTES = 64,
};

enum method {
	METHOD_LOGIN,
	METHOD_CREATE,
	METHOD_GUEST,
};

static char *read_secret_file(const char *path)
{
	char *text;
	size_t len;
	int r = fd_read_file(path, SECRET_FILE_BYTES_MAX, &text, &len);
	if (r < 0) {
		term_say("cannot read %s: %s", path, strerror(-r));
		return NULL;
	}
	text[strcspn(text, "\r\n")] = '\0';
	return text;
}

/* ---- what was kept ---- */

static int use_token_file(struct session *s)
{
	s->token = read_secret_file(s->options->token_file);
	if (!s->token)
		return EX_NOINPUT;
	s->user = mem_strdup(s->options->user);
	gchat_set_token(s->g, s->token);
	return EX_OK;
}

static bool use_kept_token(struct session *s)
{
	const char *wanted = s->options->user;
	char *user = wanted ? mem_strdup(wanted) : state_get(&s->state, s->server, "user");
	char *token = user ? state_get_token(&s->state, s->server, user) : NULL;
	if (!token) {
		free(user);
		return false;
	}
	free(s->user);
	term_free_secret(s->token);
	s->user = user;
	s->token = token;
	gchat_set_token(s->g, token);
	return true;
}

void signin_forget(struct session *s)
{
	if (s->user && !s->options->token_file)
		state_forget_token(&s->state, s->server, s->user);
	gchat_set_token(s->g, NULL);
	term_free_secret(s->token);
	s->token = NULL;
	s->by_certificate = false;
}

/* A newcomer who was told the fingerprint, with an invitation, trusts that certificate from now on. */
static int keep_certificate(struct session *s)
{
	const struct options *o = s->options;
	return o->create && o->fingerprint ? gchat_trust(s->g, o->fingerprint) : 0;
}

static void keep(struct session *s, const struct gchat_account *account)
{
	free(s->user);
	term_free_secret(s->token);
	s->user = text_clean_string(TEXT_NAME, account->profile.user);
	s->token = mem_strdup(account->token);
	if (s->options->no_save)
		return;
	int r = state_set_token(&s->state, s->server, s->user, s->token);
	if (r == 0)
		r = state_set(&s->state, s->server, "user", s->user);
	if (r == 0)
		r = state_set(&s->state, NULL, "last-server", s->server);
	if (r == 0)
		r = keep_certificate(s);
	if (r < 0)
		term_say("cannot keep the token in %s: %s", s->state.dir, strerror(-r));
}

/* ---- the questions ---- */

static enum method choose_method(const struct session *s, const struct gchat_server_info *info)
{
	if (s->options->guest)
		return METHOD_GUEST;
	if (s->options->create)
		return METHOD_CREATE;
	bool closed = info->registration == GCHAT_REGISTRATION_CLOSED;
	if (closed || s->options->user || s->options->verb == VERB_LOGIN || !term_can_ask())
		return METHOD_LOGIN;
	char *answer = term_ask("Sign in or create an account? [s/c] ");
	enum method method =
		answer && (*answer == 'c' || *answer == 'C') ? METHOD_CREATE : METHOD_LOGIN;
	free(answer);
	return method;
}

static char *ask_user(const struct session *s)
{
	if (s->options->user)
		return mem_strdup(s->options->user);
	if (!term_can_ask())
		return NULL;
	char *kept = state_get(&s->state, s->server, "user");
	const char *login = getenv("USER");
	const char *usual = kept ? kept : login ? login : "";
	char question[DEVICE_BYTES * 2];
	snprintf(question, sizeof(question), *usual ? "Name [%.64s]: " : "Name: ", usual);
	char *answer = term_ask(question);
	if (answer && !*answer) {
		free(answer);
		answer = mem_strdup(usual);
	}
	free(kept);
	return answer;
}

static bool has_password_option(const struct options *o)
{
	return o->password_file || o->password_fd != UINT64_MAX;
}

/* Asked twice for a new account: nobody sees what is being typed. */
static char *ask_password(enum method method)
{
	for (;;) {
		char *password = term_ask_secret("Password: ");
		if (!password || method != METHOD_CREATE)
			return password;
		char *again = term_ask_secret("The same again: ");
		bool same = again && !strcmp(password, again);
		term_free_secret(again);
		if (same)
			return password;
		term_say("the two are not the same");
		term_free_secret(password);
	}
}

static char *get_password(const struct options *o, enum method method)
{
	if (o->password_file)
		return read_secret_file(o->password_file);
	if (o->password_fd != UINT64_MAX)
		return term_read_line((int)o->password_fd);
	return term_can_ask() ? ask_password(method) : NULL;
}

static char *get_invite(const struct session *s, const struct gchat_server_info *info)
{
	if (s->options->invite)
		return mem_strdup(s->options->invite);
	if (s->options->invite_file)
		return read_secret_file(s->options->invite_file);
	if (info->registration == GCHAT_REGISTRATION_INVITE && term_can_ask())
		return term_ask("Invitation: ");
	return NULL;
}

/* ---- the calls ---- */

static int call(struct session *s, enum method method, const struct gchat_credentials *who,
	struct gchat_error *ret_error)
{
	struct gchat_account *account;
	int r;
	*ret_error = (struct gchat_error){0};
	if (method == METHOD_GUEST)
		r = gchat_login_guest(s->g, who, &account, ret_error);
	else if (method == METHOD_CREATE)
		r = gchat_create_account(s->g, who, &account, ret_error);
	else
		r = gchat_login(s->g, who, &account, ret_error);
	if (r < 0) {
		fault_fill(ret_error, r);
		return r;
	}
	keep(s, account);
	gchat_free(account);
	return 0;
}

/* One try. -EAGAIN: refused, but a person may try again. */
static int attempt(struct session *s, enum method method, const struct gchat_server_info *info)
{
	char device[DEVICE_BYTES] = "";
	(void)gethostname(device, sizeof(device) - 1); /* empty is allowed */
	struct gchat_credentials who = {.device = device};
	char *user = NULL, *password = NULL, *invite = NULL;
	struct gchat_error error;
	if (method == METHOD_CREATE) {
		invite = get_invite(s, info);
		if (s->options->invite_file && !invite)
			return EX_NOINPUT;
	}
	if (method != METHOD_GUEST) {
		user = ask_user(s);
		password = user ? get_password(s->options, method) : NULL;
		if (!password) {
			free(user);
			free(invite);
			term_say("%s: not signed in; run: gchat-client login", s->server);
			return EX_NOPERM;
		}
		who.user = user;
		who.password = password;
		who.invite = invite;
	}
	int r = call(s, method, &who, &error);
	term_free_secret(password);
	free(user);
	free(invite);
	if (r == 0)
		return EX_OK;
	if (!term_can_ask() || has_password_option(s->options) || method == METHOD_GUEST ||
		fault_exit(&error) == EX_UNAVAILABLE)
		return session_give_up(s, &error);
	term_say("%s", error.message);
	return -EAGAIN;
}

/* Who the server is, which also settles the question of its certificate. */
static int get_info(struct session *s, struct gchat_server_info **ret)
{
	for (;;) {
		struct gchat_error error = {0};
		int r = gchat_server_info(s->g, ret, &error);
		if (r == 0)
			return EX_OK;
		fault_fill(&error, r);
		int status =
			fault_is_certificate(&error) ? trust_settle(s) : session_give_up(s, &error);
		if (status != EX_OK)
			return status;
	}
}

static void greet(const struct gchat_server_info *info)
{
	if (!term_can_ask())
		return;
	char *name = text_clean_string(TEXT_NAME, info->name);
	char *message = text_clean_string(TEXT_BODY, info->message_of_the_day);
	fprintf(stderr, "This is %s.\n", name);
	for (char *rest = message, *row; *message && (row = strsep(&rest, "\n"));)
		fprintf(stderr, "| %s\n", row);
	free(name);
	free(message);
}

/* Whom the certificate signs in. -EAGAIN: nobody, but another way may do. */
static int use_certificate(struct session *s, const struct gchat_server_info *info)
{
	const struct options *o = s->options;
	bool wanted = !o->user || !strcmp(o->user, info->certificate_user);
	if (*info->certificate_user && wanted) {
		free(s->user);
		s->user = text_clean_string(TEXT_NAME, info->certificate_user);
		s->by_certificate = true;
		return EX_OK;
	}
	if (o->user)
		return -EAGAIN;
	term_say("%s: the certificate signs nobody in (%s)", s->server,
		*info->certificate_problem ? info->certificate_problem : "it was not asked for");
	return term_can_ask() ? -EAGAIN : EX_NOPERM;
}

int signin_run(struct session *s, bool fresh)
{
	const struct options *o = s->options;
	if (o->token_file)
		return use_token_file(s);
	bool shows = o->client_cert && !o->create && !o->guest;
	if (!fresh && !shows && !o->create && !o->guest && use_kept_token(s))
		return EX_OK;
	struct gchat_server_info *info;
	int status = get_info(s, &info);
	if (status != EX_OK)
		return status;
	greet(info);
	status = shows ? use_certificate(s, info) : -EAGAIN;
	enum method method = status == -EAGAIN ? choose_method(s, info) : METHOD_LOGIN;
	for (int i = 0; i < SIGNIN_ATTEMPTS_MAX && status == -EAGAIN; i++)
		status = attempt(s, method, info);
	gchat_free(info);
	return status == -EAGAIN ? EX_NOPERM : status;
}

int signin_login(const struct options *options)
{
	struct session s;
	int status = session_open(&s, options, &(struct session_wish){false});
	if (status == EX_OK)
		status = signin_run(&s, true);
	if (status == EX_OK)
		printf("signed in on %s as %s\n", s.server, s.user);
	session_close(&s);
	return status;
}

int signin_logout(const struct options *options)
{
	struct session s;
	int status = session_open(&s, options, &(struct session_wish){false});
	if (status == EX_OK && !use_kept_token(&s)) {
		term_say("%s: not signed in", s.server);
		status = EX_NOPERM;
	}
	while (status == EX_OK) {
		struct gchat_error error = {0};
		int r = gchat_logout(s.g, &error);
		if (r < 0)
			fault_fill(&error, r);
		if (r == 0 || fault_is_sign_in(&error)) {
			signin_forget(&s);
			printf("signed out on %s\n", s.server);
			break;
		}
		status = fault_is_certificate(&error) ? trust_settle(&s)
						      : session_give_up(&s, &error);
	}
	session_close(&s);
	return status;
}
