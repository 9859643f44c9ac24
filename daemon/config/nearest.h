/* Finds what someone may have meant by an unknown key. Any thread. */
#pragma once

/* The path or group name in the table most like `path`: the same name in another group first,
 * otherwise by edit distance. Never NULL; a pointer into the table, or to a static group name. */
const char *nearest_key(const char *path);
/* The group most like `name`; never NULL, valid until the next call on this thread. */
const char *nearest_group(const char *name);
