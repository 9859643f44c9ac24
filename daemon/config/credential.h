/*
 * Credentials of systemd (LoadCredential= of systemd.exec(5)): files that the manager hands to the
 * service, in a folder that $CREDENTIALS_DIRECTORY names. One named "gchatd." and a setting stands in for
 * that setting where the configuration leaves it empty. systemd copies them at a start and not again.
 */
#pragma once

#include <stdbool.h>

struct config;

/* Fills in what is empty, the source with it. */
void credential_fill(struct config *config);
/* Whether the file is one that systemd has handed over. Any thread. */
bool credential_is(const char *path);
