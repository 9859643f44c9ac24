/* Tab: the rest of a command's or a room's name. Main thread. */
#pragma once

struct chat;

/* Completes the word before the cursor as far as it is unique; shows the choices where it isn't. */
void complete_line(struct chat *c);
