/* gchatctl, run against the daemon under test. */
#pragma once

#include "support/td.h"
#include <jansson.h>

/* Runs "GCHATCTL --socket=... --output=json WORDS"; its exit status. *ret_json: what it printed on
 * stdout, owned (json_decref), or NULL when that was no JSON; may be NULL. */
int tool_run(struct td *td, const char *gchatctl, const char *words, json_t **ret_json);
/* The same of one that must succeed and print JSON. */
json_t *tool_json(struct td *td, const char *gchatctl, const char *words);
/* The member "a.b" (objects within objects); fails where there is none. Borrowed. */
json_t *tool_at(struct td *td, json_t *json, const char *path);
