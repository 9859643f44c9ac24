/*
 * Calls to the Admin service over the daemon's Unix socket, with failures turned into a sentence
 * that says what happened and what to do, and an exit status. One thread.
 */
#pragma once

#include "base/macros.h"
#include <protobuf-c/protobuf-c.h>
#include <stdint.h>
#include <stdio.h>

struct admin;

/* `socket` is borrowed until admin_free; messages go to `err`. Connects with the first call. */
struct admin *admin_new(const char *socket, int64_t timeout_ms, FILE *err);
struct admin *admin_free(struct admin *admin);

/* What goes wrong is said on `err` from now on; NULL: not at all. */
void admin_set_messages(struct admin *admin, FILE *err);
/* Forgets the connection: the next call tries anew at once. */
void admin_disconnect(struct admin *admin);

/* Calls gchat.v1.Admin's `method`. EXIT_DONE with *ret_response owned (codec_free), or another exit
 * status after saying why. */
int admin_call(struct admin *admin, const char *method, const ProtobufCMessage *request,
	const ProtobufCMessageDescriptor *response_type,
	ProtobufCMessage **ret_response) GC_MUST_CHECK;

/* One page of a list: the same, with the request's page_size and page_token filled in. *page_token
 * (owned; NULL: the first page) then leads to the next page, or is NULL: this was the last. */
int admin_call_page(struct admin *admin, const char *method, ProtobufCMessage *request,
	const ProtobufCMessageDescriptor *response_type, char **page_token,
	ProtobufCMessage **ret_response) GC_MUST_CHECK;
/* Whether `token` leads to another page: keeps a copy in *page_token (owned). One that stands still
 * would never end: EXIT_FAILED after saying so. */
int admin_next_page(struct admin *admin, const char *token, char **page_token) GC_MUST_CHECK;

/* Sets a request's text, borrowed; NULL leaves it empty. protobuf-c's strings are char * by
 * tradition, requests are not written to. */
void admin_set_text(char **field, const char *text);
