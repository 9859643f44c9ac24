/* A throwaway folder. */
#pragma once

enum {
	FOLDER_PATH_BYTES = 64,
};

struct folder {
	char path[FOLDER_PATH_BYTES];
};

void folder_make(struct folder *folder);
/* Removes the folder and the files in it. */
void folder_remove(const struct folder *folder);
/* The path of `name` in the folder; valid until the next call but three. */
const char *folder_file(const struct folder *folder, const char *name);
/* Writes a file of the folder. */
void folder_write(const struct folder *folder, const char *name, const char *text);
