/* What the server says of itself. Any thread. */
#pragma once

#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include <stdbool.h>

/* "gchatd 0.1.0". Static storage, as char * for protobuf-c, which does not write to it. */
char *server_info_name(void);
/* `service` is a struct service. */
void server_info_limits(void *service, Gchat__V1__Limits *ret_limits);
/* "always" or "process"; static storage. */
char *server_info_durability(void *service);
/* Who may make an account now, and whether guests are taken: by the configuration and the lockdown. */
Gchat__V1__Registration server_info_registration(void *service);
bool server_info_guests(void *service);
