/*
 * Text from others made safe for a terminal: what could move the cursor, change colours, turn the
 * direction of writing or hide is shown by its number, like <U+001B>. Any thread.
 */
#pragma once

/* A safe copy of UTF-8 text; broken bytes become U+FFFD, line breaks and tabs a space. Owned. */
char *clean_text(const char *text);
