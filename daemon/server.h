/*
 * The daemon as a whole: owns all parts, and brings them up and down in one order.
 *
 *   store -> directory -> presence -> hub -> gRPC servers -> shards -> accept thread -> READY
 *   NOT_SERVING -> accepting stops -> going-away -> servers shut down -> shards end -> store closes
 */
#pragma once

#include "base/err.h"
#include "config/config.h"

#define SERVER_STORE_FILE "gchat.db" /* within store.folder */

/* Makes store.folder where it is missing. */
int server_make_folder(const char *path, struct err_text *err) GC_MUST_CHECK;

/* Runs until SIGTERM or SIGINT. `path` is read again on SIGHUP (NULL: nothing is). The
 * configuration moves. 0, or negative errno with a sentence. Main thread. */
int server_run(struct config *config, const char *path, struct err_text *err) GC_MUST_CHECK;
