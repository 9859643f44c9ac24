/* What the library tells, as line mode takes it. Private to chat*.c. */
#pragma once

struct chat;
struct gchat_event;

void chat_on_event(struct chat *c, const struct gchat_event *event);
